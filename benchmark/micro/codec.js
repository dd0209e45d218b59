'use strict';

// What does it cost to write a value and to read it again, beside JSON, v8.serialize and structuredClone?
//
//   node benchmark/micro/codec.js [--quick] [--case='1 KB'] [module of another codec with pack and unpack]

const assert = require('node:assert/strict');
const os = require('node:os');
const v8 = require('node:v8');
const { Decoder, Encoder } = require('../../lib/codec');

const isQuick = process.argv.includes('--quick');
const wanted = process.argv.find((argument) => argument.startsWith('--case='))?.slice('--case='.length) ?? '';
const other = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
/** Rounds in which all codecs take turns, and the time each has per turn. */
const ROUNDS = isQuick ? 3 : 25;
const TURN_MS = isQuick ? 2 : 20;

/** A record as a database row or an API answer has it. @param {number} i */
function row(i) {
  return { id: i, name: `name-${i}`, active: i % 2 === 0, score: i * 1.5, tag: 'abc' };
}

/** About 1 KB of JSON, 60 values. */
function kilobyte() {
  return {
    id: 123456,
    kind: 'order',
    createdAt: 1763700000000,
    customer: {
      id: 77,
      name: 'Ada Lovelace',
      email: 'ada@example.org',
      vip: true,
      address: { city: 'London', zip: 'W1' },
    },
    items: Array.from({ length: 6 }, (_, i) => ({
      sku: `SKU-${1000 + i}`,
      quantity: i + 1,
      price: 9.99 + i,
      taxed: i % 2 === 0,
      title: `a thing to buy, number ${i}`,
    })),
    totals: { net: 84.94, tax: 16.14, gross: 101.08, currency: 'EUR' },
    tags: ['new', 'gift', 'express'],
    history: [1, 5, 9, 14, 200, 3000],
    notes: 'please leave the parcel with the neighbour on the left',
    paid: true,
    ratio: 0.25,
    parent: null,
  };
}

/** @type {Record<string, any[]>} */
const CASES = {
  '[]': [],
  '[35]': [35],
  "['abc']": ['abc'],
  '[3 fields]': [{ a: 1, b: 'two', c: true }],
  '1 KB object': [kilobyte()],
  '1000 records': [Array.from({ length: 1000 }, (_, i) => row(i))],
  '10 000 floats': [Array.from({ length: 10_000 }, (_, i) => i / 7)],
  '100 strings': [Array.from({ length: 100 }, (_, i) => `a string that is a bit longer, number ${i}`)],
  'Uint8Array of 1 KB': [new Uint8Array(1024).fill(7)],
  'Map and Set': [
    new Map(
      /** @type {[string, any][]} */ ([
        ['a', 1],
        ['b', { x: 1 }],
      ]),
    ),
    new Set([1, 2, 3]),
  ],
};

const encoder = new Encoder(1 << 20);
const decoder = new Decoder();
let end = 0;

/** @type {Record<string, { write(value: any): any, read(bytes: any): any }>} */
const CODECS = {
  codec: {
    write(value) {
      encoder.position = 0;
      encoder.writeArgs(value);
      end = encoder.position;
      return encoder.bytes;
    },
    read(bytes) {
      decoder.reset(bytes, 0);
      return decoder.readArgs();
    },
  },
  JSON: { write: JSON.stringify, read: JSON.parse },
  v8: { write: v8.serialize, read: v8.deserialize },
  structuredClone: { write: (value) => value, read: (value) => structuredClone(value) },
};
if (other !== undefined) {
  const { pack, unpack } = require(require('node:path').resolve(other));
  CODECS.other = { write: pack, read: unpack };
}

/**
 * Nanoseconds per call, over about one turn.
 *
 * @param {(argument: any) => any} fn
 * @param {any} argument
 */
function turn(fn, argument) {
  let calls = 0;
  let result;
  const start = process.hrtime.bigint();
  const deadline = start + BigInt(TURN_MS * 1e6);
  let now;
  do {
    for (let i = 0; i < 50; i++) result = fn(argument);
    calls += 50;
    now = process.hrtime.bigint();
  } while (now < deadline);
  return { time: Number(now - start) / calls, result };
}

/** @param {number[]} list */
function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return {
    middle: sorted[sorted.length >> 1],
    low: sorted[sorted.length >> 2],
    high: sorted[(sorted.length * 3) >> 2],
  };
}

/** @param {number[]} times */
function show(times) {
  const { middle, low, high } = median(times);
  const unit = middle < 10_000 ? 1 : 1000;
  const round = (/** @type {number} */ n) => (n / unit).toFixed(middle / unit < 100 ? 1 : 0);
  return `${round(middle)} ${unit === 1 ? 'ns' : 'µs'} (${round(low)}-${round(high)})`;
}

console.log(`node ${process.version}, ${os.availableParallelism()} cores, ${os.cpus()[0]?.model}`);
console.log(`median (quartiles) of ${ROUNDS} interleaved turns of ${TURN_MS} ms; write + read\n`);
for (const [name, value] of Object.entries(CASES)) {
  if (!name.includes(wanted)) continue;
  const isJson = !/Map|Uint8/.test(name);
  const names = Object.keys(CODECS).filter((codec) => codec !== 'JSON' || isJson);
  /** @type {Map<string, { write: number[], read: number[] }>} */
  const times = new Map(names.map((codec) => [codec, { write: [], read: [] }]));
  for (let round = -2; round < ROUNDS; round++) {
    for (const codec of names) {
      const { write, read } = CODECS[codec];
      const written = turn(write, value);
      const back = turn(read, written.result);
      if (round === -2) assert.deepEqual(back.result, value);
      if (round < 0) continue;
      times.get(codec)?.write.push(written.time);
      times.get(codec)?.read.push(back.time);
    }
  }
  CODECS.codec.write(value);
  console.log(`${name} (${end} bytes)`);
  for (const [codec, { write, read }] of times) {
    console.log(`  ${codec.padEnd(16)} write ${show(write).padEnd(28)} read ${show(read)}`);
  }
}
