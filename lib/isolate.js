'use strict';

/**
 * This isolate, as the scheduler knows it: its number, its mail, and the handles that wait for it.
 *
 * There is one per JavaScript environment, made when the first pool is used. Whatever comes from the
 * scheduler comes through `drain`, all of it in one native call.
 */

const binding = require('./native');
const { performance, queueMicrotask } = require('./clock');
const { Handles } = require('./handles');
const { Watch } = require('./watch');
const { FORM, KIND, MAIL } = require('./frames');

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
  #draining = false;

  /** @type {Handles<TaskHandle>} */
  handles = new Handles();
  /**
   * The engines of this isolate by the number of their pool. A pool that nobody uses any more goes, so they
   * are held by who uses them: pools, handles that are not settled, and what is under way.
   *
   * @type {Map<number, WeakRef<Engine>>}
   */
  engines = new Map();
  /** What is under way and waits for mail: it holds its engine. @type {Set<unknown>} */
  underWay = new Set();
  /** Where this isolate is a worker: called when there may be tasks or cancellations. @type {(() => void) | undefined} */
  onTasks = undefined;

  /**
   * Where this isolate is a worker: called when values that a task has yielded have been taken, so many in
   * all, or with -1 when no more are wanted.
   *
   * @type {((id: number, taken: number) => void) | undefined}
   */
  onAnswer = undefined;

  id = binding.register(() => {
    if (this.onTasks !== undefined) return this.onTasks();
    this.watch.called();
    this.drain();
  });

  watch = new Watch(
    this.id,
    () => this.drain(),
    () => this.handles.size,
  );

  /** The id that comes next: it tells whether there have been tasks. */
  get issued() {
    return this.#nextId;
  }

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
    // A callback of the user's may lead back here: the inbox is being read.
    if (this.#draining) return;
    this.#draining = true;
    try {
      this.#read(this.#fetch());
    } finally {
      this.#draining = false;
    }
  }

  /** @returns {number} how many bytes of mail stand in the inbox */
  #fetch() {
    let length = binding.drain(this.id, this.#inbox);
    while (length < 0) {
      this.#inbox = new Uint8Array(2 ** Math.ceil(Math.log2(-length)));
      this.#view = new DataView(this.#inbox.buffer);
      length = binding.drain(this.id, this.#inbox);
    }
    return length;
  }

  /** @param {number} length */
  #read(length) {
    // One look at the clock for all: it costs as much as all else that is done here for a small result.
    if (length > 0) letter.now = performance.now();
    for (let at = 0; at < length; at += this.#view.getUint32(at + MAIL.LENGTH, true)) {
      try {
        this.#deliver(at);
      } catch (error) {
        // The messages behind it are others' affairs; it is thrown where nothing is lost by it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    if (this.#inbox.length > KEEP_BYTES) {
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
      else if ((word >>> 8) & FORM.ATTACHED) binding.dropAttachments(id, true);
    } else if (kind <= KIND.BEGUN) {
      const handle = this.handles.get(id);
      if (handle !== undefined) handle.engine.hear(handle, kind, this.#letter(at));
    } else if (kind === KIND.CREDIT || kind === KIND.HUNG_UP) {
      this.onAnswer?.(id, kind === KIND.CREDIT ? view.getUint32(at + MAIL.ATTEMPT, true) : -1);
    } else {
      this.engines
        .get(view.getUint32(at + MAIL.POOL, true))
        ?.deref()
        ?.obey(kind, id, this.#letter(at));
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
  now: 0,
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
