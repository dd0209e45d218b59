'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { errors } = require('..');
const { Gate, echo, linger, outcome, poolFor, spinForever, stand } = require('./fixtures/pools');

const double = (/** @type {number} */ n) => n * 2;

test('gives the results in the order of the items', async (t) => {
  const pool = poolFor(t);
  const items = Array.from({ length: 5000 }, (_, i) => i);
  assert.deepStrictEqual(await pool.map(double, items), items.map(double));
});

test('hands over each item and its index', async (t) => {
  const pool = poolFor(t);
  const both = (/** @type {string} */ item, /** @type {number} */ index) => `${index}${item}`;
  assert.deepStrictEqual(await pool.map(both, ['a', 'b', 'c']), ['0a', '1b', '2c']);
  assert.deepStrictEqual(await pool.map((...args) => args.length, [1, 2]), [2, 2]);
  const indices = await pool.map((_, index) => index, new Set(Array(1000).keys()), { chunkSize: 7 });
  assert.deepStrictEqual(indices, [...Array(1000).keys()]);
});

test('takes any iterable, and none at all', async (t) => {
  const pool = poolFor(t);
  assert.deepStrictEqual(await pool.map(double, []), []);
  assert.deepStrictEqual(await pool.map(double, new Set([1, 2])), [2, 4]);
  assert.deepStrictEqual(await pool.map((c) => c, 'añ😀'), ['a', 'ñ', '😀']);
  assert.deepStrictEqual(await pool.map(([k, v]) => k + v, new Map([['a', 1]])), ['a1']);
  assert.deepStrictEqual(await pool.map((x) => x, new Uint8Array([1, 2])), [1, 2]);
  assert.deepStrictEqual(await pool.map((x) => x, new Array(3)), [undefined, undefined, undefined]);
  function* three() {
    yield* [1, 2, 3];
  }
  assert.deepStrictEqual(await pool.map(double, three()), [2, 4, 6]);
});

test('waits for async functions', async (t) => {
  const pool = poolFor(t);
  const later = async (/** @type {number} */ n) => {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    return n + 1;
  };
  for (const chunkSize of /** @type {const} */ (['auto', 1, 5])) {
    assert.deepStrictEqual(
      await pool.map(later, [1, 2, 3, 4, 5, 6, 7], { chunkSize }),
      [2, 3, 4, 5, 6, 7, 8],
    );
  }
});

test('the first failure rejects with what was thrown', async (t) => {
  const pool = poolFor(t);
  const fails = (/** @type {number} */ n) => {
    if (n === 500) throw Object.assign(new RangeError('item 500'), { item: n });
    return n;
  };
  for (const chunkSize of /** @type {const} */ (['auto', 1, 1000])) {
    const { error } = await outcome(pool.map(fails, Array(1000).keys(), { chunkSize }));
    assert.ok(error instanceof RangeError);
    assert.strictEqual(error.item, 500);
  }
});

test('a failure cancels the rest and takes no more items', async (t) => {
  const pool = poolFor(t);
  let taken = 0;
  let returned = 0;
  const source = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: taken++ }),
      return: () => {
        returned++;
        return { done: true, value: undefined };
      },
    }),
  };
  const fails = () => {
    throw new Error('at once');
  };
  const { error } = await outcome(pool.map(fails, source, { chunkSize: 1, concurrency: 2 }));
  assert.strictEqual(error.message, 'at once');
  assert.ok(taken < 10, String(taken));
  assert.strictEqual(returned, 1);
  await pool.shutdown();
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('a generator that throws in the middle rejects with that, and what ran is cancelled', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  function* source() {
    yield gate.words;
    throw new RangeError('from the generator');
  }
  const { error } = await outcome(pool.map(spinForever, source(), { chunkSize: 1, grace: 0 }));
  assert.ok(error instanceof RangeError);
  assert.strictEqual(error.message, 'from the generator');
  assert.strictEqual(await pool.run(echo, { args: ['alive'] }), 'alive');
});

test('an iterator whose return throws rejects with what failed first', async (t) => {
  const pool = poolFor(t);
  const source = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: 1 }),
      return: () => {
        throw new Error('from return');
      },
    }),
  };
  const fails = () => {
    throw new Error('from the task');
  };
  const { error } = await outcome(pool.map(fails, source));
  assert.strictEqual(error.message, 'from the task');
});

test('an iterator that gives no objects rejects', async (t) => {
  const pool = poolFor(t);
  const source = { [Symbol.iterator]: () => ({ next: () => 5 }) };
  const { error } = await outcome(pool.map(echo, /** @type {any} */ (source)));
  assert.ok(error instanceof TypeError);
});

test('an item that cannot travel rejects with the path to it', async (t) => {
  const pool = poolFor(t);
  const { error } = await outcome(pool.map(echo, [1, { socket: () => {}, other: Symbol('x') }]));
  assert.ok(
    error instanceof errors.SerializationError || error instanceof errors.CaptureError,
    String(error),
  );
});

test('what cannot travel is named by its place among all items, whatever chunk it was in', async (t) => {
  const pool = poolFor(t);
  const items = Array.from({ length: 50 }, (_, index) => (index === 40 ? { deep: Symbol('x') } : index));
  const make = (/** @type {unknown} */ _, /** @type {number} */ index) =>
    index === 40 ? { fn: () => 1 } : index;
  for (const chunkSize of /** @type {const} */ (['auto', 1, 16])) {
    const given = (await outcome(pool.map(echo, items, { chunkSize }))).error;
    const made = (await outcome(pool.map(make, Array(50).fill(0), { chunkSize }))).error;
    assert.deepStrictEqual([given.path, made.path], ['iterable[40].deep', 'result[40].fn']);
    for (const { message, path, stack, stackTrace } of [given, made]) {
      for (const text of [message, stack, stackTrace]) assert.ok(text.includes(`\`${path}\``), text);
    }
  }
});

