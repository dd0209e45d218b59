'use strict';

/**
 * Who takes part. A contestant is a library in one configuration:
 *
 * @typedef {object} Opened a pool that accepts tasks
 * @property {(value: any, transfer?: any[]) => Promise<any>} run  runs the task that the pool was opened for
 * @property {(task: string, value: any) => Promise<any>} call     runs any other task, outside of what is measured
 * @property {(items: number[]) => Promise<number[]>} [map]        the way to run the task over many items, if not `run` for each
 * @property {() => Promise<unknown>} close
 *
 * @typedef {object} Contestant
 * @property {string} name
 * @property {'tasklets' | 'bare' | 'pool' | 'none'} kind  `pool`: one of those that goals compare with
 * @property {string} [package]                            its name in node_modules, for the version
 * @property {string} about                                how it is set up
 * @property {string[]} [only]                             the cases it takes part in; all unless given
 * @property {Record<string, string>} [skips]              cases it cannot do, and why
 * @property {boolean} [constant]                          its trivial task takes no argument and answers 1
 * @property {() => unknown} load                          loads the library, which may be a promise of it
 * @property {(library: any, setup: { task: string, workers: number }) => Opened} open  starts the pool, waits for nothing
 */

/** @type {Contestant[]} */
const contestants = [
  ...require('./tasklets.js'),
  ...require('./bare.js'),
  ...require('./piscina.js'),
  ...require('./tinypool.js'),
  ...require('./workerpool.js'),
  ...require('./poolifier.js'),
  ...require('./one-thread.js'),
];

module.exports = contestants;
