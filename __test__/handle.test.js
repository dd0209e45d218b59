'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');
const { AsyncLocalStorage } = require('node:async_hooks');
const { inspect } = require('node:util');

const { errors } = require('..');
const {
  Gate,
  echo,
  linger,
  outcome,
  poolFor,
  spin,
  spinForever,
  stand,
  threadId,
} = require('./fixtures/pools');

test('is a real promise', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(echo, { args: [1] });
  assert.ok(handle instanceof Promise);
  assert.strictEqual(handle.constructor, Promise);
  assert.strictEqual(await Promise.race([handle]), 1);
  assert.deepStrictEqual(await Promise.all([handle, handle]), [1, 1]);
  assert.deepStrictEqual(await Promise.allSettled([handle]), [{ status: 'fulfilled', value: 1 }]);
  assert.strictEqual(await handle.finally(() => {}), 1);
  assert.ok(handle.then(() => {}) instanceof Promise);
  assert.strictEqual(Promise.resolve(handle), handle);
});

test('ids are positive integers that no other task has, in no pool', async (t) => {
  const pools = [poolFor(t), poolFor(t)];
  const handles = Array.from({ length: 500 }, (_, i) => pools[i % 2].run(echo, { args: [i] }));
  const ids = handles.map((handle) => handle.id);
  assert.ok(ids.every((id) => Number.isSafeInteger(id) && id > 0));
  assert.strictEqual(new Set(ids).size, 500);
  await Promise.all(handles);
});

test('takes its name from the options, or from the function', async (t) => {
  const pool = poolFor(t);
  assert.strictEqual(pool.run(echo).name, 'echo');
  assert.strictEqual(pool.run(echo, { name: 'mine' }).name, 'mine');
  const unnamed = pool.run(
    (
      () => () =>
        1
    )(),
  );
  assert.strictEqual(typeof unnamed.name, 'string');
  assert.notStrictEqual(unnamed.name, '');
  const odd = Object.defineProperty(() => 1, 'name', { value: 42 });
  assert.strictEqual(typeof pool.run(odd).name, 'string');
  const hostile = Object.defineProperty(() => 1, 'name', {
    get() {
      throw new Error('no name');
    },
  });
  const { error, value } = await outcome(pool.run(hostile));
  assert.ok(error instanceof Error || value === 1);
  await pool.shutdown();
});

test('goes from queued to running to fulfilled', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words, 'first'] });
  await gate.entered();
  const second = pool.run(echo, { args: ['second'] });
  assert.strictEqual(first.state, 'running');
  assert.strictEqual(second.state, 'queued');
  assert.ok(Number.isSafeInteger(first.worker));
  assert.strictEqual(second.worker, null);
  assert.strictEqual(first.usage, null);
  assert.strictEqual(first.progress, 0);
  gate.open();
  assert.deepStrictEqual(await Promise.all([first, second]), ['first', 'second']);
  assert.strictEqual(first.state, 'fulfilled');
  assert.strictEqual(first.progress, 1);
  assert.ok(Number.isSafeInteger(first.worker));
  assert.strictEqual(first.attempts, 1);
});

test('is rejected where the task throws, and cancelled where it was cancelled', async (t) => {
  const pool = poolFor(t);
  const cancelled = pool.run(echo);
  assert.strictEqual(cancelled.cancel(), true);
  assert.strictEqual(cancelled.state, 'cancelled');
  await outcome(cancelled);
  const failing = pool.run(() => {
    throw new Error('x');
  });
  await outcome(failing);
  assert.strictEqual(failing.state, 'rejected');
});

test('waits between attempts as `waiting`', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(
    () => {
      throw new Error('again');
    },
    {
      retry: {
        attempts: 2,
        delay: 60_000,
        onRetry: () => setImmediate(() => waits.dispatchEvent(new Event('rest'))),
      },
    },
  );
  const waits = new EventTarget();
  const seen = outcome(handle);
  await once(/** @type {any} */ (waits), 'rest');
  assert.strictEqual(handle.state, 'waiting');
  assert.strictEqual(handle.attempts, 1);
  handle.cancel();
  assert.ok((await seen).error instanceof errors.CancelledError);
});

