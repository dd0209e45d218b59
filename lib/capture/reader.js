'use strict';

const { runInThisContext } = require('node:vm');

/**
 * Reads what JavaScript itself cannot see: the variables of functions, the parts of bound functions, private fields,
 * the target of a proxy. It asks the inspector of its own thread, synchronously: the callback of `post` runs before
 * `post` returns.
 *
 * A session that stays connected keeps what is logged alive, so it is connected from `open` to `close`, within one
 * synchronous stretch, and nothing is ever enabled except, for an instant, the debugger that tells the scripts.
 *
 * @typedef {{ kind: string, variables: any, depth: number }} Scope
 * @typedef {object} Reading
 * @property {string | undefined} script id of the script, none for native functions
 * @property {number} line from 0
 * @property {number} column from 0
 * @property {Scope[]} scopes innermost first
 * @property {{ target: any, self: any, args: any[] } | undefined} bound
 * @typedef {{ scriptId: string | undefined, lineNumber: number, columnNumber: number }} Location
 * @typedef {(fn: Function, expressions: string, place?: Location) => (call: () => any) => any[]} BreakAt
 */

const KEY = Symbol.for('tasklets.reader');
const HOLDER = 'globalThis[Symbol.for("tasklets.reader")]';
const TAKE = `function(...a){${HOLDER}.out=a}`;

function nothing() {}

