'use strict';

/**
 * The reviving side of captures, inside a worker (or wherever something captured shall live).
 *
 *   const reviver = new Reviver({ definition, codec, own });
 *   const task = reviver.load(definitionId, section, extras);   // section and extras as `Prepared` had them
 *   Reflect.apply(task.fn, task.thisValue, task.args ?? args);  // task.args only when the section held the arguments
 *   reviver.finish(task);                                       // after the task has settled: nothing leaks into the next
 *
 * Results and errors are encoded with `reviver.encodeContext(context)`: instances of captured classes are written so
 * that they come back as instances of the submitter's own classes.
 *
 * The host gives
 *   definition(id)  the bytes registered under an id; asked once for each id
 *   codec           { encode(value), decode(bytes, extras) }, the same as on the submitting side
 *   own()           this library's public exports, as the task shall see them
 *
 * A function that holds no state is made once and kept, for V8 runs a function best that was made once. Everything else
 * is made anew for each task, so that no task sees what another one left.
 */

const { Factories } = require('./factories');
const { LENGTH } = require('./kinds');
const { Revival } = require('./revival');
const { bounded } = require('./texts');
const { lazy } = require('../lazy');

const { write } = lazy(() => require('./returning'), ['write']);

/** Definitions and instances that are kept at the same time. */
const KEPT = 2048;

/**
 * @typedef {object} Definition
 * @property {string} origin the isolate that wrote it: numbers of instances are its own
 * @property {any[]} codes
 * @property {any[]} shape `null` if it comes with each section, with the values
 * @property {Uint8Array} data the values, which each task gets anew
 * @property {Loaded | undefined} loaded the task, if all of it may be kept
 * @typedef {{ fn: Function, keys: number, prototypeKeys: number, prototype: any, watched: Kept[] }} Kept
 * @typedef {object} Loaded
 * @property {Function} fn
 * @property {any} thisValue
 * @property {any[] | undefined} args
 * @property {Kept[]} watched kept functions that the task can reach as objects
 * @property {Definition} definition
 * @property {any} revival
 */

class Reviver {
  #host;
  #codec;
  #factories = new Factories();
  /** Whether any class has come here, so that instances of it may go back. */
  hasClasses = false;
  /** @type {Map<number, Definition>} */
  #definitions = new Map();
  /** @type {Map<string, Kept>} */
  #kept = new Map();
  /** @type {WeakMap<Function, import('./returning').KnownClass>} */
  #classes = new WeakMap();

  /** @param {{ definition(id: number): Uint8Array, codec: any, own?: () => any }} host */
  constructor(host) {
    this.#host = host;
    this.#codec = host.codec;
  }

  /**
   * @param {number} id
   * @param {Uint8Array | null} [section]
   * @param {any[] | null} [extras]
   * @returns {Loaded}
   */
  load(id, section = null, extras = null) {
    let definition = this.#definitions.get(id);
    if (definition === undefined) {
      definition = this.#definition(this.#host.definition(id));
      bounded(this.#definitions, id, definition, KEPT);
    }
    if (section === null && definition.loaded !== undefined) return definition.loaded;
    const [nodes, root, self, args, data] =
      section === null
        ? [...definition.shape, this.#codec.decode(definition.data, null)]
        : this.#codec.decode(section, extras);
    const revival = new Revival(this, definition, nodes, data);
    const task = revival.task(root, self, args);
    if (section === null && revival.isKept(root) && self === null && args === null) definition.loaded = task;
    return task;
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {Definition}
   */
  #definition(bytes) {
    const end = LENGTH + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const { origin, codes, shape } = this.#codec.decode(bytes.subarray(LENGTH, end), null);
    return { origin, codes, shape, data: bytes.subarray(end), loaded: undefined };
  }

  /**
   * Adds to the context with which a result or an error is encoded.
   *
   * @template {object} C
   * @param {C} context
   * @returns {C & { onObject: (object: any) => any }}
   */
  encodeContext(context) {
    return Object.assign(context, { onObject: (/** @type {any} */ object) => this.#instance(object) });
  }

  /** @param {any} object */
  #instance(object) {
    const { constructor } = object;
    if (typeof constructor !== 'function') return undefined;
    const known = this.#classes.get(constructor);
    if (known === undefined || Object.getPrototypeOf(object) !== constructor.prototype) return undefined;
    return write(object, known, (Class) => this.#classes.get(Class));
  }

  /**
   * @param {Function} Class
   * @param {string} origin
   * @param {number} id negative if its instances have private members that cannot go back
   * @param {(object: any) => any[]} [read] gives the private fields of an instance
   */
  knowClass(Class, origin, id, read) {
    if (typeof Class !== 'function') return;
    this.hasClasses = true;
    this.#classes.set(Class, { origin, id: Math.abs(id), isClosed: id < 0, read });
  }

  /**
   * What a task left on functions that are kept makes them unfit for the next one.
   *
   * @param {Loaded} task
   */
  finish({ definition, watched }) {
    for (const kept of watched) {
      if (isUntouched(kept)) continue;
      definition.loaded = undefined;
      // Whatever refers to it goes as well.
      for (const [key, other] of this.#kept) {
        if (other === kept || other.watched.includes(kept)) this.#kept.delete(key);
      }
    }
  }

  /**
   * @param {Definition} definition
   * @param {number} key
   */
  kept(definition, key) {
    const kept = this.#kept.get(`${definition.origin}:${key}`);
    // Another task may have touched it, or what it refers to, and still be running.
    return kept !== undefined && kept.watched.every(isUntouched) ? kept : undefined;
  }

  /**
   * @param {Definition} definition
   * @param {number} key
   * @param {Function} fn
   * @param {Kept[]} watched those of its graph that tasks can reach
   * @returns {Kept}
   */
  keep(definition, key, fn, watched) {
    const prototype = Object.getOwnPropertyDescriptor(fn, 'prototype')?.value;
    const kept = {
      fn,
      keys: Reflect.ownKeys(fn).length,
      prototype,
      prototypeKeys: countKeys(prototype),
      watched,
    };
    bounded(this.#kept, `${definition.origin}:${key}`, kept, KEPT);
    return kept;
  }

  /** @param {any} code */
  factory(code) {
    return this.#factories.get(code);
  }

  own() {
    if (this.#host.own === undefined) throw new Error('The exports of this library are not at hand here');
    return this.#host.own();
  }
}

/** @param {Kept} kept */
function isUntouched({ fn, keys, prototype, prototypeKeys }) {
  if (Reflect.ownKeys(fn).length !== keys) return false;
  if (prototype === undefined) return true;
  return /** @type {any} */ (fn).prototype === prototype && countKeys(prototype) === prototypeKeys;
}

/** @param {any} object */
function countKeys(object) {
  return typeof object === 'object' && object !== null ? Reflect.ownKeys(object).length : 0;
}

exports.Reviver = Reviver;
