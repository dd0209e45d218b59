'use strict';

/**
 * What the text of a function needs, as the analysis in Rust found it.
 *
 * @typedef {object} Analysis
 * @property {number} form
 * @property {number} flags
 * @property {number} anchor where V8 places the function, as an offset in the text
 * @property {Name[]} names
 * @property {string} [own] the name after `function` or `class`
 * @property {number} ownUsage
 * @property {any} [cls] what the analysis says of a class
 * @property {Map<string, Factory>} factories by how they are wanted
 * @property {string} [error]
 * @typedef {{ name: string, usage: number, members: string[] | undefined }} Name
 * @typedef {{ source: string, head: number, shifts?: number[][], added?: number[][], codes: Map<string, any> }} Factory
 * @typedef {object} Analyzer
 * @property {(text: string) => string} analyzeFunction
 * @property {(text: string, spec: string) => string} buildFactory
 * @property {(source: string, module: boolean) => string} fileFacts
 */

/** Texts that are kept at the same time: a program has that many functions, a generator of code has more. */
const KEPT = 4096;

/** Ways in which one text is wanted, and places where it stands. */
const FORMS = 64;

/** Analyses and factories by text. */
class Texts {
  #analyzer;
  /** @type {Map<string, Analysis>} */
  #analyses = new Map();

  /** @param {Analyzer} analyzer */
  constructor(analyzer) {
    this.#analyzer = analyzer;
  }

  /**
   * @param {string} text
   * @returns {Analysis}
   */
  analysis(text) {
    let found = this.#analyses.get(text);
    if (found === undefined) {
      found = decode(JSON.parse(this.#analyzer.analyzeFunction(text)));
      bounded(this.#analyses, text, found);
    }
    return found;
  }

  /**
   * @param {string} text
   * @param {object} spec
   * @returns {Factory}
   */
  factory(text, spec) {
    const json = JSON.stringify(spec);
    const { factories } = this.analysis(text);
    let found = factories.get(json);
    if (found === undefined) {
      const built = JSON.parse(this.#analyzer.buildFactory(text, json));
      if (built.error !== undefined) throw new Error(built.error);
      found = /** @type {Factory} */ ({ ...built, codes: new Map() });
      bounded(factories, json, found, FORMS);
    }
    return found;
  }
}

/**
 * Adds to a map that lets go of its oldest entry.
 *
 * @template K, V
 * @param {Map<K, V>} map
 * @param {K} key
 * @param {V} value
 * @param {number} [size]
 * @param {(value: V) => void} [dropped]
 */
function bounded(map, key, value, size = KEPT, dropped = undefined) {
  if (map.size >= size) {
    for (const [oldest, held] of map) {
      map.delete(oldest);
      dropped?.(held);
      break;
    }
  }
  map.set(key, value);
}

/**
 * @param {any} json
 * @returns {Analysis}
 */
function decode(json) {
  const factories = new Map();
  if (json.error !== undefined) {
    return { form: 0, flags: 0, anchor: 0, names: [], ownUsage: 0, error: json.error, factories };
  }
  return {
    form: json.form,
    flags: json.flags,
    anchor: json.anchor,
    names: json.names.map((/** @type {[string, number, string[] | undefined]} */ [name, usage, members]) => ({
      name,
      usage,
      members,
    })),
    own: json.own?.[0],
    ownUsage: json.own?.[1] ?? 0,
    cls: json.class,
    factories,
  };
}

/**
 * What `String.prototype.isWellFormed` says: texts with halves of characters are not understood over there.
 *
 * @param {any} text
 * @returns {boolean}
 */
function isWellFormed(text) {
  return text.isWellFormed();
}

exports.FORMS = FORMS;
exports.Texts = Texts;
exports.bounded = bounded;
exports.isWellFormed = isWellFormed;
