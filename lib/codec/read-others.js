'use strict';

const { Buffer } = require('node:buffer');
const { TAGS, VIEWS } = require('./tags');
const { readErrorObject } = require('./read-error');

/** @typedef {import('./decoder').Decoder} Decoder */

/**
 * @param {Decoder} input
 * @param {number} tag
 * @returns {any}
 */
function readOther(input, tag) {
  switch (tag) {
    case TAGS.REFERENCE:
      return readReference(input);
    case TAGS.OBJECT_MORE:
      return readCollection(input, tag, TAGS.OBJECT, input.number({}));
    case TAGS.ARRAY_ODD:
      return readCollection(input, tag, TAGS.ARRAY, input.number([]));
    case TAGS.MAP:
      return readCollection(input, tag, tag, input.number(new Map()));
    case TAGS.SET:
      return readCollection(input, tag, tag, input.number(new Set()));
    case TAGS.DATE:
      return input.number(new Date(input.float64()));
    case TAGS.ERROR:
      return readErrorObject(input);
    case TAGS.ARRAY_BUFFER:
      return input.number(bufferAt(input).buffer);
    case TAGS.VIEW:
    case TAGS.VIEW_OF_EXTRA:
      return input.number(readView(input, tag));
    case TAGS.EXTRA:
      return input.number(extraAt(input));
    case TAGS.HOOK:
      return readHook(input);
    case TAGS.LATER:
      return readLater(input);
    default:
      return readSmall(input, tag);
  }
}

/**
 * @param {Decoder} input
 * @param {number} tag
 * @returns {any}
 */
function readSmall(input, tag) {
  switch (tag) {
    case TAGS.BIGINT64:
      input.position += 8;
      return input.view.getBigInt64(input.position - 8, true);
    case TAGS.BIGINT: {
      const isNegative = input.byte() === 1;
      const value = BigInt(`0x${input.latin1(input.varint())}`);
      return isNegative ? -value : value;
    }
    case TAGS.REGEXP: {
      // The number comes before those of what is in it; source and flags are strings and have none.
      const source = input.value();
      return input.number(new RegExp(source, input.value()));
    }
    case TAGS.BOXED:
      return input.number(Object(input.value()));
    default:
      return input.broken(`nothing begins with ${tag}`);
  }
}

/** @param {Decoder} input */
function readReference(input) {
  const number = input.varint();
  const object = input.objects[number];
  if (object === undefined && number >= input.objects.length) input.broken('there is no such object');
  if (object === input.pendingMark) input.pending = number;
  return object;
}

/**
 * Fills an object, array, Map or Set.
 *
 * @param {Decoder} input
 * @param {number} tag what the bytes say
 * @param {number} kind what was expected
 * @param {any} object
 */
function readCollection(input, tag, kind, object) {
  if (tag === TAGS.OBJECT_MORE && kind === TAGS.OBJECT) {
    input.fillObject(object, input.shape());
    readNames(input, object);
  } else if (tag === TAGS.ARRAY_ODD && kind === TAGS.ARRAY) {
    readOddArray(input, object);
  } else if (tag === TAGS.MAP && kind === TAGS.MAP) {
    readMap(input, object);
  } else if (tag === TAGS.SET && kind === TAGS.SET) {
    readSet(input, object);
  } else {
    input.broken('something else was announced');
  }
  return object;
}

/**
 * @param {Decoder} input
 * @param {any} object
 */
function readNames(input, object) {
  while (input.bytes[input.position] !== TAGS.END) {
    const key = input.value();
    if (typeof key !== 'string') input.broken('a key is no string');
    input.set(object, key, input.value());
  }
  input.position++;
}

/**
 * @param {Decoder} input
 * @param {any[]} array
 */
function readOddArray(input, array) {
  const length = input.varint();
  if (length > 0xffffffff) input.broken('an array is too long');
  for (let i = 0; i < length; i++) {
    const tag = input.bytes[input.position];
    if (tag === TAGS.HOLE) {
      input.position++;
    } else if (tag === TAGS.SPARSE) {
      input.position++;
      readSparse(input, array, length);
      break;
    } else {
      input.set(array, i, input.value());
    }
  }
  array.length = length;
  readNames(input, array);
}

