'use strict';

// What does it cost to send a closure: on the submitting thread, and in the worker? Beside it, the bare calls of the
// inspector that reading variables cannot do without. Piece by piece, without the engine: the case `capture` asks that.

const codec = require('../../lib/capture-codec');
const { Capture } = require('../../lib/capture');
const { Reviver } = require('../../lib/capture/revive');
const { bareReading } = require('../harness/inspector.js');

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 3 : 9;

const analyzer = require('../../lib/native');
const definitions = new Map();
const capture = new Capture({
  analyzer,
  codec,
  define(bytes) {
    definitions.set(definitions.size + 1, bytes);
    return definitions.size;
  },
});
const reviver = new Reviver({ codec, definition: (id) => definitions.get(id) });

const K = 7;
/** @param {number} x */
function helper(x) {
  return x * K;
}
/** @param {number} n @returns {number} */
function fibonacci(n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

/**
 * Microseconds of one call, the median of several rounds.
 *
 * @param {(i: number) => unknown} call
 * @param {number} count
 * @returns {number}
 */
function measure(call, count) {
  const times = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) call(i);
    times.push(Number(process.hrtime.bigint() - start) / 1000 / count);
  }
  // The first round is for the compiler.
  return times.slice(1).sort((a, b) => a - b)[ROUNDS >> 1];
}

/** @type {object[]} */
const rows = [];
const row = (/** @type {string} */ name, /** @type {number} */ us) =>
  rows.push({ name, us: us.toFixed(2), 'per second': Math.round(1e6 / us) });

const bare = bareReading();
row(
  'the bare inspector calls, one closure',
  measure(() => bare(() => helper(K)), quick ? 200 : 1000),
);

row(
  'capture: a fresh closure that captures nothing',
  measure(() => capture.prepare(() => 1), 100_000),
);
const known = () => 1;
row(
  'capture: the same one again',
  measure(() => capture.prepare(known), 100_000),
);
row(
  'capture: fibonacci, with arguments',
  measure(() => capture.prepare(fibonacci), 100_000),
);
row(
  'capture: a fresh closure, a helper and a constant',
  measure(() => capture.prepare(() => helper(K)), 1000),
);
row(
  'capture: a fresh closure, a helper and a number that differs',
  measure((i) => capture.prepare(() => helper(i)), 1000),
);
const sixteen = () => Array.from({ length: 16 }, (_, i) => ({ fn: () => helper(K) + i }));
row('capture: each of 16 in one runAll', measure(() => capture.prepareAll(sixteen()), 100) / 16);
const data = { list: Array.from({ length: 100 }, (_, i) => ({ i })) };
row(
  'capture: a fresh closure and 100 small objects',
  measure(() => capture.prepare(() => data.list.length), 500),
);
class Vec {
  #n = 1;
  /** @param {number} x */
  constructor(x) {
    this.x = x;
  }
  get() {
    return this.x + this.#n;
  }
}
const vec = new Vec(1);
row(
  'capture: an instance with private state',
  measure(() => capture.prepare(() => vec.get()), 500),
);

const prepared = capture.prepare(() => helper(K) + data.list.length);
row(
  'worker: rebuild a closure with a helper and 100 objects',
  measure(() => reviver.load(prepared.definition, prepared.section), 1000),
);
const small = (/** @type {number} */ i) => capture.prepare(() => helper(i));
const smallPrepared = small(3);
row(
  'worker: rebuild a closure with a helper and a number',
  measure(() => reviver.load(smallPrepared.definition, smallPrepared.section), 1000),
);
const wrapped = capture.prepare(() => helper(K), { keep: true });
row(
  'worker: a wrapped closure',
  measure(() => reviver.load(wrapped.definition, null), 10_000),
);
const instance = capture.prepare(() => vec.get());
row(
  'worker: rebuild a class and an instance',
  measure(() => reviver.load(instance.definition, instance.section), 1000),
);

const there = reviver.load(capture.prepare(() => fibonacci(22), { keep: true }).definition, null).fn;
if (there() !== fibonacci(22)) throw new Error('a wrong answer');
row(
  'fibonacci(22) at home',
  measure(() => fibonacci(22), 20),
);
row(
  'fibonacci(22) revived',
  measure(() => there(), 20),
);

console.log(`Node ${process.version}, ${require('node:os').availableParallelism()} cores`);
console.table(rows);
