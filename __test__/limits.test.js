'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { current, errors, run } = require('..');
const { Gate, echo, linger, outcome, poolFor, spin, spinForever } = require('./fixtures/pools');

const MB = 1024 * 1024;
const noClocks = process.platform === 'linux' ? false : 'the CPU time of threads can be read on Linux only';

test('a task that burns CPU in a loop is ended at its limit', { skip: noClocks }, async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const handle = pool.run(spinForever, { name: 'burner', limits: { cpuTime: 60 }, grace: 0 });
  const neighbours = Array.from({ length: 20 }, (_, i) => pool.run(echo, { args: [i] }));
  const { error } = await outcome(handle);
  assert.ok(error instanceof errors.ResourceLimitError, String(error));
  assert.strictEqual(error.code, 'ERR_TASKLETS_CPU_LIMIT');
  assert.strictEqual(error.limit, 60);
  assert.ok(error.used >= 60 && error.used < 2000, String(error.used));
  assert.strictEqual(error.taskName, 'burner');
  assert.deepStrictEqual(await Promise.all(neighbours), [...Array(20).keys()]);
});

test('an async task that burns CPU between its awaits is ended, and told', { skip: noClocks }, async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const burn = async () => {
    for (;;) {
      const until = performance.now() + 5;
      while (performance.now() < until);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (current().cancelled) return;
    }
  };
  const { error } = await outcome(pool.run(burn, { limits: { cpuTime: 50 }, grace: 60_000 }));
  assert.strictEqual(error.code, 'ERR_TASKLETS_CPU_LIMIT');
  // It has stopped by itself: the worker is the same.
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
  assert.strictEqual(pool.getHealth().workers.crashed, 0);
});

test('time that a task only waits is no CPU time', { skip: noClocks }, async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const nap = async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, 250);
    });
    return 'awake';
  };
  assert.strictEqual(await pool.run(nap, { limits: { cpuTime: 100 } }), 'awake');
  const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  assert.strictEqual(await pool.run(block, { limits: { cpuTime: 100 } }), 'timed-out');
});

test('what other tasks have used before does not count', { skip: noClocks }, async (t) => {
  const pool = poolFor(t, { workers: 1 });
  for (let i = 0; i < 4; i++)
    assert.strictEqual(await pool.run(spin, { args: [60], limits: { cpuTime: 200 } }), 60);
});

test('a task beyond its CPU time is tried again where `retry` says so', { skip: noClocks }, async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const { error } = await outcome(
    pool.run(spinForever, { limits: { cpuTime: 20 }, grace: 0, retry: { attempts: 2, delay: 0 } }),
  );
  assert.strictEqual(error.code, 'ERR_TASKLETS_CPU_LIMIT');
  assert.strictEqual(error.attempts, 2);
});

const greedy = () => {
  const kept = [];
  for (;;) kept.push(new Array(10_000).fill(1.5));
};

test('a task that takes more memory than its limit fails, and its neighbours live', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const neighbour = pool.run(linger, { args: [gate.words, 'alive'] });
  await gate.entered();
  const { error } = await outcome(pool.run(greedy, { limits: { memory: '32MB' } }));
  assert.ok(error instanceof errors.ResourceLimitError, String(error));
  assert.strictEqual(error.code, 'ERR_TASKLETS_MEMORY_LIMIT');
  assert.strictEqual(error.limit, 32 * MB);
  assert.ok(error.used >= 32 * MB, String(error.used));
  gate.open();
  assert.strictEqual(await neighbour, 'alive');
});

test('tasks within their memory limits run, however many, beside others', async (t) => {
  const pool = poolFor(t);
  const handles = Array.from({ length: 12 }, (_, i) =>
    pool.run(echo, { args: [i], ...(i % 2 === 0 && { limits: { memory: '64MB' } }) }),
  );
  assert.deepStrictEqual(await Promise.all(handles), [...Array(12).keys()]);
  assert.ok(pool.getStats().workers.length <= 3);
});

test('nested tasks with memory limits wait for no worker for ever', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const nest = async (/** @type {number} */ depth) => {
    if (depth === 0) return 0;
    const limits = depth % 2 === 0 ? { memory: '64MB' } : undefined;
    return 1 + (await run(nest, { args: [depth - 1], limits }));
  };
  assert.strictEqual(await pool.run(nest, { args: [4], limits: { memory: '64MB' } }), 4);
});

test('cancelled before its worker is there, a limited task never starts', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const words = new Int32Array(new SharedArrayBuffer(4));
  const note = (/** @type {Int32Array} */ words) => void Atomics.add(words, 0, 1);
  const handle = pool.run(note, { args: [words], limits: { memory: '64MB' } });
  const seen = outcome(handle);
  await null;
  assert.strictEqual(handle.state, 'queued');
  handle.cancel();
  assert.strictEqual((await seen).error.code, 'ERR_TASKLETS_CANCELLED');
  assert.strictEqual(await pool.run(echo, { args: [1], limits: { memory: '64MB' } }), 1);
  assert.strictEqual(words[0], 0);
});
