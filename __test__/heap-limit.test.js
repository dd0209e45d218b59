'use strict';

/** However a heap is filled, bit by bit or at once: the task fails, its worker is replaced, the process lives. */

const assert = require('node:assert');
const { test } = require('node:test');

const { assertFull, tightPool } = require('./fixtures/heaps');
const { echo, outcome } = require('./fixtures/pools');

/** Tasks that take ever more of their worker's heap, or more than all of it at once. @type {Record<string, () => any>} */
const GREEDY = {
  'a map that grows': () => {
    const map = new Map();
    for (let i = 0; ; i++) map.set(i, i);
  },
  'a set that grows': () => {
    const set = new Set();
    for (let i = 0; ; i++) set.add(i);
  },
  'an object that grows': () => {
    const object = /** @type {any} */ ({});
    for (let i = 0; ; i++) object[`key ${i}`] = i;
  },
  'an array that is filled': () => new Array(3e7).fill(0),
  'an array that is only long': () => {
    const kept = [];
    for (;;) kept.push(new Array(2e7));
  },
  'small integers that are pushed': () => {
    const kept = [];
    for (;;) kept.push(1);
  },
  'fractions that are pushed': () => {
    const kept = [];
    for (;;) kept.push(Math.random());
  },
  'an array spread over and over': () => {
    let list = [1, 2, 3, 4];
    for (;;) list = [...list, ...list];
  },
  'an array joined to itself': () => {
    let list = [1, 2, 3, 4];
    for (;;) list = list.concat(list);
  },
  'Array.from': () => Array.from({ length: 3e7 }, (_, i) => i + 0.5),
  'sorted copies': () => {
    const list = Array.from({ length: 1e6 }, (_, i) => -i);
    const kept = [];
    for (;;) kept.push(list.slice().sort((a, b) => a - b));
  },
  'a long string searched by a regular expression': () => {
    const kept = [];
    for (;;) {
      const text = `${'ab'.repeat(3e7)}${kept.length}`;
      kept.push(text);
      /c/.test(text);
    }
  },
  'a long string searched by indexOf': () => {
    const kept = [];
    for (;;) {
      const text = `${'€'.repeat(3e7)}${kept.length}`;
      kept.push(text);
      text.indexOf('zz');
    }
  },
  'strings split': () => {
    const kept = [];
    for (;;) kept.push('a,'.repeat(1e7).split(','));
  },
  'the matches of a regular expression': () => {
    const kept = [];
    for (;;) kept.push('ab'.repeat(1e6).match(/./g));
  },
  'strings joined': () => new Array(2e7).fill('abcdefgh').join(','),
  'JSON.stringify': () => {
    const text = 'x'.repeat(6e7);
    return JSON.stringify([text, text]);
  },
  'JSON.parse of objects': () => JSON.parse(`[${'{"a":1},'.repeat(2e6)}1]`),
  'JSON.parse of numbers': () => {
    const text = `[${'1.5,'.repeat(2e6)}1]`;
    const kept = [];
    for (;;) kept.push(JSON.parse(text));
  },
  structuredClone: () => {
    const list = Array.from({ length: 2e5 }, (_, i) => ({ i }));
    const kept = [];
    for (;;) kept.push(structuredClone(list));
  },
  'functions that are kept': () => {
    const kept = [];
    for (let i = 0; ; i++) kept.push(() => i);
  },
  'generators that are kept': () => {
    const kept = [];
    for (;;) {
      const generator = (function* generate() {
        yield new Array(100);
      })();
      kept.push(generator, generator.next());
    }
  },
  'small typed arrays': () => {
    const kept = [];
    for (;;) kept.push(new Uint8Array(64));
  },
  'code of an enormous length': () => new Function('x', `return [${'x+1,'.repeat(3e6)}1]`)(1).length,
  'a recursion with large frames': () => {
    const descend = (/** @type {any} */ above) => descend([above, new Array(100_000).fill(0)]);
    return descend(null);
  },
  'growth across awaits': async () => {
    const kept = [];
    for (;;) {
      kept.push(new Array(1_000).fill(kept));
      await null;
    }
  },
  'growth across turns of the event loop, a lot at once': async () => {
    const kept = [];
    for (;;) {
      kept.push(new Array(8e6).fill(1.5));
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  },
  'a timer, while the task waits for what never comes': () =>
    new Promise(() => {
      /** @type {any[]} */
      const kept = [];
      setInterval(() => kept.push(new Array(5e6).fill(0)), 1);
    }),
  'a result that is too large to be written': () => 'ab'.repeat(1e8),
};

for (const [what, task] of Object.entries(GREEDY)) {
  test(`${what}: ERR_TASKLETS_MEMORY_LIMIT, and the next task runs`, async (t) => {
    const pool = tightPool(t);
    const { error } = await outcome(pool.run(task));
    assertFull(error);
    assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
    assert.strictEqual(pool.getHealth().workers.crashed, 1);
    assert.strictEqual(pool.getStats().workers.length, 1);
  });
}
