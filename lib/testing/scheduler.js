'use strict';

/**
 * The scheduler of a pool whose tasks run on the calling thread: which of them begins when, and how it ends.
 *
 * A task is *waiting* (for others' results, or for its next attempt), *queued* or *running*. Nothing begins inside
 * something else: what a task or a callback submits begins when that has returned. At most as many run at once as the
 * pool's workers would have taken.
 */

const { AsyncResource } = require('node:async_hooks');
const { types } = require('node:util');
const binding = require('../native');
const dependencies = require('../dependencies');
const { extrasOf } = require('../handle');
const { FORM, KIND } = require('../frames');
const { retryTerms } = require('../retry');
const { Backlog } = require('./backlog');
const { copyOf, readEntries } = require('./entries');
const { failures } = require('./failures');
const { WORKER, letterOf } = require('./letters');
const { Stats } = require('./stats');
const { waitAfter } = require('./waits');
const { InlineWorker } = require('./worker');

/**
 * @typedef {import('./entries').Entry} Entry
 * @typedef {import('./worker').Outcome} Outcome
 * @typedef {import('../handle').TaskHandle<any>} TaskHandle
 * @typedef {{ readonly random: (() => number) | undefined, readonly chance: () => number,
 *   failureOf(handle: TaskHandle, attempt: number): { error: unknown } | undefined,
 *   changed(scheduler: InlineScheduler, isBusy: boolean): void }} Mode
 */

/** Tasks that one worker has begun and that await something, where the config leaves it to us. */
const AUTO_CONCURRENCY = 32;
/** What a task sees of the calls around it: nothing, as in a worker. */
const outside = new AsyncResource('TASKLETS');
const NO_BODY = new Uint8Array(0);

class InlineScheduler {
  #engine;
  #mode;
  #worker;
  #stats = new Stats();
  #backlog = new Backlog();
  /** @type {Set<Entry>} */
  #running = new Set();
  #inside = false;
  #scheduled = false;
  #draining = false;
  /** The tasks that have not ended. @type {Map<number, Entry>} */
  entries = new Map();

