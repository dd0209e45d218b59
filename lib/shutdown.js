'use strict';

/**
 * The end of a pool: no new task, then the callbacks, then what is left may finish; at the timeout it
 * is given up; then the workers go, and the pool's thread.
 */

const { clearTimeout, performance, setTimeout } = require('./clock');
const { warn } = require('./warn');

/**
 * @typedef {import('./engine').Engine} Engine
 * @typedef {{ timeout: number, cancelPending: boolean, force: boolean }} Options
 * @typedef {{ graceful: boolean, completed: number, cancelled: number, abandoned: number, duration: number }} Report
 */

/** The longest time that a timer takes. */
const LONGEST = 2 ** 31 - 1;

class Shutdown {
  #engine;
  #hooks;
  #release;
  /** @type {Promise<Report> | undefined} */
  #ending = undefined;
  #giveUp = () => {};

  /** Whether it has come to its end, and what is to be done then. */
  over = false;
  onOver = () => {};

  /**
   * @param {Engine | undefined} engine
   * @param {(() => unknown)[]} hooks
   * @param {() => void} release takes away what listens for the pool
   */
  constructor(engine, hooks, release) {
    this.#engine = engine;
    this.#hooks = hooks;
    this.#release = release;
  }

  /**
   * @param {Options} options
   * @returns {Promise<Report>}
   */
  end(options) {
    if (this.#ending === undefined) this.#ending = this.#end(options).finally(() => this.#finish());
    // Whoever calls again may be in more of a hurry.
    else if (options.force) this.#giveUp();
    return this.#ending;
  }

  /**
   * @param {Options} options
   * @returns {Promise<Report>}
   */
  async #end({ timeout, cancelPending, force }) {
    const begun = performance.now();
    const engine = this.#engine;
    this.#release();
    if (engine === undefined) {
      await this.#callHooks();
      return {
        graceful: true,
        completed: 0,
        cancelled: 0,
        abandoned: 0,
        duration: performance.now() - begun,
      };
    }
    // The pool may be dropped meanwhile; its end is seen through all the same.
    engine.isolate.underWay.add(this);
    engine.flush(true);
    engine.closed = true;
    const before = counts(engine);
    const drained = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      if (engine.staff !== undefined) engine.staff.onDrained = resolve;
    });
    const late = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      this.#giveUp = resolve;
    });
    // What was taken as a whole hands all of its tasks over first.
    const drain = () => {
      engine.admissions.areOver = true;
      engine.edge.drainPool(engine.pool, cancelPending || force);
    };
    const isAwaited = !cancelPending && !force && !engine.admissions.areNone;
    if (!isAwaited) drain();
    const timer = setTimeout(this.#giveUp, Math.min(timeout, LONGEST));
    // A callback that never ends holds nobody up for longer than tasks may.
    await Promise.race([this.#callHooks(), late]);
    if (force) this.#giveUp();
    if (isAwaited) {
      await Promise.race([engine.admissions.left(), late]);
      drain();
    }
    const finished = await Promise.race([drained.then(() => true), late.then(() => false)]);
    clearTimeout(timer);
    const [running, waiting] = finished ? [0, 0] : engine.edge.abandon(engine.pool);
    const abandoned = running + waiting;
    // Workers that are to be started by now are started, and end with the others: none comes later.
    engine.isolate.drain();
    await engine.staff?.dismiss(finished);
    engine.isolate.drain();
    engine.edge.restPool(engine.pool);
    engine.isolate.underWay.delete(this);
    const after = counts(engine);
    return {
      graceful: finished,
      completed: after.completed - before.completed,
      cancelled: after.cancelled - before.cancelled,
      abandoned,
      duration: performance.now() - begun,
    };
  }

  #finish() {
    this.over = true;
    this.onOver();
  }

  /** The last one registered runs first; one that fails keeps nobody from ending. */
  async #callHooks() {
    for (const hook of [...this.#hooks].reverse()) {
      try {
        await hook();
      } catch (error) {
        warn('A callback of `onShutdown` threw', error);
      }
    }
  }

  /** Allows tasks again. */
  undo() {
    const engine = this.#engine;
    if (engine === undefined) return;
    engine.edge.reopen(engine.pool);
    engine.closed = engine.admissions.areOver = false;
  }
}

/** @param {Engine} engine */
function counts(engine) {
  return JSON.parse(engine.edge.poolStats(engine.pool)).counts;
}

exports.Shutdown = Shutdown;
