'use strict';

const { FLAGS, HEADER, TAGS } = require('./tags');
const { Reader } = require('./reader');
const { ShapeCache } = require('./shape-cache');
const { lazy } = require('../lazy');

/** What is seldom needed. */
const buffers = lazy(() => require('./buffers'), ['readBuffers']);
const others = lazy(() => require('./read-others'), ['readCollection', 'readOther']);

/** @typedef {import('./shape-cache').Shape} Shape */

/**
 * What the reader needs for what is not in the bytes; each is explained in index.js.
 *
 * @typedef {object} DecodeContext
 * @property {unknown[]} [extras]
 * @property {(number: number, length: number) => ArrayBuffer | null} [detach]
 * @property {(value: any) => unknown} [onHook]
 * @property {() => void} [onEnd]
 * @property {(stack: string) => string} [mapStack]
 */

/** @type {DecodeContext} */
const NOTHING = Object.freeze({});

/** Stands for an object that is referred to while a hook still makes it. */
const PENDING = Object.freeze({});

/** Reads what an `Encoder` wrote. Bytes that none wrote make it throw. */
class Decoder extends Reader {
  constructor() {
    super();
    /** Where the next byte is. */
    this.position = 0;
    this.context = NOTHING;
    this.cache = new ShapeCache();
    /** @type {Shape[]} the shapes of the message */
    this.shapes = [];
    this.text = '';
    this.cursor = 0;
    /** Where the bytes of the text are. */
    this.textStart = 0;
    this.isWide = false;
    /** @type {ReturnType<typeof import('./buffers').readBuffers>} */
    this.buffers = [];
    /** Whether objects are numbered, because something refers to one. */
    this.isNumbered = false;
    /** @type {any[]} */
    this.objects = [];
    /** @type {Array<{ object: any, tag: number }>} objects whose content follows after the root */
    this.later = [];
    /** The number of the object for which `PENDING` was returned last. */
    this.pending = 0;
    this.pendingMark = PENDING;
    /** @type {Map<number, Array<(object: unknown) => void>> | null} who waits for an object that a hook makes */
    this.waiting = null;
  }

  /**
   * @param {DecodeContext} [context]
   * @returns {unknown[]}
   */
  readArgs(context) {
    return this.message(context, true);
  }

  /**
   * @param {DecodeContext} [context]
   * @returns {any}
   */
  readValue(context) {
    return this.message(context, false);
  }

  /**
   * @param {DecodeContext} [context]
   * @returns {any}
   */
  readError(context) {
    return this.message(context, false);
  }

  /**
   * @param {DecodeContext | undefined} context
   * @param {boolean} isList
   * @returns {any}
   */
  message(context, isList) {
    const flags = this.byte();
    const length = this.uint32();
    const start = this.position;
    const end = start + length;
    let next = end;
    if (end > this.bytes.length) this.broken('it ends too early');
    if (context !== undefined) this.context = context;
    try {
      if (flags !== 0) {
        this.position = end;
        this.trailer(flags);
        next = this.position;
        this.position = start;
      }
      const root = isList ? this.list() : this.value();
      if (this.later.length > 0) this.drain();
      if (this.position !== end) this.broken('its body has another length');
      this.position = next;
      this.context.onEnd?.();
      return root;
    } finally {
      this.context = NOTHING;
      if (flags !== 0) this.end(flags);
    }
  }

  /** @param {number} flags */
  trailer(flags) {
    this.isNumbered = (flags & FLAGS.REFERENCES) !== 0;
    if (flags & FLAGS.TEXT) {
      const length = this.uint32();
      this.textStart = this.position;
      this.isWide = (flags & FLAGS.WIDE_TEXT) !== 0;
      this.text = this.isWide ? this.utf16(length) : this.latin1(length);
    }
    if (flags & FLAGS.SHAPES) {
      const { shapes, cache } = this;
      for (let count = this.count(HEADER); count > 0; count--) shapes.push(cache.read(this));
    }
    if (flags & FLAGS.BUFFERS) this.buffers = buffers.readBuffers(this, this.context.detach);
  }

  /**
   * Lets go of the message.
   *
   * @param {number} flags
   */
  end(flags) {
    this.text = '';
    this.cursor = 0;
    if (flags < FLAGS.SHAPES && !this.isNumbered) return;
    this.shapes = [];
    if (this.buffers.length > 0) this.buffers = [];
    if (!this.isNumbered) return;
    this.isNumbered = false;
    this.objects = [];
    this.later = [];
    this.waiting = null;
  }

