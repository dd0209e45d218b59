'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');

const { Pool, errors, module: moduleTask } = require('..');
const { Gate, echo, linger, outcome, poolFor, spinForever, stand } = require('./fixtures/pools');

const NESTED = require.resolve('./fixtures/nested.js');

test('waits for what runs and what is queued', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words, 'first'] });
  await gate.entered();
  const second = pool.run(echo, { args: ['second'] });
  const ending = pool.shutdown();
  gate.open();
  const report = await ending;
  assert.deepStrictEqual(await Promise.all([first, second]), ['first', 'second']);
  assert.deepStrictEqual(
    { ...report, duration: 0 },
    { graceful: true, completed: 2, cancelled: 0, abandoned: 0, duration: 0 },
  );
  assert.ok(report.duration > 0);
  assert.strictEqual(pool.getStats().workers.length, 0);
});

test('takes no new task, while it ends and afterwards', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const running = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const ending = pool.shutdown();
  const during = await Promise.all([
    outcome(pool.run(echo)),
    outcome(pool.map(echo, [1])),
    outcome(pool.runAll([echo])),
    outcome(pool.retry(echo, { delay: 0 })),
    outcome(pool.wrap(echo)(1)),
  ]);
  gate.open();
  await Promise.all([ending, running]);
  const after = await outcome(pool.run(echo));
  for (const { error } of [...during, after]) {
    assert.ok(error instanceof errors.ShutdownError, String(error));
    assert.strictEqual(error.code, 'ERR_TASKLETS_SHUTDOWN');
    assert.match(error.message, /start/);
  }
  const [{ success, error }] = await pool.batch([{ name: 'x', task: echo }]);
  assert.strictEqual(success, false);
  assert.ok(error instanceof errors.ShutdownError);
});

test('a pool that was never used takes no task after shutdown either', async () => {
  const pool = new Pool();
  assert.strictEqual((await pool.shutdown()).graceful, true);
  assert.ok((await outcome(pool.run(echo))).error instanceof errors.ShutdownError);
  pool.start();
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
  await pool.shutdown();
});

test('cancelPending cancels what is queued', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words, 'kept'] });
  await gate.entered();
  const queued = Promise.all(Array.from({ length: 10 }, () => outcome(pool.run(echo))));
  const resting = outcome(
    pool.run(
      () => {
        throw new Error('x');
      },
      { retry: { attempts: 2, delay: 60_000 } },
    ),
  );
  const ending = pool.shutdown({ cancelPending: true });
  for (const { error } of [...(await queued), await resting])
    assert.ok(error instanceof errors.CancelledError);
  gate.open();
  const report = await ending;
  assert.strictEqual(await first, 'kept');
  assert.deepStrictEqual(
    { ...report, duration: 0 },
    { graceful: true, completed: 1, cancelled: 11, abandoned: 0, duration: 0 },
  );
});

test('gives up what is left at the timeout', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const running = outcome(pool.run(spinForever, { args: [gate.words] }));
  await gate.entered();
  const queued = outcome(pool.run(echo));
  const report = await pool.shutdown({ timeout: 30 });
  assert.strictEqual(report.graceful, false);
  assert.strictEqual(report.abandoned, 2);
  for (const { error } of [await running, await queued])
    assert.ok(error instanceof errors.ShutdownError, String(error));
  assert.strictEqual(pool.getStats().workers.length, 0);
});

test('a timeout of 0 waits for nothing, force neither', async (t) => {
  for (const options of [{ timeout: 0 }, { force: true }]) {
    const pool = poolFor(t, { workers: 1 });
    const gate = new Gate();
    const running = outcome(pool.run(spinForever, { args: [gate.words], cancellable: false }));
    await gate.entered();
    const { graceful } = await pool.shutdown(options);
    assert.strictEqual(graceful, false);
    assert.ok((await running).error instanceof errors.ShutdownError);
  }
});

test('is idempotent, also at the same time', async (t) => {
  const pool = poolFor(t);
  await pool.run(echo);
  const [first, second] = await Promise.all([pool.shutdown(), pool.shutdown()]);
  assert.deepStrictEqual(first, second);
  assert.deepStrictEqual(await pool.shutdown(), first);
});

test('a second call with force ends the waiting of the first', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const running = outcome(pool.run(spinForever, { args: [gate.words] }));
  await gate.entered();
  const first = pool.shutdown();
  const report = await pool.shutdown({ force: true });
  assert.strictEqual(report.graceful, false);
  assert.strictEqual(await first, report);
  assert.ok((await running).error instanceof errors.ShutdownError);
});

