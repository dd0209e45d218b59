'use strict';

/**
 * The batch that a worker has been handed, and the claims on it.
 *
 * A task is begun only after its *claim*: a compare-and-swap on a word that the scheduler sees too, so that what
 * has not begun can be taken away. In its low half the word counts the claims, in its high half the tasks.
 */

const binding = require('../native');
const { TASK, WORDS } = require('../frames');
const { now } = require('./guard');

const BYTES = 64 * 1024;
/** An inbox that had to grow beyond this is given back once there is nothing in it. */
const KEEP_BYTES = 4 * 1024 * 1024;

const { compareExchange, load, store } = Atomics;

class Inbox {
  #isolate;
  /** Shared with the scheduler, where they can be. @type {Int32Array | null} */
  #words = null;
  /** When this worker joined the pool: stamps count from then. */
  #clock = 0;
  /** How much of the inbox the batch fills, where its next task is, and which one that is. */
  #length = 0;
  #at = 0;
  #index = 0;
  #word = 0;

  /** @type {Uint8Array} */
  bytes = new Uint8Array(BYTES);
  /** @type {DataView} */
  view = new DataView(this.bytes.buffer);

  /** @param {number} isolate */
  constructor(isolate) {
    this.#isolate = isolate;
  }

  /** @param {Int32Array | null} words those that this worker shares with the scheduler, from now on */
  share(words) {
    this.#words = words;
    this.#clock = now();
  }

  get hasMore() {
    return this.#at < this.#length;
  }

  /**
   * Another batch has been written into it.
   *
   * @param {number} length
   */
  filled(length) {
    this.#length = length;
    this.#at = 0;
    this.#index = 0;
    this.#word = this.#words === null ? 0 : load(this.#words, WORDS.CLAIM);
  }

  /**
   * Has a batch written that did not fit.
   *
   * @param {number} length
   * @returns {number} the same
   */
  refill(length) {
    this.#resize(2 ** Math.ceil(Math.log2(length)));
    return binding.refill(this.#isolate, this.bytes);
  }

  /** There is nothing in it. */
  shrink() {
    if (this.bytes.length > KEEP_BYTES) this.#resize(BYTES);
  }

  /** @param {number} length */
  #resize(length) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
  }

  /** @returns {number} where the next task is, which is ours to begin; -1 where the rest has been taken back */
  next() {
    if (!this.#claim()) {
      this.#at = this.#length;
      return -1;
    }
    const at = this.#at;
    this.#index++;
    this.#at = at + this.view.getUint32(at + TASK.LENGTH, true);
    return at;
  }

  #claim() {
    const words = this.#words;
    if (words === null) return binding.claim(this.#isolate) >= 0;
    for (;;) {
      const word = this.#word;
      if ((word & 0xffff) >= word >>> 16) return false;
      const seen = compareExchange(words, WORDS.CLAIM, word, word + 1);
      if (seen === word) {
        this.#word = word + 1;
        return true;
      }
      this.#word = seen;
    }
  }

  /**
   * Says when the task that was claimed last has begun.
   *
   * @param {number} start
   */
  stamp(start) {
    if (this.#words === null) return;
    const stamp = Math.max(1, Math.floor((start - this.#clock) * 1000)) | 0;
    store(this.#words, WORDS.FIRST_STAMP + this.#index - 1, stamp);
  }
}

exports.Inbox = Inbox;
