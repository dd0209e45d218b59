'use strict';

const NAME_WIDTH = 18;
const RATIO_WIDTH = 15;

/** Four digits are all that a benchmark can mean. @param {number} value */
function figure(value) {
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {number | undefined} ratio */
function times(ratio) {
  if (ratio === undefined) return '';
  return `${ratio < 0.095 ? ratio.toPrecision(1) : ratio.toFixed(ratio < 10 ? 2 : 1)} x`;
}

/** @param {import('./machine.js').Machine} machine */
function machineText(machine) {
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return [
    `Node.js ${machine.node} (V8 ${machine.v8}), ${machine.platform}, ${machine.os}`,
    `${machine.cores} cores, ${machine.cpu}, ${machine.memory}, load ${machine.load}`,
    packages.join(', '),
  ].join('\n');
}

/** @param {import('./summary.js').Row} row @param {boolean} oneThread */
function rowText(row, oneThread) {
  const name = `  ${row.contestant.padEnd(NAME_WIDTH)}`;
  if (row.error) return `${name}failed: ${row.error}`;
  if (row.median === undefined) return `${name}-  (${row.skipped})`;
  const spread = row.values.length > 1 ? `±${((row.spread ?? 0) * 100).toFixed(0)} %` : '';
  const ratios = [row.vsBestPool, row.vsBare, ...(oneThread ? [row.vsOneThread] : [])];
  return `${name}${figure(row.median).padStart(14)}${spread.padStart(9)}${ratios.map((each) => times(each).padStart(RATIO_WIDTH)).join('')}`;
}

/** @param {import('./summary.js').Verdict} verdict */
function verdictText({ text, value, met }) {
  const result = met === undefined ? 'not compared' : `${value}  ${met ? 'met' : 'NOT MET'}`;
  return `  goal ${text.padEnd(36)}${result}`;
}

/** @param {import('./summary.js').Table} table */
function tableText(table) {
  const oneThread = table.rows.some((row) => row.vsOneThread !== undefined);
  const ratios = ['vs best pool', 'vs bare', ...(oneThread ? ['vs one-thread'] : [])];
  const columns = `${table.unit.padStart(14)}${'spread'.padStart(9)}${ratios.map((each) => each.padStart(RATIO_WIDTH)).join('')}`;
  const lines = [`${table.case}: ${table.title}`, `  ${''.padEnd(NAME_WIDTH)}${columns}`];
  if (table.metrics > 1) lines[0] += `: ${table.label}`;
  lines.push(...table.rows.map((row) => rowText(row, oneThread)));
  return [...lines, ...table.verdicts.map(verdictText), ''].join('\n');
}

/** The columns of the table of goals, with their widths; figures stand to the right of theirs. */
const COLUMNS = /** @type {const} */ ([
  ['case', 28],
  ['tasklets', -12],
  ['bare', -12],
  ['best pool', -12],
  ['  goal', 38],
  ['reached', 12],
  ['', 8],
]);

/** @param {readonly string[]} cells */
function line(cells) {
  const padded = cells.map((cell, i) => {
    const [, width] = COLUMNS[i];
    return width < 0 ? cell.padStart(-width) : cell.padEnd(width);
  });
  return padded.join('').trimEnd();
}

/** @param {number | undefined} value */
const figureIfAny = (value) => (value === undefined ? '-' : figure(value));

/**
 * The goals beside the figures, for those who want the answer first.
 *
 * @param {import('./summary.js').Table[]} tables
 * @param {string[]} pools
 */
function goalsText(tables, pools) {
  /** @type {string[]} */
  const lines = [];
  for (const { case: name, metric, metrics, unit, own, bare, bestPool, verdicts } of tables) {
    verdicts.forEach(({ text, value, met }, i) => {
      const label = metrics > 1 ? `${name} ${metric}, ${unit}` : `${name}, ${unit}`;
      const figures = [label, figureIfAny(own), figureIfAny(bare), figureIfAny(bestPool)];
      const mark = met === undefined ? '?' : met ? 'met' : 'NOT MET';
      lines.push(line([...(i === 0 ? figures : ['', '', '', '']), `  ${text}`, value ?? '', mark]));
    });
  }
  if (lines.length === 0) return '';
  const note = `The best pool is the best of ${pools.join(', ') || 'none'}, each time anew.`;
  return [line(COLUMNS.map(([title]) => title)), ...lines, '', note].join('\n');
}

module.exports = { figure, machineText, tableText, goalsText };
