'use strict';

/** A pool: its engine, its workers, its config, and the verbs on it. */

const { AsyncResource } = require('node:async_hooks');
const { configError, fromNative } = require('./errors');
const { heapMegabytes, startThread } = require('./thread');

/** What a pool stands on: loaded when the first one is opened. @type {typeof import('./ground')} */
let ground;
/** @type {typeof import('./native')} */
let binding;
/** What only a pool in use needs: loaded while its first worker starts. @type {typeof import('./verbs')} */
let verbs;

/** @typedef {import('./log').Log} Log */
/** @typedef {import('./staff').Staff} Staff */

/** @typedef {import('./engine').Engine} Engine */

/**
 * What makes the engines of all pools while `tasklets/testing` is at work.
 *
 * @type {((pool: Pool, number: number, config: any) => Engine) | undefined}
 */
let makeInstead;
/** Pools that have an engine. @type {Set<WeakRef<Pool>>} */
const inUse = new Set();
/** @type {(pool: Pool) => void} */
let putAside;
/** @type {(pool: Pool) => void} */
let putBack;
/** The engine of a pool, for those who submit what they have prepared; `undefined` for what is no pool of ours. @type {(pool: any) => Engine | undefined} */
let engineOf;
/** Whether a pool takes no tasks, or will soon take none. @type {(pool: any) => boolean} */
let isShutDown;

/** What else is read from the environment: how the library itself is loaded. */
const NOT_CONFIG = new Set(['TASKLETS_NATIVE_PATH', 'TASKLETS_UNPACKED', 'TASKLETS_NO_EXTERNAL_BUFFERS']);

