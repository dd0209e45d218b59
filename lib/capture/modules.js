'use strict';

const Module = require('node:module');
const path = require('node:path');

// Node's own modules and packages travel by reference: by name, or by file and the path of members to the value.

/** A reference to a value of a module: the module's name or file, and the members that lead to the value. */
/** @typedef {{ module: string, path: string[] }} Reference */

const PACKAGES = `${path.sep}node_modules${path.sep}`;

/**
 * @param {string} file
 * @returns {boolean}
 */
function isPackageFile(file) {
  return file.includes(PACKAGES) || file.includes('/node_modules/');
}

/** The module as it is, without loading one that is not loaded. @type {(name: string) => any} */
const builtin = /** @type {any} */ (process).getBuiltinModule ?? require;

/**
 * A member by which the object of a module of Node is told from other objects. A module is only had by name where this
 * says so: getting one that the program has not loaded may load much else.
 */
const SIGNS = {
  async_hooks: 'AsyncLocalStorage',
  buffer: 'kMaxLength',
  child_process: 'execFileSync',
  cluster: 'setupPrimary',
  crypto: 'createHash',
  dgram: 'createSocket',
  diagnostics_channel: 'tracingChannel',
  dns: 'getServers',
  'dns/promises': 'getServers',
  fs: 'readFileSync',
  'fs/promises': 'readFile',
  http: 'STATUS_CODES',
  http2: 'getDefaultSettings',
  https: 'globalAgent',
  net: 'createConnection',
  os: 'EOL',
  path: 'normalize',
  perf_hooks: 'PerformanceObserver',
  querystring: 'unescape',
  readline: 'createInterface',
  'readline/promises': 'createInterface',
  'stream/promises': 'pipeline',
  string_decoder: 'StringDecoder',
  timers: 'setInterval',
  'timers/promises': 'setInterval',
  tls: 'createSecureContext',
  tty: 'isatty',
  url: 'fileURLToPath',
  util: 'promisify',
  'util/types': 'isProxy',
  v8: 'getHeapStatistics',
  vm: 'runInThisContext',
  worker_threads: 'isMainThread',
  zlib: 'gzipSync',
};

/** Values of Node's own modules. */
class Builtins {
  /** @type {Map<any, Reference>} */
  #table = new Map();
  #seen = new Set();

  /**
   * @param {any} value
   * @param {string} [script] the script that a function comes from
   * @returns {Reference | undefined}
   */
  find(value, script = '') {
    const known = this.#table.get(value);
    if (known !== undefined) return known;
    for (const name of typeof value === 'function' ? this.#likely(script) : signed(value)) {
      if (this.#seen.has(name)) continue;
      this.#seen.add(name);
      this.#add(`node:${name}`);
      const found = this.#table.get(value);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * Modules that are loaded, those first that a function of this script probably belongs to.
   *
   * @param {string} script
   */
  *#likely(script) {
    const home = script.replace(/^node:(internal\/)?/, '').replace(/^(fs|stream|util|timers)\/.*$/, '$1');
    if (Module.isBuiltin(home)) yield home;
    const rest = [];
    for (const entry of /** @type {any} */ (process).moduleLoadList) {
      const name = /^NativeModule (.*)$/.exec(entry)?.[1];
      if (name === undefined || !Module.isBuiltin(name) || SKIPPED.has(name) || /^(internal|_)/.test(name))
        continue;
      if (HEAVY.has(name)) rest.push(name);
      else yield name;
    }
    yield* rest;
  }

  /** @param {string} name */
  #add(name) {
    let exported;
    try {
      exported = builtin(name);
    } catch {
      // Modules that cannot be had by name are in nobody's hands.
      return;
    }
    if (exported === undefined) return;
    this.#put(exported, { module: name, path: [] });
    for (const key of Object.keys(exported)) {
      const value = Object.getOwnPropertyDescriptor(exported, key)?.value;
      this.#put(value, { module: name, path: [key] });
      if (typeof value === 'function')
        this.#functions(value.prototype, { module: name, path: [key, 'prototype'] });
      this.#functions(value, { module: name, path: [key] });
    }
  }

  /**
   * @param {any} holder
   * @param {Reference} reference
   */
  #functions(holder, { module, path: steps }) {
    if ((typeof holder !== 'object' && typeof holder !== 'function') || holder === null) return;
    for (const key of Object.getOwnPropertyNames(holder)) {
      const value = Object.getOwnPropertyDescriptor(holder, key)?.value;
      if (typeof value === 'function') this.#put(value, { module, path: [...steps, key] });
    }
  }

  /**
   * @param {any} value
   * @param {Reference} reference
   */
  #put(value, reference) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
    // The whole module is the better name: `path.posix` is `path` itself.
    if (!this.#table.has(value) || reference.path.length === 0) this.#table.set(value, reference);
  }
}

