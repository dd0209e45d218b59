'use strict';

const { timesBetter } = require('./goals.js');
const { median, spread } = require('./stats.js');

/**
 * @typedef {object} Row one contestant's figure
 * @property {string} contestant
 * @property {number} [median]   of the figures of all its processes
 * @property {number} [spread]
 * @property {number[]} values
 * @property {number} [vsBestPool]  how many times better than the best pool
 * @property {number} [vsBare]
 * @property {number} [vsOneThread]  than no pool at all
 * @property {string} [skipped]
 * @property {string} [error]
 *
 * @typedef {object} Verdict
 * @property {string} text
 * @property {string} [value]  what was reached
 * @property {boolean} [met]   absent when the one to compare with did not take part
 *
 * @typedef {{ case: string, title: string, metric: string, label: string, unit: string, better: 'more' | 'less',
 *   metrics: number, own?: number, bare?: number, bestPool?: number, rows: Row[], verdicts: Verdict[] }} Table
 */

/** Ratios of figures next to nothing, or below it, say nothing. */
const TOO_SMALL = 1e-3;

/**
 * @param {import('./runner.js').Run[]} runs
 * @param {string} contestant
 * @param {string} metric
 * @returns {Row}
 */
function rowOf(runs, contestant, metric) {
  const error = runs.find((run) => run.error)?.error;
  const skipped = runs.find((run) => run.skipped)?.skipped;
  const values = runs.flatMap((run) => (run.figures ? [run.figures[metric]] : []));
  if (error || values.length === 0) return { contestant, values, error, skipped };
  return { contestant, values, median: median(values), spread: spread(values) };
}

/**
 * @param {import('../cases/index.js').Case} question
 * @param {string} metric
 * @param {Map<string, import('./runner.js').Run[]>} runs
 * @param {import('../contestants/index.js').Contestant[]} contestants
 * @returns {Table}
 */
function tableOf(question, metric, runs, contestants) {
  const { label, unit, better } = question.metrics[metric];
  const rows = [...runs].map(([contestant, each]) => rowOf(each, contestant, metric));
  const kinds = new Map(contestants.map(({ name, kind }) => [name, kind]));
  /** @param {string} kind */
  const figuresOf = (kind) =>
    rows.flatMap((row) => (kinds.get(row.contestant) === kind ? (row.median ?? []) : []));
  const pools = figuresOf('pool');
  const bestPool = pools.length ? (better === 'more' ? Math.max(...pools) : Math.min(...pools)) : undefined;
  const [bare] = figuresOf('bare');
  const [oneThread] = figuresOf('none');
  for (const row of rows) {
    if (row.median === undefined || row.median < TOO_SMALL) continue;
    if (bestPool && bestPool > TOO_SMALL) row.vsBestPool = timesBetter(row.median, bestPool, better);
    if (bare && bare > TOO_SMALL) row.vsBare = timesBetter(row.median, bare, better);
    if (oneThread && oneThread > TOO_SMALL) row.vsOneThread = timesBetter(row.median, oneThread, better);
  }
  const ownOf = (contestant = 'tasklets') => rows.find((row) => row.contestant === contestant)?.median;
  const own = ownOf();
  const verdicts = question.goals
    .filter((goal) => goal.metric === metric)
    .map(({ contestant, text, judge }) => {
      const figure = ownOf(contestant);
      return { text, ...(figure === undefined ? {} : judge({ own: figure, bare, bestPool }, better)) };
    });
  return {
    case: question.name,
    title: question.title,
    metric,
    label,
    unit,
    better,
    metrics: Object.keys(question.metrics).length,
    own,
    bare,
    bestPool,
    rows,
    verdicts,
  };
}

/**
 * Medians, spreads, ratios and verdicts of everything that ran.
 *
 * @param {import('../cases/index.js').Case[]} cases
 * @param {import('../contestants/index.js').Contestant[]} contestants
 * @param {import('./runner.js').Results} results
 * @returns {Table[]}
 */
function summarise(cases, contestants, results) {
  return cases.flatMap((question) => {
    const runs = results.get(question.name);
    return runs
      ? Object.keys(question.metrics).map((metric) => tableOf(question, metric, runs, contestants))
      : [];
  });
}

module.exports = { summarise };
