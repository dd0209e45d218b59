'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { Decoder } = require('../lib/codec');
const { assertSame, BEFORE, encode, roundTrip } = require('./fixtures/codec');

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes values of every kind that structuredClone copies, with references back. */
class Generator {
  constructor(seed) {
    this.next = random(seed);
    this.made = [];
    this.budget = 60;
  }

  below(n) {
    return Math.floor(this.next() * n);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  string() {
    const alphabet = this.pick(['abc', 'aé', 'a€', '\ud83d\udca5', 'ab\0"\\']);
    const length = this.pick([0, 1, 5, 12, 13, 40, 200]);
    return Array.from({ length }, () => this.pick(alphabet.split(''))).join('');
  }

  primitive() {
    return this.pick([
      () => this.below(300) - 150,
      () => (this.below(4e9) - 2e9) * this.below(3),
      () => this.next() * 10 ** (this.below(40) - 20),
      () => this.pick([-0, NaN, Infinity, 2 ** 31, -(2 ** 31), 0, 127, 128]),
      () => this.string(),
      () => this.pick([true, false, null, undefined]),
      () => BigInt(this.below(1000)) ** BigInt(this.below(20)) * (this.next() < 0.5 ? -1n : 1n),
    ])();
  }

  value() {
    if (this.budget-- <= 0 || this.next() < 0.35) return this.primitive();
    if (this.made.length > 0 && this.next() < 0.15) return this.pick(this.made);
    return this.pick([
      () =>
        this.fill(
          {},
          (object) => (object[this.pick(['a', 'b', 'c', 'd', '1', this.string()])] = this.value()),
        ),
      () => this.fill({}, (object) => (object[this.pick(['x', 'y'])] = this.value())),
      () => this.fill([], (array) => array.push(this.value())),
      () => this.fill([], (array) => (array[this.below(150)] = this.value())),
      () => this.fill([], (array) => (array[this.pick([0, 1, 2, 'name', '-1'])] = this.value())),
      () => this.fill(new Map(), (map) => map.set(this.value(), this.value())),
      () => this.fill(new Set(), (set) => set.add(this.value())),
      () => this.keep(new Date(this.below(1e12))),
      () => this.keep(/[a-z]+\/€/giu),
      () => this.keep(Object(this.pick([1, 'text', true, 7n]))),
      () => this.keep(Uint8Array.from({ length: this.below(20) }, () => this.below(256))),
      () => this.keep(new Float64Array(this.below(5)).fill(this.next())),
      () => this.keep(new ArrayBuffer(this.below(20))),
    ])();
  }

  keep(object) {
    this.made.push(object);
    return object;
  }

  fill(object, step) {
    this.keep(object);
    for (let i = this.below(7); i > 0; i--) step(object);
    return object;
  }
}

test('copies random values as structuredClone does', () => {
  for (let seed = 1; seed <= 4000; seed++) {
    const value = new Generator(seed).value();
    try {
      assertSame(roundTrip(value), structuredClone(value));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
});

test('copies random values as arguments', () => {
  for (let seed = 5001; seed <= 6000; seed++) {
    const generator = new Generator(seed);
    const args = Array.from({ length: generator.below(5) }, () => generator.value());
    assertSame(roundTrip(args, { as: 'Args' }), structuredClone(args));
  }
});

/** Reads bytes that may be broken: it may throw or not, but it comes back, and soon. */
function readBroken(decoder, bytes) {
  decoder.reset(bytes, BEFORE);
  const context = { extras: [], onHook: (value) => value, detach: () => new ArrayBuffer(8) };
  try {
    decoder.readValue(context);
  } catch (error) {
    assert.ok(error instanceof Error);
    return true;
  }
  return false;
}

test('broken bytes make the reader throw, never hang, and leave it usable', () => {
  const decoder = new Decoder();
  const next = random(77);
  let thrown = 0;
  for (let seed = 1; seed <= 1500; seed++) {
    const good = encode(new Generator(seed).value());
    for (let i = 0; i < 6; i++) {
      const bytes = Buffer.from(good);
      for (let n = 0; n <= i % 3; n++)
        bytes[BEFORE + Math.floor(next() * (bytes.length - BEFORE))] = next() * 256;
      if (readBroken(decoder, bytes)) thrown++;
    }
  }
  assert.ok(thrown > 1000, `${thrown} were recognised`);
  const fine = encode({ still: ['fine'] });
  decoder.reset(fine, BEFORE);
  assertSame(decoder.readValue(), { still: ['fine'] });
});

test('every message that was cut short is recognised', () => {
  const decoder = new Decoder();
  for (let seed = 1; seed <= 300; seed++) {
    const good = encode(new Generator(seed).value());
    for (let end = BEFORE; end < good.length; end += 1 + (seed % 5)) {
      assert.ok(readBroken(decoder, good.subarray(0, end)), `seed ${seed}, ${end} of ${good.length}`);
    }
  }
});

test('random bytes are recognised, whatever lengths they announce', () => {
  const decoder = new Decoder();
  const next = random(99);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 20_000; i++) {
    const bytes = Buffer.alloc(BEFORE + 40);
    for (let n = BEFORE; n < bytes.length; n++) bytes[n] = next() < 0.3 ? 0x80 + next() * 0x30 : next() * 256;
    bytes[BEFORE] &= 31;
    bytes.writeUInt32LE(Math.floor(next() * 36), BEFORE + 1);
    readBroken(decoder, bytes);
  }
  assert.ok(process.memoryUsage().rss - before < 500e6);
});
