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
/** Milliseconds after which one more look may be taken: at some 3 µs each that is 2 % of the time. */
const EVERY = 0.15;
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
    Error.stackTraceLimit = FRAMES;
    /** @type {{ stack?: string }} */
    const place = {};
    Error.captureStackTrace(place);
    Error.stackTraceLimit = limit;
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

/** @param {string} line */
function isOurs(line) {
  return line.includes(home.library) || line.includes(home.face) || line.includes('(node:internal/');
}

module.exports = { Places, placeText };
