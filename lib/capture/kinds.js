'use strict';

// The shape of a graph: what the submitting side writes and the reviving side reads.
//
// A *slot* is an integer: 0 and above is a node, below it is an entry of `data` (-1 the first).
// A node is an array whose first element is one of NODE. A function node is
//   [FUNCTION, key, code, slots, more]   key: 0, or the number under which the worker keeps the instance
// and an object node is
//   [OBJECT, base, prototype, properties, flags, inner, privates]
// Properties are one flat list: key, flags, slot (or getter and setter); a key that is a number is the slot of a symbol.

const NODE = Object.freeze({
  FUNCTION: 0,
  CLASS: 1,
  BOUND: 2,
  OBJECT: 3,
  PROTOTYPE: 4,
  MEMBER: 5,
  SYMBOL: 6,
  INTRINSIC: 7,
  BUILTIN: 8,
  PACKAGE: 9,
  REQUIRE: 10,
  CELL: 11,
  OWN: 12,
  META: 13,
  PROMISIFIED: 14,
  OWN_MODULE: 15,
  FIELD: 16,
});

/** How an object's shell is made. */
const BASE = Object.freeze({
  PLAIN: 0,
  ARRAY: 1,
  MAP: 2,
  SET: 3,
  WEAK_MAP: 4,
  WEAK_SET: 5,
  /** A value that the codec carries; what else is known of it is put on top. */
  DATA: 6,
  ARGUMENTS: 7,
  NAMESPACE: 8,
  CONSTRUCTED: 9,
});

/** Flags of an object. */
const OBJECT = Object.freeze({ SEALED: 1, FIXED_LENGTH: 2 });

const PROPERTY = Object.freeze({ WRITABLE: 1, ENUMERABLE: 2, CONFIGURABLE: 4, ACCESSOR: 8 });

/** Forms of functions, as the analysis numbers them. */
const FORM = Object.freeze({ ARROW: 0, FUNCTION: 1, METHOD: 2, GETTER: 3, SETTER: 4, CLASS: 5 });

/** Flags of the analysis. */
const FLAG = Object.freeze({
  ASYNC: 1,
  GENERATOR: 2,
  STRICT: 4,
  OUTER_THIS: 8,
  OUTER_SUPER: 16,
  OUTER_NEW_TARGET: 32,
  OUTER_ARGUMENTS: 64,
  SUPER: 128,
  EVAL: 256,
  WITH: 512,
  IMPORT: 1024,
  IMPORT_META: 2048,
  OUTER_PRIVATE: 4096,
  THIS: 8192,
  SENSITIVE: 16384,
  OPEN: 32768,
});

/** How a free name is used. */
const USAGE = Object.freeze({ VALUE: 1, WRITE: 2, TYPEOF: 4, CALL: 8, MEMBER: 16 });

/** Bytes of the length that a definition begins with: that of its head, behind which its values stand. */
const LENGTH = 4;

exports.BASE = BASE;
exports.FLAG = FLAG;
exports.FORM = FORM;
exports.LENGTH = LENGTH;
exports.NODE = NODE;
exports.OBJECT = OBJECT;
exports.PROPERTY = PROPERTY;
exports.USAGE = USAGE;
