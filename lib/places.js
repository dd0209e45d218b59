'use strict';

/**
 * The places in the user's code that submit tasks, for the traces of their errors.
 *
 * Looking at the stack costs a few microseconds, several times what a task costs otherwise. So there
 * is an allowance: enough for every task of a server or a script, and a share of those of a tight loop.
 */

const home = require('./home');

/** How many looks may follow each other at once. */
const MOST = 16;
/** Milliseconds after which one more look may be taken: at some 10 µs each that is 1 % of the time. */
const EVERY = 1;
const FRAMES = 12;

class Places {
  #credit = MOST;
  #last = 0;

  /**
   * Whether a look can be afforded now.
   *
   * @param {number} now
   */
  affordable(now) {
    if (this.#credit < MOST && now > this.#last) {
      this.#credit = Math.min(MOST, this.#credit + (now - this.#last) / EVERY);
    }
    this.#last = now;
    return this.#credit >= 1;
  }

  /** The stack at this moment; it is put into words only if somebody asks. */
  here() {
    this.#credit--;
    const limit = Error.stackTraceLimit;
    // Not by assignment, which throws where the built-ins are frozen.
    Reflect.set(Error, 'stackTraceLimit', FRAMES);
    /** @type {{ stack?: string }} */
    const place = {};
    Error.captureStackTrace(place);
    Reflect.set(Error, 'stackTraceLimit', limit);
    return place;
  }
}

/**
 * The user's part of a stack, as lines.
 *
 * @param {{ stack?: string } | undefined} place
 */
function placeText(place) {
  if (typeof place?.stack !== 'string') return '';
  const lines = place.stack.split('\n').slice(1);
  return lines.filter((line) => !isOurs(line)).join('\n');
}

/**
 * A stack without the library's own lines, and without those of built-ins that it called.
 *
 * @param {string} stack
 */
function withoutOurs(stack) {
  const lines = stack.split('\n');
  const isFrame = (/** @type {string} */ line) => /^ {4}at /.test(line);
  const isBuiltIn = (/** @type {string} */ line) => line.endsWith('(<anonymous>)');
  const goes = lines.map((line) => isFrame(line) && isOurs(line));
  for (let index = lines.length - 2; index >= 0; index--) {
    goes[index] ||= isFrame(lines[index]) && isBuiltIn(lines[index]) && goes[index + 1];
  }
  return lines.filter((_, index) => !goes[index]).join('\n');
}

/** @param {string} line */
function isOurs(line) {
  return line.includes(home.library) || line.includes(home.face) || line.includes('(node:internal/');
}

module.exports = { Places, placeText, withoutOurs };
