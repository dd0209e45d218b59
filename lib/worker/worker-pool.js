'use strict';

/** The default pool inside a worker: the very pool that the worker belongs to. Who made it rules it. */

const binding = require('../native');
const { TaskletsError, configError } = require('../errors');
const { batch } = require('../verbs/batch');
const { Graph } = require('../verbs/graph');
const { map } = require('../verbs/map');
const { module: moduleTask } = require('../verbs/module');
const { retry, run, wrap } = require('../verbs/run');
const { runAll } = require('../verbs/run-all');
const { stream } = require('../verbs/stream');

/** @param {string} verb */
function onlyOwner(verb) {
  return new TaskletsError(
    `Expected \`${verb}\` to be called where the pool was made, got a call inside a task; call it there, or make a \`new Pool()\``,
  );
}

class WorkerPool {
  #engine;

  /** @param {import('../engine').Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /** @type {(task: any, options: unknown) => any} */
  run = (task, options) => run(this.#engine, task, options);
  /** @type {(tasks: any, options: unknown) => any} */
  runAll = (tasks, options) => runAll(this.#engine, tasks, options);
  /** @type {(task: any, iterable: any, options: unknown) => any} */
  map = (task, iterable, options) => map(this.#engine, task, iterable, options);
  /** @type {(task: any, source: any, options: unknown) => any} */
  stream = (task, source, options) => stream(this.#engine, task, source, options);
  graph = () => new Graph(() => this.#engine);
  /** @type {(tasks: any, options: unknown) => any} */
  batch = (tasks, options) => batch(this.#engine, tasks, options);
  /** @type {(task: any, options: unknown) => any} */
  retry = (task, options) => retry(this.#engine, task, options);
  /** @type {(task: any, options: unknown) => any} */
  wrap = (task, options) => wrap(() => this.#engine, task, options);
  module = moduleTask;
  /** @type {(fn: any, options: any) => any} */
  explain = (fn, options) => require('../capture-host').capture().explain(fn, options);

  /**
   * @param {number} id
   * @param {unknown} [reason]
   */
  cancel(id, reason) {
    if (!Number.isSafeInteger(id) || id < 1) throw configError('id', "a task's id, an integer from 1 up", id);
    const handle = this.#engine.isolate.handles.get(id);
    if (handle !== undefined) return handle.engine.cancel(handle, reason);
    return binding.cancel(this.#engine.isolate.id, this.#engine.pool, id, false) !== null;
  }

  /** @param {unknown} [options] */
  config(options) {
    if (options !== undefined) throw onlyOwner('config');
    return this.#engine.config;
  }

  configFromFile() {
    throw onlyOwner('configFromFile');
  }

  configFromEnv() {
    throw onlyOwner('configFromEnv');
  }

  async shutdown() {
    throw onlyOwner('shutdown');
  }

  start() {
    throw onlyOwner('start');
  }

  onShutdown() {
    throw onlyOwner('onShutdown');
  }

  getHealth() {
    return JSON.parse(
      binding.poolHealth(this.#engine.pool, process.memoryUsage().heapUsed, require('../machine').free()),
    );
  }

  getStats() {
    this.#engine.flush(true);
    return JSON.parse(binding.poolStats(this.#engine.pool));
  }

  getActiveTaskCount() {
    this.#engine.flush(true);
    return binding.activeTasks(this.#engine.pool);
  }
}

exports.WorkerPool = WorkerPool;
