'use strict';

/**
 * What a worker does: it asks for tasks, runs them, and reports.
 *
 * One native call (`exchange`) reports everything finished and brings the next batch. Each part of the work is a file:
 *
 *   inbox.js       the batch, and the claims on it          payloads.js    what a task calls, and with what
 *   begun.js       tasks under way: room, cancellations     late-tasks.js  tasks whose parts are not all here
 *   reports.js     what is said of them                     begin.js       how their function is called
 *   turns.js       when the event loop has its turn         heap.js        memory, as far as it is spoken of
 */

const binding = require('../native');
const { TASK } = require('../frames');
const { here } = require('../isolate');
const { fetcher } = require('../attached-content');
const { attach, attachedEngine, reconfigure } = require('./attached');
const { begin, isThenable } = require('./begin');
const { Begun } = require('./begun');
const { NOT_HERE_YET, ODD, formOf } = require('./forms');
const { breakOff, exit, guarded, now, reportTo, resolved, then } = require('./guard');
const { Heap } = require('./heap');
const { Inbox } = require('./inbox');
const { LateTasks } = require('./late-tasks');
const { printed } = require('./output');
const { Payloads } = require('./payloads');
const { callFor } = require('./present');
const { Progress } = require('./progress');
const { Reports } = require('./reports');
const { isTampered } = require('./tampered');
const { Task } = require('./task');
const { Tasks } = require('./tasks');
const { Turns } = require('./turns');

/** Set in what `exchange` returns where there is mail, and where the worker stays awake without a task. */
const HAS_MAIL = 2 ** 40;
const AWAKE = 2 ** 41;
/** Milliseconds after which finished tasks are reported although the batch goes on. */
const REPORT_AFTER = 1;
/** Tasks that one worker has begun and that await something, where the config leaves it to us. */
const AUTO_CONCURRENCY = 32;

const { hasOwn } = Object;

