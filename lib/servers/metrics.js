'use strict';

/**
 * A pool's statistics in the text format of Prometheus, version 0.0.4.
 *
 * By its conventions: base units (seconds, bytes), counters end in `_total`, one name is one kind of thing. What is
 * told of all tasks and of those of one name has two names, so that a sum over either is right.
 */

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const STATES = /** @type {const} */ ([
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['timed_out', 'timedOut'],
]);
const WORKER_STATES = ['starting', 'idle', 'busy', 'leaving'];
const STATUSES = ['healthy', 'degraded', 'unhealthy'];
const QUANTILES = /** @type {const} */ ([
  ['0.5', 'p50'],
  ['0.9', 'p90'],
  ['0.95', 'p95'],
  ['0.99', 'p99'],
  ['0.999', 'p999'],
]);

/**
 * @typedef {import('../../index').Stats} Stats
 * @typedef {import('../../index').Health} Health
 * @typedef {import('../../index').Histogram} Histogram
 * @typedef {Record<string, string>} Labels
 */

/** The text, family by family. */
class Exposition {
  #labels;
  #text = '';

  /** @param {Labels} labels those of every sample */
  constructor(labels) {
    this.#labels = labels;
  }

  /**
   * @param {string} name
   * @param {'counter' | 'gauge' | 'summary'} type
   * @param {string} help
   * @param {Array<[labels: Labels, value: number, suffix?: string]>} samples
   */
  family(name, type, help, samples) {
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [labels, value, suffix = ''] of samples) this.#sample(name + suffix, labels, value);
  }

  /**
   * @param {string} name
   * @param {Labels} labels
   * @param {number} value
   */
  #sample(name, labels, value) {
    const pairs = Object.entries({ ...this.#labels, ...labels });
    const inside = pairs.map(([label, text]) => `${label}="${escaped(text)}"`).join(',');
    this.#text += `${name}${inside === '' ? '' : `{${inside}}`} ${value}\n`;
  }

  toString() {
    return this.#text;
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

/**
 * @param {Stats} stats
 * @param {Health} health
 * @param {{ labels: Labels, byTask: boolean, version: string }} options
 * @returns {string}
 */
function metricsText(stats, health, { labels, byTask, version }) {
  const text = new Exposition(labels);
  text.family('tasklets_build_info', 'gauge', 'The version of tasklets.', [[{ version }, 1]]);
  writeTasks(text, stats);
  writeQueue(text, stats);
  writeWorkers(text, stats, health);
  writeTimes(text, stats);
  if (byTask) writeByTask(text, stats);
  return text.toString();
}

/**
 * @param {Exposition} text
 * @param {Stats} stats
 */
function writeTasks(text, { counts, errorsByName }) {
  text.family('tasklets_tasks_submitted_total', 'counter', 'Tasks that were taken.', [
    [{}, counts.submitted],
  ]);
  text.family(
    'tasklets_tasks_total',
    'counter',
    'Tasks that have ended, by how.',
    STATES.map(([state, key]) => [{ state }, counts[key]]),
  );
  text.family('tasklets_tasks_rejected_total', 'counter', 'Tasks that were not taken.', [
    [{}, counts.rejected],
  ]);
  text.family('tasklets_tasks_retried_total', 'counter', 'Attempts beyond the first.', [
    [{}, counts.retried],
  ]);
  text.family(
    'tasklets_task_errors_total',
    'counter',
    'Errors that ended a task, by their name.',
    Object.entries(errorsByName).map(([name, count]) => [{ name }, count]),
  );
}

/**
 * @param {Exposition} text
 * @param {Stats} stats
 */
function writeQueue(text, { queue }) {
  text.family('tasklets_queue_tasks', 'gauge', 'Tasks that wait.', [[{}, queue.depth]]);
  text.family('tasklets_queue_bytes', 'gauge', 'Bytes that wait with them.', [[{}, queue.bytes]]);
  const oldest = 'How long the oldest of them has waited.';
  text.family('tasklets_queue_oldest_seconds', 'gauge', oldest, [[{}, queue.oldest / 1000]]);
}

/**
 * @param {Exposition} text
 * @param {Stats} stats
 * @param {Health} health
 */
function writeWorkers(text, { workers }, health) {
  const inState = (/** @type {string} */ state) => workers.filter((worker) => worker.state === state).length;
  text.family(
    'tasklets_workers',
    'gauge',
    'Workers, by what they do.',
    WORKER_STATES.map((state) => [{ state }, inState(state)]),
  );
  const crashed = 'Workers that died without having been told to.';
  text.family('tasklets_workers_crashed_total', 'counter', crashed, [[{}, health.workers.crashed]]);
  const heap = workers.reduce((sum, worker) => sum + worker.heapUsed, 0);
  text.family('tasklets_workers_heap_used_bytes', 'gauge', 'The heaps of all workers.', [[{}, heap]]);
  const busy = workers.reduce((sum, worker) => sum + worker.utilization, 0) / Math.max(workers.length, 1);
  const utilization = 'The part of their lives that the workers were busy, 0 to 1.';
  text.family('tasklets_workers_utilization_ratio', 'gauge', utilization, [[{}, busy]]);
  text.family(
    'tasklets_health',
    'gauge',
    'How the pool is doing: 1 for the status that it has.',
    STATUSES.map((status) => [{ status }, status === health.status ? 1 : 0]),
  );
  text.family('tasklets_uptime_seconds', 'gauge', 'Since the pool was started.', [
    [{}, health.uptime / 1000],
  ]);
}

/**
 * @param {Exposition} text
 * @param {Stats} stats
 */
function writeTimes(text, { queueTime, runTime, cpuTime }) {
  const families = /** @type {const} */ ([
    ['tasklets_task_queue_seconds', 'How long tasks waited.', queueTime],
    ['tasklets_task_run_seconds', 'How long tasks ran.', runTime],
    ['tasklets_task_cpu_seconds', 'CPU time that tasks used.', cpuTime],
  ]);
  for (const [name, help, histogram] of families) text.family(name, 'summary', help, summary(histogram, {}));
}

/**
 * @param {Exposition} text
 * @param {Stats} stats
 */
function writeByTask(text, { byTask }) {
  const tasks = Object.entries(byTask);
  text.family(
    'tasklets_named_tasks_total',
    'counter',
    'Tasks of each name that have ended, by how.',
    tasks.flatMap(([task, counts]) =>
      STATES.map(([state, key]) => /** @type {[Labels, number]} */ ([{ task, state }, counts[key]])),
    ),
  );
  text.family(
    'tasklets_named_task_run_seconds',
    'summary',
    'How long tasks of each name ran.',
    tasks.flatMap(([task, { runTime }]) => summary(runTime, { task })),
  );
}

/**
 * @param {Histogram} histogram in milliseconds
 * @param {Labels} labels
 * @returns {Array<[labels: Labels, value: number, suffix?: string]>}
 */
function summary(histogram, labels) {
  const { count, sum } = histogram;
  return [
    ...QUANTILES.map(([quantile, key]) => {
      // Nothing has been seen yet: there is no such value, rather than one of 0.
      const value = count === 0 ? NaN : histogram[key] / 1000;
      return /** @type {[Labels, number]} */ ([{ ...labels, quantile }, value]);
    }),
    [labels, sum / 1000, '_sum'],
    [labels, count, '_count'],
  ];
}

module.exports = { CONTENT_TYPE, metricsText };
