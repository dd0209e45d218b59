'use strict';

const { threadId } = require('node:worker_threads');

const { LENGTH } = require('./kinds');
const { bounded } = require('./texts');

/**
 * Bytes that are registered; they are released when nobody holds this any more.
 *
 * @typedef {{ id: number }} Definition
 */

/** Sets of codes whose definitions are held at the same time. */
const HELD = 1024;

/** What workers fetch once and keep: codes, and graphs that stay as they are. */
class Definitions {
  /** There may be several of this class in one thread: a test runner loads modules anew. */
  origin = `${threadId}.${Math.random().toString(36).slice(2)}`;
  #host;
  #codec;
  /** @type {Map<string, Definition>} */
  #byCodes = new Map();
  #gone;

  /** @param {import('./index').Host} host */
  constructor(host) {
    this.#host = host;
    this.#codec = host.codec;
    this.#gone = new FinalizationRegistry((/** @type {number} */ id) => host.release?.(id));
  }

  /**
   * The definition of codes whose graph comes with each submission.
   *
   * @param {any[]} codes
   * @returns {Definition}
   */
  ofCodes(codes) {
    const key = codes.map(({ id }) => id).join();
    let definition = this.#byCodes.get(key);
    if (definition === undefined) {
      definition = this.define(codes, null);
      bounded(this.#byCodes, key, definition, HELD);
    }
    return definition;
  }

  /**
   * @param {any[]} codes
   * @param {{ shape: any[], data: Uint8Array } | null} graph
   * @returns {Definition}
   */
  define(codes, graph) {
    const sent = codes.map(({ source, name, line, column, form, loads, added }) => {
      return { source, name, line, column, form, loads, added };
    });
    const { bytes: head } = this.#codec.encode({
      origin: this.origin,
      codes: sent,
      shape: graph?.shape ?? null,
    });
    const bytes = new Uint8Array(LENGTH + head.length + (graph?.data.length ?? 0));
    new DataView(bytes.buffer).setUint32(0, head.length, true);
    bytes.set(head, LENGTH);
    if (graph !== null) bytes.set(graph.data, LENGTH + head.length);
    const definition = { id: this.#host.define(bytes) };
    this.#gone.register(definition, definition.id);
    return definition;
  }

  /**
   * @param {any} value
   * @returns {{ bytes: Uint8Array, extras: any[] | null }}
   */
  encode(value) {
    return this.#codec.encode(value);
  }

  /**
   * The bytes that a value takes.
   *
   * @param {any} value
   * @returns {number}
   */
  sizeOf(value) {
    try {
      return this.encode(value).bytes.length;
    } catch {
      // Only an estimate is wanted; what cannot be encoded is refused where it is sent.
      return 0;
    }
  }
}

exports.Definitions = Definitions;