  /**
   * @param {import('./engine').InlineEngine} engine
   * @param {Mode} mode
   */
  constructor(engine, mode) {
    this.#engine = engine;
    this.#mode = mode;
    this.#worker = new InlineWorker(engine, (entry, run, outcome) => {
      this.#enter(() => this.#ended(entry, run, outcome));
    });
  }

  // Which begins when.

  /** What has been submitted begins as soon as it may. */
  begin() {
    this.#engine.flush(true);
    if (this.#mode.random === undefined) this.#enter(() => {});
    else this.#later();
  }

  /**
   * Begins whatever may begin, without the waits between attempts.
   *
   * @returns {boolean} whether some wait again, because another attempt of theirs has failed
   */
  hurry() {
    this.#engine.flush(true);
    this.#enter(() => {
      for (const entry of [...this.entries.values()]) entry.again?.();
    });
    // Inside of something else they begin when that has returned.
    while (!this.#inside && this.#backlog.depth > 0 && this.#room() > 0) this.#enter(() => this.#beginNext());
    return [...this.entries.values()].some(({ again }) => again !== undefined);
  }

  /** How many more tasks may run. Those that await others which they have submitted give their places up. */
  #room() {
    const { max, concurrency } = this.#engine.config.workers;
    const most = max * (concurrency === 'auto' ? AUTO_CONCURRENCY : concurrency);
    const parents = [...this.#running].filter(({ run }) => run?.awaits && run.children > 0);
    return most - this.#running.size + parents.length;
  }

  /** @returns {boolean} whether there was one that might begin */
  #beginNext() {
    if (this.#backlog.depth === 0 || this.#room() <= 0) return false;
    this.#start(/** @type {Entry} */ (this.#backlog.take(this.#mode.random)));
    return true;
  }

  /**
   * Does something that may settle tasks or let others begin, and then, unless this is inside of such a thing itself,
   * begins what may begin.
   *
   * @param {() => void} action
   */
  #enter(action) {
    if (this.#inside) {
      action();
      return;
    }
    this.#inside = true;
    try {
      action();
      if (this.#mode.random !== undefined) this.#later();
      else while (this.#beginNext());
    } finally {
      this.#inside = false;
    }
    if (this.#draining && this.entries.size === 0) this.#engine.staff?.onDrained();
    this.#mode.changed(this, this.entries.size > 0);
  }

  /** In a seeded order: one at the end of each turn, so that what awaits it goes on in between. */
  #later() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#engine.flush(true);
      if (this.#backlog.depth > 0) this.#enter(() => this.#beginNext());
    });
  }

  // The life of a task.

  /**
   * Frames have come.
   *
   * @param {Uint8Array} bytes
   * @param {number} length
   */
  accept(bytes, length) {
    for (const entry of readEntries(bytes, length, this.#engine.isolate.handles)) this.#take(entry);
  }

  /** @param {Entry} entry */
  #take(entry) {
    const { queueTimeout } = entry.handle.options;
    this.entries.set(entry.id, entry);
    const full = this.#backlog.refusal(entry, this.#room(), this.#engine.config.queue);
    if (full !== undefined) {
      this.#stats.rejected++;
      this.#settle(entry, KIND.FAILED, 0, full);
      return;
    }
    this.#stats.submitted++;
    this.#mode.changed(this, true);
    if (queueTimeout !== undefined)
      entry.timers.after(queueTimeout, () => this.#fail(entry, failures.waitedTooLong(queueTimeout)));
    if (entry.state === 'queued') this.#backlog.add(entry);
    // Results are given by the engine, as they come; failures are followed there anyway.
    entry.wanted.forEach((id, index) => {
      if (id !== 0) dependencies.wanted(entry.handle, index);
    });
  }

  /** @param {Entry} entry */
  #start(entry) {
    const { handle, id, timers } = entry;
    entry.state = 'running';
    entry.begun = performance.now();
    timers.clear();
    entry.attempt++;
    this.#running.add(entry);
    if (handle.options.onStart !== undefined)
      this.#engine.hear(handle, KIND.BEGUN, letterOf({ id, attempt: entry.attempt }));
    // The callback may have cancelled it.
    if (!this.#running.has(entry)) return;
    const injected = this.#mode.failureOf(handle, entry.attempt);
    if (injected !== undefined) {
      this.#ended(entry, undefined, { form: 0, body: NO_BODY, failed: true, injected });
      return;
    }
    outside.runInAsyncScope(() => this.#worker.run(entry, parcelOf(entry)));
    const { timeout } = handle;
    if (!this.#running.has(entry) || !(timeout > 0)) return;
    const left = Math.max(0, timeout - (performance.now() - entry.begun));
    timers.after(left, () => this.#fail(entry, failures.ranTooLong(timeout)));
  }

  /**
   * An attempt has come to an end of its own.
   *
   * @param {Entry} entry
   * @param {import('../worker/task').Task | undefined} run
   * @param {Outcome} outcome
   */
  #ended(entry, run, { form, body, failed, injected }) {
    // It had been given up.
    if (entry.run !== run || !this.#running.has(entry)) return;
    const { timeout } = entry.handle;
    this.#leave(entry);
    // A synchronous task cannot be interrupted here; it is late all the same.
    if (injected === undefined && timeout > 0 && performance.now() - entry.begun > timeout)
      this.#failed(entry, KIND.FAILED, failures.ranTooLong(timeout));
    else if (failed) this.#failed(entry, KIND.REJECTED, body, injected);
    else this.#settle(entry, KIND.FULFILLED, form, body);
  }

  /**
   * Something outside of its own code ends a task, or its attempt.
   *
   * @param {Entry} entry
   * @param {Uint8Array} facts
   */
  #fail(entry, facts) {
    this.#enter(() => {
      if (!this.entries.has(entry.id)) return;
      const wasRunning = this.#running.has(entry);
      this.#leave(entry);
      if (wasRunning) this.#failed(entry, KIND.FAILED, facts);
      else this.#settle(entry, KIND.FAILED, 0, facts);
    });
  }

  /**
   * An attempt has failed: there may be another one, which the engine decides.
   *
   * @param {Entry} entry
   * @param {number} kind
   * @param {Uint8Array} body
   * @param {{ error: unknown }} [injected]
   */
  #failed(entry, kind, body, injected) {
    const { handle, id, attempt, begun } = entry;
    const { retry } = handle.options;
    const policy = retry === undefined ? undefined : retryTerms(retry, this.#engine.config.retry);
    if (policy === undefined || attempt >= policy.attempts) {
      this.#settle(entry, kind, 0, body, injected);
      return;
    }
    entry.ended = performance.now();
    entry.state = 'waiting';
    const queue = waitAfter(policy, attempt, this.#mode.chance());
    const letter = letterOf({ id, queue, run: entry.ended - begun, attempt }, body);
    letter.injected = injected;
    const undecided = kind === KIND.REJECTED ? KIND.REJECTED_UNDECIDED : KIND.FAILED_UNDECIDED;
    this.#engine.hear(handle, undecided, letter);
  }

  /**
   * There is another attempt, after a wait.
   *
   * @param {number} id
   * @param {number} wait
   */
  repeat(id, wait) {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    this.#stats.retried++;
    const again = () => {
      entry.again = undefined;
      entry.timers.clear();
      entry.state = 'queued';
      entry.queued = performance.now();
      this.#enter(() => this.#backlog.add(entry));
    };
    entry.again = again;
    if (wait === 0) again();
    else entry.timers.after(wait, again);
    this.#mode.changed(this, true);
  }

  /**
   * A result is there that a task waits for.
   *
   * @param {number} id
   * @param {number} index
   * @param {Uint8Array} bytes
   * @param {number} length
   */
  supply(id, index, bytes, length) {
    const entry = this.entries.get(id);
    if (entry === undefined) return false;
    entry.inputs[index] = copyOf(bytes, 0, length);
    if (--entry.missing > 0) return true;
    entry.state = 'queued';
    this.#enter(() => this.#backlog.add(entry));
    return true;
  }

  /**
   * @param {Entry} entry
   * @param {number} kind
   * @param {number} form
   * @param {Uint8Array} body
   * @param {{ error: unknown }} [injected]
   */
  #settle(entry, kind, form, body, injected) {
    const { handle, id, attempt } = entry;
    const usage = usageOf(entry);
    this.#remove(entry);
    this.#engine.isolate.handles.take(id);
    const { queueTime: queue, runTime: run, hasBegun } = usage;
    const letter = letterOf({ id, queue, run, attempt, worker: hasBegun ? WORKER : -1 }, body);
    letter.injected = injected;
    if (kind === KIND.FULFILLED) this.#stats.end(handle.name, 'completed', usage);
    else extrasOf(handle).onError.unshift((error) => this.#stats.fail(handle.name, error, usage));
    this.#engine.settle(handle, kind, form, letter);
  }

  /**
   * A task goes whose handle is settled elsewhere.
   *
   * @param {number} id
   * @param {'cancelled' | 'failed'} ending
   */
  drop(id, ending) {
    const entry = this.entries.get(id);
    if (entry === undefined) return null;
    const { hasBegun, ...times } = usageOf(entry);
    this.#stats.end(entry.handle.name, ending, { hasBegun, ...times });
    this.#remove(entry);
    // Others may begin in its place, behind its settling.
    queueMicrotask(() => this.#enter(() => {}));
    return { ...times, cpuTime: times.runTime, attempts: entry.attempt, worker: hasBegun ? WORKER : -1 };
  }

  /** @param {Entry} entry an attempt of it is over, or given up */
  #leave(entry) {
    this.#running.delete(entry);
    entry.timers.clear();
    const { run } = entry;
    entry.run = undefined;
    if (run === undefined || !run.awaits) return;
    // Its code goes on, and is told so.
    run.cancelled = true;
    run.context?.abort();
    run.speaker?.stop();
  }

  /** @param {Entry} entry */
  #remove(entry) {
    this.#leave(entry);
    this.entries.delete(entry.id);
    this.#backlog.remove(entry);
    binding.dropAttachments(entry.id, false);
  }

  // The end of a pool, and what it has done.

  /** @param {boolean} cancelWaiting */
  drain(cancelWaiting) {
    this.#engine.flush(true);
    this.#draining = true;
    const waiting = cancelWaiting
      ? [...this.entries.values()].filter(({ state }) => state !== 'running')
      : [];
    for (const { handle } of waiting) this.#engine.cancel(handle, 'the pool is shut down');
    queueMicrotask(() => this.#enter(() => {}));
    return waiting.length;
  }

  abandon() {
    const left = [...this.entries.values()];
    const running = left.filter(({ state }) => state === 'running').length;
    this.#enter(() => {
      for (const entry of left) this.#settle(entry, KIND.FAILED, 0, failures.abandoned());
    });
    return [running, left.length - running];
  }

  reopen() {
    this.#draining = false;
  }

  stats() {
    const { depth, bytes, oldest } = this.#backlog;
    return this.#stats.stats({ depth, bytes, oldest }, this.#running.size > 0);
  }

  /**
   * @param {number} used
   * @param {number} available
   */
  health(used, available) {
    return this.#stats.health(used, available, this.#running.size > 0);
  }
}

/**
 * What a task took until now.
 *
 * @param {Entry} entry
 */
function usageOf({ attempt, begun, ended, submitted }) {
  const now = performance.now();
  const hasBegun = attempt > 0;
  const runTime = hasBegun ? Math.max(0, (ended > begun ? ended : now) - begun) : 0;
  return { queueTime: (hasBegun ? begun : now) - submitted, runTime, hasBegun };
}

/**
 * A copy of what bytes cannot carry, since there may be another attempt.
 *
 * @param {Entry} entry
 */
function parcelOf({ handle, form }) {
  if (!(form & (FORM.PARCEL | FORM.SECTION_PARCEL)) && handle.options.dependsOn.length === 0)
    return undefined;
  const parcel = /** @type {any} */ (extrasOf(handle).parcel);
  if (parcel === undefined) return undefined;
  const { transfer, ...content } = parcel;
  const isMoved = (/** @type {unknown} */ each) =>
    handle.options.retry === undefined || !types.isAnyArrayBuffer(each);
  return structuredClone(content, { transfer: transfer.filter(isMoved) });
}

exports.InlineScheduler = InlineScheduler;
