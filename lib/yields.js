'use strict';

/**
 * The values that a task yields, on the side of its owner: in order, as they come, and the word back that
 * they have been taken.
 */

const { capture } = require('./capture-host');
const { FLOW, FORM, MAIL } = require('./frames');

/** @typedef {import('./handle').TaskHandle<any>} TaskHandle */

/** Taken values of which the worker is told together: it has as many again on their way meanwhile. */
const TOLD_TOGETHER = FLOW.WINDOW / 2;

/** A value, or what stands for it until its parcel has come. */
class Slot {
  isHere = false;
  /** @type {unknown} */
  value = undefined;
  failed = false;
  /** What is wrong with it. @type {unknown} */
  error = undefined;
}

class Listener {
  #handle;
  #onValue;
  /** @type {Slot[]} */
  #slots = [];
  #taken = 0;
  #told = 0;
  /** The worker sends no more until it is told. */
  #stalled = false;

  /**
   * @param {TaskHandle} handle
   * @param {() => void} onValue there may be a value to be taken
   */
  constructor(handle, onValue) {
    this.#handle = handle;
    this.#onValue = onValue;
  }

  /**
   * A value has come.
   *
   * @param {any} letter
   */
  hear(letter) {
    const { at, bytes, decoder, view } = letter;
    const slot = new Slot();
    this.#slots.push(slot);
    this.#stalled = view.getUint32(at + MAIL.ATTEMPT, true) === 1;
    if (view.getUint32(at + MAIL.KIND, true) & (FORM.PARCEL << 8)) {
      this.#await(slot, letter);
      return;
    }
    decoder.reset(bytes, at + MAIL.HEADER);
    this.#fill(slot, decoder, undefined);
  }

  /**
   * @param {Slot} slot
   * @param {any} letter
   */
  #await(slot, letter) {
    const { at, view } = letter;
    const parcel = view.getFloat64(at + MAIL.HEADER, true);
    const worker = view.getInt32(at + MAIL.WORKER, true);
    this.#handle.engine.parcels.receive(parcel, worker, letter, (context, decoder) => {
      // Behind the number of the parcel.
      decoder.position += 8;
      this.#fill(slot, decoder, context);
    });
  }

  /**
   * @param {Slot} slot
   * @param {any} decoder
   * @param {any} context
   */
  #fill(slot, decoder, context) {
    try {
      slot.value = decoder.readValue(capture().decodeContext(this.#handle.task, context));
    } catch (error) {
      slot.failed = true;
      slot.error = error;
    }
    slot.isHere = true;
    this.#onValue();
  }

  /** Whether the worker waits to be told that some have been taken. */
  get isStalled() {
    return this.#stalled;
  }

  /** How many values have come and not been taken. */
  get size() {
    return this.#slots.length;
  }

  /**
   * Takes the next value, if it is there.
   *
   * @returns {Slot | undefined}
   */
  take() {
    if (this.#slots.length === 0 || !this.#slots[0].isHere) return undefined;
    const slot = this.#slots.shift();
    this.#taken++;
    const isMuch = this.#taken - this.#told >= TOLD_TOGETHER;
    if (isMuch || (this.#stalled && this.#slots.length === 0)) this.#tell();
    return slot;
  }

  #tell() {
    this.#told = this.#taken;
    this.#stalled = false;
    const { engine, id } = this.#handle;
    // Where it runs no more, nobody needs to know.
    engine.edge.grant(engine.pool, id, this.#taken);
  }
}

exports.Listener = Listener;
