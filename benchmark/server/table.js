'use strict';

/**
 * @typedef {object} Result
 * @property {string} way
 * @property {string} title
 * @property {{ p50: number, p99: number, max: number, answers: number }} light
 * @property {{ p50: number, p99: number, max: number }} delay
 * @property {{ perSecond: number, p99: number } | null} heavy
 * @property {number} cores
 * @typedef {{ machine: import('../harness/machine.js').Machine, setup: Record<string, number>, results: Result[], rounds: Result[][] }} Report
 */

/** @param {number} ms autocannon knows whole ones only */
function time(ms) {
  return ms < 1 ? '< 1' : String(Math.round(ms));
}

/**
 * @param {Report} report
 * @returns {string}
 */
function markdown({ results }) {
  const head = [
    'the heavy route',
    'light p50, ms',
    'light p99, ms',
    'event-loop delay p99, ms',
    'heavy answers a second',
    'cores used',
  ];
  const rows = results.map(({ title, light, delay, heavy, cores }) => [
    title,
    time(light.p50),
    time(light.p99),
    delay.p99.toFixed(1),
    heavy === null ? '' : heavy.perSecond.toFixed(1),
    cores.toFixed(2),
  ]);
  const widths = head.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column].length)));
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  );
}

module.exports = { markdown, time };