/** Getting these by name makes what they only make when it is asked for. */
const HEAVY = new Set(['http', 'https', 'crypto', 'module']);

/**
 * @param {any} value
 * @returns {string[]}
 */
function signed(value) {
  return Object.entries(SIGNS)
    .filter(([, sign]) => Object.hasOwn(value, sign))
    .map(([name]) => name);
}

/** Deprecated ones warn when they are loaded. */
const SKIPPED = new Set([
  'punycode',
  'sys',
  'constants',
  'wasi',
  'test',
  'trace_events',
  'repl',
  'inspector',
]);

/** Values of packages that are loaded, and the exports of the program's own CommonJS modules. */
class Packages {
  /** @type {Map<any, Reference>} */
  #table = new Map();
  #seen = new WeakSet();
  #count = 0;

  /**
   * @param {any} value
   * @returns {Reference | undefined}
   */
  find(value) {
    this.#refresh();
    return this.#table.get(value);
  }

  /**
   * The file of the program's own module whose `exports` this is.
   *
   * @param {any} value
   * @returns {string | undefined}
   */
  ownModule(value) {
    const modules = cache();
    for (const file of Object.keys(modules)) {
      if (modules[file]?.exports === value && !isPackageFile(file)) return file;
    }
    return undefined;
  }

  /**
   * Whether a file is the module with this namespace. The one who asks has imported it, so it is loaded already.
   *
   * @param {any} namespace
   * @param {string} file
   */
  isNamespaceOf(namespace, file) {
    // Modules without a name of their own for `require` come as they are.
    if (/** @type {any} */ (process.features).require_module !== true || 'module.exports' in namespace)
      return false;
    try {
      return Module.createRequire(file)(file) === namespace;
    } catch {
      // It awaits something: by value, then.
      return false;
    }
  }

  /** Whether it is a CommonJS `module`. @param {any} value */
  isModule(value) {
    return value instanceof Module;
  }

  #refresh() {
    const files = Object.keys(cache());
    if (files.length === this.#count) return;
    this.#count = files.length;
    for (const file of files) {
      const module = cache()[file];
      if (module === undefined || !module.loaded || this.#seen.has(module)) continue;
      this.#seen.add(module);
      if (file.endsWith('.node')) continue;
      if (isPackageFile(file)) this.#add(file, module.exports, [], 3);
    }
  }

  /**
   * @param {string} file
   * @param {any} value
   * @param {string[]} steps
   * @param {number} depth
   */
  #add(file, value, steps, depth) {
    const type = typeof value;
    if ((type !== 'object' && type !== 'function') || value === null || this.#table.has(value)) return;
    if (steps.length > 0 && type === 'object' && isOrdinary(value)) return;
    this.#table.set(value, { module: file, path: steps });
    if (depth === 0) return;
    for (const key of Object.keys(value)) {
      const descriptor = Object.getOwnPropertyDescriptor(value, key);
      if (descriptor !== undefined && 'value' in descriptor) {
        this.#add(file, descriptor.value, [...steps, key], depth - 1);
      }
    }
  }

  /**
   * A function of a package whose file is known: looked for in what that file exports, getters included.
   *
   * @param {Function} fn
   * @param {string} file
   * @returns {Reference | undefined}
   */
  findIn(fn, file) {
    const known = this.find(fn);
    if (known !== undefined) return known;
    let exported = cache()[file]?.exports;
    if (exported === undefined) {
      try {
        // An ES module that is loaded already comes synchronously, where Node can do that.
        exported = Module.createRequire(file)(file);
      } catch {
        // By value, then.
        return undefined;
      }
    }
    const steps = search(exported, fn, 2);
    if (steps === undefined) return undefined;
    const reference = { module: file, path: steps };
    this.#table.set(fn, reference);
    return reference;
  }
}

/** Plain containers are data as much as anything: they travel by value, as they are now. @param {object} value */
function isOrdinary(value) {
  return Array.isArray(value);
}

/**
 * @param {any} container
 * @param {Function} fn
 * @param {number} depth
 * @returns {string[] | undefined}
 */
function search(container, fn, depth) {
  if (container === fn) return [];
  if (
    (typeof container !== 'object' && typeof container !== 'function') ||
    container === null ||
    depth === 0
  ) {
    return undefined;
  }
  for (const key of Object.keys(container)) {
    const rest = search(container[key], fn, depth - 1);
    if (rest !== undefined) return [key, ...rest];
  }
  return undefined;
}

/**
 * The loaded modules: those of our own `require`, for a test runner gives each test modules of its own.
 *
 * @returns {Record<string, any>}
 */
function cache() {
  return /** @type {any} */ (require.cache ?? {});
}

exports.Builtins = Builtins;
exports.Packages = Packages;
exports.builtin = builtin;
exports.isPackageFile = isPackageFile;