class Attendant {
  #isolate = here();
  #pool;
  #worker;
  #port;
  #tasks = new Tasks();
  #inbox = new Inbox(this.#isolate.id);
  #reports;
  #payloads = new Payloads(this.#tasks);
  #begun = new Begun(this.#isolate.id, () => this.#turns.soon());
  #late = new LateTasks(this.#isolate.id, this.#tasks, this.#payloads, () => this.#turns.soon());
  #heap = new Heap(this.#isolate.id);
  #turns = new Turns(
    () => this.#work(),
    () => {
      if (this.#begun.count > 0) this.#begun.look();
    },
  );
  #lastReport = 0;
  /** No task is taken any more: the worker ends with those that it has. */
  #leaving = false;
  /** How large arguments of the present task are taken over. */
  #taking = { detach: fetcher(() => this.#begun.present?.id ?? 0, false) };
  progress = new Progress(this.#isolate.id);

  /**
   * @param {number} pool
   * @param {number} worker
   * @param {import('node:worker_threads').MessagePort} port
   * @param {any} config
   */
  constructor(pool, worker, port, config) {
    this.#pool = pool;
    this.#worker = worker;
    this.#port = port;
    this.#reports = new Reports(this.#isolate, this.#tasks, port);
    reportTo(port);
    this.#configure(config);
    attach({
      pool,
      config,
      port,
      receive: (message) => this.#receive(message),
      adopt: (task, child) => this.adopt(task, child),
    });
  }

  start() {
    const joined = binding.join(this.#isolate.id, this.#pool, this.#worker);
    // The pool has gone meanwhile: nothing is to be done here.
    if (joined === undefined) exit(0);
    const words = /** @type {Int32Array | null} */ (joined);
    this.#inbox.share(words);
    this.#begun.share(words);
    this.#reports.share(words, binding.outbox(this.#isolate.id));
    this.#port.on(
      'message',
      guarded((message) => this.#receive(message)),
    );
    this.#port.postMessage({ joined: this.#isolate.id });
    this.#isolate.onTasks = this.#turns.begin;
    this.#isolate.onAnswer = (id, taken) => this.#begun.answer(id, taken);
    // What has ended in the turn that ends the worker is reported all the same.
    process.on('exit', () => {
      if (!this.#reports.isBusy && this.#reports.areWaiting) this.#exchange(false);
    });
    this.#turns.begin();
  }

  /** @param {any} config the config in force */
  #configure(config) {
    const { concurrency } = config.workers;
    this.#begun.most = concurrency === 'auto' ? AUTO_CONCURRENCY : concurrency;
    this.#heap.configure(config.memory);
  }

  #receive(/** @type {any} */ message) {
    // Own properties only: somebody may have put others on `Object.prototype`.
    if (hasOwn(message, 'config')) {
      this.#configure(message.config);
      reconfigure(message.config);
    } else if (hasOwn(message, 'print')) {
      printed(() => this.#port.postMessage({ printed: true }));
    } else if (hasOwn(message, 'leave')) {
      this.#leaving = true;
      if (this.#begun.count === 0) printed(() => exit(0));
    } else if (message.worker === this.#worker) {
      this.#late.deliver(message);
    } else {
      attachedEngine()?.parcels.deliver(message);
    }
  }

  /** Reports, fetches and runs until there is nothing left, or the event loop should have its turn. */
  #work() {
    for (;;) {
      if (this.#inbox.hasMore) {
        if (!this.#hasRoom()) {
          // Also where there is nothing to report: mail may be there, and whoever has called must be answered.
          this.#exchange(false);
          return;
        }
        this.#runBatch();
        if (this.#inbox.hasMore) continue;
      }
      const hungry = !this.#leaving && this.#hasRoom();
      if (!this.#exchange(hungry)) {
        if (this.#leaving && this.#begun.count === 0) printed(() => exit(0));
        return;
      }
      if (this.#begun.count > 0 || this.#turns.isDue()) {
        this.#turns.later();
        return;
      }
    }
  }

  #hasRoom() {
    return this.#late.fetching === 0 && this.#begun.leavesRoom;
  }

  /**
   * @param {boolean} hungry
   * @returns {boolean} whether there is a new batch
   */
  #exchange(hungry) {
    const inbox = this.#inbox;
    const reports = this.#reports;
    const length = reports.take();
    this.#lastReport = now();
    // With nothing else under way the next task may be waited for awake, which is sooner than to be woken.
    const waiting = hungry && this.#begun.count === 0;
    let result = binding.exchange(this.#isolate.id, reports.bytes, length, hungry, waiting, inbox.bytes);
    reports.taken();
    const awake = result >= AWAKE - HAS_MAIL / 2;
    if (awake) result -= AWAKE;
    const mail = result >= HAS_MAIL / 2;
    if (mail) result -= HAS_MAIL;
    if (result < 0) result = inbox.refill(-result);
    else if (hungry && result === 0) inbox.shrink();
    this.#heap.look(this.#lastReport);
    if (mail) this.#isolate.drain();
    if (!hungry) return false;
    if (result === 0) {
      // It comes again when its event loop has had a turn.
      if (awake) this.#turns.later();
      else if (this.#begun.count === 0) this.#heap.rest();
      return false;
    }
    this.#heap.wake();
    inbox.filled(result);
    return true;
  }

  /** Runs the tasks of the batch, as far as there is room. */
  #runBatch() {
    let start = now();
    while (this.#inbox.hasMore && this.#hasRoom()) {
      const at = this.#inbox.next();
      if (at < 0) return;
      start = this.#run(at, start);
      if (start - this.#lastReport > REPORT_AFTER && this.#reports.areWaiting) this.#exchange(false);
    }
  }

  /**
   * Begins a task.
   *
   * @param {number} at where it is in the inbox
   * @param {number} start
   * @returns {number} the time afterwards
   */
  #run(at, start) {
    const inbox = this.#inbox;
    const { bytes, view } = inbox;
    const flags = view.getUint32(at + TASK.FLAGS, true);
    const form = formOf(flags);
    const id = view.getFloat64(at + TASK.ID, true);
    const definition = view.getUint32(at + TASK.DEFINITION, true);
    const task = new Task(this, id, view.getUint32(at + TASK.OWNER, true), form, definition);
    this.#begun.present = task;
    if (flags & TASK.TIMED) inbox.stamp(start);
    if (flags & TASK.ANNOUNCED) binding.begun(this.#isolate.id, id);
    if (flags & TASK.LIMITED) task.limited = true;
    let args;
    let result;
    try {
      if (form & NOT_HERE_YET && this.#late.isLate(task)) {
        this.#await(task, this.#late.begin(task, inbox, at), start);
        return now();
      }
      this.#payloads.open(task, bytes, view, at + TASK.HEADER, undefined);
      args = this.#payloads.readArgs(task, this.#taking);
      const { fn, thisValue } = task.callable;
      result = form & ODD ? begin(task, args) : callFor(task, fn, thisValue, args);
      if (isThenable(result)) {
        this.#await(task, result, start);
        return now();
      }
    } catch (error) {
      const end = now();
      this.#rejected(task, error, end - start);
      if (args === undefined && isTampered()) this.#giveUp(error);
      return end;
    }
    const end = now();
    this.#fulfilled(task, result, end - start);
    return end;
  }

  /**
   * A task before this one has broken what the library stands on: those that follow run elsewhere.
   *
   * @param {unknown} error
   */
  #giveUp(error) {
    this.#exchange(false);
    breakOff(error);
  }

  /**
   * Waits for an asynchronous task without standing in the way of others.
   *
   * @param {Task} task
   * @param {PromiseLike<unknown>} promise
   * @param {number} start
   */
  #await(task, promise, start) {
    // Ahead of all else: it reads a property of the user's, which may throw.
    const settling = resolved(promise);
    this.#begun.await(task);
    then(
      settling,
      (value) => this.#ended(task, start, true, value),
      (error) => this.#ended(task, start, false, error),
    );
  }

  /**
   * What an asynchronous task gave a promise of is there.
   *
   * @param {Task} task
   * @param {number} start
   * @param {boolean} fulfilled
   * @param {unknown} value
   */
  #ended(task, start, fulfilled, value) {
    try {
      if (fulfilled) this.#fulfilled(task, value, now() - start);
      else this.#rejected(task, value, now() - start);
      this.#begun.leave(task);
      // Something else may hold the thread before this moment ends; nobody looks where nothing else is under way.
      const alone = this.#begun.count === 0 && !this.#inbox.hasMore;
      if (alone || now() - this.#lastReport > REPORT_AFTER) this.#exchange(false);
      this.#turns.soon();
    } catch (error) {
      breakOff(error);
    }
  }

  /**
   * @param {Task} task
   * @param {unknown} value
   * @param {number} run
   */
  #fulfilled(task, value, run) {
    if (task.progressSent !== 0) this.progress.settle(task);
    this.#reports.fulfilled(task, value, run);
    if (!this.#reports.publish()) this.#exchange(false);
  }

  /**
   * @param {Task} task
   * @param {unknown} error
   * @param {number} run
   */
  #rejected(task, error, run) {
    if (task.progressSent !== 0) this.progress.settle(task);
    this.#reports.rejected(task, error, run);
    if (!this.#reports.publish()) this.#exchange(false);
  }

  // What tasks ask of the worker that they are in.

  /**
   * What there is to know of a task, as JSON.
   *
   * @param {Task} task
   */
  describe(task) {
    const gone = { name: '', priority: 1, attempt: 1, timeout: null, elapsed: 0 };
    return binding.describeTask(this.#isolate.id, task.id) ?? JSON.stringify(gone);
  }

  /** Finds out which tasks have been cancelled since the last look. */
  look() {
    this.#begun.look();
  }

  /**
   * A task has submitted another one, or waits for what it has yielded to be taken.
   *
   * @param {Task} task
   * @param {Promise<unknown>} child
   */
  adopt(task, child) {
    this.#begun.adopt(task, child);
  }

  /**
   * A task has yielded a value: it goes out with the next report.
   *
   * @param {Task} task
   * @param {unknown} value
   * @returns {number} how many bytes it takes
   */
  yielded(task, value) {
    return this.#reports.yielded(task, value);
  }

  /**
   * Sends what has been yielded, and hears whether any more is wanted.
   *
   * @param {boolean} isStalled there is no more before some has been taken
   */
  hurry(isStalled) {
    if (isStalled) this.#reports.stall();
    this.#begun.look();
    this.#exchange(false);
  }
}

exports.Attendant = Attendant;
