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
 * @property {'node' | 'package' | 'program'} home whose code it is
 * @property {ReadonlySet<string>} constant names that keep their value
 * @property {string[]} hidden names of function expressions around it, which V8 does not show
 * @property {Map<string, any> | undefined} values of all its free names, if all of them keep their value
 * @property {Kept | undefined} kept
 * @typedef {{ key: number, values: any[] }} Kept
 */

/** What captures remember from one to the next. */
class Memory {
  /** @type {WeakMap<Function, Known>} */
  functions = new WeakMap();
  /** Instances in workers by the code they are made of. @type {Map<number, Array<{ key: number, signature: any[] }>>} */
  variants = new Map();
  /** What is known of the place where a function stands, for all functions made there. @type {Map<string, any>} */
  places = new Map();
  /** Codes whose text was changed in a way that moves columns. @type {Map<number, any>} */
  shifted = new Map();
  /** Which scopes functions have, and the snapshot of the heap that said so. @type {WeakMap<Function, { snapshot: number, ids: number[] }>} */
  contexts = new WeakMap();
  /** Values of names that V8 does not show. @type {WeakMap<Function, Map<string, any>>} */
  hidden = new WeakMap();
  #keys = 0;
  #codes = 0;
  #classes = 0;
  /** @type {WeakMap<Function, number>} */
  #numbers = new WeakMap();
  /** @type {Map<number, WeakRef<Function>>} */
  #byNumber = new Map();
  #gone = new FinalizationRegistry((/** @type {number} */ number) => this.#byNumber.delete(number));

  /** The number of one more instance that workers may keep. */
  key() {
    return ++this.#keys;
  }

  /**
   * The number of a class, by which its instances come back.
   *
   * @param {Function} Class
   */
  numberOf(Class) {
    let number = this.#numbers.get(Class);
    if (number === undefined) {
      number = ++this.#classes;
      this.#numbers.set(Class, number);
      this.#byNumber.set(number, new WeakRef(Class));
      this.#gone.register(Class, number);
    }
    return number;
  }

  /**
   * @param {number} number
   * @returns {Function | undefined}
   */
  classOf(number) {
    return this.#byNumber.get(number)?.deref();
  }

  /** The number of one more code. */
  code() {
    return ++this.#codes;
  }
}

exports.Memory = Memory;