test('says how long it waited, ran and used the processor', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const busy = (/** @type {number} */ ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  const first = pool.run(busy, { args: [60] });
  const second = pool.run(echo);
  await Promise.all([first, second]);
  assert.ok(first.usage.runTime >= 59 && first.usage.runTime < 500_000, String(first.usage.runTime));
  assert.ok(
    first.usage.cpuTime > 0 && first.usage.cpuTime <= first.usage.runTime + 5,
    String(first.usage.cpuTime),
  );
  assert.ok(second.usage.queueTime >= 55, String(second.usage.queueTime));
  assert.deepStrictEqual(Object.keys(first.usage).sort(), ['cpuTime', 'queueTime', 'runTime']);
  const { elapsed } = first;
  assert.ok(elapsed >= first.usage.runTime);
  await pool.run(busy, { args: [5] });
  assert.strictEqual(first.elapsed, elapsed);
});

test('says what its timeout is', async (t) => {
  const pool = poolFor(t, { workers: 1, timeout: 500_000 });
  assert.strictEqual(pool.run(echo).timeout, 500_000);
  assert.strictEqual(pool.run(echo, { timeout: 70_000 }).timeout, 70_000);
  assert.strictEqual(pool.run(echo, { timeout: 0 }).timeout, 0);
  await pool.shutdown();
});

test('calls onStart, onComplete and onError without anyone awaiting', async (t) => {
  const pool = poolFor(t);
  const calls = [];
  const done = Promise.withResolvers ? Promise.withResolvers() : deferred();
  pool.run(echo, {
    args: [5],
    onStart: (info) => calls.push(['start', info.taskId > 0, info.name, info.attempt]),
    onComplete: (value) => {
      calls.push(['complete', value]);
      done.resolve(undefined);
    },
    onError: () => calls.push(['error']),
  });
  await done.promise;
  assert.deepStrictEqual(calls, [
    ['start', true, 'echo', 1],
    ['complete', 5],
  ]);
  const failed = deferred();
  const handle = pool.run(
    () => {
      throw new TypeError('no');
    },
    { onError: failed.resolve, onComplete: () => calls.push('never') },
  );
  const awaited = outcome(handle);
  assert.strictEqual(await failed.promise, (await awaited).error);
  assert.strictEqual(calls.length, 2);
});

test('several callbacks are all called, those that come late too', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(echo, { args: [1] });
  const calls = [];
  assert.strictEqual(
    handle
      .onComplete(() => calls.push(1))
      .onComplete(() => calls.push(2))
      .onError(() => calls.push(3))
      .onProgress(() => {}),
    handle,
  );
  await handle;
  await new Promise((resolve) => {
    handle.onComplete(resolve);
  });
  assert.deepStrictEqual(calls, [1, 2]);
  const failing = pool.run(() => {
    throw new Error('late');
  });
  await outcome(failing);
  const error = await new Promise((resolve) => {
    failing.onError(resolve);
  });
  assert.strictEqual(error.message, 'late');
});

test('refuses callbacks that are none', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(echo);
  for (const method of /** @type {const} */ (['onComplete', 'onError', 'onProgress'])) {
    assert.throws(() => handle[method](/** @type {any} */ (1)), { code: 'ERR_TASKLETS_CONFIG' });
  }
  await handle;
  assert.throws(() => handle.onComplete(/** @type {any} */ (null)), { code: 'ERR_TASKLETS_CONFIG' });
});

test('a callback that throws is a warning, and disturbs nobody', async (t) => {
  const pool = poolFor(t);
  const warned = once(process, 'warning');
  const others = [];
  const handle = pool.run(echo, {
    args: [1],
    onComplete: () => {
      throw new Error('from a callback');
    },
  });
  handle.onComplete(() => others.push('called'));
  const next = pool.run(echo, { args: [2] });
  assert.deepStrictEqual(await Promise.all([handle, next]), [1, 2]);
  const [warning] = await warned;
  assert.match(warning.message, /from a callback/);
  assert.deepStrictEqual(others, ['called']);
});