test('start allows tasks again, as often as one likes', async (t) => {
  const pool = poolFor(t);
  pool.start();
  for (let round = 0; round < 10; round++) {
    assert.strictEqual(await pool.run(echo, { args: [round] }), round);
    await pool.shutdown();
    pool.start();
    pool.start();
  }
  assert.strictEqual(await pool.run(echo, { args: ['last'] }), 'last');
});

test('a shutdown while workers start leaves none behind', async (t) => {
  for (let round = 0; round < 5; round++) {
    const pool = poolFor(t);
    const seen = Promise.all([1, 2, 3].map((n) => outcome(pool.run(echo, { args: [n] }))));
    const report = await pool.shutdown({ force: true });
    await seen;
    assert.strictEqual(pool.getStats().workers.length, 0);
    assert.strictEqual(report.completed + report.cancelled + report.abandoned, 3, JSON.stringify(report));
  }
});

test('start during a shutdown holds once that is over', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const running = pool.run(stand, { args: [gate.words, 'kept'] });
  await gate.entered();
  const ending = pool.shutdown();
  pool.start();
  gate.open();
  assert.strictEqual(await running, 'kept');
  await ending;
  assert.strictEqual(await pool.run(echo, { args: ['after'] }), 'after');
});

test('onShutdown callbacks run in reverse order and are waited for', async (t) => {
  const pool = poolFor(t);
  const calls = [];
  pool.onShutdown(() => calls.push(1));
  pool.onShutdown(async () => {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    calls.push(2);
  });
  const remove = pool.onShutdown(() => calls.push('removed'));
  pool.onShutdown(() => calls.push(3));
  remove();
  remove();
  await pool.shutdown();
  assert.deepStrictEqual(calls, [3, 2, 1]);
  assert.throws(() => pool.onShutdown(/** @type {any} */ (null)), { code: 'ERR_TASKLETS_CONFIG' });
});

test('the same callback registered twice is removed once', async (t) => {
  const pool = poolFor(t);
  let calls = 0;
  const callback = () => calls++;
  const remove = pool.onShutdown(callback);
  pool.onShutdown(callback);
  remove();
  remove();
  await pool.shutdown();
  assert.strictEqual(calls, 1);
});

test('an onShutdown callback that throws or rejects is a warning', async (t) => {
  const pool = poolFor(t);
  const warnings = [];
  const hear = (/** @type {Error} */ warning) => warnings.push(warning.message);
  process.on('warning', hear);
  t.after(() => process.off('warning', hear));
  pool.onShutdown(() => {
    throw new Error('thrown');
  });
  pool.onShutdown(async () => {
    throw null;
  });
  await pool.shutdown();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  assert.strictEqual(warnings.length, 2);
});

test('an onShutdown callback that never ends holds nobody up for longer than the timeout', async (t) => {
  const pool = poolFor(t);
  pool.onShutdown(() => new Promise(() => {}));
  await pool.run(echo);
  const report = await pool.shutdown({ timeout: 50 });
  // Without one it would be 30 s.
  assert.ok(report.duration >= 49 && report.duration < 30_000, String(report.duration));
});

test('a task that is submitted by an onShutdown callback is refused', async (t) => {
  const pool = poolFor(t);
  let seen;
  pool.onShutdown(async () => {
    seen = await outcome(pool.run(echo));
  });
  await pool.shutdown();
  assert.ok(seen.error instanceof errors.ShutdownError);
});

test('a task that runs may finish while the pool ends', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const runs = pool.run(linger, { args: [gate.words, 'done'] });
  await gate.entered();
  const ending = pool.shutdown();
  gate.open();
  assert.strictEqual(await runs, 'done');
  assert.strictEqual((await ending).completed, 1);
});

test('parents may finish with children that they submit while the pool ends', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const parent = pool.run(moduleTask(NESTED, 'parentAtGate'), { args: [gate.words] });
  await gate.entered();
  const ending = pool.shutdown();
  assert.ok((await outcome(pool.run(echo))).error instanceof errors.ShutdownError);
  gate.open();
  assert.deepStrictEqual(await parent, [2, 4]);
  const { graceful, completed } = await ending;
  assert.ok(graceful && completed >= 2, String(completed));
});

