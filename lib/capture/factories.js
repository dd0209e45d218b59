'use strict';

const vm = require('node:vm');

const { setImmediate } = require('../clock');
const { FORM } = require('./kinds');
const { bounded } = require('./texts');

/**
 * What a factory gives: a function that sets the variables, one that makes the function, and for classes with private
 * state one that holds their own code back and one that reads and writes their private fields.
 *
 * @typedef {object} Made
 * @property {(...values: any[]) => void} set
 * @property {() => any} make
 * @property {((on: boolean) => void) | undefined} guard
 * @property {((object: any, values?: any[]) => any) | undefined} restore
 * @property {((values: any[]) => void) | undefined} statics sets the private fields of a class itself
 */

const KEPT = 4096;

/** Texts that are compiled between two words to V8 that it may forget some: they take 2 KB and more each. */
const RELIEVED = 8192;

/** Compiled codes. */
class Factories {
  /** @type {Map<string, Function>} */
  #factories = new Map();
  #compiled = 0;

  /**
   * @param {any} code
   * @returns {Function}
   */
  get(code) {
    const { source, name, line, column } = code;
    const key = `${name}:${line}:${column}:${source}`;
    const known = this.#factories.get(key);
    if (known !== undefined) return known;
    const factory = compile(code);
    bounded(this.#factories, key, factory, KEPT);
    if (++this.#compiled % RELIEVED === 0) relieve();
    return factory;
  }
}

/**
 * From Node 22 on V8 keeps what was compiled by its text, whoever has forgotten it, until the heap is full. For a
 * program that makes ever new texts that is never, or a gigabyte later; a word about memory makes it look.
 */
function relieve() {
  if (Number.parseInt(process.versions.v8, 10) < 12) return;
  try {
    const session = new (require('node:inspector').Session)();
    session.connect();
    // Afterwards: within the answer it would wait for itself.
    session.post('HeapProfiler.collectGarbage', () => setImmediate(() => session.disconnect()));
  } catch {
    // Where there is no inspector to ask, the limit of the heap remains.
  }
}

const RETURN = 'return ';

/**
 * Not as a script: Node 20 keeps those by their text, and functions not.
 *
 * @param {any} code
 */
function compile({ source, name, line, column, loads }) {
  if (loads) expectWarning();
  const { USE_MAIN_CONTEXT_DEFAULT_LOADER } = /** @type {any} */ (vm.constants ?? {});
  const make = vm.compileFunction(`${RETURN}${source}`, [], {
    filename: name,
    lineOffset: line,
    columnOffset: column - RETURN.length,
    ...(loads ? { importModuleDynamically: USE_MAIN_CONTEXT_DEFAULT_LOADER } : {}),
  });
  return make();
}

let expected = false;

/** Node warns once that the way in which `import()` works here is experimental: the user can do nothing about it. */
function expectWarning() {
  if (expected) return;
  expected = true;
  const { emitWarning } = process;
  /** @param {any[]} rest */
  const filter = (/** @type {any} */ warning, ...rest) => {
    if (!String(warning).includes('USE_MAIN_CONTEXT_DEFAULT_LOADER')) {
      return Reflect.apply(emitWarning, process, [warning, ...rest]);
    }
    if (process.emitWarning === filter) process.emitWarning = emitWarning;
    return undefined;
  };
  process.emitWarning = /** @type {typeof emitWarning} */ (filter);
}

/**
 * @param {Function} factory
 * @param {any} self
 * @param {any[]} args
 * @returns {Made}
 */
function run(factory, self, args) {
  const [set, make, guard, restore, statics] = Reflect.apply(factory, self, args);
  return { set, make, guard, restore, statics };
}

/**
 * The function in what `make` gave: methods come in an object.
 *
 * @param {any} made
 * @param {number} form
 * @returns {Function}
 */
function functionIn(made, form) {
  if (typeof made === 'function') return made;
  const [key] = Reflect.ownKeys(made);
  const descriptor = /** @type {any} */ (Object.getOwnPropertyDescriptor(made, key));
  if (form === FORM.GETTER) return descriptor.get;
  return form === FORM.SETTER ? descriptor.set : descriptor.value;
}

exports.Factories = Factories;
exports.functionIn = functionIn;
exports.run = run;
