'use strict';

/**
 * `npm run bench:readme`: puts the figures of `results/latest.json` into the README's table, so that they come from
 * there alone. A test holds the table to it.
 */

const fs = require('node:fs');
const path = require('node:path');

const README = path.join(__dirname, '../README.md');
const FIGURES = path.join(__dirname, 'results/latest.json');

/** What the table shows: what it is called, and which figure of which case it is. */
const ROWS = [
  ['trivial tasks, 256 in flight, per second', 'trivial', 'rate'],
  ['one burst of 40 000, per second', 'burst', 'rate'],
  ['main thread per trivial task, µs', 'main-thread', 'cpu'],
  ['sequential round trip, median, µs', 'latency', 'p50'],
  ['round trips 2 ms apart, µs', 'spaced-latency', 'p50'],
  ['1 KB object there and back, per second', 'object-1kb', 'rate'],
  ['10 KB string there and back, per second', 'string-10kb', 'rate'],
  ['64 KB buffer, copied, per second', 'buffer-64kb', 'rate'],
  ['64 MB moved there and back, ms', 'transfer', 'p50'],
  ['`map` over 200 000 trivial items, per second', 'map', 'rate'],
  ['`fib(32)` × 16, ms', 'fib', 'time'],
  ['first result of a fresh process, ms', 'cold-start', 'first'],
  ['growth over 1 000 000 tasks, MB', 'memory-growth', 'growth'],
];
const COLUMNS = ['tasklets', 'bare `worker_threads`', 'best of the pools'];

/**
 * Three digits where there are decimals, none where there are thousands.
 *
 * @param {number | undefined} value
 */
function figure(value) {
  if (value === undefined) return '';
  if (value >= 1000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
  if (value >= 100) return value.toFixed(1);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {string[][]} rows */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [head, ...rest] = rows.map(line);
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

/**
 * The README with these figures.
 *
 * @param {string} text
 * @param {any} report
 */
function withFigures(text, { machine, tables }) {
  const rows = ROWS.map(([label, name, metric]) => {
    const found = tables.find((/** @type {any} */ each) => each.case === name && each.metric === metric);
    if (found === undefined) throw new Error(`Expected the figures to have ${metric} of ${name}`);
    return [label, figure(found.own), figure(found.bare), figure(found.bestPool)];
  });
  const measured = /Measured on [\d-]+ on (.*), Node\.js [\d.]+,/;
  const figures = /\| +\| tasklets +\|[^]*?\n(?=\n)/;
  for (const part of [measured, figures])
    if (!part.test(text)) throw new Error(`Expected the README to have ${part}`);
  return text
    .replace(measured, `Measured on ${machine.date.slice(0, 10)} on $1, Node.js ${machine.node.slice(1)},`)
    .replace(figures, () => `${table([['', ...COLUMNS], ...rows])}\n`);
}

if (require.main === module) {
  const report = JSON.parse(fs.readFileSync(FIGURES, 'utf8'));
  fs.writeFileSync(README, withFigures(fs.readFileSync(README, 'utf8'), report));
}

module.exports = { FIGURES, withFigures };
