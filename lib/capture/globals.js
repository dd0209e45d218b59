'use strict';

const { runInThisContext } = require('node:vm');

// Standard globals and their members travel by path, never by value. Both sides use the same paths.

/** What every realm has. Nothing here is made lazily by Node, so looking is cheap and has no effect. */
const LANGUAGE =
  'Object Function Array Number parseFloat parseInt Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError JSON Math Intl ArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set Iterator WeakMap WeakSet WeakRef FinalizationRegistry Proxy Reflect SharedArrayBuffer decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN WebAssembly SuppressedError DisposableStack AsyncDisposableStack Temporal'.split(
    ' ',
  );

/** What Node adds. Those that are accessors are made on first use: they are looked up by name only. */
const NODE =
  'console process Buffer URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal Event EventTarget MessageChannel MessagePort MessageEvent clearImmediate clearInterval clearTimeout setImmediate setInterval setTimeout queueMicrotask structuredClone atob btoa performance fetch crypto Crypto CryptoKey SubtleCrypto navigator Navigator FormData Headers Request Response WebSocket CloseEvent EventSource Blob File BroadcastChannel DOMException ByteLengthQueuingStrategy CountQueuingStrategy CompressionStream DecompressionStream ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableByteStreamController ReadableStreamDefaultController ReadableStreamDefaultReader WritableStream WritableStreamDefaultController WritableStreamDefaultWriter TransformStream TransformStreamDefaultController TextDecoderStream TextEncoderStream Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver PerformanceObserverEntryList PerformanceResourceTiming CustomEvent Storage localStorage sessionStorage URLPattern WebAssembly ErrorEvent PromiseRejectionEvent'.split(
    ' ',
  );

/** Paths of Node's classes, whose instances hold more than their properties. */
const CLASSES_OF_NODE = new Set(
  NODE.filter((name) => /^[A-Z]/.test(name) && name !== 'Buffer' && name !== 'WebAssembly'),
);

const STANDARD = new Set([...LANGUAGE, ...NODE, 'globalThis', 'global', 'undefined', 'NaN', 'Infinity']);

/** Those that Node has from the start. Only to look at another one may load a tenth of a second's worth of modules. */
const EAGER = [
  ...LANGUAGE,
  'globalThis',
  ...'console process URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal Event EventTarget clearImmediate clearInterval clearTimeout setImmediate setInterval setTimeout queueMicrotask structuredClone atob btoa fetch DOMException'.split(
    ' ',
  ),
];

/** Paths that no name leads to. */
const HIDDEN = {
  GeneratorFunction: () => Object.getPrototypeOf(function* () {}),
  AsyncGeneratorFunction: () => Object.getPrototypeOf(async function* () {}),
  AsyncFunction: () => Object.getPrototypeOf(async () => {}),
  TypedArray: () => Object.getPrototypeOf(Uint8Array),
  IteratorPrototype: () => Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
  ArrayIterator: () => Object.getPrototypeOf([][Symbol.iterator]()),
};

/** Prototypes that nearly every graph has, without making the table. */
const COMMON = [
  'Object',
  'Array',
  'Function',
  'Error',
  'Map',
  'Set',
  'Date',
  'RegExp',
  'Promise',
  'Uint8Array',
];

/** A path to a value, for the intrinsics of every realm that this code can see. */
class Intrinsics {
  /** @type {Map<any, string>} */
  #common = new Map();
  /** @type {Map<any, string> | undefined} */
  #all;
  #realms = realms();
  /** The `Function` of each realm that has been looked at. */
  #seen = new WeakSet();

  constructor() {
    for (const realm of this.#realms) this.#addCommon(realm);
  }

  /** @param {any} realm */
  #addCommon(realm) {
    this.#seen.add(realm.Function);
    for (const name of COMMON) this.#common.set(realm[name].prototype, `${name}.prototype`);
  }

  /**
   * @param {any} value
   * @returns {string | undefined}
   */
  pathOf(value) {
    const path = this.#common.get(value);
    if (path !== undefined) return path;
    this.#all ??= this.#table();
    const known = this.#all.get(value) ?? this.#byName(value);
    return known === undefined && this.#learn(value) ? this.pathOf(value) : known;
  }

  /**
   * A value of a realm that was not seen before, such as a context of `vm`: its intrinsics are ours in the worker.
   *
   * @param {any} value
   * @returns {boolean} whether there was one
   */
  #learn(value) {
    const Function = realmOf(value);
    if (Function === undefined || this.#seen.has(Function)) return false;
    this.#seen.add(Function);
    let realm;
    try {
      realm = Function('return globalThis')();
    } catch {
      // Where code must not be made from text, its values stay strangers.
      return false;
    }
    if (realm?.Function !== Function) return false;
    this.#realms.push(realm);
    this.#addCommon(realm);
    this.#all = this.#table();
    return true;
  }