test('a parent gets no more children when what waits is cancelled', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const parent = outcome(pool.run(moduleTask(NESTED, 'parentAtGate'), { args: [gate.words] }));
  await gate.entered();
  const ending = pool.shutdown({ cancelPending: true });
  gate.open();
  assert.strictEqual((await parent).error.code, 'ERR_TASKLETS_SHUTDOWN');
  assert.strictEqual((await ending).graceful, true);
});

test('a map and a batch that are under way come to their end, with what they had not submitted', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const items = Array.from({ length: 50 }, (_, index) => index);
  const wait = (/** @type {number} */ n, /** @type {number} */ index) => {
    Atomics.add(gate.words, 0, 1);
    Atomics.notify(gate.words, 0);
    Atomics.wait(gate.words, 1, 0);
    return n + index;
  };
  const mapped = pool.map(wait, items, { chunkSize: 1 });
  const batch = pool.batch(
    items.map((n) => ({ task: echo, args: [n] })),
    { concurrency: 1 },
  );
  await gate.entered();
  const ending = pool.shutdown();
  assert.ok((await outcome(pool.map(echo, [1]))).error instanceof errors.ShutdownError);
  assert.ok((await pool.batch([{ task: echo }]))[0].error instanceof errors.ShutdownError);
  gate.open();
  assert.deepStrictEqual(
    await mapped,
    items.map((n) => 2 * n),
  );
  assert.deepStrictEqual(
    (await batch).map(({ result }) => result),
    items,
  );
  const { graceful, cancelled, abandoned, completed } = await ending;
  assert.deepStrictEqual({ graceful, cancelled, abandoned }, { graceful: true, cancelled: 0, abandoned: 0 });
  assert.ok(completed >= 98, String(completed));
});

test('a map that does not come to its end in time is given up, and one that waits is cancelled', async (t) => {
  for (const [options, code] of /** @type {const} */ ([
    [{ timeout: 50 }, 'ERR_TASKLETS_SHUTDOWN'],
    [{ cancelPending: true }, 'ERR_TASKLETS_CANCELLED'],
  ])) {
    const pool = poolFor(t, { workers: 1 });
    const gate = new Gate();
    const mapped = outcome(pool.map(stand, [gate.words, gate.words, gate.words], { chunkSize: 1 }));
    await gate.entered();
    const { graceful } = await pool.shutdown(options);
    // What it has running is cancelled with what waits, as where an item fails.
    assert.strictEqual(graceful, 'cancelPending' in options);
    assert.strictEqual((await mapped).error.code, code);
    pool.start();
    assert.deepStrictEqual(await pool.map((n) => n, [1, 2]), [1, 2]);
  }
});

test('a stream reads no more of its source while the pool ends', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const results = pool.stream(echo, [1, 2, 3, 4, 5, 6], { concurrency: 2 });
  assert.strictEqual((await results.next()).value, 1);
  const ending = pool.shutdown();
  const seen = [];
  const { error } = await outcome(
    (async () => {
      for await (const each of results) seen.push(each);
    })(),
  );
  assert.ok(error instanceof errors.ShutdownError);
  assert.ok(seen.length >= 1 && seen.length < 5, String(seen));
  assert.strictEqual((await ending).graceful, true);
});

test('wrong options reject', async (t) => {
  const pool = poolFor(t);
  for (const options of [{ timeout: -1 }, { timeout: '1' }, { cancelpending: true }, { force: 1 }, null, 5]) {
    assert.ok(
      (await outcome(pool.shutdown(/** @type {any} */ (options)))).error instanceof errors.ConfigError,
    );
  }
  assert.strictEqual(await pool.run(echo, { args: ['still open'] }), 'still open');
});

test('await using ends a pool', async () => {
  const pool = new Pool({ workers: 1 });
  await pool.run(echo);
  await pool[Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')]();
  assert.strictEqual(pool.getStats().workers.length, 0);
});

test('a signal of a process that has listeners of its own is left to them', async (t) => {
  const before = process.listenerCount('SIGTERM');
  const pool = poolFor(t, { workers: 1, gracefulSignals: true });
  assert.strictEqual(process.listenerCount('SIGTERM'), before + 1);
  pool.config({ gracefulSignals: false });
  assert.strictEqual(process.listenerCount('SIGTERM'), before);
  pool.config({ gracefulSignals: true });
  await pool.shutdown();
  assert.strictEqual(process.listenerCount('SIGTERM'), before);
  void once;
});
