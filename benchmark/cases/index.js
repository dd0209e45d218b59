'use strict';

/**
 * What is asked. A figure is one number per process; the harness makes medians and ratios of them.
 *
 * @typedef {import('../contestants/index.js').Contestant} Contestant
 * @typedef {import('../contestants/index.js').Opened} Opened
 * @typedef {import('../harness/child.js').Plan} Plan
 *
 * @typedef {object} Metric
 * @property {string} label
 * @property {string} unit
 * @property {'more' | 'less'} better
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {string} title
 * @property {string} task                    the task of `tasks.js` (or `move`) that pools are opened for
 * @property {Record<string, Metric>} metrics
 * @property {import('../harness/goals.js').Goal[]} goals  what tasklets has to reach
 * @property {number} [repeat]                processes per round and contestant, where one gives one sample
 * @property {string[]} [only]                the contestants it is about
 * @property {(pool: Opened, plan: Plan, contestant: Contestant) => Promise<Record<string, number> | undefined>} measure  with a running pool; `undefined`: this platform cannot tell
 * @property {(contestant: Contestant, plan: Plan) => Promise<{ figures: Record<string, number> | undefined, pool: Opened }>} [measureFromCold]  instead, where starting is what is measured
 */

const names = [
  'trivial',
  'burst',
  'main-thread',
  'latency',
  'spaced-latency',
  'object-1kb',
  'collections',
  'string-10kb',
  'buffer-64kb',
  'buffer-1mb',
  'transfer',
  'map',
  'fib',
  'capture',
  'cold-start',
  'memory-worker',
  'memory-queued',
  'memory-growth',
  'idle',
];

/** @type {Case[]} */
const cases = names.map((name) => ({ name, ...require(`./${name}.js`) }));

module.exports = cases;