class Reader {
  /** @type {any} */
  #session;
  /** The main realm's: inside a vm context the library's own `globalThis` is the sandbox. */
  #global = runInThisContext('globalThis');
  #holder = {
    items: /** @type {any[]} */ ([]),
    out: /** @type {any[]} */ ([]),
    call: /** @type {() => any} */ (nothing),
    look: /** @type {(...values: any[]) => void} */ (nothing),
  };
  #depth = 0;
  /** What was read ahead for several captures at once. @type {Map<Function, Reading>} */
  #ahead = new Map();

  /**
   * Runs `within` with the session connected.
   *
   * @template T
   * @param {() => T} within
   * @returns {T}
   */
  session(within) {
    this.#open();
    try {
      return within();
    } finally {
      this.#close();
    }
  }

  #open() {
    if (this.#depth++ > 0) return;
    try {
      this.#session ??= new (require('node:inspector').Session)();
      this.#session.connect();
    } catch (error) {
      this.#depth = 0;
      throw new NoInspector(error);
    }
    Object.defineProperty(this.#global, KEY, { value: this.#holder, configurable: true });
  }

  #close() {
    if (--this.#depth > 0) return;
    delete this.#global[KEY];
    this.#holder.items = [];
    this.#holder.out = [];
    this.#holder.call = nothing;
    this.#holder.look = nothing;
    this.#ahead.clear();
    this.#session.disconnect();
  }

  /**
   * @param {string} method
   * @param {object} [parameters]
   * @returns {any}
   */
  #post(method, parameters) {
    /** @type {any} */
    let failure = null;
    /** @type {any} */
    let answer;
    this.#session.post(method, parameters, (/** @type {any} */ error, /** @type {any} */ result) => {
      failure = error;
      answer = result;
    });
    if (failure !== null) throw new NoInspector(failure);
    // Runtimes that answer later cannot be read in one stretch.
    if (answer === undefined) throw new NoInspector(undefined);
    return answer;
  }

  /**
   * Handles of values, in order.
   *
   * @param {any[]} values
   * @returns {string[]}
   */
  #handles(values) {
    this.#holder.items = values;
    const one = values.length === 1;
    const expression = one ? `${HOLDER}.items[0]` : `${HOLDER}.items`;
    const { result } = this.#post('Runtime.evaluate', { expression, silent: true });
    if (one) return [result.objectId];
    const list = this.#post('Runtime.getProperties', {
      objectId: result.objectId,
      ownProperties: true,
    }).result;
    return list.slice(0, values.length).map((/** @type {any} */ item) => item.value.objectId);
  }

  /**
   * Real values of what the inspector describes.
   *
   * @param {any[]} remotes remote objects
   * @returns {any[]}
   */
  #values(remotes) {
    if (remotes.length === 0) return [];
    const parameters = {
      objectId: remotes.find((remote) => remote.objectId !== undefined)?.objectId,
      functionDeclaration: TAKE,
      arguments: remotes.map(argumentOf),
      silent: true,
    };
    if (parameters.objectId === undefined) [parameters.objectId] = this.#handles([this.#holder]);
    this.#post('Runtime.callFunctionOn', parameters);
    return this.#holder.out;
  }

  /**
   * Reads several functions in one go, for captures that follow within this session.
   *
   * @param {Function[]} fns
   */
  ahead(fns) {
    if (fns.length < 2) return;
    const readings = this.functions(fns);
    fns.forEach((fn, index) => this.#ahead.set(fn, readings[index]));
  }

  /**
   * What has been read of a function, for a capture that follows within this session.
   *
   * @param {Function} fn
   * @param {Reading} reading
   */
  remember(fn, reading) {
    this.#ahead.set(fn, reading);
  }

  /**
   * @param {Function[]} fns
   * @returns {Reading[]}
   */
  functions(fns) {
    if (this.#ahead.size > 0 && fns.every((fn) => this.#ahead.has(fn))) {
      return fns.map((fn) => /** @type {Reading} */ (this.#ahead.get(fn)));
    }
    return this.session(() => {
      /** @type {any[]} */
      const wanted = [];
      const places = this.#handles(fns).map((objectId) => this.#describe(objectId, wanted));
      const values = this.#values(wanted);
      return places.map((place) => ({
        script: place.location?.scriptId,
        line: place.location?.lineNumber ?? 0,
        column: place.location?.columnNumber ?? 0,
        scopes: place.scopes < 0 ? [] : scopesOf(values[place.scopes]),
        bound: place.bound < 0 ? undefined : boundOf(values, place.bound),
      }));
    });
  }

  /**
   * @param {string} objectId
   * @param {any[]} wanted
   */
  #describe(objectId, wanted) {
    const { internalProperties } = this.#post('Runtime.getProperties', { objectId, ownProperties: true });
    const place = { location: /** @type {any} */ (undefined), scopes: -1, bound: -1 };
    const parts = Object.create(null);
    for (const { name, value } of internalProperties ?? []) parts[name] = value;
    place.location = parts['[[FunctionLocation]]']?.value;
    if (parts['[[Scopes]]'] !== undefined) place.scopes = wanted.push(parts['[[Scopes]]']) - 1;
    if (parts['[[TargetFunction]]'] !== undefined) {
      place.bound =
        wanted.push(
          parts['[[TargetFunction]]'],
          parts['[[BoundThis]]'] ?? { type: 'undefined' },
          parts['[[BoundArgs]]'],
        ) - 3;
    }
    return place;
  }

  /**
   * The private fields of an object, those of base classes first.
   *
   * @param {object} object
   * @returns {Array<{ name: string, value: any }>}
   */
  privates(object) {
    return this.session(() => {
      const [objectId] = this.#handles([object]);
      const answer = this.#post('Runtime.getProperties', { objectId, ownProperties: true });
      const fields = (answer.privateProperties ?? []).filter(
        (/** @type {any} */ field) => field.value !== undefined,
      );
      const values = this.#values(fields.map((/** @type {any} */ field) => field.value));
      return fields.map((/** @type {any} */ field, /** @type {number} */ index) => ({
        name: field.name,
        value: values[index],
      }));
    });
  }

  /**
   * One internal property of an object, such as `[[Target]]` of a proxy.
   *
   * @param {object} object
   * @param {string} name
   * @returns {any}
   */
  inner(object, name) {
    return this.session(() => {
      const [objectId] = this.#handles([object]);
      const answer = this.#post('Runtime.getProperties', { objectId, ownProperties: true });
      const found = answer.internalProperties?.find((/** @type {any} */ property) => property.name === name);
      return found === undefined ? undefined : this.#values([found.value])[0];
    });
  }

  /**
   * The entries of a WeakMap or the members of a WeakSet that are alive.
   *
   * @param {object} weak
   * @returns {any[]}
   */
  entries(weak) {
    return this.session(() => {
      const list = this.inner(weak, '[[Entries]]');
      return Array.isArray(list) ? list : [];
    });
  }

  /**
   * The contexts of functions: equal numbers are the same scope.
   *
   * @param {Function[]} fns
   * @returns {number[][]}
   */
  contexts(fns) {
    const { contextsOf } = require('./contexts');
    return this.session(() =>
      contextsOf(() =>
        this.#handles(fns).map((objectId) =>
          Number(this.#post('HeapProfiler.getHeapObjectId', { objectId }).heapSnapshotObjectId),
        ),
      ),
    );
  }

  /**
   * Lets functions be called that are ended at a certain place, where a look is taken at what is to be seen there. It is
   * the condition of a breakpoint that looks, and that ends the call; since it never holds, nobody is stopped.
   *
   * @template T
   * @param {Function[]} fns those that are looked into
   * @param {(breakAt: BreakAt) => T} within
   * @returns {T}
   */
  inside(fns, within) {
    return this.session(() => {
      const globals = this.functions(fns).map(({ scopes }) => globalOf(scopes));
      const others = new Set(globals.filter((global) => global !== undefined && global !== this.#global));
      for (const other of others)
        Object.defineProperty(other, KEY, { value: this.#holder, configurable: true });
      this.#post('Debugger.enable', {});
      try {
        return within((fn, expressions, place) => this.#breakAt(fn, expressions, place));
      } finally {
        this.#post('Debugger.disable');
        for (const other of others) delete other[KEY];
      }
    });
  }

  /** @type {BreakAt} */
  #breakAt(fn, expressions, place) {
    const condition = `(${HOLDER}.look(${expressions}),false)`;
    if (place === undefined) {
      const [objectId] = this.#handles([fn]);
      this.#post('Debugger.setBreakpointOnFunctionCall', { objectId, condition });
    } else this.#post('Debugger.setBreakpoint', { location: place, condition });
    return (call) => {
      /** @type {any[] | undefined} */
      let seen;
      this.#holder.look = (...values) => {
        seen = values;
        this.#session.post('Runtime.terminateExecution');
      };
      this.#holder.call = call;
      // The answer is that it was terminated.
      this.#session.post('Runtime.evaluate', { expression: `${HOLDER}.call()`, silent: true }, () => {});
      if (seen === undefined) throw new TypeError(`There is no way into \`${fn.name}\``);
      return seen;
    };
  }

  /**
   * Every script of this thread: the debugger tells them when it is enabled, and is disabled at once.
   *
   * @param {(id: string, url: string) => void} tell
   */
  scripts(tell) {
    this.session(() => {
      /** @param {any} event */
      const listener = ({ params }) => tell(params.scriptId, params.url);
      this.#session.on('Debugger.scriptParsed', listener);
      try {
        this.#post('Debugger.enable', {});
        this.#post('Debugger.disable');
      } finally {
        this.#session.removeListener('Debugger.scriptParsed', listener);
      }
    });
  }
}

/**
 * The global object that a function sees.
 *
 * @param {Scope[]} scopes
 * @returns {any}
 */
function globalOf(scopes) {
  const last = scopes.at(-1);
  return last?.kind === 'Global' ? last.variables : undefined;
}

/** There is no inspector, or not one that answers synchronously. */
class NoInspector extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super('This runtime offers no way to read the variables of a function', { cause });
  }
}

/** @param {any} remote */
function argumentOf({ objectId, unserializableValue, value }) {
  if (objectId !== undefined) return { objectId };
  return unserializableValue === undefined ? { value } : { unserializableValue };
}

/**
 * @param {any} list
 * @returns {Scope[]}
 */
function scopesOf(list) {
  return Array.from(list, (/** @type {any} */ scope, depth) => ({
    kind: scope.description,
    variables: scope.object,
    depth,
  }));
}

/**
 * @param {any[]} values
 * @param {number} at
 */
function boundOf(values, at) {
  return { target: values[at], self: values[at + 1], args: Array.from(values[at + 2] ?? []) };
}

exports.NoInspector = NoInspector;
exports.Reader = Reader;
