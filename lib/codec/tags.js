'use strict';

// The bytes of a message:
//
//   u8 flags | u32 length of the body | body | trailer
//
// The body holds the values in order, each beginning with a tag. The trailer holds what is known
// only at the end and needed from the start on, in this order, each only if its flag is set:
//
//   text     the short strings of the body, end to end: written and read with one native call
//   shapes   the key lists of the plain objects, each once
//   buffers  the contents of the ArrayBuffers, only the range that the message has views of
//
// A reader without flags has nothing to do but to read the body.

const FLAGS = Object.freeze({
  /** The body refers back to objects, so the reader has to number them. */
  REFERENCES: 1,
  TEXT: 2,
  /** The text has characters beyond U+00FF: two bytes each. */
  WIDE_TEXT: 4,
  SHAPES: 8,
  BUFFERS: 16,
});

/** Bytes before the body. */
const HEADER = 5;

/**
 * A string up to this length goes to the text. V8 copies substrings of up to 12 characters and
 * lets longer ones point into their parent: a longer one would keep the whole text alive.
 */
const MAX_SHORT = 12;

/**
 * A longer one up to this length goes to the text too, where that saves a native call; it is read out
 * of the bytes. One with characters beyond U+00FF does not: it would make the whole text wide.
 */
const MAX_MEDIUM = 96;

// 0x00-0x7f are the integers 0 to 127, 0x80-0x8c short strings of that many characters.
const TAGS = Object.freeze({
  SHORT: 0x80,
  UNDEFINED: 0x90,
  NULL: 0x91,
  TRUE: 0x92,
  FALSE: 0x93,
  INT16: 0x94,
  INT32: 0x95,
  FLOAT64: 0x96,
  MEDIUM: 0x8f,
  LATIN1: 0x97,
  UTF16: 0x98,
  BIGINT64: 0x99,
  BIGINT: 0x9a,
  /** A position of an array at which there is nothing. */
  HOLE: 0x9b,
  /** The rest of an array as pairs of index and value. */
  SPARSE: 0x9c,
  /** Ends a list of unknown length. */
  END: 0x9d,
  REFERENCE: 0x9e,
  /** Shape number, then the values of its keys. */
  OBJECT: 0x9f,
  /** The same, then pairs of key and value. */
  OBJECT_MORE: 0xa0,
  ARRAY: 0xa1,
  /** With holes or named properties. */
  ARRAY_ODD: 0xa2,
  MAP: 0xa3,
  SET: 0xa4,
  DATE: 0xa5,
  REGEXP: 0xa6,
  BOXED: 0xa7,
  ARRAY_BUFFER: 0xa8,
  VIEW: 0xa9,
  VIEW_OF_EXTRA: 0xaa,
  EXTRA: 0xab,
  ERROR: 0xac,
  HOOK: 0xad,
  /** An object whose content follows after the root, because it is nested deeply: its tag. */
  LATER: 0xae,
});

/**
 * Nesting that is written by recursion. What lies deeper is put off until the root is written:
 * depth costs neither side its stack then.
 */
const MAX_DEPTH = 200;

/** The views, by their number in the bytes. Float16Array exists from Node 24 on. */
const VIEWS = Object.freeze([
  'Uint8Array',
  'Buffer',
  'Int8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
  'DataView',
]);

module.exports = { FLAGS, HEADER, MAX_DEPTH, MAX_MEDIUM, MAX_SHORT, TAGS, VIEWS };