/**
 * @param {Decoder} input
 * @param {any[]} array
 * @param {number} length
 */
function readSparse(input, array, length) {
  // Before the elements: a length that far beyond them makes V8 keep them in a table at once.
  array.length = length;
  for (let next = input.varint(); next > 0; next = input.varint()) {
    if (next > length) input.broken('an index is beyond the array');
    input.set(array, next - 1, input.value());
  }
}

/**
 * @param {Decoder} input
 * @param {Map<unknown, unknown>} map
 */
function readMap(input, map) {
  const list = readList(input, input.count(2) * 2, (all) => {
    map.clear();
    for (let i = 0; i < all.length; i += 2) map.set(all[i], all[i + 1]);
  });
  for (let i = 0; i < list.length; i += 2) map.set(list[i], list[i + 1]);
}

/**
 * @param {Decoder} input
 * @param {Set<unknown>} set
 */
function readSet(input, set) {
  const list = readList(input, input.count(1), (all) => {
    set.clear();
    for (const item of all) set.add(item);
  });
  for (const item of list) set.add(item);
}

/**
 * @param {Decoder} input
 * @param {number} count
 * @param {(list: unknown[]) => void} refill called again whenever an item has been made later
 */
function readList(input, count, refill) {
  /** @type {unknown[]} */
  const list = [];
  for (let i = 0; i < count; i++) {
    const value = input.value();
    list.push(value);
    if (value === input.pendingMark) {
      input.whenMade((object) => {
        list[i] = object;
        refill(list);
      });
    }
  }
  return list;
}

/** @param {Decoder} input */
function bufferAt(input) {
  return input.buffers[input.varint()] ?? input.broken('there is no such buffer');
}

/** @param {Decoder} input */
function extraAt(input) {
  const { extras } = input.context;
  const number = input.varint();
  if (extras === undefined || number >= extras.length) input.broken('what came besides the bytes is missing');
  return /** @type {any} */ (/** @type {unknown[]} */ (extras)[number]);
}

/**
 * @param {Decoder} input
 * @param {number} tag
 */
function readView(input, tag) {
  const kind = VIEWS[input.byte()];
  const isTracking = input.byte() === 1;
  const { buffer, base } = tag === TAGS.VIEW ? bufferAt(input) : { buffer: extraAt(input), base: 0 };
  const offset = input.varint() - base;
  const length = isTracking ? (input.varint(), undefined) : input.varint();
  if (kind === 'Buffer') return Buffer.from(buffer, offset, length);
  const Constructor = Reflect.get(globalThis, kind ?? '');
  if (Constructor === undefined) input.broken(`there is no ${kind}`);
  return new Constructor(buffer, offset, length);
}

/** @param {Decoder} input */
function readHook(input) {
  const { onHook } = input.context;
  if (onHook === undefined) return input.broken('it has functions, and nobody to make them');
  const number = input.objects.length;
  if (input.isNumbered) input.objects.push(input.pendingMark);
  const content = input.value();
  if (content === input.pendingMark) input.broken('a hook is made of itself');
  const object = onHook(content);
  if (!input.isNumbered) return object;
  input.objects[number] = object;
  for (const then of input.waiting?.get(number) ?? []) then(object);
  input.waiting?.delete(number);
  return object;
}

/** @param {Decoder} input */
function readLater(input) {
  const tag = input.byte();
  let object;
  if (tag === TAGS.OBJECT) object = {};
  else if (tag === TAGS.ARRAY) object = [];
  else if (tag === TAGS.MAP) object = new Map();
  else if (tag === TAGS.SET) object = new Set();
  else return input.broken('nothing else is put off');
  input.later.push({ object, tag });
  return input.number(object);
}

module.exports = { readCollection, readOther };
