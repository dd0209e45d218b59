'use strict';

/**
 * TaskHandle: a promise that knows its task.
 *
 * It is awaited at the price of a plain promise because its `constructor` is `Promise`: V8 takes its fast path then, and
 * `then` gives plain promises. What only the library may do to a handle goes through the functions that the class hands
 * out below.
 */

const { AsyncResource } = require('node:async_hooks');
const { inspect, types } = require('node:util');
const { MAIL } = require('./frames');
const { usageAt } = require('./usages');
const { warn } = require('./warn');

/**
 * @typedef {import('./engine').Engine} Engine
 * @typedef {import('./options').RunOptions} RunOptions
 * @typedef {import('./usages').Usage} Usage
 */

/** @type {(value: any) => void} */
let lastResolve;
/** @type {(reason: any) => void} */
let lastReject;
const none = () => {};
/** @type {(resolve: (value: any) => void, reject: (reason: any) => void) => void} */
const keepResolvers = (resolve, reject) => {
  lastResolve = resolve;
  lastReject = reject;
};

/** What the scheduler answers when it is asked for a task's state. */
const STATE = Object.freeze({ GONE: 0, WAITING: 1, QUEUED: 2, RUNNING: 3 });

/**
 * What only few handles have.
 *
 * @typedef {object} Extras
 * @property {((...args: any[]) => void)[]} onStart
 * @property {((...args: any[]) => void)[]} onProgress
 * @property {((...args: any[]) => void)[]} onComplete
 * @property {((...args: any[]) => void)[]} onError
 * @property {AsyncResource | undefined} context the place of submission, for callbacks
 * @property {Record<string, unknown> | undefined} metadata
 * @property {() => void} release undoes what was registered for the task, such as on its signal
 * @property {unknown} parcel what only postMessage carries, until a worker asks for it
 * @property {number} progress
 * @property {readonly number[]} inputs what it depends on, as the scheduler knows it
 * @property {import('./yields').Listener | undefined} listener takes the values that the task yields
 */

/** @returns {Extras} */
const noExtras = () => ({
  onStart: [],
  onProgress: [],
  onComplete: [],
  onError: [],
  context: undefined,
  metadata: undefined,
  release: () => {},
  parcel: undefined,
  progress: 0,
  inputs: [],
  listener: undefined,
});

/**
 * Calls a user's callback; what it throws is reported, never lost and never fatal.
 *
 * @param {Pick<Extras, 'context'>} extras
 * @param {Function} callback
 * @param {unknown[]} args
 */
