'use strict';

/**
 * The calling thread as a worker: it revives a task's function from its bytes, calls it with copies of its arguments,
 * and writes what comes of it as bytes again, all as a worker does.
 */

const binding = require('../native');
const { fetcher } = require('../attached-content');
const { Decoder, Encoder } = require('../codec');
const { FORM, KIND } = require('../frames');
const { Task, begin, isThenable } = require('../worker/attendant');
const { cleanStack } = require('../worker/stack');
const { Tasks } = require('../worker/tasks');
const { transfersOf } = require('../worker/transfers');
const { copyOf } = require('./entries');
const { letterOf } = require('./letters');

/**
 * @typedef {import('./scheduler').Entry} Entry
 * @typedef {{ section: unknown[], args: unknown[], inputs?: unknown[][] }} Parcel
 * @typedef {{ form: number, body: Uint8Array, failed: boolean, injected?: { error: unknown } }} Outcome
 */

/** @type {Parcel} */
const NO_PARCEL = Object.freeze({ section: [], args: [] });

class InlineWorker {
  #engine;
  #ended;
  #tasks = new Tasks();
  /** The value that was yielded last. @type {{ run: Task, body: Uint8Array, kind: number } | undefined} */
  #yielded = undefined;

  /**
   * @param {import('./engine').InlineEngine} engine
   * @param {(entry: Entry, run: Task, outcome: Outcome) => void} ended
   */
  constructor(engine, ended) {
    this.#engine = engine;
    this.#ended = ended;
  }

  /**
   * Begins a task. One that is synchronous has ended when this returns.
   *
   * @param {Entry} entry
   * @param {any} parcel a copy of what bytes cannot carry
   */
  run(entry, parcel) {
    const run = new Task(/** @type {any} */ (this), entry.id, this.#engine.isolate.id);
    entry.run = run;
    Object.assign(run, { entry });
    try {
      const module = entry.form & FORM.MODULE ? this.#tasks.module(entry.definition) : undefined;
      const result =
        module instanceof Promise
          ? module.then((callable) => this.#call(entry, run, parcel, callable))
          : this.#call(entry, run, parcel, module);
      if (!isThenable(result)) {
        this.#fulfilled(entry, run, result);
        return;
      }
      run.awaits = true;
      Promise.resolve(result).then(
        (value) => this.#fulfilled(entry, run, value),
        (error) => this.#rejected(entry, run, error),
      );
    } catch (error) {
      this.#rejected(entry, run, error);
    }
  }

  /**
   * @param {Entry} entry
   * @param {Task} run
   * @param {any} parcel
   * @param {any} module the function, where it is a module's export
   */
  #call(entry, run, parcel, module) {
    const { payload, form } = entry;
    const decoder = new Decoder();
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const { section: extras, args: argsExtras, inputs: inputExtras = [] } = parcel ?? NO_PARCEL;
    run.inputs = entry.inputs.map((body, index) => {
      decoder.reset(body, 0);
      return decoder.readValue({ extras: inputExtras[index] ?? [] });
    });
    let at = 0;
    if (form & FORM.METADATA) {
      decoder.reset(payload, 4);
      run.metadata = decoder.readValue();
      at += 4 + view.getUint32(0, true);
    }
    let section = null;
    if (form & FORM.SECTION) {
      const length = view.getUint32(at, true);
      section = payload.subarray(at + 4, at + 4 + length);
      at += 4 + length;
    }
    run.callable =
      module ?? this.#tasks.revive(entry.definition, section, parcel === undefined ? null : extras);
    decoder.reset(payload, at);
    const detach = fetcher(() => entry.id, false);
    const args = run.callable.args ?? decoder.readArgs({ extras: argsExtras, detach });
    return begin(run, form, args);
  }

  /**
   * @param {Entry} entry
   * @param {Task} run
   * @param {unknown} value
   */
  #fulfilled(entry, run, value) {
    const encoder = new Encoder();
    let form = 0;
    try {
      if (typeof value === 'object' && value !== null) form = this.#writeResult(encoder, entry, value);
      else encoder.writeValue(value);
    } catch (error) {
      this.#rejected(entry, run, error);
      return;
    }
    this.#end(entry, run, { form, body: copyOf(encoder.bytes, 0, encoder.position), failed: false });
  }

