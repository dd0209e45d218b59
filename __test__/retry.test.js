'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');

const { errors } = require('..');
const { echo, outcome, poolFor, spinForever } = require('./fixtures/pools');

/** Counts its calls in shared memory, and fails until it has been called often enough. */
function flaky(words, until) {
  const call = Atomics.add(words, 0, 1) + 1;
  if (call < until) throw Object.assign(new RangeError(`call ${call}`), { code: 'E_FLAKY' });
  return call;
}

const counter = () => new Int32Array(new SharedArrayBuffer(4));

test('tries again until it works', async (t) => {
  const pool = poolFor(t);
  const handle = pool.retry(flaky, { args: [counter(), 3], delay: 0 });
  assert.strictEqual(await handle, 3);
  assert.strictEqual(handle.attempts, 3);
});

test('rejects with the last error, which knows how many attempts there were', async (t) => {
  const pool = poolFor(t);
  const words = counter();
  const { error } = await outcome(pool.retry(flaky, { args: [words, 100], attempts: 4, delay: 0 }));
  assert.ok(error instanceof RangeError);
  assert.strictEqual(error.message, 'call 4');
  assert.strictEqual(error.attempts, 4);
  assert.strictEqual(words[0], 4);
});

test('makes three attempts where nothing is said, and as many as the config says otherwise', async (t) => {
  const pool = poolFor(t, { workers: 1, retry: { delay: 0 } });
  const words = counter();
  await outcome(pool.retry(flaky, { args: [words, 100] }));
  assert.strictEqual(words[0], 3);
  pool.config({ retry: { attempts: 5 } });
  const others = counter();
  await outcome(pool.retry(flaky, { args: [others, 100] }));
  assert.strictEqual(others[0], 5);
  // A number is the attempts; everything else is as configured.
  const third = counter();
  await outcome(pool.run(flaky, { args: [third, 100], retry: 2 }));
  assert.strictEqual(third[0], 2);
  // Without `retry` there is one attempt, whatever the config says of retries.
  const fourth = counter();
  await outcome(pool.run(flaky, { args: [fourth, 100] }));
  assert.strictEqual(fourth[0], 1);
});

test('onRetry hears of each failed attempt and the wait after it', async (t) => {
  const pool = poolFor(t);
  const heard = [];
  const handle = pool.retry(flaky, {
    args: [counter(), 4],
    attempts: 4,
    delay: 4,
    backoff: 2,
    maxDelay: 10,
    onRetry: (error, attempt, wait) =>
      heard.push([error.message, error instanceof RangeError, attempt, wait]),
  });
  assert.strictEqual(await handle, 4);
  assert.deepStrictEqual(heard, [
    ['call 1', true, 1, 4],
    ['call 2', true, 2, 8],
    ['call 3', true, 3, 10],
  ]);
});

test('waits grow as backoff says', async (t) => {
  const pool = poolFor(t);
  for (const [backoff, waits] of /** @type {any[]} */ ([
    ['constant', [2, 2, 2]],
    ['linear', [2, 4, 6]],
    ['exponential', [2, 4, 8]],
    [1, [2, 2, 2]],
    [3, [2, 6, 18]],
  ])) {
    const heard = [];
    const onRetry = (_error, _attempt, wait) => heard.push(wait);
    await outcome(pool.retry(flaky, { args: [counter(), 100], attempts: 4, delay: 2, backoff, onRetry }));
    assert.deepStrictEqual(heard, waits, String(backoff));
  }
});

test('jitter leaves a part of the wait to chance', async (t) => {
  const pool = poolFor(t);
  const heard = [];
  const onRetry = (_error, _attempt, wait) => heard.push(wait);
  await outcome(
    pool.retry(flaky, { args: [counter(), 100], attempts: 30, delay: 2, backoff: 1, jitter: true, onRetry }),
  );
  assert.ok(heard.every((wait) => wait >= 0 && wait <= 2));
  assert.ok(new Set(heard).size > 5);
});

test('really waits between attempts', async (t) => {
  const pool = poolFor(t);
  const begun = performance.now();
  await pool.retry(flaky, { args: [counter(), 3], delay: 60, backoff: 'constant' });
  assert.ok(performance.now() - begun >= 119);
});

test('retryOn by class, code and name', async (t) => {
  const pool = poolFor(t);
  for (const [retryOn, calls] of /** @type {any[]} */ ([
    [[RangeError], 3],
    [[Error], 3],
    [['E_FLAKY'], 3],
    [['RangeError'], 3],
    [[TypeError, 'E_OTHER'], 1],
    [[], 1],
  ])) {
    const words = counter();
    const handle = pool.retry(flaky, { args: [words, 100], delay: 0, retryOn });
    assert.ok((await outcome(handle)).error instanceof RangeError);
    assert.strictEqual(words[0], calls, String(retryOn));
    assert.strictEqual(handle.attempts, calls);
  }
});

test('retryOn by a function that hears the error and the attempt', async (t) => {
  const pool = poolFor(t);
  const heard = [];
  const words = counter();
  const retryOn = (error, attempt) => {
    heard.push([error.message, attempt]);
    return attempt < 2;
  };
  const { error } = await outcome(pool.retry(flaky, { args: [words, 100], delay: 0, attempts: 10, retryOn }));
  assert.strictEqual(error.message, 'call 2');
  assert.deepStrictEqual(heard, [
    ['call 1', 1],
    ['call 2', 2],
  ]);
});

