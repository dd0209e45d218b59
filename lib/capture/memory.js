'use strict';

/**
 * What is known of a function object for ever: where it stands, and those of its variables that keep their value.
 *
 * @typedef {object} Known
 * @property {string | undefined} script id of the script
 * @property {string} name of the script: path, URL or empty
 * @property {number} line where its text begins, from 0
 * @property {number} column
 * @property {boolean} strict
 * @property {boolean} module its outermost scope is a module
 * @property {boolean} declaration its name is a variable of the code around it
 * @property {boolean} bare nothing but the module and the globals is around it
 * @property {Set<string>} constant names that keep their value
 * @property {Map<string, any> | undefined} values of all its free names, if all of them keep their value
 * @property {Kept | undefined} kept
 * @typedef {{ key: number, values: any[] }} Kept
 */

/** What captures remember from one to the next. */
class Memory {
  /** @type {WeakMap<Function, Known>} */
  functions = new WeakMap();
  /** Instances in workers by the code they are made of. @type {Map<number, Array<{ key: number, values: any[] }>>} */
  variants = new Map();
  /** @type {Map<string, any>} */
  codes = new Map();
  #keys = 0;
  #codes = 0;

  /** The number of one more instance that workers may keep. */
  key() {
    return ++this.#keys;
  }

  /** The number of one more code. */
  code() {
    return ++this.#codes;
  }
}

module.exports = { Memory };
