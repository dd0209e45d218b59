'use strict';

/**
 * What a worker itself needs of the globals, taken before any task can change them, and the end of a
 * worker that cannot go on: a task may have broken what the library stands on, and may swallow every
 * uncaught error besides. Such a worker ends at once, so that its tasks fail and the others run elsewhere.
 */

/** @typedef {import('node:worker_threads').MessagePort} MessagePort */

const { bind, call } = Function.prototype;
const { apply } = Reflect;
const { hrtime, nextTick } = process;
const { Promise, clearTimeout, setImmediate, setTimeout } = globalThis;

/**
 * Milliseconds of a clock that only runs on. It is the one of `performance`, which brings ten modules of Node's along:
 * 0.7 ms that the first result would wait for.
 *
 * @returns {number}
 */
const now = () => {
  const time = hrtime();
  return time[0] * 1000 + time[1] / 1e6;
};
const exit = process.exit.bind(process);
const reallyExit = /** @type {(code: number) => void} */ (Reflect.get(process, 'reallyExit').bind(process));
const resolved = Promise.resolve.bind(Promise);
/** @type {(promise: Promise<any>, fulfilled: (value: any) => void, rejected: (error: any) => void) => Promise<void>} */
const then = apply(bind, call, [Promise.prototype.then]);

/** The way to the pool's owner. @type {MessagePort | undefined} */
let owner;

/** @param {MessagePort} port */
function reportTo(port) {
  owner = port;
}

/**
 * Makes an entry from the event loop into one that ends the worker where the library itself fails.
 *
 * @param {(argument?: any) => void} enter
 * @returns {(argument?: any) => void}
 */
function guarded(enter) {
  return (argument) => {
    try {
      enter(argument);
    } catch (error) {
      breakOff(error);
    }
  };
}

/**
 * The library has failed in this worker.
 *
 * @param {unknown} error
 */
function breakOff(error) {
  try {
    owner?.postMessage({ broken: error });
  } catch {
    // It cannot be copied: the exit code has to do.
  }
  reallyExit(1);
  // The thread is stopped from outside: nothing may go on until then.
  for (;;);
}

module.exports = {
  Promise,
  apply,
  breakOff,
  clearTimeout,
  exit,
  guarded,
  nextTick,
  now,
  reportTo,
  resolved,
  setImmediate,
  setTimeout,
  then,
};