test('a callback that throws what is no error is a warning too', async (t) => {
  const pool = poolFor(t);
  const nasty = [
    null,
    undefined,
    Symbol('thrown'),
    Object.create(null),
    {
      toString() {
        throw new Error('no text');
      },
    },
  ];
  for (const thrown of nasty) {
    const warned = once(process, 'warning');
    const handle = pool.run(echo, {
      args: [1],
      onComplete: () => {
        throw thrown;
      },
    });
    assert.strictEqual(await handle, 1);
    await warned;
  }
});

test('an async callback that rejects is not lost', async (t) => {
  const pool = poolFor(t);
  const warned = once(process, 'warning');
  await pool.run(echo, {
    onComplete: async () => {
      throw new Error('from an async callback');
    },
  });
  const [warning] = await warned;
  assert.match(warning.message, /from an async callback/);
});

test('callbacks run in the async context of the submission', async (t) => {
  const pool = poolFor(t);
  const storage = new AsyncLocalStorage();
  const seen = await storage.run(
    'here',
    () =>
      new Promise((resolve) => {
        pool.run(echo, { onComplete: () => resolve(storage.getStore()) });
      }),
  );
  assert.strictEqual(seen, 'here');
});

test('a callback may submit, cancel and read', async (t) => {
  const pool = poolFor(t);
  const done = deferred();
  const other = pool.run(spinForever);
  const cancelled = outcome(other);
  const handle = pool.run(echo, {
    args: [1],
    onComplete: (value) => {
      assert.strictEqual(handle.state, 'fulfilled');
      other.cancel();
      pool.run(echo, { args: [value + 1] }).then(done.resolve);
    },
  });
  assert.strictEqual(await done.promise, 2);
  assert.ok((await cancelled).error instanceof errors.CancelledError);
});

test('keeps metadata of its own', async (t) => {
  const pool = poolFor(t);
  const metadata = Object.freeze({ user: 7 });
  const handle = pool.run(echo, { metadata });
  assert.deepStrictEqual(handle.metadata, { user: 7 });
  assert.strictEqual(handle.setMetadata('step', 'a'), handle);
  assert.strictEqual(handle.getMetadata('step'), 'a');
  assert.strictEqual(handle.getMetadata('toString'), undefined);
  assert.deepStrictEqual(handle.getMetadata(), { user: 7, step: 'a' });
  handle.setMetadata('__proto__', { polluted: true });
  assert.strictEqual(/** @type {any} */ (handle.metadata).polluted, undefined);
  assert.deepStrictEqual(handle.getMetadata('__proto__'), { polluted: true });
  await handle;
  assert.strictEqual(handle.getMetadata('user'), 7);
  assert.deepStrictEqual(pool.run(echo).metadata, {});
  await pool.shutdown();
});

test('looking at a handle in the turn of its submission does not disturb it', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(linger, { args: [new Int32Array(new SharedArrayBuffer(8)).fill(1), 'x'] });
  for (const property of [
    'id',
    'name',
    'state',
    'progress',
    'attempts',
    'worker',
    'timeout',
    'elapsed',
    'metadata',
    'usage',
  ]) {
    assert.doesNotThrow(() => handle[property], property);
  }
  assert.strictEqual(await handle, 'x');
});

test('its fields cannot be mistaken for those of another: two handles of one function', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const [a, b] = [pool.run(echo, { args: ['a'] }), pool.run(echo, { args: ['b'] })];
  assert.notStrictEqual(a.id, b.id);
  b.cancel('only b');
  const [first, second] = await Promise.all([outcome(a), outcome(b)]);
  assert.strictEqual(first.value, 'a');
  assert.strictEqual(second.error.taskId, b.id);
});

