'use strict';

const { describe } = require('./explain');

/** A capture beyond this is told of. */
const LARGE = { BYTES: 1024 * 1024, NODES: 1000, TIME: 50, FEW: 16 };

/** Tells of large captures, once for each place. */
class LargeCaptures {
  #warn;
  #sizeOf;
  /** How often a place was found to take much. @type {Map<string, number>} */
  #found = new Map();

  /**
   * @param {((message: string) => void) | undefined} warn
   * @param {(value: any) => number} sizeOf
   */
  constructor(warn, sizeOf) {
    this.#warn = warn;
    this.#sizeOf = sizeOf;
  }

  /**
   * @param {Function} fn
   * @param {import('./graph').Graph} graph
   * @param {any[]} codes
   * @param {number} bytes those of the section
   * @param {number} duration
   */
  look(fn, graph, codes, bytes, duration) {
    const size =
      bytes + (codes.length > LARGE.FEW ? codes.reduce((sum, { source }) => sum + source.length, 0) : 0);
    const isLarge = size > LARGE.BYTES || graph.nodes.length > LARGE.NODES;
    if (!isLarge && duration <= LARGE.TIME) return;
    const place = graph.locationOf(graph.slots.get(fn) ?? 0) ?? fn.name;
    const times = this.#found.get(place) ?? 0;
    this.#found.set(place, times + 1);
    // A small one that took long the first time waited for tables to be made, which is not the user's doing.
    if (times === (isLarge ? 0 : 1)) this.#tell(graph, codes, size, duration, place);
  }

  /**
   * @param {import('./graph').Graph} graph
   * @param {any[]} codes
   * @param {number} size
   * @param {number} duration
   * @param {string} place
   */
  #tell(graph, codes, size, duration, place) {
    const largest = describe(graph, codes, this.#sizeOf).variables.sort((a, b) => b.size - a.size);
    const taken = largest
      .slice(0, 3)
      .map((variable) => `\`${variable.path}\` (${variable.kind}, ${variable.size} bytes)`);
    this.#warn?.(
      `A task takes ${size} bytes, ${graph.nodes.length} functions and objects along, which took ` +
        `${duration.toFixed(0)} ms to gather (${place}): ${taken.join(', ')}. ` +
        'Pass them as arguments, wrap the task so that this is done once, or load them inside the task.',
    );
  }
}

exports.LargeCaptures = LargeCaptures;
