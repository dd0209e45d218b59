'use strict';

const { wide, Writer } = require('./writer');

// Objects of equal shape, that is with equal keys in equal order, share one list of keys. On the
// writing side a tree of keys follows the keys of each object as they come; the node at which it
// ends is the shape. Nodes outlive messages: a shape that was seen before costs a comparison of
// pointers per key and its definition a copy of bytes.

/**
 * How many different keys may follow a node. More than this, and the keys are data rather than
 * names (an object used as a dictionary): from there on they are written along with the values.
 */
const MAX_CHILDREN = 64;
const MAX_FIRST_KEYS = 1024;
/** Longest shape; what comes beyond is written as a dictionary. */
const MAX_KEYS = 128;
/** Nodes and refusals after which the tree is thrown away: what filled it may be long gone. */
const MAX_NODES = 16384;
const MAX_REFUSALS = 65536;

/** A shape, and the keys that objects of this shape may go on with. */
class Node {
  /**
   * @param {string} key
   * @param {Node | null} parent
   * @param {number} depth
   */
  constructor(key, parent, depth) {
    this.key = key;
    this.parent = parent;
    this.depth = depth;
    /** @type {Node | null} the child that came last, tried first */
    this.next = null;
    /** @type {Map<string, Node> | null} all children, once there are two */
    this.children = null;
    /** The message in which this shape was used last, and its number there. */
    this.message = -1;
    this.id = 0;
    /** @type {Uint8Array | null} its definition in bytes, made on first use */
    this.definition = null;
  }
}

class ShapeTree {
  constructor() {
    this.root = new Node('', null, 0);
    this.nodes = 0;
    this.refusals = 0;
  }

  /**
   * The shape that `node` becomes with one more key; `null` if keys here are data.
   *
   * @param {Node} node
   * @param {string} key
   * @returns {Node | null}
   */
  follow(node, key) {
    const { next } = node;
    if (next === null) return this.add(node, key);
    const child = node.children?.get(key);
    if (child === undefined) {
      const most = node.parent === null ? MAX_FIRST_KEYS : MAX_CHILDREN;
      if (node.depth >= MAX_KEYS || (node.children !== null && node.children.size >= most)) {
        this.refusals++;
        return null;
      }
      node.children ??= new Map([[next.key, next]]);
      return this.add(node, key);
    }
    node.next = child;
    return child;
  }

  /**
   * @param {Node} node
   * @param {string} key
   * @returns {Node | null}
   */
  add(node, key) {
    if (node.depth >= MAX_KEYS) return null;
    const child = new Node(key, node, node.depth + 1);
    this.nodes++;
    node.children?.set(key, child);
    node.next = child;
    return child;
  }

  /** Between two messages: begins anew when full. */
  trim() {
    if (this.nodes < MAX_NODES && this.refusals < MAX_REFUSALS) return;
    this.root = new Node('', null, 0);
    this.nodes = 0;
    this.refusals = 0;
  }
}

/**
 * The bytes of a shape: hash, length of what follows, number of keys, keys.
 *
 * @param {Node} node
 * @returns {Uint8Array}
 */
function define(node) {
  const keys = [];
  for (let at = node; at.parent !== null; at = at.parent) keys.push(at.key);
  keys.reverse();
  const out = new Writer(256);
  out.position = 8;
  out.varint(keys.length);
  for (const key of keys) {
    out.slack();
    const isWide = wide.test(key);
    out.varint(key.length * 2 + (isWide ? 1 : 0));
    if (isWide) out.utf16(key);
    else out.latin1(key);
  }
  const { bytes, position } = out;
  out.view.setUint32(0, hash(bytes, 8, position), true);
  out.view.setUint32(4, position - 8, true);
  return new Uint8Array(bytes.subarray(0, position));
}

/**
 * FNV-1a: equal shapes find each other by it on the reading side, which compares the bytes anyway.
 *
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 */
function hash(bytes, start, end) {
  let value = 0x811c9dc5;
  for (let i = start; i < end; i++) value = Math.imul(value ^ bytes[i], 0x01000193);
  return value >>> 0;
}

exports.Node = Node;
exports.ShapeTree = ShapeTree;
exports.define = define;