function call(extras, callback, args) {
  const failed = (/** @type {unknown} */ error) => warn('A callback of a task threw', error);
  try {
    const result =
      extras.context === undefined
        ? Reflect.apply(callback, undefined, args)
        : extras.context.runInAsyncScope(() => Reflect.apply(callback, undefined, args));
    // An async one that rejects has thrown as well.
    if (types.isPromise(result)) result.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

/**
 * Remembers the place where callbacks are given, in whose context they are called.
 *
 * @param {TaskHandle<any>} handle
 */
function inContext(handle) {
  const extras = extrasOf(handle);
  extras.context ??= new AsyncResource('TASKLETS');
  return extras;
}

/** @type {(handle: TaskHandle<any>, value: unknown, now: number) => void} */
let fulfil;
/** @type {(handle: TaskHandle<any>, error: unknown, usage: Usage | undefined, cancelled: boolean) => void} */
let refuse;
/** @type {(handle: TaskHandle<any>, block: number[], place: number) => void} */
let took;
/** @type {(handle: TaskHandle<any>, attempt: number) => void} */
let attempted;
/** @type {(handle: TaskHandle<any>, attempt: number, worker: number) => void} */
let started;
/** @type {(handle: TaskHandle<any>, callback: (...args: any[]) => void) => void} */
let onStart;
/** @type {(handle: TaskHandle<any>, letter: any) => void} */
let progressed;
/** @type {(handle: TaskHandle<any>) => Extras} */
let extrasOf;
/** @type {(handle: TaskHandle<any>) => boolean} */
let isSettled;
/** What it took, once that is known. @type {(handle: TaskHandle<any>) => Usage | undefined} */
let usedBy;

/**
 * Where the scheduler says that it stands.
 *
 * @param {TaskHandle<any>} handle
 */
function look({ engine, id }) {
  engine.flush(true);
  return engine.edge.state(engine.pool, id);
}

/**
 * @template {TaskHandle<any>} H
 * @param {H} handle
 * @param {'onStart' | 'onProgress' | 'onComplete' | 'onError'} event
 * @param {(...args: any[]) => void} callback
 */
function listen(handle, event, callback) {
  const { configError } = require('./errors');
  if (typeof callback !== 'function') throw configError(event, 'a function', callback);
  inContext(handle)[event].push(callback);
  return handle;
}

/**
 * @template T
 * @extends {Promise<T>}
 */
class TaskHandle extends Promise {
  // Private, all of it: whoever prints, copies or compares a handle is to see a task, not the pool behind it. Each field, and
  // the mark of a class with private methods, is 8 bytes, and a step for whoever looks something up, as awaiting does.
  #engine;
  #id;
  #task;
  #options;
  /** @type {unknown} */
  #hold = null;
  #resolve;
  #reject;
  /**
   * Until it has settled, where it was submitted, if that was looked at; then what it took: an object, or where its
   * numbers stand.
   *
   * @type {Usage | number[] | { stack?: string } | undefined}
   */
  #usage = undefined;
  /** @type {'pending' | 'fulfilled' | 'rejected' | 'cancelled'} */
  #outcome = 'pending';
  /** @type {Extras | undefined} */
  #extras = undefined;
  /** In milliseconds: when it was submitted, and once it has settled, how long that took. One field for both is 24 bytes less. */
  #time;
  /** The attempt that has been announced last; then, the place of the numbers. */
  #attempt = 0;

  /**
   * @param {Engine} engine
   * @param {number} id
   * @param {Function | object} task what the user gave, for its name and its place
   * @param {RunOptions} options
   * @param {number} now
   */
  constructor(engine, id, task, options, now) {
    super(keepResolvers);
    this.#resolve = lastResolve;
    this.#reject = lastReject;
    // They hold the handle, and with it the pool.
    lastResolve = lastReject = none;
    this.#time = now;
    this.#engine = engine;
    this.#id = id;
    this.#task = task;
    this.#options = options;
  }

  get id() {
    return this.#id;
  }

  /** @internal */
  get engine() {
    return this.#engine;
  }

  /** What the user gave. @internal */
  get task() {
    return this.#task;
  }

  /** @internal */
  get options() {
    return this.#options;
  }

  /** What keeps its definition. @internal */
  get hold() {
    return this.#hold;
  }

  set hold(hold) {
    this.#hold = hold;
  }

  /** Where it was submitted, if that was looked at. @internal */
  get place() {
    return /** @type {{ stack?: string } | undefined} */ (isSettled(this) ? undefined : this.#usage);
  }

  set place(place) {
    if (!isSettled(this)) this.#usage = place;
  }

  static {
    took = (handle, block, place) => {
      handle.#usage = block;
      handle.#attempt = place;
    };
    fulfil = (handle, value, now) => {
      handle.#outcome = 'fulfilled';
      handle.#time = now - handle.#time;
      handle.#resolve(value);
      const extras = handle.#extras;
      if (extras !== undefined) {
        extras.release();
        extras.parcel = undefined;
        for (const callback of extras.onComplete) call(extras, callback, [value]);
      }
    };
    refuse = (handle, error, usage, cancelled) => {
      if (usage !== undefined) handle.#usage = usage;
      handle.#outcome = cancelled ? 'cancelled' : 'rejected';
      handle.#time = performance.now() - handle.#time;
      handle.#reject(error);
      const extras = handle.#extras;
      if (extras !== undefined) {
        extras.release();
        extras.parcel = undefined;
        for (const callback of extras.onError) call(extras, callback, [error]);
      }
    };
    attempted = (handle, attempt) => {
      handle.#attempt = attempt;
    };
    started = (handle, attempt) => {
      handle.#attempt = attempt;
      const extras = handle.#extras;
      if (extras === undefined) return;
      for (const callback of extras.onStart)
        call(extras, callback, [{ taskId: handle.id, name: handle.name, attempt }]);
    };
    progressed = (handle, { at, bytes, decoder, view }) => {
      decoder.reset(bytes, at + MAIL.HEADER);
      const detail = decoder.readValue();
      const fraction = view.getFloat64(at + MAIL.QUEUE, true);
      const extras = extrasOf(handle);
      extras.progress = fraction;
      const info = { fraction, detail, taskId: handle.id, name: handle.name };
      for (const callback of extras.onProgress) call(extras, callback, [fraction * 100, info]);
    };
    onStart = (handle, callback) => {
      listen(handle, 'onStart', callback);
    };
    extrasOf = (handle) => (handle.#extras ??= noExtras());
    isSettled = (handle) => handle.#outcome !== 'pending';
    usedBy = (handle) => {
      const usage = handle.#outcome === 'pending' ? undefined : handle.#usage;
      return Array.isArray(usage)
        ? usageAt(usage, handle.#attempt)
        : /** @type {Usage | undefined} */ (usage);
    };
  }

  get name() {
    return nameOf(this.task, this.options);
  }

  get state() {
    if (this.#outcome !== 'pending') return this.#outcome;
    const state = look(this);
    if (state === STATE.WAITING) return 'waiting';
    // What has ended there and has not been heard of here was running a moment ago.
    return state === STATE.QUEUED ? 'queued' : 'running';
  }

  get worker() {
    const used = usedBy(this);
    if (used !== undefined) return used.worker < 0 ? null : used.worker;
    const state = look(this);
    return state >= STATE.RUNNING ? state - STATE.RUNNING : null;
  }

  get progress() {
    return this.#outcome === 'fulfilled' ? 1 : (this.#extras?.progress ?? 0);
  }

  get attempts() {
    const used = usedBy(this);
    if (used !== undefined) return used.attempts;
    this.engine.flush(true);
    // What has ended there and has not been heard of here is unknown there.
    return Math.max(this.#attempt, this.engine.edge.attempts(this.engine.pool, this.id));
  }

  get timeout() {
    return this.engine.timeoutOf(this.options);
  }

  get elapsed() {
    return isSettled(this) ? this.#time : performance.now() - this.#time;
  }

  get usage() {
    const used = usedBy(this);
    return used === undefined
      ? null
      : { queueTime: used.queueTime, runTime: used.runTime, cpuTime: used.cpuTime };
  }

  get metadata() {
    const extras = extrasOf(this);
    return (extras.metadata ??= { ...this.options.metadata });
  }

  /**
   * @param {unknown} [reason]
   * @returns {boolean}
   */
  cancel(reason) {
    return this.engine.cancel(this, reason);
  }

  /** @param {(percent: number, info: object) => void} callback */
  onProgress(callback) {
    return listen(this, 'onProgress', callback);
  }

  /** @param {(value: T) => void} callback */
  onComplete(callback) {
    listen(this, 'onComplete', callback);
    if (this.#outcome === 'fulfilled') this.then((value) => call(extrasOf(this), callback, [value]));
    return this;
  }

  /** @param {(error: any) => void} callback */
  onError(callback) {
    listen(this, 'onError', callback);
    if (this.#outcome === 'rejected' || this.#outcome === 'cancelled') {
      this.then(undefined, (error) => call(extrasOf(this), callback, [error]));
    }
    return this;
  }

  /**
   * What `console.log` shows.
   *
   * @param {number} depth
   * @param {import('node:util').InspectOptions & { stylize(text: string, styleType: 'special'): string }} options
   */
  [inspect.custom](depth, options) {
    if (depth < 0) return options.stylize('[TaskHandle]', 'special');
    const { id, name, state, attempts, worker, elapsed } = this;
    return `TaskHandle ${inspect({ id, name, state, attempts, worker, elapsed }, options)}`;
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  setMetadata(key, value) {
    // Not by assignment: `__proto__` is a key like any other.
    Object.defineProperty(this.metadata, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    return this;
  }

  /** @param {string} [key] */
  getMetadata(key) {
    if (key === undefined) return this.metadata;
    return Object.hasOwn(this.metadata, key) ? this.metadata[key] : undefined;
  }
}

Object.defineProperty(TaskHandle.prototype, Symbol.toStringTag, { value: 'TaskHandle', configurable: true });
lookFirstFor('constructor', Promise, TaskHandle.prototype);

/**
 * Makes a name all that a prototype has, and everything else a step further away. V8 looks up the `constructor` of a promise
 * whenever somebody waits for it, by going through all names of one object after the other.
 *
 * @param {string} name
 * @param {unknown} value
 * @param {any} prototype
 */
function lookFirstFor(name, value, prototype) {
  const others = Object.getOwnPropertyDescriptors(prototype);
  delete others[name];
  for (const key of Reflect.ownKeys(others)) delete prototype[key];
  Object.setPrototypeOf(prototype, Object.create(Object.getPrototypeOf(prototype), others));
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

/**
 * What a task is called: by its options, or by its function.
 *
 * @param {any} task
 * @param {{ name?: string }} options
 * @returns {string}
 */
function nameOf(task, options) {
  try {
    const name = options.name ?? task?.name;
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    // What is no task may be anything, such as a proxy that throws: it has no name then.
  }
  return '(anonymous)';
}

exports.TaskHandle = TaskHandle;
exports.attempted = attempted;
exports.call = call;
exports.extrasOf = extrasOf;
exports.fulfil = fulfil;
exports.inContext = inContext;
exports.isSettled = isSettled;
exports.nameOf = nameOf;
exports.onStart = onStart;
exports.progressed = progressed;
exports.refuse = refuse;
exports.started = started;
exports.took = took;
