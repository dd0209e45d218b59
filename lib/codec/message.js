'use strict';

const { FLAGS, HEADER, TAGS } = require('./tags');
const { define, ShapeTree } = require('./shapes');
const { SLACK, TooLarge } = require('./writer');
const { Text } = require('./text');
const { lazy } = require('../lazy');

/** What is seldom needed. */
const refusals = lazy(
  () => require('./refuse'),
  ['pathText', 'refuseLarge', 'refuseUnreadable', 'refuseValue'],
);
const transfers = lazy(() => require('./transfer'), ['checkTransfer']);

/** @typedef {import('./buffers').BufferTable} BufferTable */
/** @typedef {import('./refuse').Step} Step */
/** @typedef {import('./shapes').Node} Node */

/**
 * What the writer may do besides writing bytes; each is explained in index.js.
 *
 * @typedef {object} EncodeContext
 * @property {string} [root]
 * @property {unknown[]} [transfer]
 * @property {unknown[]} [extras]
 * @property {(content: Uint8Array) => number} [attach]
 * @property {(fn: Function, path: string) => unknown} [onFunction]
 * @property {(object: object, path: string) => unknown} [onObject]
 */

/**
 * Where a part of the message begins: steps from another such place.
 *
 * @typedef {{ from: Place | null, steps: Step[] }} Place
 */

/**
 * So many objects are found again by looking at each: no hashing, and no hash stored in the
 * user's objects. Beyond, a Map is faster.
 */
const FEW = 16;

/** @type {EncodeContext} */
const NOTHING = Object.freeze({});

/**
 * The message being written: which objects, shapes, buffers it has so far, where we are in it,
 * and how to begin, end, and take back.
 */
class Message extends Text {
  /** @param {number} [size] */
  constructor(size) {
    super(size);
    /** Where the next byte goes: whoever writes around the message sets it. */
    this.position = 0;
    /** True while a message is being written, so also inside getters and hooks. */
    this.busy = false;
    this.context = NOTHING;
    /** Objects numbered so far; the first few of them, or all of them. */
    this.count = 0;
    /** @type {unknown[]} */
    this.few = new Array(FEW).fill(null);
    /** @type {Map<unknown, number> | null} */
    this.many = null;
    this.shapes = new ShapeTree();
    /** @type {Node[]} the shapes in use, by their number */
    this.used = [];
    this.number = 0;
    /** Depth of nesting, and the step taken at each level: `path[depth - 1]` leads to the current value. */
    this.depth = 0;
    /** @type {Step[]} */
    this.path = [];
    this.root = '';
    /** @type {Place | null} */
    this.place = null;
    /** @type {Array<{ value: any, tag: number, place: Place }>} objects put off because of their depth */
    this.later = [];
    /** @type {BufferTable | null} */
    this.buffers = null;
    /** @type {Map<object, number> | null} */
    this.extraNumbers = null;
    /** @type {Set<unknown> | null} */
    this.moved = null;
    this.extrasBefore = 0;
    /** @type {unknown} the refusal that is on its way up, to tell it from what foreign code throws */
    this.refused = undefined;
  }

  /**
   * @param {EncodeContext | undefined} context
   * @param {string} root
   * @returns {number} where the message begins
   */
  begin(context, root) {
    if (this.busy) throw new Error('This encoder is writing a message: a getter or hook needs another one');
    const start = this.position;
    if (start > this.limit) this.grow(start + SLACK);
    this.busy = true;
    this.root = root;
    if (context !== undefined) {
      this.context = context;
      this.extrasBefore = context.extras?.length ?? 0;
    }
    this.number++;
    this.position = start + HEADER;
    return start;
  }

  /** Looks at what the user wants moved; apart from `begin`, because it may refuse. */
  checkTransfer() {
    const { transfer } = this.context;
    if (transfer !== undefined && transfer.length > 0) this.moved = transfers.checkTransfer(transfer);
  }

  /**
   * Writes header and trailer.
   *
   * @param {number} start
   */
  finish(start) {
    const body = this.position - start - HEADER;
    if (this.text !== '' || this.pieces.length > 0) this.writeText();
    if (this.used.length > 0) this.writeShapes();
    if (this.buffers !== null) {
      this.flags |= FLAGS.BUFFERS;
      this.buffers.write(this, this.context);
    }
    this.bytes[start] = this.flags;
    this.view.setUint32(start + 1, body, true);
  }

