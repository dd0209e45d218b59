'use strict';

const { FORM } = require('./kinds');
const { bounded } = require('./texts');
const { lookUp } = require('./scopes');

// A closure that is made anew at the same place, and finds the same in its variables, is the last one again: what was
// sent for that is right for it. Only for arrow functions that hold no state, and whose variables keep their values;
// whether they are the same is looked at each time.

/** Places that are remembered. */
const KEPT = 1024;

/**
 * @typedef {object} Repeat
 * @property {string} text
 * @property {string} name
 * @property {string[]} names of the variables
 * @property {any[]} values primitives, and weak references to anything else
 * @property {import('./index').Prepared} prepared
 */

class Repeats {
  /** @type {Map<string, Repeat>} */
  #byPlace = new Map();

  /**
   * What was sent for the last one like this; `undefined` if it is another.
   *
   * @param {Function} fn
   * @param {import('./reader').Reading} reading
   * @returns {import('./index').Prepared | undefined}
   */
  find(fn, reading) {
    const last = this.#byPlace.get(placeOf(reading));
    if (last === undefined || last.name !== fn.name || isChanged(fn)) return undefined;
    if (Function.prototype.toString.call(fn) !== last.text) return undefined;
    const { names, values } = last;
    for (let at = 0; at < names.length; at++) {
      const [value] = lookUp(reading.scopes, names[at]);
      const known = values[at];
      if (known instanceof WeakRef ? known.deref() !== value : !Object.is(known, value)) return undefined;
    }
    return last.prepared;
  }

  /**
   * @param {import('./graph').Member} member whose variables, and all that they lead to, keep their values
   * @param {import('./reader').Reading} reading
   * @param {import('./index').Prepared} prepared
   */
  add({ fn, text, analysis, names, values }, reading, prepared) {
    if (analysis.form !== FORM.ARROW || isChanged(fn)) return;
    const held = values.map((value) => (isPrimitive(value) ? value : new WeakRef(value)));
    bounded(this.#byPlace, placeOf(reading), { text, name: fn.name, names, values: held, prepared }, KEPT);
  }
}

/** @param {import('./reader').Reading} reading */
function placeOf({ script, line, column }) {
  return `${script}:${line}:${column}`;
}

/**
 * Whether somebody did something to it: an arrow function has a length and a name.
 *
 * @param {Function} fn
 */
function isChanged(fn) {
  return Reflect.ownKeys(fn).length !== 2 || !Object.isExtensible(fn) || !isOrdinary(fn);
}

/** @param {Function} fn */
function isOrdinary(fn) {
  const prototype = Object.getPrototypeOf(fn);
  return prototype === Function.prototype || prototype === ASYNC;
}

const ASYNC = Object.getPrototypeOf(async () => {});

/** @param {any} value */
function isPrimitive(value) {
  return (
    value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
  );
}

exports.Repeats = Repeats;