/** A promise and its ends. */
function deferred() {
  /** @type {(value?: any) => void} */
  let resolve = () => {};
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

test('shows what it is when it is printed, and nothing of the pool', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const handle = pool.run(stand, { args: [gate.words, 1], name: 'stands', metadata: { secret: 'hidden' } });
  await gate.entered();
  const running = inspect(handle, { breakLength: Infinity });
  assert.match(
    running,
    /^TaskHandle \{ id: \d+, name: 'stands', state: 'running', attempts: 1, worker: \d+, elapsed: [\d.]+ \}$/,
  );
  assert.strictEqual(inspect([[[handle]]], { depth: 1 }), '[ [ [Array] ] ]');
  assert.strictEqual(inspect([handle], { depth: 0 }), '[ [TaskHandle] ]');
  assert.deepStrictEqual([Object.keys(handle), JSON.stringify(handle)], [[], '{}']);
  gate.open();
  await handle;
  assert.match(inspect(handle), /state: 'fulfilled'/);
});

test('its id cannot be changed', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(echo, { args: [1] });
  const { id } = handle;
  assert.throws(() => {
    /** @type {any} */ (handle).id = 0;
  }, TypeError);
  assert.strictEqual(handle.id, id);
  await handle;
});

test('counts the attempts that have begun', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const behind = pool.run(echo);
  assert.deepStrictEqual([first.attempts, behind.attempts], [1, 0]);
  gate.open();
  await Promise.all([first, behind]);
  assert.deepStrictEqual([first.attempts, behind.attempts], [1, 1]);

  const failed = new Promise((resolve) => {
    const handle = pool.run(
      () => {
        throw new Error('no');
      },
      { retry: { attempts: 2, delay: 60_000, onRetry: () => setImmediate(() => resolve([handle])) } },
    );
    handle.catch(() => {});
  });
  const [rests] = await failed;
  assert.deepStrictEqual([rests.state, rests.attempts], ['waiting', 1]);
  rests.cancel();
  assert.strictEqual(rests.attempts, 1);
});

test('each of many tasks has its own usage', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  // Those that fail once have two attempts: neighbours differ.
  const handles = Array.from({ length: 300 }, (_, i) =>
    pool.run(
      (fails) => {
        if (fails && require('tasklets').current().attempt === 1) throw new Error('once');
      },
      { args: [i % 3 === 0], retry: { attempts: 2, delay: 0 } },
    ),
  );
  await Promise.all(handles);
  assert.deepStrictEqual(
    handles.map(({ attempts }) => attempts),
    handles.map((_, i) => (i % 3 === 0 ? 2 : 1)),
  );
});

test('usage tells what a task took that was ended while it ran, and between two attempts', async (t) => {
  const pool = poolFor(t);
  await Promise.all([pool.run(threadId), pool.run(threadId)]);
  const isRead = process.platform === 'linux';
  const gate = new Gate();
  const cancelled = pool.run(spinForever, { args: [gate.words], grace: 0 });
  await gate.entered();
  await pool.run(spin, { args: [30] });
  cancelled.cancel();
  const late = pool.run(spinForever, { timeout: 40, grace: 0 });
  const exits = pool.run(() => {
    const end = performance.now() + 20;
    while (performance.now() < end);
    process.exit(3);
  });
  await Promise.all([cancelled, late, exits].map(outcome));
  for (const { usage } of [cancelled, late, exits]) {
    assert.ok(usage !== null && usage.runTime > 15);
    if (isRead) assert.ok(usage.cpuTime > 0 && usage.cpuTime <= usage.runTime, JSON.stringify(usage));
  }
  const failing = pool.run(
    () => {
      const end = performance.now() + 20;
      while (performance.now() < end);
      throw new Error('x');
    },
    { retry: { attempts: 3, delay: 60_000 } },
  );
  while (failing.state !== 'waiting') await pool.run(spin, { args: [2] });
  failing.cancel();
  await outcome(failing);
  assert.ok(failing.usage !== null && failing.usage.runTime >= 19 && failing.usage.cpuTime > 0);
});
