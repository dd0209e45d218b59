'use strict';

/** Tasks as frames, in which they travel to the scheduler and on to a worker. */

const binding = require('../native');
const { capture, endTurn } = require('../capture-host');
const { FORM, SUBMIT, TERMS, aligned } = require('../frames');
const { extrasOf } = require('../handle');
const { lazy } = require('../lazy');
const { Names } = require('./names');
const { prepareWithArgs, refuseGenerator } = require('./prepare');

/** What only some tasks need. */
const dependencies = lazy(() => require('../dependencies'), ['inputIds']);
const terms = lazy(() => require('../terms'), ['writeTerms']);

/**
 * @typedef {import('../codec').Encoder} Encoder
 * @typedef {import('../handle').TaskHandle<any>} TaskHandle
 * @typedef {import('../options').RunOptions} RunOptions
 * @typedef {import('../capture').Prepared} Prepared
 */

/** @type {unknown[]} */
const NO_EXTRAS = [];

class TaskFrames {
  #engine;
  #names;

  /** @param {{ readonly pool: number, readonly config: any }} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#names = new Names(engine.pool);
  }

  /** A turn has ended, in which functions have kept their names. */
  endTurn() {
    this.#names.forget();
    endTurn();
  }

  /**
   * Writes a task's frame.
   *
   * @param {Encoder} outbox
   * @param {TaskHandle} handle
   * @param {RunOptions} options
   * @param {readonly unknown[]} args
   * @param {Prepared} prepared
   * @param {number} verbForm bits of the form that the verb asks for
   */
  write(outbox, handle, options, args, prepared, verbForm) {
    if (prepared.isGenerator && (verbForm & FORM.STREAM) === 0) throw refuseGenerator(handle.name);
    handle.hold = prepared.hold;
    const start = outbox.position;
    outbox.ensure(SUBMIT.HEADER + TERMS.SIZE + 16);
    outbox.position = start + SUBMIT.HEADER;
    const { config } = this.#engine;
    const timeout = options.timeout ?? config.timeout.default;
    let flags = options.priority;
    if (timeout > 0 || !options.plain) {
      flags |= SUBMIT.HAS_TERMS;
      terms.writeTerms(outbox.view, outbox.position, options, timeout, config);
      outbox.position += TERMS.SIZE;
      if (options.dependsOn.length > 0) writeInputs(outbox, handle);
    }
    const body = outbox.position;
    let form = verbForm | (prepared.form ?? 0);
    if (options.metadata !== undefined) {
      form |= FORM.METADATA;
      writeMetadata(outbox, options.metadata);
    }
    if (prepared.section !== null) form |= writeSection(outbox, prepared, prepared.section);
    if (prepared.hasArgs) {
      if (pack(handle, options, prepared, NO_EXTRAS)) form |= FORM.PARCEL;
    } else if (options.plain && prepared.extras === null && arePlain(args)) {
      outbox.writeArgs(args);
    } else {
      const hasParcel = writeArgs(outbox, handle, options, args, prepared);
      if (hasParcel === undefined) {
        // Functions, or instances of classes that travel, are among them: all go as one section.
        outbox.position = start;
        const whole = prepareWithArgs(handle.task, options, config, args);
        this.write(outbox, handle, options, args, whole, verbForm);
        return;
      }
      if (hasParcel) form |= FORM.PARCEL;
    }
    const end = outbox.position;
    outbox.ensure(8);
    outbox.position = aligned(end);
    const { view } = outbox;
    view.setUint32(start + SUBMIT.LENGTH, outbox.position - start, true);
    view.setUint32(start + SUBMIT.FLAGS, flags | (form << 8), true);
    view.setFloat64(start + SUBMIT.ID, handle.id, true);
    view.setUint32(start + SUBMIT.DEFINITION, prepared.definition, true);
    view.setUint32(start + SUBMIT.NAME, this.#names.idOf(handle, options), true);
    view.setUint32(start + SUBMIT.PAYLOAD, end - body, true);
  }
}

/**
 * Writes which tasks are to be fulfilled first.
 *
 * @param {Encoder} outbox
 * @param {TaskHandle} handle
 */
function writeInputs(outbox, handle) {
  const ids = dependencies.inputIds(handle);
  const at = outbox.position;
  outbox.ensure(8 + 8 * ids.length + 16);
  outbox.view.setUint32(at, ids.length, true);
  ids.forEach((id, index) => outbox.view.setFloat64(at + 8 + 8 * index, id, true));
  outbox.position = at + 8 + 8 * ids.length;
}

/**
 * @param {Encoder} outbox
 * @param {object} metadata
 */
function writeMetadata(outbox, metadata) {
  const at = outbox.position;
  outbox.ensure(8);
  outbox.position = at + 4;
  outbox.writeValue(metadata, { root: 'metadata' });
  outbox.view.setUint32(at, outbox.position - at - 4, true);
}

/**
 * Writes captured values.
 *
 * @param {Encoder} outbox
 * @param {Prepared} prepared
 * @param {Uint8Array} section
 * @returns {number} bits of the form
 */
function writeSection(outbox, { extras, hasArgs }, section) {
  const at = outbox.position;
  outbox.ensure(section.length + 16);
  outbox.view.setUint32(at, section.length, true);
  outbox.bytes.set(section, at + 4);
  outbox.position = at + 4 + section.length;
  return FORM.SECTION | (hasArgs ? FORM.ARGS_INSIDE : 0) | (extras === null ? 0 : FORM.SECTION_PARCEL);
}

/**
 * Whether arguments are known to hold nothing but what bytes carry.
 *
 * @param {readonly unknown[]} args
 */
function arePlain(args) {
  for (let i = 0; i < args.length; i++) {
    const kind = typeof args[i];
    if (kind === 'object' ? args[i] !== null : kind === 'function' || kind === 'symbol') return false;
  }
  return true;
}

/**
 * Writes arguments that may hold what bytes cannot carry.
 *
 * @param {Encoder} outbox
 * @param {TaskHandle} handle
 * @param {RunOptions} options
 * @param {readonly unknown[]} args
 * @param {Prepared} prepared
 * @returns {boolean | undefined} whether a parcel goes with them; `undefined` if they need a section
 */
function writeArgs(outbox, handle, options, args, prepared) {
  const context = capture().encodeContext(prepared, {
    extras: /** @type {unknown[]} */ ([]),
    transfer: options.transfer,
    root: 'args',
  });
  const { id } = handle;
  const kept = options.retry !== undefined;
  const attach = (/** @type {Uint8Array} */ content) => binding.attach(id, false, content, kept);
  try {
    outbox.writeArgs(
      /** @type {unknown[]} */ (args),
      /** @type {any} */ (Object.assign(context, { attach })),
    );
  } catch (error) {
    if (!context.needsGraph || typeof handle.task !== 'function') throw error;
    return undefined;
  }
  return pack(handle, options, prepared, context.extras);
}

/**
 * Packs what only `postMessage` can carry.
 *
 * @param {TaskHandle} handle
 * @param {RunOptions} options
 * @param {Prepared} prepared
 * @param {unknown[]} extras those of the arguments
 * @returns {boolean} whether some of it belongs to the arguments
 */
function pack(handle, options, prepared, extras) {
  const rare = (prepared.extras?.length ?? 0) + extras.length + options.transfer.length;
  if (rare === 0) return false;
  const { Parcels } = require('../parcels');
  const parcel = Parcels.pack(prepared.extras, extras, options.transfer);
  if (parcel === undefined) return false;
  extrasOf(handle).parcel = parcel;
  return extras.length > 0;
}

exports.TaskFrames = TaskFrames;
