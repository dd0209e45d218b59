'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { errors } = require('..');
const { Gate, echo, linger, outcome, poolFor, spin, spinForever, stand } = require('./fixtures/pools');

test('process.exit in a task fails that task with the exit code, and the pool goes on', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  for (const exit of [() => process.exit(7), async () => process.exit(7)]) {
    const handle = pool.run(exit, { name: 'leaver' });
    const { error } = await outcome(handle);
    assert.ok(error instanceof errors.WorkerExitError);
    assert.strictEqual(error.code, 'ERR_TASKLETS_WORKER_EXIT');
    assert.strictEqual(error.exitCode, 7);
    assert.strictEqual(error.taskId, handle.id);
    assert.strictEqual(error.taskName, 'leaver');
    assert.strictEqual(error.attempts, 1);
    assert.strictEqual(handle.state, 'rejected');
    assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
  }
});

test('a task that dies with its worker has been started once', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const dies = (words) => {
    Atomics.add(words, 0, 1);
    process.exit(1);
  };
  await outcome(pool.run(dies, { args: [words] }));
  await pool.run(echo);
  assert.strictEqual(words[0], 1);
});

test('an uncaught error is the cause', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const throws = () =>
    new Promise(() => {
      setImmediate(() => {
        throw Object.assign(new RangeError('nobody caught it'), { code: 'E_LOOSE' });
      });
    });
  const { error } = await outcome(pool.run(throws));
  assert.ok(error instanceof errors.WorkerExitError);
  assert.ok(error.cause instanceof RangeError, String(error.cause));
  assert.strictEqual(error.cause.message, 'nobody caught it');
  const rejects = () => {
    Promise.reject(new TypeError('nobody awaited it'));
    return new Promise(() => {});
  };
  const second = await outcome(pool.run(rejects));
  assert.ok(second.error.cause instanceof TypeError, String(second.error.cause));
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
});

test('tasks that the dead worker had not started run elsewhere', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  await pool.runAll(Array.from({ length: 200 }, () => ({ task: spin, args: [0] })));
  const words = new Int32Array(new SharedArrayBuffer(4));
  const maybe = (/** @type {number} */ n) => {
    if (n === 50) process.exit(3);
    return n;
  };
  await pool.runAll(Array.from({ length: 200 }, () => ({ task: maybe, args: [0] })));
  const handles = Array.from({ length: 100 }, (_, i) => pool.run(maybe, { args: [i] }));
  const outcomes = await Promise.all(handles.map(outcome));
  for (const [i, { value, error }] of outcomes.entries()) {
    if (i === 50) assert.strictEqual(error.exitCode, 3);
    else assert.strictEqual(value, i, `${i}: ${error}`);
  }
  assert.strictEqual(words[0], 0);
});

test('tasks that had finished before a timeout ended their worker keep their results', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const maybe = (/** @type {number} */ n) => {
    if (n === 25) for (;;);
    return n;
  };
  await pool.runAll(Array.from({ length: 200 }, () => ({ task: maybe, args: [0] })));
  // Far more than any of the others takes, wherever it is interrupted.
  const options = { timeout: 1_000, grace: 0 };
  const handles = Array.from({ length: 50 }, (_, i) => pool.run(maybe, { args: [i], ...options }));
  const outcomes = await Promise.all(handles.map(outcome));
  for (const [i, { value, error }] of outcomes.entries()) {
    if (i === 25) assert.ok(error instanceof errors.TimeoutError);
    else assert.strictEqual(value, i, `${i}: ${error}`);
  }
});

test('tasks that had finished when their worker was ended from within keep their results', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const maybe = (/** @type {number} */ n) => {
    // No `exit` handler runs.
    if (n === 25) process.reallyExit(9);
    return n;
  };
  await pool.runAll(Array.from({ length: 200 }, () => ({ task: maybe, args: [0] })));
  const handles = Array.from({ length: 50 }, (_, i) => pool.run(maybe, { args: [i] }));
  const outcomes = await Promise.all(handles.map(outcome));
  for (const [i, { value, error }] of outcomes.entries()) {
    if (i === 25) assert.strictEqual(error.exitCode, 9);
    else assert.strictEqual(value, i, `${i}: ${error}`);
  }
});

test('what else was under way on the worker fails with the reason', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const neighbour = pool.run(linger, { args: [gate.words] });
  const seen = outcome(neighbour);
  await gate.entered();
  const { error } = await outcome(pool.run(() => process.exit(5)));
  assert.strictEqual(error.exitCode, 5);
  const other = (await seen).error;
  assert.ok(other instanceof errors.WorkerExitError);
  assert.strictEqual(other.taskId, neighbour.id);
});

