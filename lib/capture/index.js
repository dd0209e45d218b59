'use strict';

/**
 * The submitting side of captures: a function, with everything that it uses, becomes bytes that a worker can revive.
 *
 *   const capture = new Capture(host);
 *   const prepared = capture.prepare(fn, options);          // run, wrap
 *   const many = capture.prepareAll([{ fn, options }]);     // runAll, batch: one reading of variables for all
 *
 * `Prepared`: { definition, section, extras, hasArgs }
 *   definition  id of immutable bytes registered with the host; a frame carries it
 *   section     null for a function that needs nothing else, otherwise the bytes of the values captured this time
 *   extras      what only postMessage carries, from the codec; null if there is none
 *   hasArgs     the arguments are inside the section: the frame carries none of its own
 * A function that needs nothing else gives the same object every time, so a caller may keep notes on it.
 *
 * Options (all optional; leave the object out where there are none: the known case is then one look-up)
 *   captures  variables given explicitly      this  what `this` is in the function
 *   mode      'auto' | 'explicit'             args  the arguments, if they hold functions or instances of classes
 *   keep      true: will be sent many times as it is now (wrap), so all of it goes into a definition
 *
 * The host gives
 *   analyzer         { analyzeFunction, buildFactory, fileFacts }: the exports of the binding
 *   define(bytes)    registers bytes for ever, or until `release(id)`, and gives their id; tasks that are on their way
 *                    must keep what was released alive
 *   codec            { encode(value) -> { bytes, extras }, decode(bytes, extras) }
 *   warn(message)    a large capture
 *   own()            this library's public exports: they travel by name
 *
 * Throws CaptureError (something cannot travel) or InvalidTaskError (not a task at all), before anything ran.
 */

const v8 = require('node:v8');
const { randomUUID } = require('node:crypto');

const { Builtins, Packages } = require('./modules');
const { FLAG, FORM, NODE, USAGE } = require('./kinds');
const { Graph } = require('./graph');
const { Intrinsics } = require('./globals');
const { InvalidTaskError } = /** @type {any} */ (require('../errors'));
const { Memory } = require('./memory');
const { NoInspector, Reader } = require('./reader');
const { Scripts } = require('./scripts');
const { Texts, bounded } = require('./texts');

/**
 * @typedef {object} Prepared
 * @property {number} definition
 * @property {Uint8Array | null} section
 * @property {any[] | null} extras
 * @property {boolean} hasArgs
 * @typedef {{ captures?: Record<string, any>, this?: any, mode?: 'auto' | 'explicit', args?: any[], keep?: boolean }} Options
 * @typedef {object} Host
 * @property {import('./texts').Analyzer} analyzer
 * @property {(bytes: Uint8Array) => number} define
 * @property {(id: number) => void} [release]
 * @property {any} [codec]
 * @property {(message: string) => void} [warn]
 * @property {() => any} [own]
 */

/** Definitions that are held for texts, sets of codes, and functions with constant captures. */
const HELD = 1024;

/** Flags of functions that need to be looked at before they can be sent. */
const NEEDY =
  FLAG.OUTER_THIS |
  FLAG.OUTER_SUPER |
  FLAG.OUTER_NEW_TARGET |
  FLAG.OUTER_ARGUMENTS |
  FLAG.SUPER |
  FLAG.EVAL |
  FLAG.IMPORT |
  FLAG.IMPORT_META |
  FLAG.OUTER_PRIVATE |
  FLAG.SENSITIVE;

