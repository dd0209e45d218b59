'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { Gate, echo, outcome, poolFor, spin, stand } = require('./fixtures/pools');

/** Does next to nothing, or stands at the gate that it is given. @param {Int32Array} [words] */
function passOrStand(words) {
  if (words === undefined) return;
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
  Atomics.wait(words, 1, 0);
}

/** Runs it until its speed is known, so that its tasks are handed over in batches. */
async function acquaint(pool) {
  for (let round = 0; round < 3; round++) {
    await pool.runAll(Array.from({ length: 400 }, () => passOrStand));
  }
}

test('a long task that comes first holds up no other of its function', async (t) => {
  const pool = poolFor(t);
  await acquaint(pool);
  const gate = new Gate();
  const long = pool.run(passOrStand, { args: [gate.words] });
  await Promise.all(Array.from({ length: 400 }, () => pool.run(passOrStand)));
  assert.strictEqual(long.state, 'running');
  gate.open();
  await long;
});

test('a long task in the middle holds up neither those before it nor those behind it', async (t) => {
  const pool = poolFor(t);
  await acquaint(pool);
  const gate = new Gate();
  const before = Array.from({ length: 200 }, () => pool.run(passOrStand));
  const long = pool.run(passOrStand, { args: [gate.words] });
  const behind = Array.from({ length: 200 }, () => pool.run(passOrStand));
  await Promise.all([...before, ...behind]);
  assert.strictEqual(long.state, 'running');
  gate.open();
  await long;
});

test('what an async task gives is not held up by another that goes on at the same moment', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const meet = async (/** @type {any} */ words, /** @type {boolean} */ holds) => {
    const meeting = (globalThis.meeting ??= {});
    meeting.promise ??= new Promise((resolve) => {
      meeting.resolve = resolve;
    });
    if (holds) setImmediate(meeting.resolve);
    await meeting.promise;
    if (!holds) return 'done';
    // Behind all that the other one's end takes.
    for (let i = 0; i < 50; i++) await null;
    Atomics.wait(words, 0, 0);
    return 'held';
  };
  const words = new Int32Array(new SharedArrayBuffer(4));
  const first = pool.run(meet, { args: [words, false] });
  const second = pool.run(meet, { args: [words, true] });
  assert.strictEqual(await first, 'done');
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  assert.strictEqual(await second, 'held');
});

test('a result that is larger than the memory for results is not held up either', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const give = (/** @type {Int32Array} */ words, /** @type {number} */ size) => {
    if (size < 0) Atomics.wait(words, 0, 0);
    return Array.from({ length: size < 0 ? 1 : size }, (_, i) => `${i}`).join();
  };
  const words = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < 200; i++) await pool.run(give, { args: [words, 1] });
  const sizes = [1, 10, 100_000, 10, 20_000, 1];
  const results = sizes.map((size) => pool.run(give, { args: [words, size] }));
  const held = pool.run(give, { args: [words, -1] });
  for (const [i, text] of (await Promise.all(results)).entries()) {
    assert.strictEqual(text.split(',').length, sizes[i]);
  }
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  await held;
});

test('two workers run two tasks at any time, until the last', async (t) => {
  const pool = poolFor(t);
  // Each waits for another one to be there: by twos they come in, and by twos they leave.
  const meet = (/** @type {Int32Array} */ words) => {
    const nth = Atomics.add(words, 0, 1);
    Atomics.notify(words, 0);
    for (let seen = nth + 1; seen <= (nth | 1); seen = Atomics.load(words, 0)) Atomics.wait(words, 0, seen);
    return nth;
  };
  const words = new Int32Array(new SharedArrayBuffer(4));
  const all = await Promise.all(Array.from({ length: 20 }, () => pool.run(meet, { args: [words] })));
  assert.deepStrictEqual(
    all.sort((a, b) => a - b),
    [...Array(20).keys()],
  );
});

test('an idle worker takes what waits behind a busy one', async (t) => {
  const pool = poolFor(t);
  await acquaint(pool);
  const gate = new Gate();
  const held = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  for (let i = 0; i < 200; i++) assert.strictEqual(await pool.run(echo, { args: [i] }), i);
  gate.open();
  await held;
});

