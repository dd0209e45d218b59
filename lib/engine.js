'use strict';

/**
 * A pool as this isolate uses it: tasks go out in frames, and what the scheduler says of them comes back.
 *
 * Submitting costs no native call: a task is written into the outbox, and all of a microtask turn are
 * handed over together. The isolate that made the pool *owns* it: it starts and ends the workers. A
 * worker that submits tasks has an engine of its own for the same pool, and owns nothing.
 */

const binding = require('./native');
const { performance } = require('./clock');
const { ShutdownError, decorate } = require('./errors');
const { DEFAULTS } = require('./options');
const { KIND, MAIL } = require('./frames');
const { TaskHandle, extrasOf, isSettled, progressed, refuse } = require('./handle');
const { here } = require('./isolate');
const { NO_USAGE, cancelled, factsOf, libraryStack, refused } = require('./failure');
const { Places } = require('./places');
const { lazy } = require('./lazy');
const { Admissions } = require('./engine/admissions');
const { errorOf, hear, settle } = require('./engine/outcomes');
const { Outboxes } = require('./engine/outboxes');
const { captureOptions, prepare, prepareToKeep } = require('./engine/prepare');
const { TaskFrames } = require('./engine/task-frames');

/** What only some tasks need. */
const { register } = lazy(() => require('./engine/register'), ['register']);
const dependencies = lazy(() => require('./dependencies'), ['follow', 'wanted']);

/**
 * An outbox that has grown to this is handed over at once, so that workers begin while a loop still submits: some 50
 * small tasks. With 32 KiB instead, whoever keeps 256 small tasks in flight waits for the workers, and they for him.
 */
const FLUSH_BYTES = 4 * 1024;

/**
 * Milliseconds without a task after which, where latency is to be low, one is handed over at once, not at the end of the
 * turn. Elsewhere what is cancelled in the turn that submits it has never begun.
 */
const QUIET = 0.5;

/**
 * @typedef {import('./options').RunOptions} RunOptions
 * @typedef {import('./capture').Prepared} Prepared
 * @typedef {import('./usages').Usage} Usage
 * @typedef {typeof import('../binding')} Binding
 * @typedef {Pick<Binding, 'state' | 'attempts' | 'cancel' | 'forsake' | 'decide' | 'supply' | 'grant' | 'hangUp' | 'idles' |
 *   'drainPool' | 'abandon' | 'restPool' | 'reopen' | 'poolStats' | 'poolHealth' | 'activeTasks'>} Edge
 */

const settledPromise = Promise.resolve();

class Engine {
  #isolate;
  #frames;
  #outboxes = new Outboxes((bytes, length) => this.handOver(bytes, length));
  /** Tasks have been submitted in this turn, at whose end they are handed over. */
  #flushing = false;
  /** When the first of them was. */
  #now = 0;
  /** The task that is cancelled as it is handed over, if it has not been before; or 0. */
  #withdrawn = 0;
  #flush = () => this.flush();
  #places = new Places();
  /** @type {import('./parcels').Parcels | undefined} */
  #parcels = undefined;

  /**
   * What is said to the scheduler of tasks that it has. `tasklets/testing` has a scheduler of its own.
   *
   * @type {Edge}
   */
  edge = binding;
  /** The config in force, as far as submitting needs it. @type {any} */
  config;
  /** Where this is a worker: hears of each task that is submitted. @type {((handle: TaskHandle<any>) => void) | undefined} */
  onSubmitted = undefined;
  /**
   * Acts on what has come through a worker's port, whatever it is.
   *
   * @type {(worker: number, message: any) => void}
   */
  pass = (worker, message) => this.staff?.hear(worker, message);
  /** No task is taken. */
  closed = false;
  /** What goes on submitting although none is. */
  admissions = new Admissions();
  /** @type {import('./staff').Staff | undefined} the workers, where this isolate owns the pool */
  staff = undefined;
  /** @type {import('node:worker_threads').MessagePort | undefined} the way to the owner, where this is a worker of the pool */
  port = undefined;

  /**
   * @param {number} pool
   * @param {any} config
   */
  constructor(pool, config) {
    this.#isolate = here();
    this.pool = pool;
    this.config = config;
    this.#frames = new TaskFrames(this);
    this.#isolate.engines.set(pool, new WeakRef(this));
  }

