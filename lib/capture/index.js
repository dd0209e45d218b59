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
const { types } = require('node:util');
const { threadId } = require('node:worker_threads');

const { Builtins, Packages } = require('./modules');
const { FLAG, FORM, NODE, USAGE } = require('./kinds');
const { Graph } = require('./graph');
const { Intrinsics } = require('./globals');
const { InvalidTaskError } = /** @type {any} */ (require('../errors'));
const { Memory } = require('./memory');
const { NoInspector, Reader } = require('./reader');
const { Scripts } = require('./scripts');
const { Stacks } = require('./stacks');
const { Texts, bounded } = require('./texts');
const { describe } = require('./explain');
const { placeOf } = require('./variables');
const { read } = require('./returning');

/**
 * @typedef {object} Prepared
 * @property {number} definition
 * @property {Uint8Array | null} section
 * @property {any[] | null} extras
 * @property {boolean} hasArgs
 * @property {Set<Function> | null} classes
 * @property {boolean} isGenerator
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

/** A capture beyond this is told of. */
const LARGE = { BYTES: 1024 * 1024, NODES: 1000, TIME: 50, FEW: 16 };

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
  /** There may be several of this class in one thread: a test runner loads modules anew. */
  #origin = `${threadId}.${Math.random().toString(36).slice(2)}`;
  /** @type {WeakMap<Function, Prepared>} */
  #byFunction = new WeakMap();
  /** @type {Map<string, Prepared | null>} `null`: needs to be looked at each time */
  #byText = new Map();
  /** @type {Map<string, number>} */
  #byCodes = new Map();
  /** How often a place was found to take much. @type {Map<string, number>} */
  #warned = new Map();
  #stacks;
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
    const { memory } = this.#tools;
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
      bounded(
        this.#byText,
        text,
        prepared,
        HELD,
        (dropped) => dropped && this.#host.release?.(dropped.definition),
      );
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
    if (error !== undefined || form === FORM.CLASS || flags & NEEDY || names.length > 0 || ownUsage > 0)
      return null;
    if (!text.isWellFormed()) return null;
    const strict = form === FORM.FUNCTION && !(flags & FLAG.STRICT) && throwsOnCaller(fn);
    const { source, head } = this.#tools.texts.factory(text, { strict });
    const id = this.#tools.memory.code();
    const code = { id, source, name: `tasklets:${id}`, line: 0, column: -head, form, loads: false };
    const key = this.#tools.memory.key();
    const name = fn.name === '' ? null : { name: fn.name };
    const graph = {
      shape: [[[NODE.FUNCTION, key, 0, [], name]], 0, null, null],
      data: this.#encode([]).bytes,
    };
    const made = prepared(this.#define([code], graph), null);
    made.isGenerator = types.isGeneratorFunction(fn);
    return made;
  }

  /**
   * @param {Array<{ fn: Function, options?: Options }>} items
   * @returns {Prepared[]}
   */
  #look(items) {
    for (const { fn } of items) if (typeof fn !== 'function') throw invalid(fn);
    const { reader } = this.#tools;
    const asked = items.some(({ options }) => options?.mode === 'explicit');
    if (!asked) {
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
    const start = performance.now();
    const built = this.#build(fn, options, explicit);
    const { graph, codes, root } = built;
    checkTask(fn, graph.nodes[root]);
    const made = this.#finish(fn, options, built);
    made.isGenerator = types.isGeneratorFunction(fn);
    this.#watch(fn, graph, codes, made, performance.now() - start);
    return made;
  }

  /**
   * @param {Function} fn
   * @param {Options} options
   * @param {boolean} explicit
   */
  #build(fn, options, explicit) {
    const graph = new Graph(this.#tools, {
      captures: options.captures,
      explicit,
      asked: options.mode === 'explicit',
    });
    const root = graph.slot(fn, -1, null);
    let self = null;
    if (options.this !== undefined) {
      self = graph.slot(options.this, -1, { kind: 'other', name: '`this`' });
      const member = graph.byFunction.get(fn);
      if (member?.analysis.form === FORM.ARROW) (member.more ??= {}).self = self;
    }
    const args = options.args?.map((value, index) =>
      graph.slot(value, -1, { kind: 'other', name: `argument ${index}` }),
    );
    graph.settle();
    const codes = graph.finish();
    return { graph, codes, root, self, args: args ?? null };
  }

  /**
   * @param {Function} fn
   * @param {Options} options
   * @param {{ graph: Graph, codes: any[], root: number, self: number | null, args: number[] | null }} built
   * @returns {Prepared}
   */
  #finish(fn, options, { graph, codes, root, self, args }) {
    const shape = [graph.nodes, root, self, args];
    const key = self === null && args === null ? keyOf(graph.nodes[root]) : 0;
    if (key !== 0) return this.#stateless(fn, key, graph, codes, shape, options.keep === true);
    const classes = graph.classes.size === 0 ? null : graph.classes;
    if (options.keep === true && args === null) {
      const { bytes, extras } = this.#encode(graph.data);
      if (extras === null)
        return prepared(this.#define(codes, { shape, data: bytes }), null, null, false, classes);
    }
    const { bytes, extras } = this.#encode([...shape, graph.data]);
    return prepared(this.#codes(codes), bytes, extras, args !== null, classes);
  }

  /**
   * Tells of a large capture, once for each place.
   *
   * @param {Function} fn
   * @param {Graph} graph
   * @param {any[]} codes
   * @param {Prepared} made
   * @param {number} duration
   */
  #watch(fn, graph, codes, made, duration) {
    const size = (made.section?.length ?? 0) + (codes.length > LARGE.FEW ? texts(codes) : 0);
    const isLarge = size > LARGE.BYTES || graph.nodes.length > LARGE.NODES;
    if (!isLarge && duration <= LARGE.TIME) return;
    const place = graph.locationOf(graph.slots.get(fn) ?? 0) ?? fn.name;
    const times = this.#warned.get(place) ?? 0;
    this.#warned.set(place, times + 1);
    // A small one that took long the first time waited for tables to be made, which is not the user's doing.
    const isTold = isLarge ? times === 0 : times === 1;
    if (!isTold) return;
    const largest = describe(graph, codes, (value) => this.#sizeOf(value)).variables.sort(
      (a, b) => b.size - a.size,
    );
    const taken = largest.slice(0, 3).map(({ path, kind, size }) => `\`${path}\` (${kind}, ${size} bytes)`);
    this.#host.warn?.(
      `A task takes ${size} bytes, ${graph.nodes.length} functions and objects along, which took ` +
        `${duration.toFixed(0)} ms to gather (${place}): ${taken.join(', ')}. ` +
        'Pass them as arguments, wrap the task so that this is done once, or load them inside the task.',
    );
  }

  /** @param {any} value */
  #sizeOf(value) {
    try {
      return this.#encode(value).bytes.length;
    } catch {
      // Only an estimate is wanted; what cannot be encoded is refused where it is sent.
      return 0;
    }
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
    const { reader } = this.#tools;
    const explicit = options.mode === 'explicit';
    const { graph, codes, root } = explicit
      ? this.#build(fn, options, true)
      : reader.session(() => this.#build(fn, options, false));
    const { variables, modules, functions, objects } = describe(graph, codes, (value) => this.#sizeOf(value));
    return {
      name: fn.name,
      location: graph.locationOf(root) ?? this.#location(fn),
      stateless: keyOf(graph.nodes[root]) !== 0,
      variables,
      modules,
      functions,
      objects,
      bytes: texts(codes) + this.#sizeOf(graph.data),
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
    if (classes == null) return needs;
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
   * @returns {C & { onHook: (value: any) => any }}
   */
  decodeContext(fn, context) {
    const onHook = (/** @type {any} */ returned) => {
      const Class = returned.origin === this.#origin ? this.#tools.memory.classOf(returned.id) : undefined;
      return read(returned, Class, (stack) => this.mapStack(stack, fn));
    };
    return Object.assign(/** @type {C} */ (context ?? {}), { onHook });
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
      bounded(
        this.#byKey,
        key,
        entry,
        HELD,
        ({ prepared }) => prepared && this.#host.release?.(prepared.definition),
      );
    }
    if (entry.prepared !== null) return entry.prepared;
    const lasting = isLasting(graph);
    if (++entry.seen > 1 || keep || lasting) {
      const data = this.#encode(graph.data).bytes;
      entry.prepared = prepared(this.#define(codes, { shape, data }), null);
      if (lasting) this.#byFunction.set(fn, entry.prepared);
      return entry.prepared;
    }
    return prepared(this.#codes(codes), this.#encode([...shape, graph.data]).bytes);
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
    const sent = codes.map(({ source, name, line, column, form, loads }) => ({
      source,
      name,
      line,
      column,
      form,
      loads,
    }));
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
}

/**
 * @param {number} definition
 * @param {Uint8Array | null} section
 * @param {any[] | null} [extras]
 * @param {boolean} [hasArgs]
 * @param {Set<Function> | null} [classes]
 * @returns {Prepared}
 */
function prepared(definition, section, extras = null, hasArgs = false, classes = null) {
  return { definition, section, extras, hasArgs, classes, isGenerator: false };
}

/** @param {any[]} codes */
function texts(codes) {
  return codes.reduce((sum, { source }) => sum + source.length, 0);
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
 */
function checkTask(fn, node) {
  if (node[0] === NODE.CLASS) throw invalid(fn, 'a class');
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
  for (const key in options)
    if (/** @type {any} */ (options)[key] !== undefined && key !== 'keep') return false;
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