  list() {
    const length = this.count(1);
    const list = [];
    for (let i = 0; i < length; i++) list.push(this.value());
    return list;
  }

  /** @returns {any} */
  value() {
    const tag = this.bytes[this.position++];
    if (tag < 128) return tag;
    if (tag < TAGS.MEDIUM) return this.short(tag - TAGS.SHORT);
    switch (tag) {
      case TAGS.OBJECT:
        return this.object();
      case TAGS.MEDIUM:
        return this.medium(this.byte());
      case TAGS.FLOAT64:
        return this.float64();
      case TAGS.INT16: {
        const { bytes, position } = this;
        this.position = position + 2;
        return ((bytes[position] | (bytes[position + 1] << 8)) << 16) >> 16;
      }
      case TAGS.INT32:
        this.position += 4;
        return this.view.getInt32(this.position - 4, true);
      case TAGS.LATIN1:
        return this.latin1(this.varint());
      case TAGS.UTF16:
        return this.utf16(this.varint());
      case TAGS.ARRAY:
        return this.fillArray(this.number([]));
      case TAGS.UNDEFINED:
        return undefined;
      case TAGS.NULL:
        return null;
      case TAGS.TRUE:
        return true;
      case TAGS.FALSE:
        return false;
      default:
        return others.readOther(this, tag);
    }
  }

  /** @param {number} length */
  short(length) {
    const start = this.cursor;
    const end = start + length;
    if (end > this.text.length) this.broken('its text is too short');
    this.cursor = end;
    return this.text.substring(start, end);
  }

  /**
   * A string that must not be a piece of the text, lest it keep all of it alive.
   *
   * @param {number} length
   */
  medium(length) {
    const start = this.cursor;
    const end = start + length;
    if (end > this.text.length) this.broken('its text is too short');
    this.cursor = end;
    if (length === this.text.length) return this.text;
    const { bytes, textStart } = this;
    if (this.isWide) return bytes.ucs2Slice(textStart + start * 2, textStart + end * 2);
    return bytes.latin1Slice(textStart + start, textStart + end);
  }

  /**
   * Gives an object the number that the writer gave it.
   *
   * @template T
   * @param {T} object
   * @returns {T}
   */
  number(object) {
    if (this.isNumbered) this.objects.push(object);
    return object;
  }

  /** @returns {Shape} */
  shape() {
    const { bytes, position } = this;
    const shape = this.shapes[bytes[position] | (bytes[position + 1] << 8)];
    if (shape === undefined) this.broken('there is no such shape');
    this.position = position + 2;
    return shape;
  }

  object() {
    const shape = this.shape();
    if (this.isNumbered) {
      // With hooks about, a value may have to wait for its object: not in a literal.
      if (shape.readNumbered !== null && this.context.onHook === undefined) return shape.readNumbered(this);
    } else if (shape.read !== null) {
      return shape.read(this);
    }
    shape.use();
    return this.fillObject(this.number({}), shape);
  }

  /**
   * @param {any} object
   * @param {Shape} shape
   */
  fillObject(object, shape) {
    const { keys } = shape;
    for (let i = 0; i < keys.length; i++) this.set(object, keys[i], this.value());
    return object;
  }

  /**
   * @param {any} array
   * @returns {any[]}
   */
  fillArray(array) {
    const length = this.count(1);
    for (let i = 0; i < length; i++) {
      const value = this.value();
      if (value === PENDING) {
        this.whenMade((object) => (array[i] = object));
        array.push(undefined);
      } else {
        array.push(value);
      }
    }
    return array;
  }

  /**
   * @param {any} object
   * @param {string | number} key
   * @param {unknown} value
   */
  set(object, key, value) {
    if (value === PENDING) {
      this.whenMade((made) => this.set(object, key, made));
      value = undefined;
    }
    if (key !== '__proto__') object[key] = value;
    else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  }

  /** @param {(object: unknown) => void} then */
  whenMade(then) {
    this.waiting ??= new Map();
    const list = this.waiting.get(this.pending);
    if (list === undefined) this.waiting.set(this.pending, [then]);
    else list.push(then);
  }

  /** Reads the content of what was put off. */
  drain() {
    for (let i = 0; i < this.later.length; i++) {
      const { object, tag } = this.later[i];
      const found = this.byte();
      if (found === tag && tag === TAGS.OBJECT) this.fillObject(object, this.shape());
      else if (found === tag && tag === TAGS.ARRAY) this.fillArray(object);
      else others.readCollection(this, found, tag, object);
    }
  }
}

exports.Decoder = Decoder;
