'use strict';

/** What the scheduler says of tasks: how they have ended, and what has become of their attempts. */

const { capture } = require('../capture-host');
const { performance } = require('../clock');
const { CancelledError, decorate, fromNative } = require('../errors');
const { factsOf, libraryStack, told } = require('../failure');
const { FORM, KIND, MAIL, aligned } = require('../frames');
const { attempted, call, extrasOf, fulfil, isSettled, refuse, started, took } = require('../handle');
const { lazy } = require('../lazy');
const { stackOf } = require('../stacks');
const { note, noted, usageOf } = require('../usages');

/** What only some tasks need. */
const attached = lazy(() => require('../attached-content'), ['fetcher']);
const retries = lazy(() => require('../retry'), ['worthRetrying']);

/**
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../handle').TaskHandle<any>} TaskHandle
 * @typedef {import('../usages').Usage} Usage
 */

/**
 * A task is done with.
 *
 * @param {Engine} engine
 * @param {TaskHandle} handle
 * @param {number} kind
 * @param {number} form
 * @param {any} letter
 */
function settle(engine, handle, kind, form, letter) {
  const { at, view } = letter;
  if (kind !== KIND.FULFILLED) {
    const usage = usageOf(letter, view.getFloat64(at + MAIL.QUEUE, true));
    const error = engine.errorOf(handle, kind, letter, usage);
    refuse(handle, error, usage, error instanceof CancelledError);
    return;
  }
  const place = note(letter);
  took(handle, noted(), place);
  if (form !== 0) {
    settleOddly(engine, handle, form, letter);
  } else {
    letter.decoder.reset(letter.bytes, at + MAIL.HEADER);
    fulfilFrom(handle, letter.decoder, undefined, letter.now);
  }
}

/**
 * A result has come of which some is not among the bytes, or needs the submitter's classes.
 *
 * @param {Engine} engine
 * @param {TaskHandle} handle
 * @param {number} form
 * @param {any} letter
 */
function settleOddly(engine, handle, form, letter) {
  const { id } = handle;
  const detach = attached.fetcher(() => id, true);
  const hooked = form & FORM.HOOKED ? capture().decodeContext(handle.task, { detach }) : { detach };
  if (form & FORM.PARCEL) {
    const worker = letter.view.getInt32(letter.at + MAIL.WORKER, true);
    engine.parcels.receive(id, worker, letter, (context, decoder) => {
      fulfilFrom(handle, decoder, { ...context, ...hooked }, performance.now());
    });
  } else {
    letter.decoder.reset(letter.bytes, letter.at + MAIL.HEADER);
    fulfilFrom(handle, letter.decoder, hooked, letter.now);
  }
}

/**
 * @param {TaskHandle} handle
 * @param {any} decoder
 * @param {any} context
 * @param {number} now
 */
function fulfilFrom(handle, decoder, context, now) {
  let value;
  try {
    value = decoder.readValue(context);
  } catch (error) {
    refuse(handle, error, undefined, false);
    return;
  }
  fulfil(handle, value, now);
}

/**
 * The error that a message speaks of, with what is known about the task.
 *
 * @param {TaskHandle} handle
 * @param {number} kind
 * @param {any} letter
 * @param {Usage} usage
 */
function errorOf(handle, kind, letter, usage) {
  try {
    const error = readError(handle, kind, letter);
    return decorate(error, factsOf(handle, usage, error));
  } catch (error) {
    // What cannot be read fails the task all the same.
    return error;
  }
}

/**
 * @param {TaskHandle} handle
 * @param {number} kind
 * @param {any} letter
 */
function readError(handle, kind, { at, bytes, decoder, view }) {
  const start = at + MAIL.HEADER;
  const context = capture().decodeContext(handle.task, { mapStack: stackOf(handle.task) });
  if (kind === KIND.REJECTED || kind === KIND.REJECTED_UNDECIDED) {
    decoder.reset(bytes, start);
    return decoder.readError(context);
  }
  const length = view.getUint32(at + MAIL.BODY, true);
  const facts = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString());
  if (view.getUint32(at + MAIL.LENGTH, true) > aligned(MAIL.HEADER + length)) {
    decoder.reset(bytes, start + length);
    facts.cause = decoder.readError(context);
  }
  facts.message = told(facts.message, handle.name);
  return libraryStack(fromNative(facts), handle);
}

/**
 * An attempt has begun, or has failed and may be followed by another.
 *
 * @param {Engine} engine
 * @param {TaskHandle} handle
 * @param {number} kind
 * @param {any} letter
 */
function hear(engine, handle, kind, letter) {
  const usage = usageOf(letter, 0);
  const { attempts: attempt, worker } = usage;
  if (kind === KIND.BEGUN) {
    started(handle, attempt, worker);
    return;
  }
  attempted(handle, attempt);
  const wait = letter.view.getFloat64(letter.at + MAIL.QUEUE, true);
  const error = engine.errorOf(handle, kind, letter, usage);
  const { context } = extrasOf(handle);
  const worth = () => retries.worthRetrying(handle.options.retry, error, attempt);
  const again = context === undefined ? worth() : context.runInAsyncScope(worth);
  if (again) {
    const onRetry = handle.options.retry?.onRetry;
    if (onRetry !== undefined) call(extrasOf(handle), onRetry, [error, attempt, wait]);
  }
  // The callback may have cancelled it.
  if (isSettled(handle)) return;
  const { isolate } = engine;
  if (!again && isolate.handles.take(handle.id) !== undefined) {
    // Where it waited before this attempt, the message says how long it would before the next.
    usage.queueTime = Math.max(0, handle.elapsed - usage.runTime);
    refuse(handle, error, usage, false);
  }
  engine.edge.decide(isolate.id, engine.pool, handle.id, again ? wait : -1);
}

module.exports = { errorOf, hear, settle };
