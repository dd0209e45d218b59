'use strict';

/**
 * What tests have asked for and not taken back: in which order tasks begin, and which of them are to fail.
 *
 * Every request stands on its own and is taken back on its own, in any order. Of those that speak of an order the
 * latest counts; of those that let tasks fail, each has its say, the latest first.
 */

const { attend } = require('../present-task');
const { runOn } = require('../pool');
const { InlineEngine } = require('./engine');
const { isAttached } = require('../worker/attached');
const { TaskletsError } = require('../errors');

/**
 * @typedef {object} Request
 * @property {(() => number) | undefined} [random] of `deterministic`: decides on the order
 * @property {boolean} [order] whether it speaks of an order
 * @property {(handle: import('../handle').TaskHandle<any>, attempt: number, random: () => number) => { error: unknown } | undefined} [fail]
 */

/** @type {Request[]} */
const requests = [];
/** Those with pending tasks, and those who wait for that to change. @type {Set<import('./scheduler').InlineScheduler>} */
const busy = new Set();
/** @type {(() => void)[]} */
const waiting = [];

/** What a scheduler needs to know of all this. */
const mode = {
  /** Random numbers that decide on the order; `undefined`: tasks begin at once, as they come. */
  get random() {
    return requests.findLast((request) => request.order)?.random;
  },
  /** Random numbers for what is left to chance otherwise. */
  get chance() {
    return requests.findLast((request) => request.random !== undefined)?.random ?? Math.random;
  },
  /**
   * What an attempt is to fail with.
   *
   * @param {import('../handle').TaskHandle<any>} handle
   * @param {number} attempt
   */
  failureOf(handle, attempt) {
    for (const { fail } of [...requests].reverse()) {
      const failure = fail?.(handle, attempt, mode.chance);
      if (failure !== undefined) return failure;
    }
    return undefined;
  },
  /**
   * The tasks of a scheduler have changed.
   *
   * @param {import('./scheduler').InlineScheduler} scheduler
   * @param {boolean} isBusy
   */
  changed(scheduler, isBusy) {
    if (isBusy) busy.add(scheduler);
    else busy.delete(scheduler);
    for (const resolve of waiting.splice(0)) resolve();
  },
};

/**
 * @param {Request} request
 * @returns {(() => void) & Disposable} takes it back
 */
function install(request) {
  if (isAttached()) {
    throw new TaskletsError(
      'Expected `tasklets/testing` to be used where the tests run, got a call inside a task',
    );
  }
  if (requests.length === 0) {
    attend();
    runOn((pool, number, config) => new InlineEngine(pool, number, config, mode));
  }
  requests.push(request);
  // A hook of a test runner hands over its own arguments: none is looked at.
  const restore = () => {
    const place = requests.indexOf(request);
    if (place === -1) return;
    requests.splice(place, 1);
    if (requests.length === 0) runOn(undefined);
  };
  return Object.assign(restore, { [Symbol.dispose]: restore });
}

/** Takes back whatever has been asked for. */
function restoreAll() {
  if (requests.splice(0).length > 0) runOn(undefined);
}

/** Those with pending tasks. */
function busyOnes() {
  return [...busy];
}

/** @returns {Promise<void>} the tasks of some pool have changed */
function change() {
  return new Promise((resolve) => {
    waiting.push(resolve);
  });
}

module.exports = { busyOnes, change, install, restoreAll };
