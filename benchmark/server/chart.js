'use strict';

/**
 * The figures of a run as a chart: `node benchmark/server/chart.js <results.json> <chart.svg>`.
 *
 * Two panels over the same rows: what the light route feels (on a logarithmic scale, or the one bar would hide all
 * others), and what the heavy one gets done.
 */

const fs = require('node:fs');
const { time } = require('./table.js');

/** @typedef {import('./table.js').Result} Result */

const ROW = 34;
const TOP = 62;
const LABELS = 170;
const PANEL = 250;
const GAP = 80;
const COLORS = { light: '#3b6fb6', heavy: '#c9712f', text: '#57606a', rule: '#8c959f' };

/** @param {string} content */
function escaped(content) {
  return content.replace(/`/g, '').replace(/&/g, '&amp;').replace(/</g, '&lt;');
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} content
 * @param {string} [more]
 */
function text(x, y, content, more = '') {
  return `<text x="${x.toFixed(1)}" y="${y}"${more}>${escaped(content)}</text>`;
}

/**
 * @param {number} x
 * @param {number} row
 * @param {number} width
 * @param {string} color
 * @param {string} label
 */
function bar(x, row, width, color, label) {
  const y = TOP + row * ROW;
  const shape = `<rect x="${x}" y="${y}" width="${Math.max(width, 1).toFixed(1)}" height="20" rx="2" fill="${color}"/>`;
  return shape + text(x + Math.max(width, 1) + 6, y + 15, label);
}

/**
 * @param {import('./table.js').Report} report
 * @returns {string}
 */
function svg({ machine, results }) {
  const width = LABELS + 2 * PANEL + GAP + 70;
  const height = TOP + results.length * ROW + 34;
  const slowest = Math.max(...results.map(({ light }) => light.p99));
  const most = Math.max(...results.map(({ heavy }) => heavy?.perSecond ?? 0));
  const right = LABELS + PANEL + GAP;
  const rows = results.flatMap(({ title, light, heavy }, row) => [
    text(LABELS - 10, TOP + row * ROW + 15, title, ' text-anchor="end"'),
    bar(
      LABELS,
      row,
      (PANEL * Math.log10(1 + light.p99)) / Math.log10(1 + slowest),
      COLORS.light,
      `${time(light.p99)} ms`,
    ),
    heavy === null
      ? ''
      : bar(right, row, (PANEL * heavy.perSecond) / most, COLORS.heavy, heavy.perSecond.toFixed(0)),
  ]);
  const made = `${machine.date.slice(0, 10)}, ${machine.cores} cores (${machine.cpu}), Node.js ${machine.node.slice(1)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${COLORS.text}" role="img">`,
    '<title>The light route’s p99 and the heavy route’s throughput, by the way the heavy route is answered</title>',
    text(LABELS, 22, 'light route, p99', ' font-weight="600"'),
    text(LABELS, 40, 'logarithmic; shorter is better', ' font-size="11"'),
    text(right, 22, 'heavy route, answers a second', ' font-weight="600"'),
    text(right, 40, 'longer is better', ' font-size="11"'),
    ...rows,
    text(LABELS, height - 12, made, ' font-size="11"'),
    '</svg>',
    '',
  ].join('\n');
}

const [, , from, to] = process.argv;
if (require.main === module) fs.writeFileSync(to, svg(JSON.parse(fs.readFileSync(from, 'utf8'))));

module.exports = { svg };
