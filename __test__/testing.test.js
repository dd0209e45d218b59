'use strict';

/** `tasklets/testing`: orders by seed, failures on request, flushing, and taking it all back. */

const assert = require('node:assert/strict');
const { afterEach, mock, test } = require('node:test');
const workers = require('node:worker_threads');
const { Pool, errors, getActiveTaskCount, map, retry, run, runAll, wrap } = require('..');
const { deterministic, flush, inline, injectFailure, restoreAll } = require('../testing');

const thread = () => workers.threadId;
const before = wrap(thread);

afterEach(restoreAll);

/** In which order tasks end, with a seed. @param {number | string} seed */
async function orderWith(seed, count = 8) {
  const restore = deterministic(seed);
  const order = [];
  for (let i = 0; i < count; i++) run(() => {}, { name: String(i) }).onComplete(() => order.push(i));
  await flush();
  restore();
  return order.join();
}

test('a seed has one order, and other seeds have others', async () => {
  const orders = new Set();
  for (let seed = 0; seed < 10; seed++) {
    const order = await orderWith(seed);
    assert.equal(await orderWith(seed), order);
    orders.add(order);
  }
  assert.ok(orders.size >= 9);
  assert.equal(await orderWith('a text'), await orderWith('a text'));
});

test('the order is the same without flush', async () => {
  const once = async () => {
    const restore = deterministic(3);
    const order = [];
    const tasks = [1, 2, 3, 4, 5].map((n) => run((m) => m, { args: [n] }).then((m) => order.push(m)));
    await Promise.all(tasks);
    restore();
    return order;
  };
  const first = await once();
  assert.deepEqual(await once(), first);
  assert.notDeepEqual(first, [1, 2, 3, 4, 5]);
});

test('with a seed nothing has begun when run returns', async () => {
  deterministic();
  const handle = run(thread);
  assert.equal(handle.state, 'queued');
  assert.equal(getActiveTaskCount(), 1);
  assert.equal(handle.cancel(), true);
  await assert.rejects(handle, { code: 'ERR_TASKLETS_CANCELLED' });
  assert.equal(await run(thread), workers.threadId);
});

test('with a seed priorities still go first', async () => {
  deterministic(5);
  const order = [];
  for (const priority of ['low', 'normal', 'critical', 'high'])
    run(() => {}, { priority }).onComplete(() => order.push(priority));
  await flush();
  assert.deepEqual(order, ['critical', 'high', 'normal', 'low']);
});

test('what awaits a task goes on before the next one begins', async () => {
  deterministic();
  globalThis.order = [];
  const first = run(() => globalThis.order.push('one'));
  const second = first.then(() => globalThis.order.push('after one'));
  const third = second.then(() => run(() => globalThis.order.push('two')));
  await third;
  assert.deepEqual(globalThis.order, ['one', 'after one', 'two']);
  delete globalThis.order;
});

test('a seed is a finite number or a string', () => {
  for (const wrong of [NaN, Infinity, null, {}])
    assert.throws(() => deterministic(/** @type {any} */ (wrong)), {
      code: 'ERR_TASKLETS_CONFIG',
      option: 'seed',
    });
});

test('jitter is the same for the same seed', async () => {
  const waits = async () => {
    const restore = deterministic(9);
    const seen = [];
    injectFailure();
    const failing = retry(() => 1, {
      jitter: true,
      attempts: 4,
      onRetry: (error, attempt, wait) => seen.push(wait),
    });
    await Promise.all([assert.rejects(failing), flush()]);
    restore();
    restoreAll();
    return seen;
  };
  const first = await waits();
  assert.equal(first.length, 3);
  assert.ok(first.every((wait, index) => wait < 200 * 2 ** index));
  assert.deepEqual(await waits(), first);
});

