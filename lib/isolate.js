'use strict';

/**
 * This isolate, as the scheduler knows it: its number, its mail, and the handles that wait for it.
 *
 * There is one per JavaScript environment, made when the first pool is used. Whatever comes from the
 * scheduler comes through `drain`, all of it in one native call.
 */

const binding = require('./native');
const { Handles } = require('./handles');
const { KIND, MAIL } = require('./frames');

const INBOX_BYTES = 64 * 1024;
/** An inbox that had to grow beyond this is given back afterwards. */
const KEEP_BYTES = 1024 * 1024;
/** Ids fetched at a time. */
const ID_RUN = 4096;

/**
 * @typedef {import('./engine').Engine} Engine
 * @typedef {import('./handle').TaskHandle<any>} TaskHandle
 */

class Isolate {
  #inbox = new Uint8Array(INBOX_BYTES);
  #view = new DataView(this.#inbox.buffer);
  /** @type {import('./codec').Decoder | undefined} */
  #decoder = undefined;
  #nextId = 0;
  #idLimit = 0;

  /** @type {Handles<TaskHandle>} */
  handles = new Handles();
  /** The engines of this isolate by the number of their pool. @type {Map<number, Engine>} */
  engines = new Map();
  /** Where this isolate is a worker: called when there may be tasks or cancellations. @type {(() => void) | undefined} */
  onTasks = undefined;

  id = binding.register(() => {
    if (this.onTasks === undefined) this.drain();
    else this.onTasks();
  });

  /** A task id that nothing else in the process has. */
  nextId() {
    if (this.#nextId === this.#idLimit) {
      this.#nextId = binding.taskIds(ID_RUN);
      this.#idLimit = this.#nextId + ID_RUN;
    }
    return this.#nextId++;
  }

  /** Fetches all mail and acts on it. */
  drain() {
    let length = binding.drain(this.id, this.#inbox);
    while (length < 0) {
      this.#inbox = new Uint8Array(2 ** Math.ceil(Math.log2(-length)));
      this.#view = new DataView(this.#inbox.buffer);
      length = binding.drain(this.id, this.#inbox);
    }
    const { buffer } = this.#inbox;
    for (let at = 0; at < length; at += this.#view.getUint32(at + MAIL.LENGTH, true)) this.#deliver(at);
    if (buffer.byteLength > KEEP_BYTES) {
      this.#inbox = new Uint8Array(INBOX_BYTES);
      this.#view = new DataView(this.#inbox.buffer);
    }
  }

  /** @param {number} at where the message begins */
  #deliver(at) {
    const view = this.#view;
    const word = view.getUint32(at + MAIL.KIND, true);
    const kind = word & 0xff;
    const id = view.getFloat64(at + MAIL.ID, true);
    if (kind <= KIND.FAILED) {
      // A handle that is gone was settled here, by `cancel`.
      const handle = this.handles.take(id);
      if (handle !== undefined) handle.engine.settle(handle, kind, word >>> 8, this.#letter(at));
    } else if (kind <= KIND.BEGUN) {
      const handle = this.handles.get(id);
      if (handle !== undefined) handle.engine.hear(handle, kind, word >>> 8, this.#letter(at));
    } else {
      this.engines.get(view.getUint32(at + MAIL.POOL, true))?.obey(kind, id, this.#letter(at));
    }
  }

  #letter(/** @type {number} */ at) {
    letter.at = at;
    letter.view = this.#view;
    letter.bytes = this.#inbox;
    letter.decoder = this.#decoder ??= new (require('./codec').Decoder)();
    return letter;
  }
}

/** The message under way: one object for all, since each is read before the next. */
const letter = {
  at: 0,
  view: /** @type {DataView} */ (/** @type {unknown} */ (undefined)),
  bytes: /** @type {Uint8Array} */ (/** @type {unknown} */ (undefined)),
  decoder: /** @type {import('./codec').Decoder} */ (/** @type {unknown} */ (undefined)),
};

/** @type {Isolate | undefined} */
let isolate;

/** This isolate; it is registered by the first call. */
function here() {
  return (isolate ??= new Isolate());
}

module.exports = { here };
