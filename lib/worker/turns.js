'use strict';

/**
 * When a worker goes on with its work: at the end of this very moment, or when its event loop has had a turn, where
 * tasks that await something may have mail, or simply because it has been a while.
 */

const { guarded, nextTick, now, setImmediate } = require('./guard');

/** Milliseconds that a worker runs tasks without a look at its event loop. */
const LOOP_AFTER = 10;

class Turns {
  #work;
  #onTurn;
  #scheduled = false;
  /** When the event loop came round to us last. */
  #lastLoop = 0;

  /**
   * @param {() => void} work what there is to do
   * @param {() => void} onTurn called before it where the event loop has had a turn
   */
  constructor(work, onTurn) {
    this.#work = work;
    this.#onTurn = onTurn;
  }

  /** The event loop has come round to us. */
  begin = guarded(() => {
    this.#scheduled = false;
    this.#lastLoop = now();
    this.#onTurn();
    this.#work();
  });

  /** What has been put off to the end of this moment. */
  #resume = guarded(() => {
    this.#scheduled = false;
    this.#work();
  });

  /** Whether the event loop should have a turn. */
  isDue() {
    return now() - this.#lastLoop > LOOP_AFTER;
  }

  /** Goes on when the event loop has had its turn. */
  later() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.begin);
  }

  /** Goes on when everything that happens at this moment has come to rest. */
  soon() {
    if (this.#scheduled) return;
    if (this.isDue()) {
      this.later();
      return;
    }
    this.#scheduled = true;
    // Behind all microtasks, ahead of the event loop.
    nextTick(this.#resume);
  }
}

exports.Turns = Turns;
