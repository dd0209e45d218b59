'use strict';

/**
 * The layout of the frames that isolates and the scheduler exchange: the JavaScript side of `src/wire`.
 *
 * All numbers are little-endian, every frame begins at a multiple of eight, and its first word is its
 * length with everything. Offsets are in bytes from the frame's start.
 */

/** A task on its way to the scheduler. */
const SUBMIT = Object.freeze({
  HEADER: 32,
  LENGTH: 0,
  /** bits 0-1 priority, bit 2 has terms, bits 8-15 form */
  FLAGS: 4,
  ID: 8,
  DEFINITION: 16,
  NAME: 20,
  PAYLOAD: 24,
  HAS_TERMS: 4,
});

/** What only some tasks have, between header and payload. */
const TERMS = Object.freeze({
  SIZE: 80,
  TIMEOUT: 0,
  QUEUE_TIMEOUT: 8,
  GRACE: 16,
  BITS: 24,
  ATTEMPTS: 28,
  DELAY: 32,
  BACKOFF: 40,
  MAX_DELAY: 48,
  JITTER: 56,
  CPU_TIME: 64,
  MEMORY: 72,
  ANNOUNCE: 1,
  UNCANCELLABLE: 2,
  RETRY: 4,
  ASK: 8,
  /** Inputs follow: their count in eight bytes, then a task's id for each, or 0. */
  INPUTS: 16,
  /** It has a signal. */
  REVOCABLE: 32,
});

/** A task in a worker's inbox. */
const TASK = Object.freeze({
  HEADER: 32,
  LENGTH: 0,
  /** bit 0 timed, bit 1 announced, bit 2 has inputs, bit 3 limited, bits 8-15 form */
  FLAGS: 4,
  ID: 8,
  DEFINITION: 16,
  ATTEMPT: 20,
  PAYLOAD: 24,
  OWNER: 28,
  TIMED: 1,
  ANNOUNCED: 2,
  /** The payload begins with results of other tasks: their count in a word, then each after a word with its length. */
  INPUTS: 4,
  /** Nothing else is begun beside it. */
  LIMITED: 8,
});

/** What a worker says of a task that it has finished, or that has yielded a value. */
const REPORT = Object.freeze({
  HEADER: 32,
  LENGTH: 0,
  /** byte 0: 0 fulfilled, 1 rejected, 2 yielded; byte 1: form; byte 2: 1 where no more is yielded for now */
  STATUS: 4,
  ID: 8,
  RUN: 16,
  BODY: 24,
  NOTE: 28,
});

/** A message from the scheduler to an isolate. */
const MAIL = Object.freeze({
  HEADER: 56,
  LENGTH: 0,
  /** byte 0: kind; byte 1: form */
  KIND: 4,
  ID: 8,
  QUEUE: 16,
  RUN: 24,
  CPU: 32,
  ATTEMPT: 40,
  WORKER: 44,
  /** Length of the first part of the body. */
  BODY: 48,
  POOL: 52,
});

/** What a message is about: `wire::Kind`. */
const KIND = Object.freeze({
  FULFILLED: 0,
  REJECTED: 1,
  FAILED: 2,
  REJECTED_UNDECIDED: 3,
  FAILED_UNDECIDED: 4,
  BEGUN: 5,
  START_WORKER: 6,
  RETIRE_WORKER: 7,
  KILL_WORKER: 8,
  DRAINED: 9,
  NOTICE: 10,
  PARCEL_WANTED: 11,
  PROGRESS: 12,
  INPUT_WANTED: 13,
  YIELDED: 14,
  CREDIT: 15,
  HUNG_UP: 16,
});

/** What a payload or a body is made of. */
const FORM = Object.freeze({
  /** It begins with captured values: a word with their length, then they. */
  SECTION: 1,
  /** A parcel goes with it: what only `postMessage` can carry. */
  PARCEL: 2,
  /** The arguments are in the section. */
  ARGS_INSIDE: 4,
  /** Of a result: an instance of a class of the submitter's is in it. The same bit as `ARGS_INSIDE`. */
  HOOKED: 4,
  /** The definition is a module's export. */
  MODULE: 8,
  /** The section has a parcel of its own, which comes first. */
  SECTION_PARCEL: 16,
  /** Of a result: large parts of it wait to be taken over. The same bit as `CHUNK`, which results do not have. */
  ATTACHED: 32,
  /** One call for each of the arguments that follow: a chunk of `map`. */
  CHUNK: 32,
  /** What the function gives is iterated, and each value sent as it comes. */
  STREAM: 64,
  /** It begins with the task's metadata: a word with their length, then they. */
  METADATA: 128,
});

/** Where things are in the words that a worker shares with the scheduler: `scheduler::claim`. */
const WORDS = Object.freeze({ CLAIM: 0, CANCELLED: 1, PUBLISHED: 2, FIRST_STAMP: 8, MAX_BATCH: 1024 });

/** How far a task that yields values may be ahead of whoever takes them; one value may be larger. */
const FLOW = Object.freeze({ WINDOW: 64, MOST_BYTES: 1024 * 1024 });

/** Where things are in the words by which an isolate is called: `binding::isolate::Attention`. */
const ATTENTION = Object.freeze({ MAIL: 0, POLLING: 1 });

/** @param {number} length */
const aligned = (length) => (length + 7) & ~7;

module.exports = { SUBMIT, TERMS, TASK, REPORT, MAIL, KIND, FORM, WORDS, ATTENTION, FLOW, aligned };
