'use strict';

/**
 * The submitting side of captures: a function, with everything that it uses, becomes bytes that a worker can revive.
 *
 *   const capture = new Capture(host);
 *   const prepared = capture.prepare(fn, options);          // run, wrap
 *   const many = capture.prepareAll([{ fn, options }]);     // runAll, batch: one reading of variables for all
 *
 *   capture.explain(fn, options);                           // what would travel; nothing runs, nothing is registered
 *   capture.encodeContext(prepared, context);               // for the arguments: `context.needsGraph` is true if the
 *                                                           // encoder then refuses what only a section can carry:
 *                                                           // prepare again with the option `args`
 *   capture.decodeContext(fn, context);                     // for results and errors: instances of own classes
 *   capture.locate(fn);                                     // { file, line, column }, read when it is asked
 *   capture.mapStack(stack, fn);                            // the user's own files, through source maps
 *
 * `Prepared`: { definition, section, extras, hasArgs, classes }
 *   definition  id of immutable bytes registered with the host; a frame carries it
 *   section     null for a function that needs nothing else, otherwise the bytes of the values captured this time
 *   extras      what only postMessage carries, from the codec; null if there is none
 *   hasArgs     the arguments are inside the section: the frame carries none of its own
 *   classes     those that travel: instances of them among the arguments keep their class
 *   isGenerator whether it is a generator function
 * A function that needs nothing else gives the same object every time, so a caller may keep notes on it.
 *
 * Options (all optional; leave the object out where there are none: the known case is then one look-up)
 *   captures  variables given explicitly      this  what `this` is in the function
 *   mode      'auto' | 'explicit'             args  the arguments, if they hold functions or instances of classes
 *   keep      true: will be sent many times as it is now (wrap), so all of it goes into a definition
 *
 * The host gives
 *   analyzer         { analyzeFunction, buildFactory, fileFacts }: the exports of the binding
 *   define(bytes)    registers bytes and gives their id
 *   release(id)      optional: nothing refers to the bytes any more. Whoever holds a `Prepared` holds its definition, so
 *                    keep it until the task has settled
 *   codec            { encode(value) -> { bytes, extras }, decode(bytes, extras) }
 *   warn(message)    a large capture
 *   own()            this library's public exports: they travel by name
 *   ownModule(value) the arguments of `module()` that gave a value
 *
 * Throws CaptureError (something cannot travel) or InvalidTaskError (not a task at all), before anything ran.
 */

const { Builtins, Packages } = require('./modules');
const { Definitions } = require('./definitions');
const { Instances } = require('./instances');
const { Intrinsics } = require('./globals');
const { Memory } = require('./memory');
const { NoInspector, Reader } = require('./reader');
const { Preparer, invalid, keyOf } = require('./prepare');
const { Scripts } = require('./scripts');
const { Stacks } = require('./stacks');
const { Texts } = require('./texts');
const { lazy } = require('../lazy');

const { describe } = lazy(() => require('./explain'), ['describe']);
const { placeOf } = lazy(() => require('./locations'), ['placeOf']);
const { read } = lazy(() => require('./returning'), ['read']);

/**
 * @typedef {object} Prepared
 * @property {number} definition
 * @property {object} hold while this is alive the definition is
 * @property {Uint8Array | null} section
 * @property {any[] | null} extras
 * @property {boolean} hasArgs
 * @property {Set<Function> | null} classes
 * @property {boolean} isGenerator
 * @property {number} [form] more of the frame's form, where the task is a module's
 * @typedef {{ captures?: Record<string, any>, this?: any, mode?: 'auto' | 'explicit', args?: any[], keep?: boolean }} Options
 * @typedef {object} Host
 * @property {import('./texts').Analyzer} analyzer
 * @property {(bytes: Uint8Array) => number} define
 * @property {(id: number) => void} [release]
 * @property {any} codec
 * @property {(message: string) => void} [warn]
 * @property {() => any} [own]
 * @property {(value: any) => [string, string] | undefined} [ownModule]
 */

class Capture {
  #tools;
  #definitions;
  #preparer;
  #stacks;

