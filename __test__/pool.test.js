'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { once } = require('node:events');
const path = require('node:path');

const { Pool, errors } = require('..');
const { Gate, echo, outcome, poolFor, stand } = require('./fixtures/pools');

test('several pools side by side keep their own workers and configs', async (t) => {
  const pools = [1, 2, 3].map((workers) => poolFor(t, { workers, timeout: workers * 100_000 }));
  const gates = pools.map(() => new Gate());
  const held = pools.map((pool, i) => pool.run(stand, { args: [gates[i].words, i] }));
  await Promise.all(gates.map((gate) => gate.entered()));
  assert.deepStrictEqual(
    held.map(({ timeout }) => timeout),
    [100_000, 200_000, 300_000],
  );
  assert.strictEqual(new Set(held.map(({ worker }) => worker)).size, 3);
  assert.deepStrictEqual(
    pools.map((pool) => pool.getActiveTaskCount()),
    [1, 1, 1],
  );
  for (const gate of gates) gate.open();
  assert.deepStrictEqual(await Promise.all(held), [0, 1, 2]);
  await pools[0].shutdown();
  assert.ok((await outcome(pools[0].run(echo))).error instanceof errors.ShutdownError);
  assert.strictEqual(await pools[1].run(echo, { args: ['other'] }), 'other');
});

test('throws for a config that is wrong', () => {
  for (const [config, option] of /** @type {any[]} */ ([
    [{ workers: -1 }, 'workers'],
    [{ worker: 2 }, 'worker'],
    [null, 'config'],
    [5, 'config'],
    [{ queue: { maxsize: 5 } }, 'queue.maxsize'],
  ])) {
    assert.throws(
      () => new Pool(config),
      (/** @type {any} */ error) => error instanceof errors.ConfigError && error.option.startsWith(option),
    );
  }
});

test('making a pool starts no worker', async (t) => {
  const pool = poolFor(t, { workers: { min: 2, max: 2 } });
  assert.strictEqual(pool.getStats().workers.length, 0);
});

test('pools that are made and dropped in great number', async () => {
  for (let i = 0; i < 20; i++) {
    const pool = new Pool({ workers: 1 });
    assert.strictEqual(await pool.run(echo, { args: [i] }), i);
    await pool.shutdown();
  }
});

test('a pool of a user’s worker thread works beside that of the main thread', async (t) => {
  const pool = poolFor(t);
  const source = `
    const { run, shutdown } = require(${JSON.stringify(path.join(__dirname, '..'))});
    const { parentPort } = require('node:worker_threads');
    parentPort.once('message', async () => {
      const results = await Promise.all(Array.from({ length: 200 }, (_, i) => run((n) => n * 2, { args: [i] })));
      await shutdown();
      parentPort.postMessage(results.reduce((a, b) => a + b));
    });
  `;
  const threads = [1, 2].map(() => new Worker(source, { eval: true }));
  for (const thread of threads) thread.postMessage('go');
  const here = Promise.all(Array.from({ length: 200 }, (_, i) => pool.run(echo, { args: [i] })));
  const sums = await Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0]));
  assert.deepStrictEqual(sums, [39_800, 39_800]);
  assert.strictEqual((await here).length, 200);
  await Promise.all(threads.map((thread) => thread.terminate()));
});

test('a worker thread that is terminated takes its pool along, and disturbs no other', async (t) => {
  const pool = poolFor(t);
  const source = `
    const { run } = require(${JSON.stringify(path.join(__dirname, '..'))});
    const { parentPort } = require('node:worker_threads');
    const go = () => run((n) => n, { args: [1] }).then(go);
    for (let i = 0; i < 50; i++) go();
    run(() => 1).then(() => parentPort.postMessage('busy'));
  `;
  for (let round = 0; round < 5; round++) {
    const thread = new Worker(source, { eval: true });
    await once(thread, 'message');
    const [, result] = await Promise.all([thread.terminate(), pool.run(echo, { args: [round] })]);
    assert.strictEqual(result, round);
  }
});
