'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { echo, outcome, poolFor, program, spinForever } = require('./fixtures/pools');

/** @param {import('../index').Pool} pool */
const workers = (pool) => pool.getStats().workers.map(({ id }) => id);

test('a spare takes the place of a worker that was ended', async (t) => {
  const pool = poolFor(t, { workers: { max: 1, spare: 1 } });
  for (let i = 0; i < 5; i++) {
    const late = outcome(pool.run(spinForever, { timeout: 20, grace: 0 }));
    const next = pool.run(echo, { args: [i] });
    assert.strictEqual((await late).error.code, 'ERR_TASKLETS_TIMEOUT');
    assert.strictEqual(await next, i);
  }
});

test('spares are no workers', async (t) => {
  const pool = poolFor(t, { workers: { max: 2, spare: 2 } });
  await Promise.all([pool.run(echo), pool.run(echo)]);
  assert.ok(workers(pool).length <= 2);
  assert.strictEqual((await pool.shutdown()).graceful, true);
});

test('spares come and go with the config', async (t) => {
  const pool = poolFor(t, { workers: { max: 1 } });
  await pool.run(echo);
  pool.config({ workers: { spare: 1 } });
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
  pool.config({ memory: { perWorker: '128MB' } });
  assert.strictEqual(await pool.run(echo, { args: [2] }), 2);
  pool.config({ workers: { spare: 0 } });
  assert.strictEqual(await pool.run(echo, { args: [3] }), 3);
});

test('a process with spares exits by itself', async () => {
  const { code, stdout } = await program(`
    const pool = new tasklets.Pool({ workers: { max: 1, spare: 1 } });
    pool.run(() => 42).then(console.log);
  `);
  assert.deepStrictEqual([code, stdout.trim()], [0, '42']);
});

for (const cleanup of ['aggressive', 'lazy']) {
  test(`idle workers give memory back where cleanup is '${cleanup}'`, async (t) => {
    const pool = poolFor(t, { workers: 1, memory: { cleanup } });
    const litter = () => {
      for (let i = 0, kept = []; i < 200; i++) kept.push(new Array(10_000).fill({}));
      return process.memoryUsage().heapUsed;
    };
    const heap = () => pool.getStats().workers[0].heapUsed;
    // A lazy one does it once: for what its start has left, and its first tasks.
    for (let times = cleanup === 'aggressive' ? 2 : 1; times > 0; times--) {
      const before = await pool.run(litter);
      assert.ok(before > 12e6, String(before));
      while (heap() === 0 || heap() > before - 8e6) await turn();
    }
    assert.strictEqual(await pool.run(() => typeof globalThis.gc), 'undefined');
  });
}

/** A moment in which something may have come. */
function turn() {
  return new Promise((resolve) => {
    setTimeout(resolve, 10);
  });
}
