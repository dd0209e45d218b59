'use strict';

/** The tasks that an inline scheduler has, and how they are read from the frames in which engines submit them. */

const { FORM, SUBMIT, TERMS } = require('../frames');
const { Timers } = require('./waits');

/**
 * A task that has not ended.
 *
 * @typedef {object} Entry
 * @property {number} id
 * @property {import('../handle').TaskHandle<any>} handle
 * @property {'waiting' | 'queued' | 'running'} state
 * @property {number} form
 * @property {number} definition
 * @property {Uint8Array} payload captured values and arguments
 * @property {number[]} wanted what it depends on: ids, or 0 where the result is given anyway
 * @property {Uint8Array[]} inputs results of others, as far as they are there
 * @property {number} missing how many are not
 * @property {number} attempt
 * @property {number} submitted
 * @property {number} queued when it was put into the queue last
 * @property {number} begun
 * @property {import('../worker/task').Task | undefined} run the attempt under way
 * @property {number} ended when its last attempt failed, if that was not the end of it
 * @property {InstanceType<typeof import('./waits').Timers>} timers
 * @property {(() => void) | undefined} again ends the wait before the next attempt
 */

/** Forms whose bits the frame has. */
const FORMS = Object.values(FORM).reduce((all, bit) => all | bit, 0);

/**
 * The tasks in frames.
 *
 * @param {Uint8Array} bytes
 * @param {number} length
 * @param {{ get(id: number): import('../handle').TaskHandle<any> | undefined }} handles
 * @returns {Entry[]}
 */
function readEntries(bytes, length, handles) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries = [];
  for (let at = 0; at < length; at += view.getUint32(at + SUBMIT.LENGTH, true)) {
    const handle = handles.get(view.getFloat64(at + SUBMIT.ID, true));
    // Settled before it was handed over.
    if (handle === undefined) continue;
    const flags = view.getUint32(at + SUBMIT.FLAGS, true);
    let body = at + SUBMIT.HEADER;
    /** @type {number[]} */
    let wanted = [];
    if (flags & SUBMIT.HAS_TERMS) {
      const hasInputs = (view.getUint32(body + TERMS.BITS, true) & TERMS.INPUTS) !== 0;
      body += TERMS.SIZE;
      if (hasInputs) {
        wanted = readIds(view, body);
        body += 8 + 8 * wanted.length;
      }
    }
    const end = body + view.getUint32(at + SUBMIT.PAYLOAD, true);
    const definition = view.getUint32(at + SUBMIT.DEFINITION, true);
    entries.push(entryOf(handle, (flags >>> 8) & FORMS, definition, copyOf(bytes, body, end), wanted));
  }
  return entries;
}

/**
 * @param {DataView} view
 * @param {number} at
 */
function readIds(view, at) {
  const count = view.getUint32(at, true);
  return Array.from({ length: count }, (_, index) => view.getFloat64(at + 8 + 8 * index, true));
}

/**
 * @param {import('../handle').TaskHandle<any>} handle
 * @param {number} form
 * @param {number} definition
 * @param {Uint8Array} payload
 * @param {number[]} wanted
 * @returns {Entry}
 */
function entryOf(handle, form, definition, payload, wanted) {
  const now = performance.now();
  return {
    id: handle.id,
    handle,
    state: wanted.length > 0 ? 'waiting' : 'queued',
    form,
    definition,
    payload,
    wanted,
    inputs: [],
    missing: wanted.length,
    attempt: 0,
    submitted: now,
    queued: now,
    begun: 0,
    run: undefined,
    ended: 0,
    timers: new Timers(),
    again: undefined,
  };
}

/**
 * A copy also of a `Buffer`, whose own `slice` makes none.
 *
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {number} to
 */
function copyOf(bytes, from, to) {
  return new Uint8Array(bytes.subarray(from, to));
}

module.exports = { copyOf, readEntries };
