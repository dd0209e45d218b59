'use strict';

/**
 * The engine of a pool whose tasks run on the calling thread. Functions, values and errors take the way that they
 * always take, through bytes and back; only who reads those bytes is another.
 */

const { isDefault } = require('../default-pool');
const { factsOf } = require('../failure');
const { Engine } = require('../engine');
const { decorate } = require('../errors');
const { presentTask } = require('../worker/present');
const { InlineEdge, NoStaff } = require('./edge');
const { InlineScheduler } = require('./scheduler');

class InlineEngine extends Engine {
  #scheduler;
  #isDefault;

  /**
   * @param {import('../pool').Pool} owner stays as long as its tasks do
   * @param {number} pool
   * @param {any} config
   * @param {import('./scheduler').Mode} mode
   */
  constructor(owner, pool, config, mode) {
    const { engines } = require('../isolate').here();
    const real = engines.get(pool);
    super(pool, config);
    // Mail is for the engine that has workers.
    if (real === undefined) engines.delete(pool);
    else engines.set(pool, real);
    this.owner = owner;
    this.#isDefault = isDefault(owner);
    this.#scheduler = new InlineScheduler(this, mode);
    this.edge = new InlineEdge(this, this.#scheduler);
    this.staff = /** @type {any} */ (new NoStaff());
    this.onSubmitted = (/** @type {import('../handle').TaskHandle<any>} */ handle) => {
      const task = presentTask();
      if (task !== undefined) task.attendant.adopt(task, handle);
    };
  }

  /**
   * @override
   * @param {any} task
   * @param {import('../options').RunOptions} options
   * @param {import('../capture').Prepared} [prepared]
   * @param {number} [form]
   * @param {readonly unknown[]} [args]
   * @returns {import('../handle').TaskHandle<any>}
   */
  submit(task, options, prepared, form, args) {
    const engine = this.#engineFor();
    if (engine !== this) return engine.submit(task, options, prepared, form, args);
    const handle = super.submit(task, options, prepared, form, args);
    this.#scheduler.begin();
    return handle;
  }

  /** The default pool of a task is the one that it runs on. */
  #engineFor() {
    const worker = /** @type {any} */ (this.#isDefault ? presentTask()?.attendant : undefined);
    return /** @type {InlineEngine} */ (worker?.engine ?? this);
  }

  /**
   * @override
   * @param {Uint8Array} bytes
   * @param {number} length
   */
  handOver(bytes, length) {
    this.#scheduler.accept(bytes, length);
  }

  /**
   * @override
   * @param {import('../handle').TaskHandle<any>} handle
   * @param {number} kind
   * @param {any} letter
   * @param {import('../usages').Usage} usage
   */
  errorOf(handle, kind, letter, usage) {
    const { injected } = letter;
    if (injected === undefined) return super.errorOf(handle, kind, letter, usage);
    return decorate(injected.error, factsOf(handle, usage, injected.error));
  }
}

exports.InlineEngine = InlineEngine;
