'use strict';

/** @typedef {import('./decoder').Decoder} Decoder */

// The reading side of shapes: a shape that was seen before is recognised by its bytes, so its keys
// are not read again, and after a few objects it gets a function that makes one with a literal.
// That is several times as fast as adding properties one by one, and gives all of them one hidden class.

/** Objects of a shape before the function is made, which costs as much as some hundred properties. */
const WORTH_A_FUNCTION = 8;
const MAX_LITERAL = 128;
const MAX_SHAPES = 4096;

class Shape {
  /**
   * @param {Uint8Array} definition
   * @param {string[]} keys
   */
  constructor(definition, keys) {
    this.definition = definition;
    this.keys = keys;
    this.uses = 0;
    /** @type {((decoder: Decoder) => object) | null} reads an object that nothing refers back to */
    this.read = null;
    /** @type {((decoder: Decoder) => object) | null} numbers the object before it reads its values */
    this.readNumbered = null;
  }

  /** Counts an object, and makes the functions when it is time. */
  use() {
    this.uses++;
    if (this.uses === WORTH_A_FUNCTION && this.keys.length <= MAX_LITERAL) this.compile();
  }

  compile() {
    // `__proto__: v` in a literal would set the prototype; in brackets it is a key like any other.
    const names = this.keys.map((key) => (key === '__proto__' ? "['__proto__']" : JSON.stringify(key)));
    if (names.includes("['__proto__']")) return;
    const values = names.map((name) => `${name}: d.value()`).join(', ');
    const blanks = names.map((name) => `${name}: undefined`).join(', ');
    const sets = names.map((name) => `o[${name}] = d.value();`).join(' ');
    try {
      // eslint-disable-next-line no-new-func -- of the message, only JSON strings are in it, as keys
      const make = new Function(
        `return [(d) => ({ ${values} }), (d) => { const o = { ${blanks} }; d.objects.push(o); ${sets} return o; }];`,
      );
      [this.read, this.readNumbered] = make();
    } catch {
      // Code generation is disallowed in this process: objects are made key by key, as before.
    }
  }
}

class ShapeCache {
  constructor() {
    /** @type {Map<number, Shape>} by hash; of two shapes with one hash the later one stays */
    this.shapes = new Map();
  }

  /**
   * The shape whose definition is next.
   *
   * @param {Decoder} decoder
   * @returns {Shape}
   */
  read(decoder) {
    const hash = decoder.uint32();
    const length = decoder.uint32();
    const start = decoder.skip(length);
    const known = this.shapes.get(hash);
    if (known !== undefined && isEqual(known.definition, decoder.bytes, start, length)) return known;
    decoder.position = start;
    const keys = readKeys(decoder);
    if (decoder.position !== start + length) decoder.broken('a shape has another length');
    const shape = new Shape(Uint8Array.from(decoder.bytes.subarray(start, start + length)), keys);
    if (this.shapes.size >= MAX_SHAPES) this.shapes.clear();
    this.shapes.set(hash, shape);
    return shape;
  }
}

/**
 * @param {Uint8Array} definition
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} length
 */
function isEqual(definition, bytes, start, length) {
  if (definition.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (definition[i] !== bytes[start + i]) return false;
  }
  return true;
}

/** @param {Decoder} decoder */
function readKeys(decoder) {
  const keys = [];
  for (let count = decoder.count(1); count > 0; count--) {
    const head = decoder.varint();
    const length = Math.floor(head / 2);
    keys.push(head % 2 === 1 ? decoder.utf16(length) : decoder.latin1(length));
  }
  return keys;
}

exports.Shape = Shape;
exports.ShapeCache = ShapeCache;