class Capture {
  #host;
  #tools;
  #origin = randomUUID();
  /** @type {WeakMap<Function, Prepared>} */
  #byFunction = new WeakMap();
  /** @type {Map<string, Prepared | null>} `null`: needs to be looked at each time */
  #byText = new Map();
  /** @type {Map<string, number>} */
  #byCodes = new Map();
  /** @type {Map<number, { seen: number, prepared: Prepared | null }>} */
  #byKey = new Map();

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
    const reader = new Reader();
    this.#tools = {
      texts: new Texts(host.analyzer),
      reader,
      scripts: new Scripts(reader, host.analyzer),
      intrinsics: new Intrinsics(),
      builtins: new Builtins(),
      packages: new Packages(),
      memory: new Memory(),
      own: ownPaths(host),
    };
  }

  /**
   * @param {Function} fn
   * @param {Options} [options]
   * @returns {Prepared}
   */
  prepare(fn, options) {
    return this.#known(fn, options) ?? this.#look([{ fn, options }])[0];
  }

  /**
   * @param {Array<{ fn: Function, options?: Options }>} items
   * @returns {Prepared[]}
   */
  prepareAll(items) {
    const prepared = items.map(({ fn, options }) => this.#known(fn, options));
    const unknown = items.filter((_, index) => prepared[index] === undefined);
    if (unknown.length === 0) return /** @type {Prepared[]} */ (prepared);
    const looked = this.#look(unknown)[Symbol.iterator]();
    return prepared.map((known) => known ?? /** @type {Prepared} */ (looked.next().value));
  }

  /**
   * Functions that need no looking at: known ones, and those whose text says that they need nothing.
   *
   * @param {Function} fn
   * @param {Options | undefined} options
   * @returns {Prepared | undefined}
   */
  #known(fn, options) {
    if (options !== undefined && !isEmpty(options)) return undefined;
    const known = this.#byFunction.get(fn);
    if (known !== undefined) return known;
    if (typeof fn !== 'function') throw invalid(fn);
    const text = Function.prototype.toString.call(fn);
    let prepared = this.#byText.get(text);
    if (prepared === undefined) {
      prepared = this.#bare(fn, text);
      bounded(this.#byText, text, prepared, HELD, (dropped) => dropped && this.#host.release?.(dropped.definition));
    }
    // Not by function as well: a text that is dropped takes its definition along.
    return prepared ?? undefined;
  }

  /**
   * @param {Function} fn
   * @param {string} text
   * @returns {Prepared | null}
   */
  #bare(fn, text) {
    const analysis = this.#tools.texts.analysis(text);
    const { error, flags, form, names, ownUsage } = analysis;
    if (error !== undefined || form === FORM.CLASS || flags & NEEDY || names.length > 0 || ownUsage > 0) return null;
    if (!text.isWellFormed()) return null;
    const strict = form === FORM.FUNCTION && !(flags & FLAG.STRICT) && throwsOnCaller(fn);
    const { source, head } = this.#tools.texts.factory(text, { strict });
    const id = this.#tools.memory.code();
    const code = { id, source, name: `tasklets:${id}`, line: 0, column: -head, form, loads: false };
    const key = this.#tools.memory.key();
    const name = fn.name === '' ? null : { name: fn.name };
    const graph = { shape: [[[NODE.FUNCTION, key, 0, [], name]], 0, null, null], data: this.#encode([]).bytes };
    return this.#prepared(this.#define([code], graph), null, null, false);
  }

  /**
   * @param {Array<{ fn: Function, options?: Options }>} items
   * @returns {Prepared[]}
   */
  #look(items) {
    for (const { fn } of items) if (typeof fn !== 'function') throw invalid(fn);
    const { reader } = this.#tools;
    const explicit = items.some(({ options }) => options?.mode === 'explicit');
    if (!explicit) {
      try {
        return reader.session(() => {
          reader.ahead(items.map(({ fn }) => fn));
          return items.map(({ fn, options }) => this.#one(fn, options ?? {}, false));
        });
      } catch (error) {
        if (!(error instanceof NoInspector)) throw error;
      }
    }
    return items.map(({ fn, options }) => this.#one(fn, options ?? {}, true));
  }

  /**
   * @param {Function} fn
   * @param {Options} options
   * @param {boolean} explicit
   * @returns {Prepared}
   */
  #one(fn, options, explicit) {
    const graph = new Graph(this.#tools, { captures: options.captures, explicit });
    const root = graph.slot(fn, -1, null);
    let self = null;
    if (Object.hasOwn(options, 'this')) {
      self = graph.slot(options.this, -1, { kind: 'other', name: '`this`' });
      const member = graph.byFunction.get(fn);
      if (member?.analysis.form === FORM.ARROW) (member.more ??= {}).self = self;
    }
    const args = options.args?.map((value, index) =>
      graph.slot(value, -1, { kind: 'other', name: `argument ${index}` }),
    );
    graph.settle();
    const codes = graph.finish();
    checkTask(fn, graph.nodes[root], codes);
    const shape = [graph.nodes, root, self, args ?? null];
    const key = self === null && args === undefined ? keyOf(graph.nodes[root]) : 0;
    if (key !== 0) return this.#stateless(fn, key, graph, codes, shape, options.keep === true);
    if (options.keep === true && args === undefined) {
      const { bytes, extras } = this.#encode(graph.data);
      if (extras === null) return this.#prepared(this.#define(codes, { shape, data: bytes }), null, null, false);
    }
    const { bytes, extras } = this.#encode([...shape, graph.data]);
    return this.#prepared(this.#codes(codes), bytes, extras, args !== undefined);
  }

  /**
   * A function without state: what comes again becomes a definition, so that nothing else needs to be sent.
   *
   * @param {Function} fn
   * @param {number} key
   * @param {Graph} graph
   * @param {any[]} codes
   * @param {any[]} shape
   * @param {boolean} keep
   * @returns {Prepared}
   */
  #stateless(fn, key, graph, codes, shape, keep) {
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = { seen: 0, prepared: null };
      bounded(this.#byKey, key, entry, HELD, ({ prepared }) => prepared && this.#host.release?.(prepared.definition));
    }
    if (entry.prepared !== null) return entry.prepared;
    const lasting = isLasting(graph);
    if (++entry.seen > 1 || keep || lasting) {
      const data = this.#encode(graph.data).bytes;
      entry.prepared = this.#prepared(this.#define(codes, { shape, data }), null, null, false);
      if (lasting) this.#byFunction.set(fn, entry.prepared);
      return entry.prepared;
    }
    return this.#prepared(this.#codes(codes), this.#encode([...shape, graph.data]).bytes, null, false);
  }

  /** @param {any[]} codes */
  #codes(codes) {
    const key = codes.map(({ id }) => id).join();
    let definition = this.#byCodes.get(key);
    if (definition === undefined) {
      definition = this.#define(codes, null);
      bounded(this.#byCodes, key, definition, HELD, (id) => this.#host.release?.(id));
    }
    return definition;
  }

  /**
   * @param {any[]} codes
   * @param {any} graph
   */
  #define(codes, graph) {
    const sent = codes.map(({ source, name, line, column, form, loads }) => ({ source, name, line, column, form, loads }));
    return this.#host.define(v8.serialize({ origin: this.#origin, codes: sent, graph, loaded: undefined }));
  }

  /**
   * @param {any} value
   * @returns {{ bytes: Uint8Array, extras: any[] | null }}
   */
  #encode(value) {
    const { codec } = this.#host;
    return codec === undefined ? { bytes: v8.serialize(value), extras: null } : codec.encode(value);
  }

  /**
   * @param {number} definition
   * @param {Uint8Array | null} section
   * @param {any[] | null} extras
   * @param {boolean} hasArgs
   * @returns {Prepared}
   */
  #prepared(definition, section, extras, hasArgs) {
    return { definition, section, extras, hasArgs };
  }
}

