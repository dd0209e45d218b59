'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');

const { errors } = require('..');
const { Gate, echo, outcome, poolFor, spinForever } = require('./fixtures/pools');

const fails = () => {
  throw new RangeError('failed');
};

test('tells what became of each, in order', async (t) => {
  const pool = poolFor(t);
  const results = await pool.batch([
    { name: 'a', task: echo, args: [1] },
    { name: 'b', task: fails },
    { task: async () => 3 },
    { task: /** @type {any} */ (null) },
  ]);
  assert.deepStrictEqual(
    results.map(({ name, success }) => [name, success]),
    [
      ['a', true],
      ['b', false],
      ['task', true],
      ['task 3', false],
    ],
  );
  assert.strictEqual(results[0].result, 1);
  assert.ok(results[1].error instanceof RangeError);
  assert.ok(results[3].error instanceof errors.InvalidTaskError);
  for (const { duration } of results) assert.ok(duration >= 0);
  assert.deepStrictEqual(
    results.slice(0, 3).map(({ attempts }) => attempts),
    [1, 1, 1],
  );
  assert.strictEqual(Object.hasOwn(results[0], 'error'), false);
  assert.strictEqual(Object.hasOwn(results[1], 'result'), false);
});

test('10 000 items', async (t) => {
  const pool = poolFor(t);
  let last;
  const items = Array.from({ length: 10_000 }, (_, i) => ({ name: `n${i}`, task: echo, args: [i] }));
  const results = await pool.batch(items, { concurrency: 100, onProgress: (progress) => (last = progress) });
  assert.ok(results.every(({ name, result, success }, i) => success && result === i && name === `n${i}`));
  assert.deepStrictEqual(
    { ...last, name: '' },
    { completed: 10_000, failed: 0, total: 10_000, percentage: 100, name: '' },
  );
});

test('an empty batch has no results', async (t) => {
  assert.deepStrictEqual(await poolFor(t).batch([]), []);
});

test('onProgress counts up, once for each', async (t) => {
  const pool = poolFor(t);
  const heard = [];
  await pool.batch(
    [
      { name: 'a', task: echo },
      { name: 'b', task: fails },
      { name: 'c', task: echo },
      { name: 'd', task: echo },
    ],
    { concurrency: 1, onProgress: (progress) => heard.push(progress) },
  );
  assert.deepStrictEqual(heard, [
    { completed: 1, failed: 0, total: 4, percentage: 25, name: 'a' },
    { completed: 1, failed: 1, total: 4, percentage: 50, name: 'b' },
    { completed: 2, failed: 1, total: 4, percentage: 75, name: 'c' },
    { completed: 3, failed: 1, total: 4, percentage: 100, name: 'd' },
  ]);
});

test('an onProgress that throws is a warning', async (t) => {
  const pool = poolFor(t);
  const warned = once(process, 'warning');
  const onProgress = () => {
    throw new Error('from onProgress');
  };
  const results = await pool.batch([{ name: 'a', task: echo }], { onProgress });
  assert.strictEqual(results[0].success, true);
  assert.match((await warned)[0].message, /from onProgress/);
});

test('stopOnError cancels what runs and starts nothing more', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const results = await pool.batch(
    [
      { name: 'endless', task: spinForever, args: [gate.words], grace: 0 },
      { name: 'bad', task: fails },
      ...Array.from({ length: 5 }, (_, i) => ({ name: `never ${i}`, task: spinForever })),
    ],
    { stopOnError: true, concurrency: 2 },
  );
  assert.strictEqual(results.length, 7);
  assert.ok(results[1].error instanceof RangeError);
  for (const { name, error, success } of [results[0], ...results.slice(2)]) {
    assert.strictEqual(success, false);
    assert.ok(error instanceof errors.CancelledError, name);
  }
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('attempts and options of each item hold', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const second = (words) => {
    if (Atomics.add(words, 0, 1) === 0) throw new Error('x');
    return 'ok';
  };
  const [retried, late] = await pool.batch([
    { name: 'retried', task: second, args: [words], retry: { attempts: 2, delay: 0 } },
    { name: 'late', task: spinForever, timeout: 20, grace: 0 },
  ]);
  assert.deepStrictEqual([retried.result, retried.attempts], ['ok', 2]);
  assert.ok(late.error instanceof errors.TimeoutError);
  assert.ok(late.duration >= 15);
});

test('wrong arguments reject, before anything runs', async (t) => {
  const pool = poolFor(t);
  for (const [items, options, option] of /** @type {any[]} */ ([
    [null, undefined, 'tasks'],
    [5, undefined, 'tasks'],
    [[echo], undefined, 'tasks[0]'],
    [[{ name: 'x' }], undefined, 'tasks[0]'],
    [[{ task: echo, nam: 'x' }], undefined, 'tasks[0].nam'],
    [[{ task: echo, name: 5 }], undefined, 'tasks[0].name'],
    [[], { concurrency: 0 }, 'concurrency'],
    [[], { stoponerror: true }, 'stoponerror'],
    [[], null, 'options'],
  ])) {
    const { error } = await outcome(pool.batch(items, options));
    assert.ok(error instanceof errors.ConfigError, option);
    assert.strictEqual(error.option, option);
  }
  assert.strictEqual(pool.getStats().counts.submitted, 0);
});

test('thrown values that are no errors are told as they are', async (t) => {
  const pool = poolFor(t);
  const throws = (/** @type {any} */ value) => {
    throw value;
  };
  const results = await pool.batch(
    [null, undefined, 0, '', false].map((value) => ({ task: throws, args: [value] })),
  );
  assert.deepStrictEqual(
    results.map(({ success, error }) => [success, error]),
    [null, undefined, 0, '', false].map((value) => [false, value]),
  );
});