test('a low task is not starved for ever by others', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const held = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const low = pool.run(echo, { args: ['low'], priority: 'low' });
  const high = Array.from({ length: 100 }, () => pool.run(echo, { priority: 'critical' }));
  gate.open();
  await Promise.all([held, low, ...high]);
});

test('tasks that await leave their worker to others, up to `concurrency`', async (t) => {
  const pool = poolFor(t, { workers: { max: 1, concurrency: 4 } });
  const words = new Int32Array(new SharedArrayBuffer(16));
  const wait = async (words) => {
    const now = Atomics.add(words, 0, 1) + 1;
    if (now > Atomics.load(words, 1)) Atomics.store(words, 1, now);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    Atomics.sub(words, 0, 1);
  };
  await Promise.all(Array.from({ length: 24 }, () => pool.run(wait, { args: [words] })));
  assert.ok(words[1] >= 2 && words[1] <= 4, String(words[1]));
});

test('tasks of equal priority start in the order of submission', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const order = new Int32Array(new SharedArrayBuffer(4 * 1001));
  const note = (order, n) => {
    order[Atomics.add(order, 0, 1) + 1] = n;
  };
  await Promise.all(Array.from({ length: 1000 }, (_, n) => pool.run(note, { args: [order, n] })));
  assert.deepStrictEqual([...order.subarray(1)], [...Array(1000).keys()]);
});

test('the number of workers follows the config under load: 1, 4, 1', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const state = { stop: false };
  const settled = [];
  const load = (async () => {
    while (!state.stop)
      settled.push(
        ...(await Promise.all(Array.from({ length: 20 }, () => outcome(pool.run(spin, { args: [1] }))))),
      );
  })();
  const staying = () => pool.getStats().workers.filter(({ state }) => state !== 'leaving').length;
  const until = async (/** @type {(n: number) => boolean} */ holds) => {
    while (!holds(staying()))
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
  };
  await until((n) => n === 1);
  pool.config({ workers: 4 });
  await until((n) => n > 1);
  pool.config({ workers: 1 });
  await until((n) => n === 1);
  state.stop = true;
  await load;
  assert.ok(
    settled.every(({ error }) => error === undefined),
    String(settled.find(({ error }) => error)?.error),
  );
});

test('workers that have been idle for idleTimeout leave, down to min', async (t) => {
  const pool = poolFor(t, { workers: { min: 1, max: 3, idleTimeout: 20 } });
  const gate = new Gate();
  const handles = Array.from({ length: 3 }, () => pool.run(stand, { args: [gate.words] }));
  await gate.entered(3);
  gate.open();
  await Promise.all(handles);
  while (pool.getStats().workers.length > 1)
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  await new Promise((resolve) => {
    setTimeout(resolve, 60);
  });
  assert.strictEqual(pool.getStats().workers.length, 1);
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
});

test('a queue that is full refuses, and takes tasks again when there is room', async (t) => {
  for (const maxSize of [0, 1, 3]) {
    const pool = poolFor(t, { workers: 1, queue: { maxSize } });
    const gate = new Gate();
    const held = pool.run(stand, { args: [gate.words] });
    await gate.entered();
    const outcomes = Array.from({ length: 5 }, (_, i) => outcome(pool.run(echo, { args: [i] })));
    const refused = await Promise.all(outcomes.slice(maxSize));
    for (const { error } of refused) {
      assert.strictEqual(error?.code, 'ERR_TASKLETS_QUEUE_FULL');
      assert.strictEqual(error.limit, maxSize);
    }
    gate.open();
    await held;
    for (const [i, { value }] of (await Promise.all(outcomes.slice(0, maxSize))).entries())
      assert.strictEqual(value, i);
    assert.strictEqual(await pool.run(echo, { args: ['room'] }), 'room');
    assert.strictEqual(pool.getStats().counts.rejected, 5 - maxSize);
  }
});

test('a queue that holds too many bytes refuses', async (t) => {
  const pool = poolFor(t, { workers: 1, queue: { maxBytes: '1MB' } });
  const gate = new Gate();
  const held = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const big = new Uint8Array(700 * 1024);
  const first = pool.run((bytes) => bytes.length, { args: [big] });
  const second = outcome(pool.run((bytes) => bytes.length, { args: [big] }));
  gate.open();
  await held;
  assert.strictEqual((await second).error?.code, 'ERR_TASKLETS_QUEUE_FULL');
  assert.strictEqual(await first, 700 * 1024);
});
