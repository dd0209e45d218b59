'use strict';

/** A handler that runs on a pool: what it uses is read once, where it is handed over. */

const { capture } = require('../capture-host');
const { InvalidTaskError, describe } = require('../errors');
const { copy } = require('../options/task');
const { GeneratorStream } = require('../verbs/generator-stream');
const { moduleOf } = require('../verbs/module');
const { engineOf } = require('../pool');
const { answerOf } = require('./answer');
const { openChunks } = require('./chunks');
const { isOver, onDeparture } = require('./departure');
const { forGenerator } = require('./options');

/**
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../options').RunOptions} RunOptions
 * @typedef {import('../capture').Prepared} Prepared
 * @typedef {import('./answer').Answer} Answer
 */

/** The cause of cancellations, `current().signal.reason` in the task. */
const GONE = 'the client has gone away';

/** A task under way that gives one value. */
class One {
  #handle;

  /** @param {import('../handle').TaskHandle<any>} handle */
  constructor(handle) {
    this.#handle = handle;
  }

  async answer() {
    return answerOf(await this.#handle);
  }

  leave() {
    this.#handle.cancel(GONE);
  }
}

/** A task under way that yields chunks. */
class Many {
  #values;

  /** @param {AsyncIterableIterator<any>} values */
  constructor(values) {
    this.#values = values;
  }

  answer() {
    return openChunks(this.#values);
  }

  leave() {
    // An error that it ends with has nobody to go to: the client was the one who asked.
    this.#values.return?.().catch(() => {});
  }
}

class Offloaded {
  #handler;
  #run;
  #others;
  /** @type {Prepared} */
  #prepared;
  /** Where the pool's config wants captures to be read otherwise. @type {WeakMap<Engine, Prepared>} */
  #explicit = new WeakMap();
  /** For pools that only look like ours. @type {WeakMap<object, (request: unknown) => any>} */
  #wrapped = new WeakMap();

  /**
   * @param {any} handler
   * @param {RunOptions} run
   * @param {object} others the options as the user gave them, for pools that only look like ours
   * @param {any} pool `undefined`: not known yet
   */
  constructor(handler, run, others, pool) {
    if (typeof handler !== 'function' && moduleOf(handler) === undefined) {
      throw new InvalidTaskError(
        `Expected the handler to be a function or what \`module()\` gives, got ${describe(handler)}`,
      );
    }
    this.#handler = handler;
    this.#others = others;
    const engine = pool === undefined ? undefined : engineOf(pool);
    this.#prepared = engine?.prepareToKeep(handler, run) ?? this.#prepare(run);
    if (engine?.config.capture === 'explicit') this.#explicit.set(engine, this.#prepared);
    this.#run = this.#prepared.isGenerator ? forGenerator(run) : run;
  }

  /**
   * @param {RunOptions} run
   * @returns {Prepared}
   */
  #prepare(run) {
    const known = moduleOf(this.#handler);
    if (known !== undefined) return known;
    return capture().prepare(this.#handler, { captures: run.captures, this: run.this, keep: true });
  }

  /** Whether it has a name of its own. */
  get isNamed() {
    return this.#run.name !== undefined || this.#handler.name !== '';
  }

  /**
   * @param {any} pool
   * @param {unknown} request
   * @param {string | undefined} name where it has none of its own
   * @returns {One | Many}
   */
  start(pool, request, name) {
    const engine = engineOf(pool);
    if (engine === undefined) return this.#startElsewhere(pool, request);
    const prepared = this.#preparedFor(engine);
    const options = copy(this.#run);
    options.args = [request];
    if (name !== undefined) Object.assign(options, { name, plain: false });
    if (prepared.isGenerator) return new Many(new GeneratorStream(engine, this.#handler, options, prepared));
    return new One(engine.submit(this.#handler, options, prepared));
  }

  /**
   * @param {Engine} engine
   * @returns {Prepared}
   */
  #preparedFor(engine) {
    if (engine.config.capture !== 'explicit') return this.#prepared;
    let prepared = this.#explicit.get(engine);
    if (prepared === undefined) {
      prepared = engine.prepareToKeep(this.#handler, this.#run);
      this.#explicit.set(engine, prepared);
    }
    return prepared;
  }

  /**
   * @param {any} pool
   * @param {unknown} request
   */
  #startElsewhere(pool, request) {
    if (this.#prepared.isGenerator)
      return new Many(pool.stream(this.#handler, { ...this.#others, args: [request] }));
    let wrapped = this.#wrapped.get(pool);
    if (wrapped === undefined) {
      wrapped = /** @type {(request: unknown) => any} */ (pool.wrap(this.#handler, this.#others));
      this.#wrapped.set(pool, wrapped);
    }
    return new One(wrapped(request));
  }
}

/**
 * Runs the handler for a request, for as long as somebody waits for the answer.
 *
 * @param {() => One | Many} start
 * @param {any} response Node's own
 * @returns {Promise<Answer | undefined>} `undefined` where there is nobody to answer, or somebody has answered
 */
async function answerFor(start, response) {
  if (isOver(response)) return undefined;
  const task = start();
  let hasLeft = false;
  // Also where somebody else has answered, and where it was answered by us: then nothing is left to be ended.
  onDeparture(response, () => {
    hasLeft = true;
    task.leave();
  });
  try {
    const answer = await task.answer();
    if (!hasLeft && !isOver(response)) return answer;
    task.leave();
    return undefined;
  } catch (error) {
    if (hasLeft || isOver(response)) return undefined;
    throw error;
  }
}

module.exports = { Offloaded, answerFor };
