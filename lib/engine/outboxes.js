'use strict';

/**
 * What submitted tasks are written into until they are handed over: one outbox as a rule.
 *
 * While a task is written, getters of its values run, and may submit tasks themselves, look at tasks, or end them. What
 * they submit is written into another outbox; what is whole of the one that is being written can be handed over.
 */

const { Encoder } = require('../codec');

const BYTES = 4096;
/** An outbox that had to grow beyond this is given back afterwards. */
const KEEP_BYTES = 1024 * 1024;

class Outboxes {
  #handOver;
  #outbox = new Encoder(BYTES);
  /** Where the frame begins that is written last, and up to where frames have been handed over. */
  #frame = 0;
  #handed = 0;
  /** For tasks that getters submit while another one is being written. @type {Encoder[]} */
  #others = [];

  /** @param {(bytes: Uint8Array, length: number) => void} handOver takes whole frames, and copies them */
  constructor(handOver) {
    this.#handOver = handOver;
  }

  /** One that nothing is being written to. The next frame begins where it stands. */
  open() {
    const outbox = this.#outbox;
    if (outbox.busy) return this.#other();
    this.#frame = outbox.position;
    return outbox;
  }

  #other() {
    let free = this.#others.find((other) => !other.busy);
    if (free === undefined) this.#others.push((free = new Encoder(BYTES)));
    return free;
  }

  /** Hands over whatever is whole. */
  flush() {
    if (this.#outbox.busy) this.#flushBusy();
    else this.#flushFirst();
    if (this.#others.length > 0) this.#flushOthers();
    if (this.#outbox.bytes.length > KEEP_BYTES && !this.#outbox.busy) this.#outbox = new Encoder(BYTES);
  }

  #flushFirst() {
    const outbox = this.#outbox;
    const { bytes, position: length } = outbox;
    const from = this.#handed;
    if (length === 0) return;
    this.#handed = 0;
    outbox.position = 0;
    if (from === 0) this.#handOver(bytes, length);
    else if (length > from) this.#handOver(bytes.subarray(from, length), length - from);
  }

  #flushBusy() {
    const rest = this.#outbox.bytes.subarray(this.#handed, this.#frame);
    this.#handed = this.#frame;
    if (rest.length > 0) this.#handOver(rest, rest.length);
  }

  /** What getters have submitted meanwhile. One that is being written itself waits for the turn's own flush. */
  #flushOthers() {
    for (const other of this.#others) {
      const { busy, bytes, position: length } = other;
      if (busy || length === 0) continue;
      other.position = 0;
      this.#handOver(bytes, length);
    }
  }
}

exports.Outboxes = Outboxes;