test('never throws: wrong arguments reject', async (t) => {
  const pool = poolFor(t);
  for (const wrong of [null, undefined, 5, {}, () => {}]) {
    const { error } = await outcome(pool.map(echo, /** @type {any} */ (wrong)));
    assert.ok(error instanceof errors.ConfigError);
    assert.strictEqual(error.option, 'iterable');
  }
  async function* later() {}
  assert.match((await outcome(pool.map(echo, /** @type {any} */ (later())))).error.message, /stream/);
  assert.ok(
    (await outcome(pool.map(/** @type {any} */ (null), [1]))).error instanceof errors.InvalidTaskError,
  );
  assert.ok(
    (await outcome(pool.map(/** @type {any} */ (null), []))).error instanceof errors.InvalidTaskError,
  );
  for (const options of [
    { chunkSize: 0 },
    { chunkSize: 'big' },
    { concurrency: 0 },
    { args: [1] },
    { chunksize: 1 },
    null,
    5,
  ]) {
    assert.ok(
      (await outcome(pool.map(echo, [1], /** @type {any} */ (options)))).error instanceof errors.ConfigError,
    );
  }
});

test('concurrency bounds what is under way', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(12));
  const measure = async (words) => {
    const now = Atomics.add(words, 0, 1) + 1;
    for (let most; now > (most = Atomics.load(words, 1));) Atomics.compareExchange(words, 1, most, now);
    await new Promise((resolve) => {
      setTimeout(resolve, 3);
    });
    Atomics.sub(words, 0, 1);
  };
  await pool.map(measure, Array(30).fill(words), { chunkSize: 1, concurrency: 3 });
  assert.ok(words[1] <= 3 && words[1] >= 1, String(words[1]));
});

test('reads its source only as results come', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  let taken = 0;
  function* source() {
    for (;;) {
      taken++;
      yield gate.words;
    }
  }
  const seen = outcome(pool.map(linger, source(), { chunkSize: 1, concurrency: 2, grace: 0 }));
  await gate.entered(2);
  assert.strictEqual(taken, 2);
  await pool.shutdown({ force: true });
  assert.ok((await seen).error instanceof Error);
});

test('a signal cancels all of it', async (t) => {
  const pool = poolFor(t);
  const controller = new AbortController();
  const gate = new Gate();
  const seen = outcome(
    pool.map(stand, Array(20).fill(gate.words), { chunkSize: 1, signal: controller.signal, grace: 0 }),
  );
  await gate.entered();
  controller.abort(new Error('stop'));
  const { error } = await seen;
  assert.ok(error instanceof errors.CancelledError);
  assert.strictEqual(error.cause.message, 'stop');
  gate.open();
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('retries a chunk that fails', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const once = (words) => {
    if (Atomics.add(words, 0, 1) === 0) throw new Error('first');
    return 'ok';
  };
  assert.deepStrictEqual(
    await pool.map(once, [words, words], { retry: { attempts: 2, delay: 0 }, chunkSize: 1 }),
    ['ok', 'ok'],
  );
});

test('keeps both workers busy', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  // The first on each waits for the other worker to have one, too.
  const where = (/** @type {Int32Array} */ here) => {
    const { threadId } = process.getBuiltinModule('node:worker_threads');
    const known = (globalThis.known ??= new Set());
    if (!known.has(threadId)) {
      known.add(threadId);
      Atomics.add(here, 0, 1);
      Atomics.notify(here, 0);
      while (Atomics.load(here, 0) === 1) Atomics.wait(here, 0, 1);
    }
    return threadId;
  };
  const threads = await pool.map(where, Array(200).fill(words));
  assert.strictEqual(new Set(threads).size, 2);
});

test('many items of little work travel in few chunks', async (t) => {
  const pool = poolFor(t);
  await pool.map(double, Array(20_000).keys());
  assert.ok(pool.getStats().counts.submitted < 2_000, String(pool.getStats().counts.submitted));
});

test('a concurrency of Infinity is that of the pool', async (t) => {
  const pool = poolFor(t);
  assert.deepStrictEqual(await pool.map((n) => n * 2, [1, 2, 3], { concurrency: Infinity }), [2, 4, 6]);
  const results = await pool.batch([{ task: () => 1 }], { concurrency: Infinity });
  assert.strictEqual(results[0].result, 1);
});

test('rejects where the signal has aborted before, also where there is nothing to do', async (t) => {
  const pool = poolFor(t);
  const signal = AbortSignal.abort('enough');
  const { error } = await outcome(pool.map(echo, [], { signal }));
  assert.ok(error instanceof errors.CancelledError);
  assert.strictEqual(error.cause, 'enough');
});

test('onComplete hears of each item', async (t) => {
  const pool = poolFor(t);
  /** @type {number[]} */
  const heard = [];
  const twice = (/** @type {number} */ n) => n * 2;
  await pool.map(twice, [1, 2, 3, 4, 5], { chunkSize: 2, onComplete: (result) => void heard.push(result) });
  assert.deepStrictEqual(heard.sort(), [10, 2, 4, 6, 8]);
});