test('injects an error into each attempt, which fails without calling the function', async () => {
  globalThis.called = 0;
  injectFailure();
  const error = await run(() => globalThis.called++, { name: 'mine' }).catch((thrown) => thrown);
  assert.equal(error.message, 'A failure injected by the test');
  assert.equal(error.taskName, 'mine');
  assert.equal(globalThis.called, 0);
  delete globalThis.called;
});

test('injects the very error, one of a class, or one that a function makes', async () => {
  class Unavailable extends Error {}
  const mine = new RangeError('mine');
  for (const [error, matches] of /** @type {any[]} */ ([
    [mine, (thrown) => thrown === mine],
    [Unavailable, (thrown) => thrown instanceof Unavailable],
    [({ name, attempt }) => new TypeError(`${name} ${attempt}`), (thrown) => thrown.message === 'x 1'],
    ['text', (thrown) => thrown === 'text'],
    [() => new errors.WorkerExitError('gone'), (thrown) => thrown.code === 'ERR_TASKLETS_WORKER_EXIT'],
  ])) {
    const restore = injectFailure({ error });
    await assert.rejects(
      run(() => 1, { name: 'x' }),
      matches,
    );
    restore();
  }
});

test('fails as often as it is told to, and only the tasks that are meant', async () => {
  injectFailure({ task: /^up/, times: 2 });
  injectFailure({ task: 'exactly', error: TypeError });
  await assert.rejects(run(() => 1, { name: 'upload' }));
  assert.equal(await run(() => 1, { name: 'download' }), 1);
  await assert.rejects(
    run(() => 1, { name: 'exactly' }),
    TypeError,
  );
  assert.equal(await run(() => 1, { name: 'exactly not' }), 1);
  await assert.rejects(run(() => 1, { name: 'update' }));
  assert.equal(await run(() => 1, { name: 'upload' }), 1);
});

test('the probability is that of the seed, the same every time', async () => {
  const failed = async () => {
    const restore = deterministic(11);
    const take = injectFailure({ probability: 0.3 });
    const outcomes = Promise.allSettled(
      Array.from({ length: 100 }, (_, index) => run((n) => n, { args: [index] })),
    );
    await flush();
    take();
    restore();
    return (await outcomes).map(({ status }) => status === 'rejected');
  };
  const first = await failed();
  const count = first.filter(Boolean).length;
  assert.ok(count > 15 && count < 45, String(count));
  assert.deepEqual(await failed(), first);
});

test('every verb meets injected failures', async () => {
  injectFailure({ error: RangeError });
  await assert.rejects(runAll([() => 1, () => 2]), RangeError);
  await assert.rejects(
    map((n) => n, [1, 2]),
    RangeError,
  );
  await assert.rejects(wrap(() => 1)(), RangeError);
});

test('retryOn and onRetry decide on injected failures', async () => {
  injectFailure({ times: 1, error: TypeError });
  await assert.rejects(
    retry(() => 1, { retryOn: [RangeError] }),
    TypeError,
  );
  injectFailure({ times: 1, error: TypeError });
  const seen = [];
  assert.equal(
    await retry(() => 1, { delay: 0, retryOn: [TypeError], onRetry: (error) => seen.push(error.name) }),
    1,
  );
  assert.deepEqual(seen, ['TypeError']);
});

test('wrong options of injectFailure are refused', () => {
  for (const [options, option] of /** @type {any[]} */ ([
    [null, 'options'],
    [{ probability: 2 }, 'probability'],
    [{ probability: '1' }, 'probability'],
    [{ times: 0 }, 'times'],
    [{ task: 5 }, 'task'],
    [{ propability: 1 }, 'propability'],
  ]))
    assert.throws(() => injectFailure(options), { code: 'ERR_TASKLETS_CONFIG', option });
});

test('flush begins everything before it returns, and skips waits', async () => {
  deterministic();
  injectFailure({ task: 'again', times: 2 });
  const handle = retry(() => 'ok', { name: 'again', delay: 3_600_000, maxDelay: 3_600_000 });
  const other = run(() => 1);
  const flushed = flush();
  assert.equal(other.state, 'fulfilled');
  assert.equal(handle.state, 'waiting');
  await flushed;
  assert.equal(handle.state, 'fulfilled');
  assert.equal(other.state, 'fulfilled');
  assert.equal(handle.attempts, 3);
});

