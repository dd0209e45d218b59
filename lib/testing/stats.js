'use strict';

/** What a pool has done, counted on the calling thread. */

const { TaskletsError, describe } = require('../errors');

/** Times that are remembered of each kind, the latest. */
const KEPT = 10_000;

class Times {
  /** @type {number[]} */
  #values = [];
  #next = 0;
  #count = 0;

  /** @param {number} value */
  add(value) {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % KEPT;
    this.#count++;
  }

  toJSON() {
    const sorted = [...this.#values].sort((a, b) => a - b);
    const at = (/** @type {number} */ part) => sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
    const sum = sorted.reduce((total, value) => total + value, 0);
    return {
      count: this.#count,
      min: sorted[0] ?? 0,
      mean: sorted.length === 0 ? 0 : sum / sorted.length,
      max: sorted.at(-1) ?? 0,
      p50: at(0.5),
      p90: at(0.9),
      p95: at(0.95),
      p99: at(0.99),
      p999: at(0.999),
    };
  }
}

/** @typedef {{ queueTime: number, runTime: number, hasBegun: boolean }} Usage */
/** @typedef {'completed' | 'failed' | 'cancelled' | 'timedOut'} Ending */

class Group {
  completed = 0;
  failed = 0;
  cancelled = 0;
  timedOut = 0;
  queueTime = new Times();
  runTime = new Times();
  cpuTime = new Times();

  /**
   * @param {Ending} ending
   * @param {Usage} usage
   */
  end(ending, { queueTime, runTime, hasBegun }) {
    this[ending]++;
    this.queueTime.add(queueTime);
    if (!hasBegun) return;
    this.runTime.add(runTime);
    this.cpuTime.add(runTime);
  }
}

class Stats {
  #since = performance.now();
  submitted = 0;
  retried = 0;
  rejected = 0;
  #all = new Group();
  /** @type {Map<string, Group>} */
  #byTask = new Map();
  /** @type {Map<string, number>} */
  #errors = new Map();
  /** @type {{ name: string, message: string, taskName: string, at: number }[]} */
  #recent = [];

  /**
   * @param {string} task
   * @param {Ending} ending
   * @param {Usage} usage
   */
  end(task, ending, usage) {
    this.#all.end(ending, usage);
    let group = this.#byTask.get(task);
    if (group === undefined) this.#byTask.set(task, (group = new Group()));
    group.end(ending, usage);
  }

  /**
   * A task has failed, with an error that is known now.
   *
   * @param {string} taskName
   * @param {any} error
   * @param {Usage} usage
   */
  fail(taskName, error, usage) {
    const code = error instanceof TaskletsError ? error.code : undefined;
    // What was not taken, or was given up, is in no other count.
    if (code === 'ERR_TASKLETS_QUEUE_FULL' || code === 'ERR_TASKLETS_SHUTDOWN') return;
    this.end(taskName, code === 'ERR_TASKLETS_TIMEOUT' ? 'timedOut' : 'failed', usage);
    const { name, message } =
      error instanceof Error ? error : { name: typeof error, message: describe(error) };
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
    this.#recent = [...this.#recent, { name, message, taskName, at: Date.now() }].slice(-10);
  }

  /**
   * @param {{ depth: number, bytes: number, oldest: number }} queue
   * @param {boolean} isBusy
   */
  stats(queue, isBusy) {
    const { completed, failed, cancelled, timedOut, queueTime, runTime, cpuTime } = this.#all;
    const { submitted, retried, rejected } = this;
    const times = { queueTime, runTime, cpuTime };
    const heapUsed = process.memoryUsage().heapUsed;
    const state = isBusy ? 'busy' : 'idle';
    return {
      counts: { submitted, completed, failed, cancelled, timedOut, retried, rejected },
      queue,
      workers: [{ id: 0, state, completed, failed, utilization: Number(isBusy), heapUsed, cpuTime: 0 }],
      ...times,
      errorsByName: Object.fromEntries(this.#errors),
      byTask: Object.fromEntries(this.#byTask),
    };
  }

  /**
   * @param {number} used
   * @param {number} available
   * @param {boolean} isBusy
   */
  health(used, available, isBusy) {
    const { completed, failed, timedOut, runTime } = this.#all;
    const ended = completed + failed + timedOut;
    const { p50, p95, p99 } = runTime.toJSON();
    const megabytes = (/** @type {number} */ bytes) => `${Math.round(bytes / 2 ** 20)}MB`;
    return {
      status: 'healthy',
      workers: { active: Number(isBusy), idle: Number(!isBusy), crashed: 0 },
      memory: { used: megabytes(used), available: megabytes(available) },
      latency: { p50, p95, p99 },
      errors: { rate: ended === 0 ? 0 : (failed + timedOut) / ended, recent: this.#recent },
      uptime: performance.now() - this.#since,
    };
  }
}

exports.Stats = Stats;
