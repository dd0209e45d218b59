'use strict';

/**
 * What workers print goes to the program's `process.stdout` and `process.stderr`. `new Worker` asks for both, and whoever asks
 * first has them made, with all that sockets or terminals need: 2 ms before the thread starts. Most programs have printed
 * nothing by then, and most tasks never do. So while a worker is made streams stand in for the two: they ask for the
 * real ones when something is printed.
 */

const { Writable } = require('node:stream');

/** @typedef {'stdout' | 'stderr'} Name */

const NAMES = /** @type {Name[]} */ (['stdout', 'stderr']);

/** The properties of `process` while others are in their place. @type {Map<Name, PropertyDescriptor>} */
const aside = new Map();

class Later extends Writable {
  #name;

  /** @param {Name} name */
  constructor(name) {
    super();
    this.#name = name;
  }

  /**
   * As `pipe` does it: what is wrong with the stream is the affair of those who listen to it, and who has put a
   * `write` of their own there need not call back.
   *
   * @param {Buffer} chunk
   * @param {BufferEncoding} _
   * @param {() => void} done
   * @override
   */
  _write(chunk, _, done) {
    const stream = real(this.#name);
    if (/** @type {unknown} */ (stream.write(chunk)) === false) stream.once('drain', () => done());
    else done();
  }
}

/** @type {Map<Name, Later>} */
const later = new Map();

/**
 * @param {Name} name
 * @returns {import('node:stream').Writable}
 */
function real(name) {
  const property = aside.get(name);
  if (property === undefined) return process[name];
  return property.get === undefined ? property.value : property.get.call(process);
}

/**
 * @param {Name} name
 * @returns {PropertyDescriptor} which inherits nothing that somebody has put on `Object.prototype`
 */
function standIn(name) {
  let stream = later.get(name);
  if (stream === undefined) later.set(name, (stream = new Later(name)));
  return Object.assign(Object.create(null), { get: () => stream, configurable: true, enumerable: true });
}

/**
 * @template T
 * @param {() => T} make makes a worker
 * @returns {T}
 */
function printingLater(make) {
  try {
    for (const name of NAMES) {
      const property = Object.getOwnPropertyDescriptor(process, name);
      // Somebody wants it to stay as it is, or has taken it away.
      if (property === undefined || !property.configurable) continue;
      Object.defineProperty(process, name, standIn(name));
      aside.set(name, Object.assign(Object.create(null), property));
    }
    return make();
  } finally {
    for (const [name, property] of aside) Object.defineProperty(process, name, property);
    aside.clear();
  }
}

module.exports = { printingLater };
