'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const v8 = require('node:v8');

// Which functions share a scope, exactly: a heap snapshot knows. It takes some tenths of a second, so it is only asked
// where nothing else can tell: several closures of one place in a file, whose scopes hold the same values, and one of
// which writes a variable.

/**
 * The contexts of functions, innermost first, as numbers that are equal for the same context.
 *
 * @param {() => number[]} idsOf the numbers of the functions in the snapshot, which has been taken by then
 * @returns {number[][]}
 */
function contextsOf(idsOf) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tasklets-'));
  try {
    // The one way to have it at once: a stream, and the inspector, would give it later.
    const file = v8.writeHeapSnapshot(path.join(directory, 'heap'));
    const ids = idsOf();
    const heap = new Heap(JSON.parse(fs.readFileSync(file, 'utf8')));
    return ids.map((id) => heap.contexts(id));
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** As much of a heap snapshot as is needed here. */
class Heap {
  #snapshot;
  #fields;
  #edges;
  /** Where the edges of each node begin. @type {Map<number, { first: number, count: number }>} */
  #byId = new Map();
  /** @type {number[]} */
  #ids = [];

  /** @param {any} snapshot */
  constructor(snapshot) {
    this.#snapshot = snapshot;
    const { node_fields: nodes, edge_fields: edges } = snapshot.snapshot.meta;
    this.#fields = nodes.length;
    this.#edges = { size: edges.length, name: edges.indexOf('name_or_index'), to: edges.indexOf('to_node') };
    const id = nodes.indexOf('id');
    const count = nodes.indexOf('edge_count');
    let first = 0;
    for (let at = 0; at < snapshot.nodes.length; at += this.#fields) {
      this.#byId.set(snapshot.nodes[at + id], { first, count: snapshot.nodes[at + count] });
      this.#ids.push(snapshot.nodes[at + id]);
      first += snapshot.nodes[at + count] * edges.length;
    }
  }

  /**
   * @param {number} id
   * @returns {number[]}
   */
  contexts(id) {
    const chain = [];
    for (let at = this.#follow(id, 'context'); at !== undefined; at = this.#follow(at, 'previous'))
      chain.push(at);
    return chain;
  }

  /**
   * @param {number} id
   * @param {string} name
   * @returns {number | undefined}
   */
  #follow(id, name) {
    const node = this.#byId.get(id);
    if (node === undefined) return undefined;
    const { edges, strings } = this.#snapshot;
    const { size, name: label, to } = this.#edges;
    for (let at = node.first; at < node.first + node.count * size; at += size) {
      if (strings[edges[at + label]] === name) return this.#ids[edges[at + to] / this.#fields];
    }
    return undefined;
  }
}

exports.contextsOf = contextsOf;
