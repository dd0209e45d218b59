'use strict';

/**
 * Gives memory back while a worker is idle: `memory.cleanup: 'aggressive'`.
 *
 * V8 collects garbage when more memory is asked for, so what the last tasks have left stays for as long as a
 * worker idles. Here all of it is collected a moment after the last task, once: an idle worker does nothing.
 */

const v8 = require('node:v8');
const vm = require('node:vm');
const { clearTimeout, setTimeout } = require('node:timers');

/** Milliseconds without a task after which it is worth it: a collection takes several. */
const PAUSE = 50;

/** @type {(() => void) | undefined} */
let collect;

/** V8's own collection, which programs see only where Node was started with a flag. */
function collector() {
  if (collect === undefined) {
    v8.setFlagsFromString('--expose-gc');
    try {
      collect = /** @type {() => void} */ (vm.runInNewContext('gc'));
    } finally {
      v8.setFlagsFromString('--no-expose-gc');
    }
  }
  return collect;
}

class Cleaner {
  #done;
  /** @type {NodeJS.Timeout | undefined} */
  #timer = undefined;
  /** Nothing has run since the last collection. */
  #clean = true;

  /** @param {() => void} done called after each collection */
  constructor(done) {
    this.#done = done;
  }

  /** The worker has nothing to do, for now. */
  rest() {
    if (this.#clean || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#clean = true;
      collector()();
      this.#done();
    }, PAUSE);
    this.#timer.unref();
  }

  /** There is something to do again, or nothing to be given back any more. */
  stop() {
    this.#clean = false;
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

module.exports = { Cleaner };
