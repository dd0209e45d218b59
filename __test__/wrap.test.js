'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { errors, wrap } = require('..');
const { echo, outcome, poolFor, spinForever } = require('./fixtures/pools');

test('calls the task with the arguments that it is called with', async (t) => {
  const pool = poolFor(t);
  const add = pool.wrap((a, b) => a + b);
  assert.strictEqual(await add(1, 2), 3);
  assert.deepStrictEqual(await Promise.all([add(1, 1), add(2, 2)]), [2, 4]);
  assert.strictEqual(await pool.wrap((...args) => args.length)(), 0);
});

test('has name and length of the function, gives handles', async (t) => {
  const pool = poolFor(t);
  const wrapped = pool.wrap(function original(a, b) {
    return a ?? b;
  });
  assert.strictEqual(wrapped.name, 'original');
  assert.strictEqual(wrapped.length, 2);
  const handle = wrapped(1, 2);
  assert.ok(handle instanceof Promise && handle.id > 0);
  assert.strictEqual(handle.name, 'original');
  await handle;
  assert.strictEqual(pool.wrap(echo, { name: 'mine' })(1).name, 'mine');
  await pool.shutdown();
});

test('its options hold for every call', async (t) => {
  const pool = poolFor(t);
  const endless = pool.wrap(spinForever, { timeout: 20, grace: 0 });
  for (const { error } of await Promise.all([outcome(endless()), outcome(endless())])) {
    assert.ok(error instanceof errors.TimeoutError);
  }
  const words = new Int32Array(new SharedArrayBuffer(4));
  const second = pool.wrap(
    (words) => {
      if (Atomics.add(words, 0, 1) === 0) throw new Error('x');
      return 'ok';
    },
    { retry: { attempts: 2, delay: 0 } },
  );
  assert.strictEqual(await second(words), 'ok');
});

test('changing the options afterwards changes nothing', async (t) => {
  const pool = poolFor(t);
  const options = { name: 'before' };
  const wrapped = pool.wrap(echo, options);
  options.name = 'after';
  assert.strictEqual(wrapped(1).name, 'before');
  await pool.shutdown();
});

test('throws for what is no task, and for wrong options', () => {
  for (const wrong of [null, undefined, 5, 'x', {}]) {
    assert.throws(() => wrap(/** @type {any} */ (wrong)), { code: 'ERR_TASKLETS_INVALID_TASK' });
  }
  for (const options of [{ timeout: -1 }, { args: [1] }, { timout: 1 }, null]) {
    assert.throws(() => wrap(echo, /** @type {any} */ (options)), { code: 'ERR_TASKLETS_CONFIG' });
  }
});

test('a call whose argument cannot travel rejects', async (t) => {
  const pool = poolFor(t);
  const wrapped = pool.wrap(echo);
  assert.ok((await outcome(wrapped(new WeakMap()))).error instanceof errors.SerializationError);
  assert.strictEqual(await wrapped('fine'), 'fine');
});

test('a wrapped task may be called after shutdown and start', async (t) => {
  const pool = poolFor(t);
  const wrapped = pool.wrap(echo);
  assert.strictEqual(await wrapped(1), 1);
  await pool.shutdown();
  assert.ok((await outcome(wrapped(2))).error instanceof errors.ShutdownError);
  pool.start();
  assert.strictEqual(await wrapped(3), 3);
});
