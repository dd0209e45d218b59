'use strict';

/**
 * The submitting side of captures: a function becomes bytes that a worker can revive. (First cut; the seam is final.)
 *
 *   const capture = new Capture({ analyze, define, release, warn, codec, locationOf });
 *   const prepared = capture.prepare(fn, options);        // run, wrap
 *   const many = capture.prepareAll([{ fn, options }]);   // runAll, batch: one reading of variables for all
 *
 * `Prepared`: { definition, section, extras, hasArgs, name }
 *   definition  id of the immutable bytes registered with `define`; a frame carries it
 *   section     null for a function that needs nothing else, otherwise the bytes of the captured values of this submission
 *   extras      what only postMessage carries (SharedArrayBuffer ...), from the codec; null if there is none
 *   hasArgs     the arguments are inside the section: the frame carries none of its own
 * For a function that needs nothing else the same object comes every time, so a caller may keep notes on it.
 *
 * Options: captures, this, mode ('auto' | 'explicit'), args (only when `args` holds functions or captured classes).
 * Throws CaptureError (cannot travel) or InvalidTaskError (no task at all: `errors` of the host).
 */

const v8 = require('node:v8');

class Capture {
  #host;
  #byFunction = new WeakMap();
  #byText = new Map();

  constructor(host) {
    this.#host = host;
  }

  prepare(fn, options) {
    const known = this.#byFunction.get(fn);
    if (known !== undefined && options === undefined) return known;
    const text = Function.prototype.toString.call(fn);
    let prepared = this.#byText.get(text);
    if (prepared === undefined) {
      const bytes = v8.serialize({ text });
      prepared = { definition: this.#host.define(bytes), section: null, extras: null, hasArgs: false, name: fn.name };
      this.#byText.set(text, prepared);
    }
    this.#byFunction.set(fn, prepared);
    return prepared;
  }

  prepareAll(items) {
    return items.map(({ fn, options }) => this.prepare(fn, options));
  }
}

module.exports = { Capture };