  /** Lets go of everything that belongs to the message, on every way out. */
  end() {
    this.busy = false;
    this.flags = 0;
    this.depth = 0;
    this.text = '';
    if (this.pieces.length > 0) this.pieces.length = 0;
    if (this.context !== NOTHING) {
      this.context = NOTHING;
      this.moved = null;
      this.extraNumbers = null;
    }
    if (this.count > 0) {
      const { few } = this;
      for (let i = Math.min(this.count, FEW); i-- > 0;) few[i] = null;
      this.count = 0;
      this.many = null;
      this.endRare();
    }
  }

  /** What only messages with objects have. */
  endRare() {
    if (this.used.length > 0) this.used = [];
    if (this.later.length > 0) this.later = [];
    this.shapes.trim();
    this.buffers = null;
    this.place = null;
    this.refused = undefined;
  }

  /**
   * Takes the message back.
   *
   * @param {number} start
   * @param {unknown} thrown
   * @returns {unknown} what to throw
   */
  fail(start, thrown) {
    this.position = start;
    const { extras } = this.context;
    if (extras !== undefined) extras.length = this.extrasBefore;
    // The end is where the object lists are emptied, and there may be none yet.
    this.count ||= 1;
    if (thrown === this.refused || thrown instanceof require('../errors').SerializationError) return thrown;
    if (thrown instanceof TooLarge) return refusals.refuseLarge(this.root, thrown);
    return refusals.refuseUnreadable(this.where(), thrown);
  }

  /** The path to the value at hand. */
  where() {
    const parts = [this.path.slice(0, this.depth)];
    for (let at = this.place; at !== null; at = at.from) parts.unshift(at.steps);
    return refusals.pathText(this.root, parts.flat());
  }

  /**
   * @param {unknown} value
   * @param {unknown} [cause]
   * @returns {never}
   */
  refuse(value, cause) {
    this.refused = refusals.refuseValue(value, this.where(), cause);
    throw this.refused;
  }

  /**
   * Numbers an object, or refers to it if it has a number.
   *
   * @param {unknown} object
   * @returns {boolean} whether that was all
   */
  known(object) {
    const { count } = this;
    if (this.many === null) {
      const { few } = this;
      for (let i = 0; i < count; i++) {
        if (few[i] === object) return this.refer(i);
      }
      this.count = count + 1;
      if (count < FEW) {
        few[count] = object;
        return false;
      }
      this.many = new Map();
      for (let i = 0; i < FEW; i++) this.many.set(few[i], i);
    }
    const number = this.many.get(object);
    if (number !== undefined) return this.refer(number);
    this.many.set(object, count);
    this.count = count + 1;
    return false;
  }

  /** @param {number} number */
  refer(number) {
    this.flags |= FLAGS.REFERENCES;
    this.slack();
    this.byte(TAGS.REFERENCE);
    this.varint(number);
    return true;
  }

  writeShapes() {
    this.flags |= FLAGS.SHAPES;
    const { used } = this;
    this.slack();
    this.varint(used.length);
    for (let i = 0; i < used.length; i++) {
      const node = used[i];
      node.definition ??= define(node);
      this.content(node.definition);
    }
  }

  /**
   * Remembers a state to which `takeBack` returns: for parts of an error that turn out not to be
   * copyable. Shapes and ranges of buffers that are not in use in the end do no harm.
   */
  mark() {
    const { position, count, text, flags, depth } = this;
    return {
      position,
      count,
      text,
      flags,
      depth,
      pieces: this.pieces.length,
      later: this.later.length,
      buffers: this.buffers?.count ?? 0,
      extras: this.context.extras?.length ?? 0,
    };
  }

  /** @param {ReturnType<Message['mark']>} mark */
  takeBack(mark) {
    for (let i = mark.count; i < Math.min(this.count, FEW); i++) this.few[i] = null;
    for (const [object, number] of this.many ?? []) if (number >= mark.count) this.many?.delete(object);
    for (const [object, number] of this.extraNumbers ?? []) {
      if (number >= mark.extras) this.extraNumbers?.delete(object);
    }
    if (this.context.extras !== undefined) this.context.extras.length = mark.extras;
    this.buffers?.cut(mark.buffers);
    if (this.buffers?.count === 0) this.buffers = null;
    this.pieces.length = mark.pieces;
    this.later.length = mark.later;
    this.position = mark.position;
    this.count = mark.count;
    this.text = mark.text;
    this.flags = mark.flags;
    this.depth = mark.depth;
  }

  /**
   * The number of a thing that only a MessagePort can carry.
   *
   * @param {object} value
   * @returns {number}
   */
  extra(value) {
    const { extras } = this.context;
    if (extras === undefined) return this.refuse(value);
    this.extraNumbers ??= new Map();
    let number = this.extraNumbers.get(value);
    if (number === undefined) {
      number = extras.push(value) - 1;
      this.extraNumbers.set(value, number);
    }
    return number;
  }
}

exports.Message = Message;
