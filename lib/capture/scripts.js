'use strict';

const fs = require('node:fs');
const { fileURLToPath } = require('node:url');
const util = require('node:util');

const { bounded } = require('./texts');

/**
 * What a file says of the functions in it, by the place where V8 has them.
 *
 * @typedef {object} FileFacts
 * @property {string} source
 * @property {Set<string>} top the variables of the outermost scope
 * @property {Map<string, Place>} places by `line:column`
 * @typedef {{ line: number, column: number, strict: boolean, declaration: boolean, bare: boolean, constant: string[], hidden: string[] }} Place
 */

/** Names of scripts, and contents of files, that are kept at the same time. */
const SCRIPTS = 16_384;
const FILES = 512;

/** Frames to look at: our own are on top. */
const STACK = 100;

/** What the function around a CommonJS file gives it. */
const WRAPPER = new Set(['require', 'module', 'exports', '__filename', '__dirname', 'arguments']);

/** What is found is only believed if the module turns out to be the one. */
const WHOLE_IMPORT = /\bimport\s*\*\s*as\s+([\w$]+)\s+from\s*(['"])([^'"\n]+)\2/g;

const STRICT = 1;
const DECLARATION = 2;
/** Its `this`, if it is an arrow function, is that of the file. */
const BARE = 4;

/** Which file a script is, and what only the file knows about a function in it. */
class Scripts {
  #reader;
  #analyzer;
  /** @type {Map<string, string>} url or path by script id */
  #names = new Map();
  /** @type {Map<string, FileFacts | null>} by script id, since a file may change after it was loaded */
  #facts = new Map();

  /**
   * @param {import('./reader').Reader} reader
   * @param {import('./texts').Analyzer} analyzer
   */
  constructor(reader, analyzer) {
    this.#reader = reader;
    this.#analyzer = analyzer;
  }

  /** Remembers the scripts on the stack: the submitting file is the one that most closures come from. */
  lookAtStack() {
    const getCallSites = /** @type {any} */ (util).getCallSites;
    if (getCallSites === undefined) return;
    for (const site of getCallSites(STACK)) {
      if (site.scriptId !== undefined) this.#know(String(site.scriptId), site.scriptName ?? '');
    }
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  #know(id, name) {
    bounded(this.#names, id, name, SCRIPTS);
  }

  /**
   * The name of a script: a path, a `file:` or `node:` URL, or empty for code that was made at run time.
   *
   * @param {string} id
   * @returns {string}
   */
  nameOf(id) {
    let name = this.#names.get(id);
    if (name === undefined) {
      this.lookAtStack();
      name = this.#names.get(id);
    }
    if (name === undefined) {
      // The one that is asked for comes last, so that it is there however many there are.
      let found = '';
      this.#reader.scripts((script, url) => {
        if (script === id) found = url;
        else if (!this.#names.has(script)) this.#know(script, url);
      });
      name = found;
      this.#know(id, name);
    }
    return name;
  }

  /**
   * The path of a script's file, `undefined` if it is none.
   *
   * @param {string} id
   * @returns {string | undefined}
   */
  fileOf(id) {
    return pathOf(this.nameOf(id));
  }

  /**
   * What the file says of a function; `undefined` if the file is not what was run (a loader changed it).
   *
   * @param {string} id
   * @param {number} line
   * @param {number} column
   * @param {string} text
   * @param {boolean} module
   * @returns {Place | undefined}
   */
  placeOf(id, line, column, text, module) {
    let facts = this.#facts.get(id);
    if (facts === undefined) {
      facts = this.#read(this.fileOf(id), module);
      bounded(this.#facts, id, facts, FILES);
    }
    const place = facts?.places.get(`${line}:${column}`);
    if (facts === null || place === undefined || !facts.source.includes(text)) return undefined;
    return place;
  }

  /**
   * The file of a module that a script imports as a whole under a name.
   *
   * @param {string} id
   * @param {string} name
   * @returns {string | undefined}
   */
  importedAs(id, name) {
    const source = this.#facts.get(id)?.source;
    const file = this.nameOf(id);
    if (source === undefined || !file.startsWith('file:')) return undefined;
    for (const [, alias, , specifier] of source.matchAll(WHOLE_IMPORT)) {
      if (alias === name && /^(\.{1,2}\/|\/|file:)/.test(specifier)) {
        const url = new URL(specifier, file);
        // With a query it is another module than the file alone.
        return url.search === '' && url.hash === '' ? fileURLToPath(url) : undefined;
      }
    }
    return undefined;
  }

  /**
   * Whether a scope is the one around a whole CommonJS file, and not that of a function without a name.
   *
   * @param {string} id
   * @param {import('./reader').Scope} scope
   */
  isOutermost(id, { kind, variables }) {
    if (kind !== 'Closure') return false;
    const facts = this.#facts.get(id);
    if (facts === undefined || facts === null) return false;
    return Object.keys(variables).every((name) => facts.top.has(name) || WRAPPER.has(name));
  }

  /**
   * @param {string | undefined} file
   * @param {boolean} module
   * @returns {FileFacts | null}
   */
  #read(file, module) {
    if (file === undefined) return null;
    let source;
    try {
      source = fs.readFileSync(file, 'utf8');
    } catch {
      // The file is gone or was never there: the function is described by what the inspector says alone.
      return null;
    }
    if (source.charCodeAt(0) === 0xfeff) source = source.slice(1);
    const { top, functions } = JSON.parse(this.#analyzer.fileFacts(source, module));
    const places = new Map();
    // Code that comes as text may assign to anything.
    const isOpen = /\beval\b|\bwith\s*\(/.test(source);
    for (const [line, column, firstLine, firstColumn, bits, constant, hidden] of functions) {
      places.set(`${line}:${column}`, {
        line: firstLine,
        column: firstColumn,
        strict: (bits & STRICT) !== 0,
        declaration: (bits & DECLARATION) !== 0,
        bare: (bits & BARE) !== 0,
        constant: isOpen ? [] : constant,
        hidden,
      });
    }
    return { source, top: new Set(top), places };
  }
}

/**
 * @param {string} name
 * @returns {string | undefined}
 */
function pathOf(name) {
  if (name.startsWith('file:')) return fileURLToPath(name.replace(/[?#].*$/, ''));
  if (name.startsWith('/') || /^[A-Za-z]:[\\/]/.test(name)) return name;
  return undefined;
}

exports.Scripts = Scripts;
exports.pathOf = pathOf;