  /**
   * This isolate owns the pool: its workers.
   *
   * @param {import('./staff').Staff} staff
   */
  employ(staff) {
    this.staff = staff;
    // The threads hold the staff, and must not hold a pool that nobody uses any more.
    const engine = new WeakRef(this);
    staff.onParcel = (message) => engine.deref()?.parcels.deliver(message);
  }

  get isolate() {
    return this.#isolate;
  }

  /** What only `postMessage` can carry; most pools never see any. */
  get parcels() {
    return (this.#parcels ??= new (require('./parcels').Parcels)(this));
  }

  /** @param {RunOptions} options */
  timeoutOf(options) {
    return options.timeout ?? this.config.timeout.default;
  }

  /**
   * Submits a task.
   *
   * @param {any} task what the user gave
   * @param {RunOptions} options
   * @param {Prepared} [prepared] where the captures have been read already
   * @param {number} [form] more bits of the form
   * @param {readonly unknown[]} [args] where they are not among the options, which many calls share then
   * @returns {TaskHandle<any>}
   */
  submit(task, options, prepared, form = 0, args = options.args) {
    const isolate = this.#isolate;
    const isLone = !this.#flushing && this.#begin();
    const handle = new TaskHandle(
      this,
      isolate.nextId(),
      task,
      options.plain ? DEFAULTS : options,
      this.#now,
    );
    let outbox;
    let before = 0;
    try {
      if (this.closed) throw shutDown();
      if (!options.plain) {
        // Ahead of what may settle it at once.
        this.#locate(handle);
        register(handle, options, this.config);
        if (isSettled(handle)) return handle;
      }
      const travels = prepared ?? this.prepare(task, options);
      outbox = this.#outboxes.open();
      before = outbox.position;
      this.#frames.write(outbox, handle, options, args, travels, form);
    } catch (error) {
      if (outbox !== undefined) outbox.position = before;
      this.#locate(handle);
      refuse(handle, refused(handle, error), NO_USAGE, false);
      return handle;
    }
    isolate.handles.add(handle.id, handle);
    if (!options.plain && options.dependsOn.length > 0) dependencies.follow(handle);
    this.onSubmitted?.(handle);
    if (isLone || outbox.position >= FLUSH_BYTES) this.flush(true);
    this.#locate(handle);
    return handle;
  }

  /**
   * Something begins that will hand its tasks over one after the other, by `submitMore`. It is refused as a task would be.
   *
   * @returns {() => void} says that it has come to its end
   */
  admit() {
    if (this.closed) throw shutDown();
    return this.admissions.enter();
  }

  /**
   * Submits a task of what was admitted before, also while the pool is shut down.
   *
   * @type {Engine['submit']}
   */
  submitMore(task, options, prepared, form, args) {
    const { closed } = this;
    this.closed = closed && this.admissions.areOver;
    try {
      return this.submit(task, options, prepared, form, args);
    } finally {
      this.closed = closed;
    }
  }

  /**
   * A turn has its first task.
   *
   * @returns {boolean} whether it is to be handed over at once
   */
  #begin() {
    const last = this.#now;
    this.#flushing = true;
    this.#now = performance.now();
    settledPromise.then(this.#flush);
    return this.config.lowLatency > 0 && this.#now - last > QUIET;
  }

  /**
   * Looks where a task is submitted; not where latency is to be low, because it takes longer than a small task.
   *
   * @param {TaskHandle<any>} handle
   */
  #locate(handle) {
    if (this.config.lowLatency > 0 || handle.place !== undefined) return;
    if (this.#places.affordable(this.#now)) handle.place = this.#places.here();
  }

  /**
   * What travels for a task.
   *
   * @param {any} task
   * @param {RunOptions} options
   * @returns {Prepared}
   */
  prepare(task, options) {
    return prepare(task, options, this.config);
  }

  /**
   * The same for a task that is called many times as it is now.
   *
   * @param {any} task
   * @param {RunOptions} options
   * @returns {Prepared}
   */
  prepareToKeep(task, options) {
    return prepareToKeep(task, options, this.config);
  }

  /** @param {RunOptions} options */
  captureOptions(options) {
    return captureOptions(options, this.config);
  }

  /**
   * Hands over what has been written.
   *
   * @param {boolean} [more] the turn goes on
   */
  flush(more = false) {
    if (!more) {
      this.#flushing = false;
      this.#frames.endTurn();
    }
    try {
      this.#outboxes.flush();
    } finally {
      // Whatever has happened: who looks out is not called.
      if (!more && this.#isolate.onTasks === undefined) this.#isolate.watch.end();
    }
  }

  /**
   * Frames go to the scheduler.
   *
   * @param {Uint8Array} bytes
   * @param {number} length
   */
  handOver(bytes, length) {
    const isolate = this.#isolate;
    if (isolate.onTasks === undefined) {
      isolate.watch.begin(this.config.lowLatency > 0);
      isolate.watch.submitted(binding.submit(isolate.id, this.pool, bytes, length, this.#withdrawn));
    } else {
      binding.submit(isolate.id, this.pool, bytes, length, this.#withdrawn);
    }
    // The first worker is wanted at once, not by way of the event loop.
    if (this.staff !== undefined && this.staff.size === 0) isolate.drain();
  }

  /**
   * A task is done with.
   *
   * @param {TaskHandle<any>} handle
   * @param {number} kind
   * @param {number} form
   * @param {any} letter
   */
  settle(handle, kind, form, letter) {
    settle(this, handle, kind, form, letter);
  }

  /**
   * The error that a message speaks of, with what is known about the task.
   *
   * @param {TaskHandle<any>} handle
   * @param {number} kind
   * @param {any} letter
   * @param {Usage} usage
   */
  errorOf(handle, kind, letter, usage) {
    return errorOf(handle, kind, letter, usage);
  }

  /**
   * An attempt has begun, or has failed and may be followed by another.
   *
   * @param {TaskHandle<any>} handle
   * @param {number} kind
   * @param {any} letter
   */
  hear(handle, kind, letter) {
    hear(this, handle, kind, letter);
  }

  /**
   * What the scheduler wants of the pool's owner, or a worker of a submitter.
   *
   * @param {number} kind
   * @param {number} id
   * @param {any} letter
   */
  obey(kind, id, letter) {
    if (kind === KIND.PROGRESS) {
      const handle = this.#isolate.handles.get(id);
      if (handle !== undefined) progressed(handle, letter);
    } else if (kind === KIND.YIELDED) {
      const handle = this.#isolate.handles.get(id);
      if (handle !== undefined) extrasOf(handle).listener?.hear(letter);
    } else if (kind === KIND.INPUT_WANTED) {
      const handle = this.#isolate.handles.get(id);
      if (handle !== undefined)
        dependencies.wanted(handle, letter.view.getUint32(letter.at + MAIL.ATTEMPT, true));
    } else if (kind === KIND.PARCEL_WANTED) {
      const handle = this.#isolate.handles.get(id);
      const parcel = handle === undefined ? undefined : extrasOf(handle).parcel;
      const again = handle?.options.retry !== undefined;
      this.parcels.send(id, letter.view.getInt32(letter.at + MAIL.WORKER, true), parcel, again);
    } else {
      this.staff?.obey(kind, id, letter);
    }
  }

  /**
   * Ends a task that waits for others and will never begin.
   *
   * @param {TaskHandle<any>} handle
   * @param {any} error
   */
  forsake(handle, error) {
    if (isSettled(handle)) return;
    this.flush(true);
    // Where it waits no more it has been settled over there, and what became of it is on its way.
    if (!this.edge.forsake(this.#isolate.id, this.pool, handle.id)) return;
    this.#isolate.handles.take(handle.id);
    const usage = { ...NO_USAGE, queueTime: handle.elapsed };
    libraryStack(error, handle);
    refuse(handle, decorate(error, factsOf(handle, usage, error)), usage, false);
  }

  /**
   * Cancels a task of this isolate.
   *
   * @param {TaskHandle<any>} handle
   * @param {unknown} [reason]
   * @returns {boolean}
   */
  cancel(handle, reason) {
    if (isSettled(handle) || !handle.options.cancellable) return false;
    // What is cancelled in the turn that submits it has not begun, and will not.
    this.#withdrawn = handle.id;
    try {
      this.flush(true);
    } finally {
      this.#withdrawn = 0;
    }
    const usage = this.edge.cancel(this.#isolate.id, this.pool, handle.id, true);
    if (usage === null) return false;
    this.#isolate.handles.take(handle.id);
    refuse(handle, cancelled(handle, reason, usage), usage, true);
    return true;
  }
}

function shutDown() {
  return new ShutdownError('The pool is shut down and takes no tasks; call `start()` to use it again');
}

exports.Engine = Engine;