test('a retryOn that returns a promise is no answer: the task is not tried again, and a warning says why', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const warned = new Promise((resolve) => {
    process.once('warning', resolve);
  });
  const words = new Int32Array(new SharedArrayBuffer(4));
  const retryOn = /** @type {any} */ (async () => Promise.reject(new Error('not heard')));
  const { error } = await outcome(pool.retry(flaky, { args: [words, 100], delay: 0, retryOn }));
  assert.strictEqual(error.attempts, 1);
  assert.match((await warned).message, /`retryOn` to return a boolean, got a promise/);
});

test('a retryOn that throws ends the attempts, with the error of the task and a warning', async (t) => {
  const pool = poolFor(t);
  const warned = once(process, 'warning');
  const words = counter();
  const retryOn = () => {
    throw new Error('from retryOn');
  };
  const { error } = await outcome(pool.retry(flaky, { args: [words, 100], delay: 0, retryOn }));
  assert.strictEqual(error.message, 'call 1');
  assert.strictEqual(words[0], 1);
  assert.match((await warned)[0].message, /from retryOn/);
});

test('an onRetry that throws is a warning, and the attempts go on', async (t) => {
  const pool = poolFor(t);
  const warned = once(process, 'warning');
  const onRetry = () => {
    throw new Error('from onRetry');
  };
  assert.strictEqual(await pool.retry(flaky, { args: [counter(), 2], delay: 0, onRetry }), 2);
  assert.match((await warned)[0].message, /from onRetry/);
});

test('a timeout counts as a failure, for each attempt anew', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const sometimes = (words) => {
    if (Atomics.add(words, 0, 1) === 0) for (;;);
    return 'second';
  };
  const handle = pool.run(sometimes, {
    args: [counter()],
    timeout: 100,
    grace: 0,
    // A busy machine may take its time for one or the other, too.
    retry: { attempts: 100, delay: 0 },
  });
  assert.strictEqual(await handle, 'second');
  assert.ok(handle.attempts >= 2);
  const late = pool.run(spinForever, { timeout: 10, grace: 0, retry: { attempts: 2, delay: 0 } });
  const { error } = await outcome(late);
  assert.ok(error instanceof errors.TimeoutError);
  assert.strictEqual(error.attempts, 2);
});

test('the death of a worker counts as a failure', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const dies = (words) => {
    if (Atomics.add(words, 0, 1) === 0) process.exit(7);
    return 'alive';
  };
  assert.strictEqual(await pool.retry(dies, { args: [counter()], delay: 0 }), 'alive');
  const { error } = await outcome(pool.retry(() => process.exit(9), { attempts: 2, delay: 0 }));
  assert.ok(error instanceof errors.WorkerExitError);
  assert.strictEqual(error.exitCode, 9);
  assert.strictEqual(error.attempts, 2);
});

test('what can never work is not tried again', async (t) => {
  const pool = poolFor(t);
  const words = counter();
  const unserializable = (words) => {
    Atomics.add(words, 0, 1);
    return { f() {} };
  };
  const { error } = await outcome(pool.retry(unserializable, { args: [words], delay: 0 }));
  assert.ok(error instanceof errors.SerializationError);
  assert.ok((await outcome(pool.retry(/** @type {any} */ (5)))).error instanceof errors.InvalidTaskError);
  assert.ok(
    (await outcome(pool.retry(echo, { args: [Symbol('x')] }))).error instanceof errors.SerializationError,
  );
});

test('a parcel goes with every attempt', async (t) => {
  const pool = poolFor(t);
  const words = counter();
  const buffer = new ArrayBuffer(8);
  const task = (buffer, words) => {
    if (Atomics.add(words, 0, 1) < 2) throw new Error('not yet');
    return buffer.byteLength;
  };
  const handle = pool.retry(task, { args: [buffer, words], transfer: [buffer], delay: 0 });
  const { value, error } = await outcome(handle);
  // What was moved to the first attempt may be gone; it must not be half there.
  if (error === undefined) assert.strictEqual(value, 8);
  else assert.ok(error instanceof Error);
});

test('wrong options reject', async (t) => {
  const pool = poolFor(t);
  for (const [options, option] of /** @type {any[]} */ ([
    [{ attempts: 0 }, 'attempts'],
    [{ attempts: 1.5 }, 'attempts'],
    [{ delay: -1 }, 'delay'],
    [{ backoff: 0.5 }, 'backoff'],
    [{ backoff: 'quadratic' }, 'backoff'],
    [{ jitter: 2 }, 'jitter'],
    [{ retryOn: 'E_X' }, 'retryOn'],
    [{ onRetry: true }, 'onRetry'],
    [{ attemps: 2 }, 'attemps'],
    [{ retry: 2 }, 'retry'],
  ])) {
    const { error } = await outcome(pool.retry(echo, options));
    assert.ok(error instanceof errors.ConfigError, JSON.stringify(options));
    assert.strictEqual(error.option, option);
  }
});

test('retryOn and onRetry are called in the async context of the submission', async (t) => {
  const pool = poolFor(t);
  const store = new AsyncLocalStorage();
  /** @type {unknown[]} */
  const heard = [];
  const fails = () => {
    throw new Error('x');
  };
  const here = () => {
    heard.push(store.getStore());
    return true;
  };
  await store.run('mine', () =>
    outcome(pool.retry(fails, { attempts: 2, delay: 0, retryOn: here, onRetry: here })),
  );
  assert.deepStrictEqual(heard, ['mine', 'mine']);
});
