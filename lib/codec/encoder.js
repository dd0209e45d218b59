'use strict';

const { types } = require('node:util');
const { FLAGS, MAX_DEPTH, MAX_MEDIUM, MAX_SHORT, TAGS } = require('./tags');
const { Message } = require('./message');
const { TEXT_PIECE } = require('./text');
const { isSparse, namesOf, writeNames, writeSparse } = require('./arrays');
const { wide } = require('./writer');
const { lazy } = require('../lazy');

/** @typedef {import('./message').EncodeContext} EncodeContext */

/** A message with more shapes than this writes further objects as dictionaries: two bytes name a shape. */
const MAX_SHAPES = 60_000;
/** Arrays shorter than this are never worth a look at whether they are sparse. */
const MANY = 64;

/** What is seldom needed. */
const kinds = lazy(() => require('./kinds'), ['isOrdinary']);
const others = lazy(() => require('./write-others'), ['writeCollection', 'writeOther', 'writeRare']);
const thrownValues = lazy(() => require('./describe-thrown'), ['describeThrown']);
const refusals = lazy(() => require('./refuse'), ['keepSteps']);

const { isProxy } = types;
const { getPrototypeOf, prototype: objectPrototype } = Object;
const { hasOwnProperty } = objectPrototype;
const arrayPrototype = Array.prototype;

/** Writes values as bytes; index.js says what comes out of it. */
class Encoder extends Message {
  /**
   * The elements of an array, as arguments.
   *
   * @param {readonly unknown[]} args
   * @param {EncodeContext} [context]
   */
  writeArgs(args, context) {
    const start = this.begin(context, 'args');
    try {
      if (context !== undefined) this.checkTransfer();
      const { length } = args;
      this.varint(length);
      this.depth = 1;
      for (let i = 0; i < length; i++) {
        this.path[0] = i;
        this.value(args[i]);
      }
      if (this.later.length > 0) this.drain();
      this.finish(start);
    } catch (thrown) {
      throw this.fail(start, thrown);
    } finally {
      this.end();
    }
  }

  /**
   * @param {unknown} value
   * @param {EncodeContext} [context]
   */
  writeValue(value, context) {
    const start = this.begin(context, context?.root ?? 'result');
    try {
      if (context !== undefined) this.checkTransfer();
      this.value(value);
      if (this.later.length > 0) this.drain();
      this.finish(start);
    } catch (thrown) {
      throw this.fail(start, thrown);
    } finally {
      this.end();
    }
  }

  /**
   * What was thrown, whatever it is: what cannot be copied is described instead. Refuses nothing.
   *
   * @param {unknown} thrown
   * @param {EncodeContext} [context]
   */
  writeError(thrown, context) {
    try {
      this.writeValue(thrown, { ...context, root: context?.root ?? 'error' });
    } catch (refusal) {
      if (this.busy) throw refusal;
      this.writeValue(thrownValues.describeThrown(thrown));
    }
  }

  /** @param {any} value */
  value(value) {
    if (this.position > this.limit) this.slack();
    switch (typeof value) {
      case 'number':
        this.numeric(value);
        break;
      case 'string':
        this.string(value);
        break;
      case 'object':
        if (value === null) this.byte(TAGS.NULL);
        else if (!this.known(value)) this.object(value);
        break;
      case 'boolean':
        this.byte(value ? TAGS.TRUE : TAGS.FALSE);
        break;
      case 'undefined':
        this.byte(TAGS.UNDEFINED);
        break;
      default:
        others.writeRare(this, value);
    }
  }

  /** @param {number} value */
  numeric(value) {
    const integer = value | 0;
    const { bytes, position } = this;
    if (integer !== value || (integer === 0 && Object.is(value, -0))) {
      bytes[position] = TAGS.FLOAT64;
      this.view.setFloat64(position + 1, value, true);
      this.position = position + 9;
    } else if (integer >>> 0 < 128) {
      bytes[position] = integer;
      this.position = position + 1;
    } else if (integer >= -32768 && integer < 32768) {
      bytes[position] = TAGS.INT16;
      bytes[position + 1] = integer;
      bytes[position + 2] = integer >> 8;
      this.position = position + 3;
    } else {
      bytes[position] = TAGS.INT32;
      this.view.setInt32(position + 1, integer, true);
      this.position = position + 5;
    }
  }

  /** @param {string} value */
  string(value) {
    const { length } = value;
    if (length <= MAX_SHORT) {
      this.bytes[this.position++] = TAGS.SHORT | length;
      this.text += value;
      if (this.text.length > TEXT_PIECE) this.putTextAside();
    } else if (wide.test(value)) {
      this.byte(TAGS.UTF16);
      this.varint(length);
      this.utf16(value);
    } else if (length <= MAX_MEDIUM) {
      this.byte(TAGS.MEDIUM);
      this.byte(length);
      this.text += value;
      if (this.text.length > TEXT_PIECE) this.putTextAside();
    } else {
      this.byte(TAGS.LATIN1);
      this.varint(length);
      this.latin1(value);
    }
  }