  /**
   * A class that the program has in its hands is made already: looking at it by its own name loads nothing.
   *
   * @param {any} value
   */
  #byName(value) {
    if (typeof value !== 'function' || !STANDARD.has(value.name)) return undefined;
    const isIt = this.#realms.some(
      (realm) => Object.getOwnPropertyDescriptor(realm, value.name)?.value === value,
    );
    return isIt ? value.name : undefined;
  }

  /**
   * @param {any} value
   * @returns {boolean}
   */
  isObjectPrototype(value) {
    return this.#common.get(value) === 'Object.prototype';
  }

  #table() {
    /** @type {Map<any, string>} */
    const table = new Map();
    for (const realm of this.#realms) {
      table.set(realm, 'globalThis');
      for (const name of EAGER) {
        const descriptor = Object.getOwnPropertyDescriptor(realm, name);
        if (descriptor !== undefined && 'value' in descriptor) add(table, descriptor.value, name, 2);
      }
      for (const [path, find] of Object.entries(HIDDEN)) add(table, find(), `%${path}`, 2);
    }
    table.delete(undefined);
    return table;
  }
}

/**
 * @param {Map<any, string>} table
 * @param {any} value
 * @param {string} path
 * @param {number} depth
 */
function add(table, value, path, depth) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || table.has(value))
    return;
  table.set(value, path);
  // Of `process` only the functions: it holds live things.
  if (depth === 0) return;
  for (const key of Reflect.ownKeys(value)) {
    const step = stepOf(key);
    if (step === undefined) continue;
    const descriptor = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(value, key));
    if ('value' in descriptor) {
      const inside = path === 'process' && typeof descriptor.value !== 'function' ? 0 : depth - 1;
      if (path === 'process' && inside === 0 && typeof descriptor.value === 'object' && key !== 'env')
        continue;
      add(table, descriptor.value, `${path}.${step}`, inside);
    } else {
      if (descriptor.get !== undefined && !table.has(descriptor.get))
        table.set(descriptor.get, `${path}.<${step}`);
      if (descriptor.set !== undefined && !table.has(descriptor.set))
        table.set(descriptor.set, `${path}.>${step}`);
    }
  }
}

/** @param {string | symbol} key */
function stepOf(key) {
  if (typeof key === 'string') return /^[\w$]+$/.test(key) ? key : undefined;
  const name = Symbol.keyFor(key) === undefined ? key.description : undefined;
  return name !== undefined && name.startsWith('Symbol.') ? `@${name.slice(7)}` : undefined;
}

/**
 * The `Function` of the realm that a value comes from.
 *
 * @param {any} value
 * @returns {any}
 */
function realmOf(value) {
  let at = typeof value === 'function' ? value : (ownConstructor(value) ?? constructorOf(value));
  // Up the line of classes, to what all functions have in common.
  for (; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
    const constructor = ownConstructor(at);
    if (constructor?.name === 'Function' && constructor.prototype === at) return constructor;
  }
  return undefined;
}

/** @param {any} object */
function constructorOf(object) {
  const prototype = Object.getPrototypeOf(object);
  return prototype === null ? undefined : ownConstructor(prototype);
}

/** @param {any} object */
function ownConstructor(object) {
  const constructor = Object.getOwnPropertyDescriptor(object, 'constructor')?.value;
  return typeof constructor === 'function' ? constructor : undefined;
}

/** This realm, and the main one where that is another (inside vm contexts). */
function realms() {
  const main = runInThisContext('globalThis');
  return main === globalThis ? [main] : [globalThis, main];
}

/**
 * The value at a path, in this realm.
 *
 * @param {string} path
 * @returns {any}
 */
function follow(path) {
  if (path === 'globalThis') return globalThis;
  const [first, ...steps] = path.split('.');
  let value = first.startsWith('%')
    ? HIDDEN[/** @type {keyof typeof HIDDEN} */ (first.slice(1))]()
    : /** @type {any} */ (globalThis)[first];
  for (const step of steps) {
    const accessor = step[0] === '<' || step[0] === '>';
    const name = accessor ? step.slice(1) : step;
    const key = name[0] === '@' ? /** @type {any} */ (Symbol)[name.slice(1)] : name;
    if (!accessor) value = value[key];
    else value = Object.getOwnPropertyDescriptor(value, key)?.[step[0] === '<' ? 'get' : 'set'];
  }
  return value;
}

exports.CLASSES_OF_NODE = CLASSES_OF_NODE;
exports.Intrinsics = Intrinsics;
exports.STANDARD = STANDARD;
exports.follow = follow;
