'use strict';

/** A pool: its engine, its workers, its config, and the verbs on it. */

const { AsyncResource } = require('node:async_hooks');
const binding = require('../binding');
const { fromJson, toJson } = require('./config');
const { Engine } = require('./engine');
const { configError, fromNative } = require('./errors');
const { here } = require('./isolate');
const { Log } = require('./log');
const machine = require('./machine');
const { shutdownOptions } = require('./options');
const { Shutdown } = require('./shutdown');
const { Signals } = require('./signals');
const { Staff } = require('./staff');
const { batch } = require('./verbs/batch');
const { map } = require('./verbs/map');
const { module: moduleTask } = require('./verbs/module');
const { refused, retry, run, wrap } = require('./verbs/run');
const { runAll } = require('./verbs/run-all');

class Pool {
  /** @type {Engine | undefined} */
  #engine = undefined;
  #hooks = /** @type {(() => unknown)[]} */ ([]);
  /** @type {Shutdown | undefined} */
  #shutdown = undefined;
  #signals = new Signals(() => this.shutdown());
  #log = new Log();
  /** @type {any} */
  #logger = undefined;

  /** @param {unknown} [options] as `config` takes them */
  constructor(options) {
    if (options !== undefined) this.config(options);
  }

  /** The engine; it is made by the first call that needs it, and starts no thread. */
  #use() {
    if (this.#engine === undefined) {
      const isolate = here();
      const pool = binding.openPool(isolate.id, machine.cpuCount(), machine.memory());
      const engine = new Engine(pool, fromJson(binding.configurePool(pool, '{}')));
      engine.staff = new Staff(engine);
      engine.log = (level, message, fields) => this.#log.write(pool, level, message, fields);
      this.#engine = engine;
      unused.register(this, pool);
    }
    return this.#engine;
  }

  /**
   * @param {any} task
   * @param {any} [options]
   */
  run(task, options) {
    return run(this.#use(), task, options);
  }

  /**
   * @param {any} tasks
   * @param {any} [options]
   */
  runAll(tasks, options) {
    return runAll(this.#use(), tasks, options);
  }

  /**
   * @param {any} task
   * @param {any} iterable
   * @param {any} [options]
   */
  map(task, iterable, options) {
    return map(this.#use(), task, iterable, options);
  }

  /**
   * @param {any} tasks
   * @param {any} [options]
   */
  batch(tasks, options) {
    return batch(this.#use(), tasks, options);
  }

  /**
   * @param {any} task
   * @param {any} [options]
   */
  retry(task, options) {
    return retry(this.#use(), task, options);
  }

  /**
   * @param {any} task
   * @param {any} [options]
   */
  wrap(task, options) {
    return wrap(() => this.#use(), task, options);
  }

  /**
   * @param {string | URL} urlOrPath
   * @param {string} [exportName]
   */
  module(urlOrPath, exportName) {
    return moduleTask(urlOrPath, exportName);
  }

  /**
   * @param {number} id
   * @param {unknown} [reason]
   */
  cancel(id, reason) {
    if (!Number.isSafeInteger(id) || id < 1) throw configError('id', "a task's id, an integer from 1 up", id);
    const engine = this.#use();
    const handle = engine.isolate.handles.get(id);
    if (handle !== undefined) return handle.engine.cancel(handle, reason);
    return binding.cancel(engine.isolate.id, engine.pool, id, false);
  }

  /** @param {unknown} [options] */
  config(options) {
    const { json, logger } = toJson(options);
    return this.#apply(json, logger);
  }

  /** @param {string} path */
  configFromFile(path) {
    if (typeof path !== 'string') throw configError('path', 'the path of a .json, .yaml or .yml file', path);
    return this.#apply(answered(binding.readConfigFile(path)), undefined);
  }

  /** @param {Record<string, string | undefined>} [env] */
  configFromEnv(env = process.env) {
    if (env === null || typeof env !== 'object')
      throw configError('env', 'an object, such as `process.env`', env);
    const given = Object.entries(env).filter(
      ([name, value]) => name.startsWith('TASKLETS_') && value !== undefined,
    );
    const names = given.map(([name]) => name);
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
    const engine = this.#use();
    if (json !== '{}') {
      this.#logger = logger ?? this.#logger;
      const config = fromJson(answered(binding.configurePool(engine.pool, json)), this.#logger);
      this.#log.configure(config.logging);
      engine.config = config;
      this.#signals.listen(config.gracefulSignals);
    }
    return engine.config;
  }

  /** @param {any} [options] */
  async shutdown(options) {
    const given = shutdownOptions(options);
    this.#shutdown ??= new Shutdown(this.#engine, this.#hooks, () => this.#signals.listen(false));
    return this.#shutdown.end(given);
  }

  start() {
    if (this.#shutdown === undefined) return;
    this.#shutdown.undo();
    this.#shutdown = undefined;
    if (this.#engine !== undefined) this.#signals.listen(this.#engine.config.gracefulSignals);
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
    const engine = this.#use();
    const { heapUsed } = process.memoryUsage();
    const limit = engine.config.memory.limit;
    const available = Number.isFinite(limit) ? Math.max(0, limit - heapUsed) : machine.free();
    return JSON.parse(binding.poolHealth(engine.pool, heapUsed, available));
  }

  getStats() {
    const engine = this.#use();
    engine.flush(true);
    return JSON.parse(binding.poolStats(engine.pool, engine.staff?.heaps() ?? []));
  }

  getActiveTaskCount() {
    if (this.#engine === undefined) return 0;
    this.#engine.flush(true);
    return binding.activeTasks(this.#engine.pool);
  }

  async [Symbol.asyncDispose]() {
    await this.shutdown();
  }
}

/** A pool that nobody holds any more has no tasks: its number and its thread go. */
const unused = new FinalizationRegistry((/** @type {number} */ pool) => binding.closePool(pool));

/**
 * An answer of the native side, or the error that it is.
 *
 * @param {string} json
 */
function answered(json) {
  if (json.startsWith('{"error":')) throw fromNative(JSON.parse(json).error);
  return json;
}

module.exports = { Pool, refused };