test('a timeout ends an endless loop and spares its neighbours', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const handles = [];
  for (let i = 0; i < 5; i++) {
    handles.push(pool.run(spinForever, { timeout: 1, grace: 0 }));
    for (let j = 0; j < 20; j++) handles.push(pool.run(echo, { args: [j] }));
  }
  const outcomes = await Promise.all(handles.map(outcome));
  for (const [i, { value, error }] of outcomes.entries()) {
    if (i % 21 === 0) {
      assert.ok(error instanceof errors.TimeoutError, String(error));
      assert.strictEqual(error.phase, 'run');
      assert.strictEqual(error.timeout, 1);
    } else {
      assert.strictEqual(value, (i % 21) - 1);
    }
  }
});

test('a timeout of an async task that goes on ends with its grace', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const handle = pool.run(linger, { args: [gate.words, 'late'], timeout: 20, grace: 600_000 });
  const { error } = await outcome(handle);
  assert.ok(error instanceof errors.TimeoutError);
  assert.ok(error.duration >= 19, String(error.duration));
  gate.open();
  const next = pool.run(echo, { args: [1] });
  assert.strictEqual(await next, 1);
  assert.strictEqual(next.worker, handle.worker);
});

test('queueTimeout counts until the task starts, and names its phase', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words], queueTimeout: 60_000 });
  await gate.entered();
  const other = new Gate();
  const { error } = await outcome(pool.run(stand, { args: [other.words], queueTimeout: 30 }));
  assert.ok(error instanceof errors.TimeoutError);
  assert.strictEqual(error.phase, 'queue');
  gate.open();
  await first;
  await pool.run(echo);
  assert.strictEqual(other.words[0], 0);
});

test('the timeout of the config holds where the task says nothing, 0 and Infinity are none', async (t) => {
  const pool = poolFor(t, { workers: 1, timeout: 30 });
  assert.ok((await outcome(pool.run(spinForever, { grace: 0 }))).error instanceof errors.TimeoutError);
  assert.strictEqual(await pool.run(spin, { args: [60], timeout: 0 }), 60);
  assert.strictEqual(await pool.run(spin, { args: [60], timeout: Infinity }), 60);
});

test('a worker that runs out of memory fails its task, and the process lives on', async (t) => {
  const pool = poolFor(t, { workers: 1, memory: { perWorker: '40MB' } });
  const greedy = () => {
    const kept = [];
    for (;;) kept.push(new Array(10_000).fill({}));
  };
  const { error } = await outcome(pool.run(greedy));
  assert.ok(error instanceof errors.ResourceLimitError, String(error));
  assert.strictEqual(error.code, 'ERR_TASKLETS_MEMORY_LIMIT');
  assert.strictEqual(error.limit, 40 * 1024 * 1024);
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
});

test('every handle settles while workers die under load', async (t) => {
  const pool = poolFor(t);
  const deadly = (/** @type {number} */ n) => {
    if (n % 97 === 0) process.exit(1);
    return n;
  };
  const handles = Array.from({ length: 1000 }, (_, i) => pool.run(deadly, { args: [i + 1] }));
  const outcomes = await Promise.all(handles.map(outcome));
  for (const [i, { value, error }] of outcomes.entries()) {
    if ((i + 1) % 97 === 0) assert.ok(error instanceof errors.WorkerExitError);
    else if (error === undefined) assert.strictEqual(value, i + 1);
    else assert.ok(error instanceof errors.WorkerExitError);
  }
  assert.strictEqual(pool.getActiveTaskCount(), 0);
  assert.ok(pool.getHealth().workers.crashed >= 10);
});

test('a worker is replaced once it has done as many tasks as it may', async (t) => {
  const pool = poolFor(t, { workers: { max: 1, maxTasksPerWorker: 5 } });
  const handles = [];
  for (let i = 0; i < 20; i++) {
    const handle = pool.run(echo, { args: [i] });
    handles.push(handle);
    assert.strictEqual(await handle, i);
  }
  assert.ok(new Set(handles.map(({ worker }) => worker)).size >= 3);
});

test('an endless task on a worker that is worn out is ended all the same', async (t) => {
  const pool = poolFor(t, { workers: { max: 1, maxTasksPerWorker: 1 } });
  const gate = new Gate();
  const handle = pool.run(linger, { args: [gate.words], timeout: 200, grace: 20 });
  const seen = outcome(handle);
  // It may be late before it has entered.
  await Promise.race([gate.entered(), seen]);
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
  assert.strictEqual(await pool.run(echo, { args: [2] }), 2);
  assert.ok((await seen).error instanceof errors.TimeoutError);
  const { worker } = handle;
  // Its thread goes: nothing else tells but the pool's own view of it.
  while (pool.getStats().workers.some(({ id }) => id === worker)) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
});
