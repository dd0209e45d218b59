'use strict';

/** The numbers by which a pool knows the names of tasks. */

const binding = require('../native');

/** Names are bounded in the scheduler; so is what is remembered of them here. */
const MANY = 2000;

class Names {
  #pool;
  /** @type {Map<string, number>} */
  #known = new Map();
  #last = '';
  #lastId = 0;
  /** The task that was submitted last in this turn, and the number of its name. @type {unknown} */
  #task = undefined;
  #taskId = 0;

  /** @param {number} pool */
  constructor(pool) {
    this.#pool = pool;
  }

  /** Another turn begins: a function may have another name by then. */
  forget() {
    this.#task = undefined;
  }

  /**
   * The number of a task's name. That of a function is looked up once for all that it is submitted for in a turn.
   *
   * @param {import('../handle').TaskHandle<any>} handle
   * @param {import('../options').RunOptions} options
   */
  idOf(handle, options) {
    if (options.name !== undefined) return this.#idOf(handle.name);
    if (handle.task !== this.#task) {
      this.#taskId = this.#idOf(handle.name);
      this.#task = handle.task;
    }
    return this.#taskId;
  }

  /** @param {string} name */
  #idOf(name) {
    if (name === this.#last) return this.#lastId;
    let id = this.#known.get(name);
    if (id === undefined) {
      id = binding.nameId(this.#pool, name);
      if (this.#known.size > MANY) this.#known.clear();
      this.#known.set(name, id);
    }
    this.#last = name;
    this.#lastId = id;
    return id;
  }
}

exports.Names = Names;