class Pool {
  static {
    engineOf = (pool) => (#pool in pool ? pool.#use() : undefined);
    isShutDown = (pool) => #pool in pool && pool.#shutdown !== undefined;
  }

  #pool = 0;
  /** @type {any} */
  #config = undefined;
  /** What it was configured with before it was opened. @type {string | undefined} */
  #ahead = undefined;
  /** @type {Staff | undefined} */
  #staff = undefined;
  /** @type {Engine | undefined} */
  #engine = undefined;
  #hooks = /** @type {(() => unknown)[]} */ ([]);
  /** @type {import('./shutdown').Shutdown | undefined} */
  #shutdown = undefined;
  /** @type {import('./signals').Signals | undefined} */
  #signals = undefined;
  /** @type {Log | undefined} */
  #log = undefined;
  /** @type {any} */
  #logger = undefined;
  /** What is in use again after a test. @type {{ engine: Engine | undefined, shutdown: import('./shutdown').Shutdown | undefined } | undefined} */
  #aside = undefined;
  /** Whether it is among those in use. */
  #isListed = false;

  static {
    putAside = (pool) => {
      pool.#aside ??= { engine: pool.#engine, shutdown: pool.#shutdown };
      pool.#engine = pool.#shutdown = undefined;
    };
    putBack = (pool) => {
      const { engine, shutdown } = pool.#aside ?? { engine: undefined, shutdown: undefined };
      pool.#aside = undefined;
      pool.#engine = engine;
      pool.#shutdown = shutdown;
      if (engine !== undefined) engine.config = pool.#config;
    };
  }

  /** @param {unknown} [options] as `config` takes them */
  constructor(options) {
    if (options !== undefined) this.config(options);
  }

  /** Makes the pool known to the scheduler. It has no thread yet. */
  #open() {
    if (this.#pool !== 0) return;
    ground ??= require('./ground');
    binding = ground.binding;
    const { Log, Staff, fromJson, here, machine } = ground;
    this.#pool = binding.openPool(here().id, machine.cpuCount(), machine.memory());
    unused.register(this, { pool: this.#pool, staff: undefined }, this);
    this.#config = fromJson(answered(binding.configurePool(this.#pool, this.#ahead ?? '{}')), this.#logger);
    this.#ahead = undefined;
    const log = new Log(this.#pool, this.#config.logging);
    this.#log = log;
    this.#staff = new Staff(this.#pool, this.#config, log.write);
  }

  /** The engine of a pool that is to run something. */
  #use() {
    if (this.#engine !== undefined) return this.#engine;
    // Once: what is put back twice would lose its engine.
    if (!this.#isListed) inUse.add(new WeakRef(this));
    this.#isListed = true;
    if (makeInstead !== undefined) return this.#useInstead(makeInstead);
    // A worker takes longer to start than all that is loaded here: it goes first.
    const isFirst = this.#pool === 0 && this.#shutdown === undefined;
    const thread = isFirst ? startThread(heapMegabytes(this.#config)) : undefined;
    try {
      this.#open();
    } catch (error) {
      thread?.worker.terminate();
      throw error;
    }
    const staff = /** @type {Staff} */ (this.#staff);
    if (this.#shutdown === undefined) {
      const first = binding.prestart(this.#pool);
      if (first !== 0) staff.start(first, thread);
    }
    verbs ??= require('./verbs');
    const engine = new verbs.Engine(this.#pool, this.#config);
    engine.closed = this.#shutdown !== undefined;
    engine.employ(staff);
    this.#engine = engine;
    // Wrapped functions and handles use the engine, also without the pool.
    unused.unregister(this);
    unused.register(engine, { pool: this.#pool, staff });
    return engine;
  }

  /** @param {(pool: Pool, number: number, config: any) => Engine} make */
  #useInstead(make) {
    this.#open();
    verbs ??= require('./verbs');
    const engine = make(this, this.#pool, this.#config);
    engine.closed = this.#shutdown !== undefined;
    this.#engine = engine;
    return engine;
  }

  /** Whom to ask for tasks. */
  get #edge() {
    return this.#engine?.edge ?? binding;
  }

  /**
   * Verbs that give promises never throw, also where there can be no pool: without the addon, or the permission to start threads.
   *
   * @param {'run' | 'runAll' | 'map' | 'batch' | 'retry'} verb
   * @param {any} task
   * @param {any} [second]
   * @param {any} [third]
   * @returns {any}
   */
  #begin(verb, task, second, third) {
    let engine;
    try {
      engine = this.#engine ?? this.#use();
    } catch (error) {
      return Promise.reject(error);
    }
    return verbs[verb](engine, task, second, third);
  }

  /**
   * @param {any} task
   * @param {any} [options]
   */
  run(task, options) {
    const engine = this.#engine;
    return engine === undefined ? this.#begin('run', task, options) : verbs.run(engine, task, options);
  }

  /**
   * @param {any} tasks
   * @param {any} [options]
   */
  runAll(tasks, options) {
    return this.#begin('runAll', tasks, options);
  }

  /**
   * @param {any} task
   * @param {any} iterable
   * @param {any} [options]
   */
  map(task, iterable, options) {
    return this.#begin('map', task, iterable, options);
  }

  /**
   * @param {any} task
   * @param {any} [source]
   * @param {any} [options]
   */
  stream(task, source, options) {
    const engine = this.#use();
    return verbs.stream(engine, task, source, options);
  }

  graph() {
    verbs ??= require('./verbs');
    const { Graph } = require('./verbs/graph');
    return new Graph(() => this.#use());
  }

  /**
   * @param {any} tasks
   * @param {any} [options]
   */
  batch(tasks, options) {
    return this.#begin('batch', tasks, options);
  }

  /**
   * @param {any} task
   * @param {any} [options]
   */
  retry(task, options) {
    return this.#begin('retry', task, options);
  }

  /**
   * @param {any} task
   * @param {any} [options]
   */
  wrap(task, options) {
    this.#use();
    return verbs.wrap(() => this.#engine ?? this.#use(), task, options);
  }

  /**
   * What a function would take along; nothing runs.
   *
   * @param {Function} fn
   * @param {any} [options]
   */
  explain(fn, options) {
    return require('./capture-host').capture().explain(fn, options);
  }

  /**
   * @param {string | URL} urlOrPath
   * @param {string} [exportName]
   */
  module(urlOrPath, exportName) {
    return require('./verbs/module').module(urlOrPath, exportName);
  }

  /**
   * @param {number} id
   * @param {unknown} [reason]
   */
  cancel(id, reason) {
    if (!Number.isSafeInteger(id) || id < 1) throw configError('id', "a task's id, an integer from 1 up", id);
    if (this.#pool === 0) return false;
    const isolate = ground.here();
    const handle = isolate.handles.get(id);
    if (handle !== undefined) return handle.engine.cancel(handle, reason);
    return this.#edge.cancel(isolate.id, this.#pool, id, false) !== null;
  }

  /** @param {unknown} [options] */
  config(options) {
    const { toJson } = require('./config');
    const { json, logger } = toJson(options);
    return this.#apply(json, logger);
  }

  /** @param {string | URL} path */
  configFromFile(path) {
    const file = isFileUrl(path) ? require('node:url').fileURLToPath(path) : path;
    if (typeof file !== 'string') throw configError('path', 'the path of a .json, .yaml or .yml file', path);
    this.#open();
    return this.#apply(answered(binding.readConfigFile(file)), undefined);
  }

  /** @param {Record<string, string | undefined>} [env] */
  configFromEnv(env = process.env) {
    if (env === null || typeof env !== 'object')
      throw configError('env', 'an object, such as `process.env`', env);
    const given = Object.entries(env).filter(
      ([name, value]) => name.startsWith('TASKLETS_') && !NOT_CONFIG.has(name) && value !== undefined,
    );
    const names = given.map(([name]) => name);
    this.#open();
    return this.#apply(
      answered(
        binding.readConfigEnv(
          names,
          given.map(([, value]) => String(value)),
        ),
      ),
      undefined,
    );
  }

  /**
   * @param {string} json
   * @param {any} logger
   */
  #apply(json, logger) {
    // Before the first task only what has to be known now: the rest is done while the first worker's thread starts.
    if (this.#pool === 0 && this.#ahead === undefined) return this.#applyAhead(json, logger);
    this.#open();
    if (json !== '{}') {
      const { fromJson } = require('./config');
      this.#logger = logger ?? this.#logger;
      this.#config = fromJson(answered(binding.configurePool(this.#pool, json)), this.#logger);
      this.#log?.configure(this.#config.logging);
      if (this.#staff !== undefined) this.#staff.config = this.#config;
      if (this.#engine !== undefined) this.#engine.config = this.#config;
      this.#listen(this.#config.gracefulSignals && this.#shutdown === undefined);
    }
    return this.#config;
  }

  /**
   * @param {string} json
   * @param {any} logger
   */
  #applyAhead(json, logger) {
    binding ??= require('./native');
    const { fromJson } = require('./config');
    const machine = require('./machine');
    const checked = answered(binding.checkConfig(json, machine.cpuCount(), machine.memory()));
    this.#logger = logger;
    this.#config = fromJson(checked, logger);
    this.#ahead = json;
    this.#listen(this.#config.gracefulSignals && this.#shutdown === undefined);
    return this.#config;
  }

  /** @param {boolean} wanted whether signals shut the pool down */
  #listen(wanted) {
    if (this.#signals === undefined) {
      if (!wanted) return;
      const { Signals } = require('./signals');
      this.#signals = new Signals(() => this.shutdown());
    }
    this.#signals.listen(wanted);
  }

  /** @param {any} [options] */
  async shutdown(options) {
    const { shutdownOptions } = require('./options');
    const { Shutdown } = require('./shutdown');
    const given = shutdownOptions(options);
    this.#shutdown ??= new Shutdown(this.#engine, this.#hooks, () => this.#listen(false));
    this.#shutdown.onOver = () => {};
    return this.#shutdown.end(given);
  }

  start() {
    if (this.#shutdown === undefined) return;
    if (!this.#shutdown.over) {
      // What is under way comes to its end first.
      this.#shutdown.onOver = () => this.start();
      return;
    }
    this.#shutdown.undo();
    this.#shutdown = undefined;
    if (this.#engine !== undefined) this.#engine.closed = this.#engine.admissions.areOver = false;
    this.#listen(this.#config?.gracefulSignals ?? false);
  }

  /** @param {() => unknown} callback */
  onShutdown(callback) {
    if (typeof callback !== 'function') throw configError('fn', 'a function', callback);
    const bound = AsyncResource.bind(callback);
    this.#hooks.push(bound);
    return () => {
      const place = this.#hooks.indexOf(bound);
      if (place !== -1) this.#hooks.splice(place, 1);
    };
  }

  getHealth() {
    this.#open();
    const { heapUsed } = process.memoryUsage();
    const { limit } = this.#config.memory;
    const available = Number.isFinite(limit) ? Math.max(0, limit - heapUsed) : ground.machine.free();
    return JSON.parse(this.#edge.poolHealth(this.#pool, heapUsed, available));
  }

  getStats() {
    this.#open();
    this.#engine?.flush(true);
    return JSON.parse(this.#edge.poolStats(this.#pool));
  }

  getActiveTaskCount() {
    if (this.#engine === undefined) return 0;
    this.#engine.flush(true);
    return this.#edge.activeTasks(this.#pool);
  }

  async [Symbol.asyncDispose]() {
    await this.shutdown();
  }
}

/** A pool that nobody uses any more has no tasks: its workers, its number and its thread go. */
const unused = new FinalizationRegistry(
  (/** @type {{ pool: number, staff: Staff | undefined }} */ { pool, staff }) => {
    for (const reference of inUse) if (reference.deref() === undefined) inUse.delete(reference);
    ground.here().engines.delete(pool);
    staff?.leave();
    binding.closePool(pool);
  },
);

/**
 * A URL of any realm.
 *
 * @param {any} path
 * @returns {path is URL}
 */
function isFileUrl(path) {
  return typeof path === 'object' && path?.protocol === 'file:' && typeof path.href === 'string';
}

/**
 * An answer of the native side, or the error that it is.
 *
 * @param {string} json
 */
function answered(json) {
  if (json.startsWith('{"error":')) throw fromNative(JSON.parse(json).error);
  return json;
}

/**
 * Has all pools run on something else than their engines: `tasklets/testing` does.
 *
 * @param {typeof makeInstead} make `undefined`: on their engines again
 */
function runOn(make) {
  makeInstead = make;
  for (const reference of inUse) {
    const pool = reference.deref();
    if (pool !== undefined) (make === undefined ? putBack : putAside)(pool);
  }
}

exports.Pool = Pool;
exports.runOn = runOn;
exports.engineOf = engineOf;
exports.isShutDown = isShutDown;
