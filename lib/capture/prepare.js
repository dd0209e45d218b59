'use strict';

const { types } = require('node:util');

const { FLAG, FORM, NODE, USAGE } = require('./kinds');
const { InvalidTaskError } = /** @type {any} */ (require('../errors'));
const { NoInspector } = require('./reader');
const { Repeats } = require('./repeats');
const { bounded, isWellFormed } = require('./texts');

/** @typedef {import('./index').Prepared} Prepared */
/** @typedef {import('./index').Options} Options */
/** @typedef {import('./definitions').Definition} Definition */
/** @typedef {{ graph: import('./graph').Graph, codes: any[], root: number, self: number | null, args: number[] | null }} Built */

/** @type {typeof import('./graph').Graph} */
let Graph;

/** Texts, and instances in workers, for which what is sent is held. */
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
  FLAG.OUTER_PRIVATE;

/** What is known of a text. */
class Bare {
  /** `null`: functions of this text need to be looked at. */
  prepared;
  #sightings = 0;
  /** @type {WeakRef<Function> | undefined} */
  #sighted = undefined;

  /** @param {Prepared | null} sent */
  constructor(sent) {
    this.prepared = sent;
  }

  /**
   * Whether a function is one that comes again and again, rather than a new closure each time: it is then worth a
   * place among the known ones, which costs more than to read its text. Only now and then is one remembered.
   *
   * @param {Function} fn
   */
  isRepeated(fn) {
    if (this.#sighted?.deref() === fn) return true;
    if ((++this.#sightings & 15) === 0) this.#sighted = new WeakRef(fn);
    return false;
  }
}

/** Prepares functions, in the cheapest way that is right for each. */
class Preparer {
  #tools;
  #definitions;
  #warn;
  /** @type {import('./large').LargeCaptures | undefined} */
  #large = undefined;
  /** Functions for which the same is right for ever. @type {WeakMap<Function, Prepared>} */
  #byFunction = new WeakMap();
  /** The last of them, and what is right for it, until the turn ends: it is not to be held. @type {Function | undefined} */
  #latest = undefined;
  /** @type {Prepared | undefined} */
  #latestPrepared = undefined;
  /** Functions by their text. @type {Map<string, Bare>} */
  #byText = new Map();
  /** What is sent for an instance that workers keep. @type {Map<number, { seen: number, prepared: Prepared | null }>} */
  #byKey = new Map();
  #repeats = new Repeats();

  /**
   * @param {import('./graph').Tools} tools
   * @param {import('./definitions').Definitions} definitions
   * @param {((message: string) => void) | undefined} warn
   */
  constructor(tools, definitions, warn) {
    this.#tools = tools;
    this.#definitions = definitions;
    this.#warn = warn;
  }

  /** A turn has ended. */
  endTurn() {
    this.#latest = this.#latestPrepared = undefined;
  }

  /**
   * Functions that need no looking at: known ones, and those whose text says that they need nothing.
   *
   * @param {Function} fn
   * @param {Options | undefined} options
   * @returns {Prepared | undefined}
   */
  known(fn, options) {
    if (options !== undefined && !isEmpty(options)) {
      return isExplicitOnly(options) ? this.#withoutVariables(fn) : undefined;
    }
    if (fn === this.#latest) return this.#latestPrepared;
    const known = this.#byFunction.get(fn);
    if (known !== undefined) {
      this.#latest = fn;
      this.#latestPrepared = known;
      return known;
    }
    const bare = this.#bareOf(fn);
    if (bare.prepared === null) return undefined;
    if (bare.isRepeated(fn)) this.#byFunction.set(fn, bare.prepared);
    return bare.prepared;
  }

  /**
   * The same where variables are not to be read: what was found with them counts for functions that have none.
   *
   * @param {Function} fn
   * @returns {Prepared | undefined}
   */
  #withoutVariables(fn) {
    const { prepared: sent } = this.#bareOf(fn);
    if (sent !== null) return sent;
    return this.#usesNothing(Function.prototype.toString.call(fn)) ? this.#byFunction.get(fn) : undefined;
  }

  /** @param {Function} fn */
  #bareOf(fn) {
    if (typeof fn !== 'function') throw invalid(fn);
    const text = Function.prototype.toString.call(fn);
    let bare = this.#byText.get(text);
    if (bare === undefined) {
      bare = new Bare(this.#bare(fn, text));
      bounded(this.#byText, text, bare, HELD);
    }
    return bare;
  }

  /**
   * @param {Function} fn
   * @param {string} text
   * @returns {Prepared | null}
   */
  #bare(fn, text) {
    const { error, flags, form } = this.#tools.texts.analysis(text);
    if (error !== undefined || form === FORM.CLASS || flags & (NEEDY | FLAG.SENSITIVE)) return null;
    if (!this.#usesNothing(text) || !isWellFormed(text)) return null;
    const strict = form === FORM.FUNCTION && !(flags & FLAG.STRICT) && throwsOnCaller(fn);
    const { source, head } = this.#tools.texts.factory(text, { strict });
    const id = this.#tools.memory.code();
    const code = { id, source, name: `tasklets:${id}`, line: 0, column: -head, form, loads: false };
    const name = fn.name === '' ? null : { name: fn.name };
    const node = [NODE.FUNCTION, this.#tools.memory.key(), 0, [], name];
    const graph = { shape: [[node], 0, null, null], data: this.#definitions.encode([]).bytes };
    return prepared(fn, this.#definitions.define([code], graph), null);
  }

  /** @param {string} text */
  #usesNothing(text) {
    const { names, ownUsage, flags } = this.#tools.texts.analysis(text);
    return names.length === 0 && ownUsage === 0 && (flags & NEEDY) === 0;
  }

  /**
   * Looks at functions, at all of them in one go.
   *
   * @param {Array<{ fn: Function, options?: Options }>} items
   * @returns {Prepared[]}
   */
  look(items) {
    for (const { fn } of items) if (typeof fn !== 'function') throw invalid(fn);
    const asked = items.some(({ options }) => options?.mode === 'explicit');
    return this.#reading(asked, (explicit) => {
      if (!explicit) this.#tools.reader.ahead(items.map(({ fn }) => fn));
      return items.map(({ fn, options }) => this.#one(fn, options ?? {}, explicit));
    });
  }

  /**
   * Everything about one function, of which nothing is registered.
   *
   * @param {Function} fn
   * @param {Options} options
   */
  built(fn, options) {
    return this.#reading(options.mode === 'explicit', (explicit) => this.#build(fn, options, explicit));
  }

  /**
   * Does it with variables that can be read, or without where that is not wanted or not possible.
   *
   * @template T
   * @param {boolean} asked
   * @param {(explicit: boolean) => T} work
   * @returns {T}
   */
  #reading(asked, work) {
    // Most of the capture, which only functions that take something along need; not to be loaded in the session.
    ({ Graph } = require('./graph'));
    if (asked) return work(true);
    try {
      return this.#tools.reader.session(() => work(false));
    } catch (error) {
      if (!(error instanceof NoInspector)) throw error;
    }
    return work(true);
  }

  /**
   * @param {Function} fn
   * @param {Options} options
   * @param {boolean} explicit
   * @returns {Prepared}
   */
  #one(fn, options, explicit) {
    const reading = explicit || !isEmpty(options) ? undefined : this.#tools.reader.functions([fn])[0];
    const repeated = reading === undefined ? undefined : this.#repeats.find(fn, reading);
    if (repeated !== undefined) {
      this.#byFunction.set(fn, repeated);
      return repeated;
    }
    const start = performance.now();
    if (reading !== undefined) this.#tools.reader.remember(fn, reading);
    const built = this.#build(fn, options, explicit);
    const { graph, root } = built;
    if (graph.nodes[root][0] === NODE.CLASS) throw invalid(fn, 'a class');
    const made = this.#finish(fn, options, built);
    this.#look(fn, built, made, performance.now() - start);
    const member = graph.byFunction.get(fn);
    if (reading !== undefined && member !== undefined && this.#byFunction.get(fn) === made)
      this.#repeats.add(member, reading, made);
    return made;
  }

  /**
   * Captures that are large are worth a word.
   *
   * @param {Function} fn
   * @param {Built} built
   * @param {Prepared} made
   * @param {number} time
   */
  #look(fn, { graph, codes }, made, time) {
    const sizeOf = (/** @type {any} */ value) => this.#definitions.sizeOf(value);
    this.#large ??= new (require('./large').LargeCaptures)(this.#warn, sizeOf);
    this.#large.look(fn, graph, codes, made.section?.length ?? 0, time);
  }

  /**
   * @param {Function} fn
   * @param {Options} options
   * @param {boolean} explicit
   * @returns {Built}
   */
  #build(fn, options, explicit) {
    const { captures, mode } = options;
    const graph = new Graph(this.#tools, { captures, explicit, asked: mode === 'explicit' });
    const root = graph.slot(fn, -1, null);
    let self = null;
    if (options.this !== undefined) {
      self = graph.slot(options.this, -1, { kind: 'other', name: '`this`' });
      const member = graph.byFunction.get(fn);
      if (member?.analysis.form === FORM.ARROW) (member.more ??= {}).self = self;
    }
    const args = options.args?.map((value, index) =>
      graph.slot(value, -1, { kind: 'argument', name: `args[${index}]` }),
    );
    graph.settle();
    const codes = graph.finish();
    return { graph, codes, root, self, args: args ?? null };
  }

  /**
   * @param {Function} fn
   * @param {Options} options
   * @param {Built} built
   * @returns {Prepared}
   */
  #finish(fn, options, built) {
    const { graph, codes, root, self, args } = built;
    const definitions = this.#definitions;
    const shape = [graph.nodes, root, self, args];
    const key = self === null && args === null ? keyOf(graph.nodes[root]) : 0;
    if (key !== 0) return this.#stateless(fn, key, built, shape, options.keep === true);
    const more = { classes: graph.classes.size === 0 ? null : graph.classes, hasArgs: args !== null };
    if (options.keep === true && args === null) {
      const { bytes, extras } = definitions.encode(graph.data);
      if (extras === null) return prepared(fn, definitions.define(codes, { shape, data: bytes }), null, more);
    }
    const { bytes, extras } = definitions.encode([...shape, graph.data]);
    return prepared(fn, definitions.ofCodes(codes), bytes, { ...more, extras });
  }

  /**
   * A function without state: what comes again becomes a definition, so that nothing else needs to be sent.
   *
   * @param {Function} fn
   * @param {number} key
   * @param {Built} built
   * @param {any[]} shape
   * @param {boolean} keep
   * @returns {Prepared}
   */
  #stateless(fn, key, { graph, codes }, shape, keep) {
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = { seen: 0, prepared: null };
      bounded(this.#byKey, key, entry, HELD);
    }
    if (entry.prepared !== null) return entry.prepared;
    const text = Function.prototype.toString.call(fn);
    const lasting = isLasting(graph) || (graph.options.explicit && this.#usesNothing(text));
    if (++entry.seen === 1 && !keep && !lasting) {
      return prepared(
        fn,
        this.#definitions.ofCodes(codes),
        this.#definitions.encode([...shape, graph.data]).bytes,
      );
    }
    const data = this.#definitions.encode(graph.data).bytes;
    entry.prepared = prepared(fn, this.#definitions.define(codes, { shape, data }), null);
    if (lasting) this.#byFunction.set(fn, entry.prepared);
    // What was looked at only to see whether the code around is strict needs no looking at again.
    if (lasting && codes.length === 1 && this.#usesNothing(text))
      this.#byText.set(text, new Bare(entry.prepared));
    return entry.prepared;
  }
}

/**
 * @param {Function} fn
 * @param {Definition} hold
 * @param {Uint8Array | null} section
 * @param {{ extras?: any[] | null, hasArgs?: boolean, classes?: Set<Function> | null }} [more]
 * @returns {Prepared}
 */
function prepared(fn, hold, section, { extras = null, hasArgs = false, classes = null } = {}) {
  const isGenerator = types.isGeneratorFunction(fn);
  return { definition: hold.id, hold, section, extras, hasArgs, classes, isGenerator };
}

/** @param {any[]} node */
function keyOf(node) {
  return node[0] === NODE.FUNCTION ? node[1] : 0;
}

/**
 * Whether nothing that the functions use can ever be something else: constants, and functions that are only called, so
 * that nobody sees their properties.
 *
 * @param {import('./graph').Graph} graph
 */
function isLasting(graph) {
  return graph.members.every(
    ({ analysis, known, settled, values, names }) =>
      settled &&
      (analysis.ownUsage === 0 || analysis.ownUsage === USAGE.CALL) &&
      known?.values !== undefined &&
      analysis.names.every(({ name, usage }) => {
        const value = values[names.indexOf(name)];
        return typeof value !== 'function' || usage === USAGE.CALL || !graph.byFunction.has(value);
      }),
  );
}

/**
 * @param {any} value
 * @param {string} [what]
 */
function invalid(value, what = `a value of type ${value === null ? 'null' : typeof value}`) {
  return new InvalidTaskError(`Expected a task to be a function, got ${what}`);
}

/** @param {Options} options */
function isEmpty({ captures, this: self, mode, args, keep }) {
  const isAuto = mode === undefined || mode === 'auto';
  return captures === undefined && self === undefined && isAuto && args === undefined && keep !== true;
}

/** @param {Options} options of which something is set */
function isExplicitOnly({ mode, ...rest }) {
  return mode === 'explicit' && isEmpty(rest);
}

/** @param {any} fn */
function throwsOnCaller(fn) {
  try {
    return fn.caller === undefined;
  } catch {
    return true;
  }
}

exports.Preparer = Preparer;
exports.invalid = invalid;
exports.keyOf = keyOf;