test('flush waits for what is submitted meanwhile', async () => {
  inline();
  const seen = [];
  const follow = async () => {
    for (let i = 0; i < 3; i++) {
      seen.push(await run(async (n) => n, { args: [i] }));
      await null;
    }
  };
  follow();
  await flush();
  assert.deepEqual(seen, [0, 1, 2]);
});

test('flush with nothing to do, and under a false clock, returns', async () => {
  await flush();
  inline();
  mock.timers.enable();
  await flush();
  mock.timers.reset();
});

test('is taken back: pools that exist, new ones and wrapped functions use workers again', async (t) => {
  const existing = new Pool({ workers: 1 });
  t.after(() => existing.shutdown());
  assert.notEqual(await existing.run(thread), workers.threadId);
  assert.notEqual(await before(), workers.threadId);

  const restore = inline();
  const meanwhile = new Pool({ workers: 1 });
  t.after(() => meanwhile.shutdown());
  for (const task of [existing.run(thread), meanwhile.run(thread), before(), run(thread)])
    assert.equal(await task, workers.threadId);

  restore();
  for (const task of [existing.run(thread), meanwhile.run(thread), before(), run(thread)])
    assert.notEqual(await task, workers.threadId);
});

test('tasks on workers come to their end while others run here', async (t) => {
  const pool = new Pool({ workers: 1 });
  t.after(() => pool.shutdown());
  await pool.run(thread);
  const there = pool.run(async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    return workers.threadId;
  });
  const restore = inline();
  assert.equal(await pool.run(thread), workers.threadId);
  assert.notEqual(await there, workers.threadId);
  restore();
});

test('requests stand on their own, and are taken back once, in any order', async () => {
  const first = inline();
  const second = deterministic();
  first();
  assert.equal(run(() => 1).state, 'queued');
  const third = inline();
  assert.equal(run(() => 1).state, 'fulfilled');
  third();
  third();
  assert.equal(run(() => 1).state, 'queued');
  second();
  assert.notEqual(await run(thread), workers.threadId);
});

test('is disposable', async () => {
  const restore = inline();
  assert.equal(await run(thread), workers.threadId);
  restore[Symbol.dispose]();
  assert.notEqual(await run(thread), workers.threadId);
});

test('is refused inside a task', async () => {
  const error = await run((file) => require(file).inline(), { args: [require.resolve('../testing')] }).catch(
    (thrown) => thrown,
  );
  assert.match(error.message, /inside a task/);
});

test('a pool that was shut down in a test runs again after it', async (t) => {
  const pool = new Pool({ workers: 1 });
  t.after(() => pool.shutdown());
  await pool.run(thread);
  const restore = inline();
  await pool.shutdown();
  restore();
  assert.notEqual(await pool.run(thread), workers.threadId);
});

test('the config holds here, and what changes holds afterwards', async (t) => {
  const pool = new Pool({ workers: 1, timeout: 5_000 });
  t.after(() => pool.shutdown());
  const restore = inline();
  assert.equal(pool.run(() => 1).timeout, 5_000);
  pool.config({ timeout: 7_000 });
  assert.equal(pool.run(() => 1).timeout, 7_000);
  restore();
  assert.equal(pool.run(() => 1).timeout, 7_000);
});

test('a pool that runs before, during and after has the same engine as before: another would be taken for unused', async (t) => {
  const pool = new Pool({ workers: 1 });
  t.after(() => pool.shutdown());
  const first = pool.run(thread);
  await first;
  const restore = inline();
  await pool.run(thread);
  restore();
  const last = pool.run(thread);
  await last;
  assert.equal(last.engine, first.engine);
});