  /** @param {Host} host */
  constructor(host) {
    const reader = new Reader();
    const memory = new Memory();
    const texts = new Texts(host.analyzer);
    this.#tools = {
      texts,
      reader,
      instances: new Instances({ reader, texts }),
      scripts: new Scripts(reader, host.analyzer),
      intrinsics: new Intrinsics(),
      builtins: new Builtins(),
      packages: new Packages(),
      memory,
      own: ownPaths(host),
      ownModule: host.ownModule,
    };
    this.#definitions = new Definitions(host);
    this.#preparer = new Preparer(this.#tools, this.#definitions, host.warn);
    this.#stacks = new Stacks(
      (fn) => this.#start(fn),
      () => memory.shifted.values(),
    );
  }

  /**
   * @param {Function} fn
   * @param {Options} [options]
   * @returns {Prepared}
   */
  prepare(fn, options) {
    return this.#preparer.known(fn, options) ?? this.#preparer.look([{ fn, options }])[0];
  }

  /** A turn in which tasks were submitted has ended. */
  endTurn() {
    this.#preparer.endTurn();
  }

  /**
   * @param {Array<{ fn: Function, options?: Options }>} items
   * @returns {Prepared[]}
   */
  prepareAll(items) {
    const known = items.map(({ fn, options }) => this.#preparer.known(fn, options));
    const unknown = items.filter((_, index) => known[index] === undefined);
    if (unknown.length === 0) return /** @type {Prepared[]} */ (known);
    const looked = this.#preparer.look(unknown)[Symbol.iterator]();
    return known.map((one) => one ?? /** @type {Prepared} */ (looked.next().value));
  }

  /**
   * What a function would take along. Nothing is registered, nothing is sent.
   *
   * @param {Function} fn
   * @param {Options} [options]
   * @returns {import('./explain').Explanation}
   */
  explain(fn, options = {}) {
    if (typeof fn !== 'function') throw invalid(fn);
    try {
      return this.#explained(fn, options);
    } catch (error) {
      const { code, message, variable, path } = /** @type {any} */ (error);
      if (code !== 'ERR_TASKLETS_CAPTURE') throw error;
      return {
        name: fn.name,
        location: this.#location(fn),
        stateless: false,
        variables: [],
        modules: [],
        functions: 0,
        objects: 0,
        bytes: 0,
        refused: { message, variable, path },
      };
    }
  }

  /**
   * @param {Function} fn
   * @param {Options} options
   * @returns {import('./explain').Explanation}
   */
  #explained(fn, options) {
    const { graph, codes, root } = this.#preparer.built(fn, options);
    const { variables, modules, functions, objects } = describe(graph, codes, (value) =>
      this.#definitions.sizeOf(value),
    );
    return {
      name: fn.name,
      location: graph.locationOf(root) ?? this.#location(fn),
      stateless: keyOf(graph.nodes[root]) !== 0,
      variables,
      modules,
      functions,
      objects,
      bytes: codes.reduce((sum, { source }) => sum + source.length, this.#definitions.sizeOf(graph.data)),
      refused: null,
    };
  }

  /** @param {Function} fn */
  #location(fn) {
    const place = this.locate(fn);
    return place === undefined ? undefined : `${place.file}:${place.line}:${place.column}`;
  }

  /**
   * Where a function stands: read when it is asked.
   *
   * @param {Function} fn
   * @returns {{ file: string, line: number, column: number } | undefined}
   */
  locate(fn) {
    const start = this.#start(fn);
    if (start === undefined || start.name === '') return undefined;
    return { file: start.name, line: start.line + 1, column: start.column + 1 };
  }

  /** @param {Function} fn */
  #start(fn) {
    try {
      return placeOf(this.#tools, fn);
    } catch (error) {
      if (error instanceof NoInspector) return undefined;
      throw error;
    }
  }

  /**
   * @param {string} stack
   * @param {any} [fn] the task
   * @returns {string}
   */
  mapStack(stack, fn) {
    return this.#stacks.map(stack, fn);
  }

  /**
   * For the arguments: functions in them, and instances of classes that travel, need a section of their own.
   *
   * @template {object} C
   * @param {Prepared} prepared
   * @param {C} context
   * @returns {C & { needsGraph: boolean }}
   */
  encodeContext({ classes }, context) {
    const needs = Object.assign(context, {
      needsGraph: false,
      onFunction() {
        needs.needsGraph = true;
        return undefined;
      },
    });
    if (classes === null || classes === undefined) return needs;
    return Object.assign(needs, {
      onObject(/** @type {any} */ object) {
        if (!classes.has(object.constructor)) return undefined;
        needs.needsGraph = true;
        throw new TypeError('an instance of a captured class travels in a section');
      },
    });
  }

  /**
   * For results and errors: what the worker wrote for instances of classes of this isolate.
   *
   * @template {object} C
   * @param {any} fn the task
   * @param {C | undefined} context
   * @returns {C & { onHook: (value: any) => any, onEnd: () => void }}
   */
  decodeContext(fn, context) {
    /** @type {Array<() => void>} */
    const last = [];
    /** @type {import('./returning').Home} */
    const home = {
      classOf: (number) => this.#tools.memory.classOf(number),
      instances: this.#tools.instances,
      mapStack: (stack) => this.mapStack(stack, fn),
      atEnd: (task) => last.push(task),
    };
    const onHook = (/** @type {any} */ returned) => {
      const isOwn = returned.origin === this.#definitions.origin;
      return read(returned, isOwn ? home.classOf(returned.id) : undefined, home);
    };
    const onEnd = () => {
      for (const task of last.splice(0)) task();
    };
    return Object.assign(/** @type {C} */ (context ?? {}), { onHook, onEnd });
  }
}

/**
 * The path of a value in this library's exports.
 *
 * @param {Host} host
 * @returns {(value: any) => string | undefined}
 */
function ownPaths({ own }) {
  /** @type {Map<any, string> | undefined} */
  let table;
  return (value) => {
    if (own === undefined) return undefined;
    table ??= new Map([[own(), ''], ...pathsIn(own(), ''), ...pathsIn(own().errors ?? {}, 'errors.')]);
    return table.get(value);
  };
}

/**
 * @param {object} container
 * @param {string} prefix
 * @returns {Array<[any, string]>}
 */
function pathsIn(container, prefix) {
  return Object.entries(container)
    .filter(([, member]) => typeof member === 'function' || (typeof member === 'object' && member !== null))
    .map(([name, member]) => [member, `${prefix}${name}`]);
}

exports.Capture = Capture;
