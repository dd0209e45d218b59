'use strict';

/** Tasks that could begin, in order of submission, and which of them is next. */

const { failures } = require('./failures');

/** @typedef {import('./entries').Entry} Entry */

class Backlog {
  /** @type {Entry[]} */
  #entries = [];

  get depth() {
    return this.#entries.length;
  }

  get bytes() {
    return this.#entries.reduce((sum, { payload }) => sum + payload.length, 0);
  }

  /** How long the one that has waited longest has waited. */
  get oldest() {
    const now = performance.now();
    return Math.max(0, ...this.#entries.map(({ queued }) => now - queued));
  }

  /** @param {Entry} entry */
  add(entry) {
    this.#entries.push(entry);
  }

  /** @param {Entry} entry */
  remove(entry) {
    const place = this.#entries.indexOf(entry);
    if (place !== -1) this.#entries.splice(place, 1);
  }

  /**
   * Takes the next one out: of those with the highest priority the first, or the one that `random` decides on.
   *
   * @param {(() => number) | undefined} random
   * @returns {Entry | undefined}
   */
  take(random) {
    const highest = Math.max(...this.#entries.map(({ handle }) => handle.options.priority));
    const first = this.#entries.filter(({ handle }) => handle.options.priority === highest);
    const next = first[random === undefined ? 0 : Math.floor(random() * first.length)];
    if (next !== undefined) this.remove(next);
    return next;
  }

  /**
   * Why there is no place for one more, if there is none.
   *
   * @param {Entry} entry
   * @param {number} room how many of those here are about to begin
   * @param {{ maxSize: number, maxBytes: number }} limits
   */
  refusal({ payload }, room, { maxSize, maxBytes }) {
    const { bytes, depth } = this;
    if (depth - room >= maxSize) return failures.queueFull(depth, maxSize);
    if (bytes + payload.length > maxBytes) return failures.queueBytes(bytes, payload.length, maxBytes);
    return undefined;
  }
}

exports.Backlog = Backlog;