/** @param {any[]} node */
function keyOf(node) {
  return node[0] === NODE.FUNCTION ? node[1] : 0;
}

/**
 * Whether nothing that the functions use can ever be something else: constants, and functions that are only called, so
 * that nobody sees their properties.
 *
 * @param {Graph} graph
 */
function isLasting(graph) {
  return graph.members.every(
    ({ analysis, known, settled, values, names }) =>
      settled &&
      known?.values !== undefined &&
      analysis.names.every(({ name, usage }) => {
        const value = values[names.indexOf(name)];
        return typeof value !== 'function' || usage === USAGE.CALL || !graph.byFunction.has(value);
      }),
  );
}

/**
 * @param {Function} fn
 * @param {any[]} node
 * @param {any[]} codes
 */
function checkTask(fn, node, codes) {
  if (node[0] === NODE.CLASS) throw invalid(fn, 'a class');
  void codes;
}

/**
 * @param {any} value
 * @param {string} [what]
 */
function invalid(value, what = `a value of type ${value === null ? 'null' : typeof value}`) {
  return new InvalidTaskError(`Expected a task to be a function, got ${what}`);
}

/** @param {Options} options */
function isEmpty(options) {
  for (const key in options) if (/** @type {any} */ (options)[key] !== undefined && key !== 'keep') return false;
  return true;
}

/** @param {any} fn */
function throwsOnCaller(fn) {
  try {
    return fn.caller === undefined;
  } catch {
    return true;
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
    table ??= new Map([
      [own(), ''],
      ...Object.entries(own())
        .filter(([, member]) => typeof member === 'function' || typeof member === 'object')
        .map(([name, member]) => /** @type {[any, string]} */ ([member, name])),
    ]);
    return table.get(value);
  };
}

module.exports = { Capture };