  /**
   * @param {Encoder} encoder
   * @param {Entry} entry
   * @param {object} value
   * @returns {number} the form
   */
  #writeResult(encoder, { id }, value) {
    const transfer = transfersOf(value);
    let form = 0;
    const attach = (/** @type {Uint8Array} */ content) => {
      form |= FORM.ATTACHED;
      return binding.attach(id, true, content, false);
    };
    const context = { extras: /** @type {any[]} */ ([]), transfer, root: 'result', attach };
    const hook = this.#tasks.hook(context);
    encoder.writeValue(value, context);
    if (hook.used) form |= FORM.HOOKED;
    if (context.extras.length === 0) return form;
    this.#post({ id, of: id, content: context.extras, transfer });
    return form | FORM.PARCEL;
  }

  /** @param {{ id: number, of: number, content: any, transfer: any[] }} parcel */
  #post({ id, of, content, transfer }) {
    const isolate = this.#engine.isolate.id;
    const copy = structuredClone(content, { transfer });
    this.#engine.parcels.deliver({ id, of, isolate, content: copy, transfer: [] });
  }

  /**
   * @param {Entry} entry
   * @param {Task} run
   * @param {unknown} error
   */
  #rejected(entry, run, error) {
    const encoder = new Encoder();
    cleanStack(error);
    const context = {};
    this.#tasks.hook(context);
    encoder.writeError(error, context);
    this.#end(entry, run, { form: 0, body: copyOf(encoder.bytes, 0, encoder.position), failed: true });
  }

  /**
   * @param {Entry} entry
   * @param {Task} run
   * @param {Outcome} outcome
   */
  #end(entry, run, outcome) {
    run.awaits = false;
    if (run.callable !== undefined) this.#tasks.finish(run.callable);
    this.#ended(entry, run, outcome);
  }

  get engine() {
    return this.#engine;
  }

  // What `current()`, `reportProgress()` and generators ask of the worker that they are in.

  /** @param {Task} run */
  describe(run) {
    const { handle, attempt, submitted } = entryOf(run);
    const { name, options } = handle;
    const timeout = handle.timeout > 0 && Number.isFinite(handle.timeout) ? handle.timeout : null;
    const elapsed = timeout === null ? performance.now() - submitted : performance.now() - entryOf(run).begun;
    return JSON.stringify({ name, priority: options.priority, attempt, timeout, elapsed });
  }

  /** Whoever is cancelled has been told already: there is one thread. */
  look() {}

  get progress() {
    return this;
  }

  /**
   * @param {Task} run
   * @param {number} fraction
   * @param {unknown} detail
   */
  report(run, fraction, detail) {
    const { id } = run;
    const encoder = new Encoder();
    encoder.writeValue(detail, { root: 'detail' });
    const body = copyOf(encoder.bytes, 0, encoder.position);
    if (entryOf(run).run === run)
      this.#engine.obey(KIND.PROGRESS, id, letterOf({ id, queue: fraction }, body));
  }

  /**
   * A task has submitted another one: while it awaits that, others may begin.
   *
   * @param {Task} run
   * @param {Promise<unknown>} child
   */
  adopt(run, child) {
    run.children++;
    const settled = () => run.children--;
    child.then(settled, settled);
  }

  /**
   * @param {Task} run
   * @param {unknown} value
   * @returns {number} how many bytes it takes
   */
  yielded(run, value) {
    const { id } = run;
    const encoder = new Encoder();
    const transfer = typeof value === 'object' && value !== null ? transfersOf(value) : [];
    const context = { extras: /** @type {any[]} */ ([]), transfer, root: 'yielded' };
    encoder.writeValue(value, context);
    const hasParcel = context.extras.length > 0;
    let body = copyOf(encoder.bytes, 0, encoder.position);
    if (hasParcel) {
      // Its number goes ahead of the value.
      const parcel = this.#engine.isolate.nextId();
      const numbered = new Uint8Array(8 + body.length);
      new DataView(numbered.buffer).setFloat64(0, parcel, true);
      numbered.set(body, 8);
      body = numbered;
      this.#post({ id: parcel, of: id, content: context.extras, transfer });
    }
    this.#yielded = { run, body, kind: KIND.YIELDED | (hasParcel ? FORM.PARCEL << 8 : 0) };
    return body.length;
  }

  /**
   * The value that was yielded last is handed over.
   *
   * @param {boolean} isStalled there is no more before some has been taken
   */
  hurry(isStalled) {
    if (this.#yielded === undefined) return;
    const { run, body, kind } = this.#yielded;
    this.#yielded = undefined;
    if (entryOf(run).run !== run) return;
    const letter = letterOf({ id: run.id, attempt: Number(isStalled) }, body, kind);
    this.#engine.obey(KIND.YIELDED, run.id, letter);
  }
}

/**
 * @param {Task} run
 * @returns {Entry}
 */
function entryOf(run) {
  return /** @type {any} */ (run).entry;
}

exports.InlineWorker = InlineWorker;
