'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { test } = require('node:test');

const { errors, module: moduleTask } = require('..');
const { outcome, poolFor } = require('./fixtures/pools');

const NESTED = path.join(__dirname, 'fixtures', 'nested.js');
const task = (/** @type {string} */ name) => moduleTask(NESTED, name);

test('a task may run tasks of its own, deeper than there are workers', async (t) => {
  for (const workers of [1, 2]) {
    const pool = poolFor(t, { workers });
    assert.strictEqual(await pool.run(task('depth'), { args: [20] }), 20);
  }
});

test('a tree of tasks on one worker, and on two', async (t) => {
  for (const workers of [1, 2]) {
    const pool = poolFor(t, { workers });
    assert.strictEqual(await pool.run(task('fibonacci'), { args: [10] }), 55);
    assert.strictEqual(pool.getActiveTaskCount(), 0);
  }
});

test('more parents than a worker takes at once do not deadlock', async (t) => {
  const pool = poolFor(t, { workers: { max: 1, concurrency: 2 } });
  const handles = Array.from({ length: 20 }, () => pool.run(task('depth'), { args: [3] }));
  assert.deepStrictEqual(await Promise.all(handles), Array(20).fill(3));
});

test('map, runAll, batch, retry and wrap work in a task', async (t) => {
  const pool = poolFor(t);
  assert.deepStrictEqual(await pool.run(task('verbs')), {
    map: [2, 4, 6],
    runAll: [2, 4],
    batch: [10],
    retry: 14,
    wrap: 16,
  });
});

test('the children go to the pool of their parent', async (t) => {
  const pool = poolFor(t);
  const before = pool.getStats().counts.completed;
  await pool.run(task('depth'), { args: [4] });
  assert.strictEqual(pool.getStats().counts.completed - before, 5);
});

test('errors come up through all levels', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const { error } = await outcome(pool.run(task('failsAt'), { args: [5] }));
  assert.ok(error instanceof RangeError);
  assert.strictEqual(error.message, 'at the bottom');
});

test('cancelling and timeouts of children are heard in the parent', async (t) => {
  const pool = poolFor(t);
  assert.deepStrictEqual(await pool.run(task('cancelsItsChild')), ['AbortError', 'enough']);
  assert.strictEqual(await pool.run(task('childTimesOut')), 'TimeoutError');
});

// Issue 4: with one worker, parent and child had begun on the same thread, and were ended together.
test('a late child does not take its waiting parent along, though there may be one worker only', async (t) => {
  const pool = poolFor(t, { workers: { max: 1 } });
  assert.deepStrictEqual(await pool.run(task('outlives'), { args: [1] }), ['ERR_TASKLETS_TIMEOUT']);
  assert.deepStrictEqual(
    await pool.run(task('outlives'), { args: [3] }),
    Array(3).fill('ERR_TASKLETS_TIMEOUT'),
  );
  assert.deepStrictEqual(await pool.run(task('outlivesTwo'), { args: [1] }), ['ERR_TASKLETS_TIMEOUT']);
  assert.strictEqual(await pool.run(task('revokes')), 'ERR_TASKLETS_CANCELLED');
  assert.strictEqual(pool.getStats().counts.failed, 0);
});

test('where every worker waits for its children, some with a timeout begin all the same', async (t) => {
  const pool = poolFor(t, { workers: 2, timeout: 300_000 });
  const trees = [1, 2, 3].map(() => pool.run(task('fibonacci'), { args: [6] }));
  assert.deepStrictEqual(await Promise.all(trees), [8, 8, 8]);
  assert.ok(pool.getStats().workers.length <= 4);
});

test('shared memory and moved buffers reach a child and come back', async (t) => {
  const pool = poolFor(t);
  assert.deepStrictEqual(await pool.run(task('sharesWithChildren')), [2, 16, 0]);
});

test('a parent that dies takes its waiting children with it, and nothing hangs', async (t) => {
  const pool = poolFor(t, { workers: 2 });
  const { error } = await outcome(pool.run(task('leavesItsChildren')));
  assert.ok(error instanceof errors.WorkerExitError);
  assert.strictEqual(await pool.run(() => 1), 1);
  while (pool.getActiveTaskCount() > 0)
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
});

test('what belongs to the owner of the pool is refused in a task', async (t) => {
  const pool = poolFor(t);
  const refused = await pool.run(task('rulesThePool'));
  for (const [verb, message] of Object.entries(refused)) assert.match(message, new RegExp(`\`${verb}\``));
});

test('a task may have a pool of its own, and end it', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  assert.deepStrictEqual(await pool.run(task('ownPool')), [2, 4]);
  // One that it forgets ends with its worker.
  assert.strictEqual(await pool.run(task('forgottenPool')), 2);
});