  /** @param {any} value */
  object(value) {
    // First of all: of a proxy not even the prototype can be asked for without running its traps.
    if (isProxy(value)) this.refuse(value);
    const prototype = getPrototypeOf(value);
    if (prototype === objectPrototype) this.plain(value);
    else if (prototype === arrayPrototype && Array.isArray(value)) this.array(value);
    else others.writeOther(this, value, prototype);
  }

  /**
   * Own enumerable properties. The keys are followed in the tree of shapes while the values are
   * written, and the shape at which that ends is put in front afterwards: so a getter that changes
   * the object cannot make keys and values disagree.
   *
   * @param {any} object
   * @returns {void}
   */
  plain(object) {
    const { depth, path } = this;
    if (depth >= MAX_DEPTH) {
      if (!kinds.isOrdinary(object)) return others.writeOther(this, object, null);
      return this.putOff(object, TAGS.OBJECT);
    }
    const at = this.position;
    let node = this.shapes.root;
    let isFirst = true;
    let asDictionary = this.used.length >= MAX_SHAPES;
    this.position = at + 3;
    this.depth = depth + 1;
    for (const key in object) {
      if (!hasOwnProperty.call(object, key)) continue;
      if (isFirst) {
        isFirst = false;
        // `arguments`, a String whose prototype was exchanged: they begin with an index.
        if (key.charCodeAt(0) <= 57 && !kinds.isOrdinary(object)) return this.notPlain(object, at);
      }
      path[depth] = key;
      if (!asDictionary) {
        let next = node.next;
        if (next === null || next.key !== key) next = this.shapes.follow(node, key);
        if (next === null) asDictionary = true;
        else node = next;
      }
      if (asDictionary) {
        this.slack();
        this.string(key);
      }
      this.value(object[key]);
    }
    if (isFirst && !kinds.isOrdinary(object)) return this.notPlain(object, at);
    if (asDictionary) {
      this.slack();
      this.byte(TAGS.END);
    }
    this.depth = depth;
    const { bytes } = this;
    const number = node.message === this.number ? node.id : this.use(node);
    bytes[at] = asDictionary ? TAGS.OBJECT_MORE : TAGS.OBJECT;
    bytes[at + 1] = number;
    bytes[at + 2] = number >> 8;
  }

  /**
   * Something else that has the prototype of a plain object.
   *
   * @param {object} object
   * @param {number} at
   */
  notPlain(object, at) {
    this.position = at;
    this.depth--;
    others.writeOther(this, object, null);
  }

  /**
   * Numbers a shape.
   *
   * @param {import('./shapes').Node} node
   */
  use(node) {
    node.message = this.number;
    node.id = this.used.push(node) - 1;
    return node.id;
  }

  /** @param {any[]} array */
  array(array) {
    const { depth, path } = this;
    if (depth >= MAX_DEPTH) return this.putOff(array, TAGS.ARRAY);
    const { length } = array;
    const names = namesOf(array, length);
    let isOdd = names !== null;
    let hasHoles = false;
    const at = this.position;
    this.byte(TAGS.ARRAY);
    this.varint(length);
    this.depth = depth + 1;
    for (let i = 0; i < length; i++) {
      const element = array[i];
      path[depth] = i;
      if (element !== undefined || hasOwnProperty.call(array, i)) {
        this.value(element);
        continue;
      }
      // The first hole: is it one of many?
      if (!hasHoles && length - i > MANY && isSparse(array, length)) {
        isOdd = true;
        writeSparse(this, array, i);
        break;
      }
      hasHoles = true;
      isOdd = true;
      this.slack();
      this.byte(TAGS.HOLE);
    }
    if (isOdd) {
      this.bytes[at] = TAGS.ARRAY_ODD;
      writeNames(this, array, names ?? []);
    }
    this.depth = depth;
  }

  /**
   * @param {object} value
   * @param {number} tag what it is going to be
   */
  putOff(value, tag) {
    this.slack();
    this.flags |= FLAGS.REFERENCES;
    this.byte(TAGS.LATER);
    this.byte(tag);
    const place = { from: this.place, steps: refusals.keepSteps(this.path.slice(0, this.depth)) };
    this.later.push({ value, tag, place });
  }

  /** Writes what was put off, and what is put off meanwhile. */
  drain() {
    for (let i = 0; i < this.later.length; i++) {
      const { value, tag, place } = this.later[i];
      this.place = place;
      this.depth = 0;
      this.slack();
      if (tag === TAGS.OBJECT) this.plain(value);
      else if (tag === TAGS.ARRAY) this.array(value);
      else others.writeCollection(this, value, tag);
    }
  }
}

exports.Encoder = Encoder;
