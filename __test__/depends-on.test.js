'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { errors } = require('..');
const { Gate, echo, linger, outcome, poolFor, program, stand } = require('./fixtures/pools');

/** @param {any[]} args */
const all = (...args) => args;

test('gives results of other tasks as the first arguments, before args', async (t) => {
  const pool = poolFor(t);
  const user = pool.run(() => ({ name: 'Ada' }));
  assert.deepStrictEqual(await pool.run(all, { dependsOn: user, args: ['dark'] }), [{ name: 'Ada' }, 'dark']);
  const one = pool.run(() => 1);
  const two = pool.run(() => 2);
  assert.deepStrictEqual(await pool.run(all, { dependsOn: [two, one, two] }), [2, 1, 2]);
  assert.deepStrictEqual(await pool.run(all, { dependsOn: [], args: [3] }), [3]);
});

test('is waiting until what it depends on is fulfilled', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words, 'open'] });
  const second = pool.run(echo, { dependsOn: first });
  const third = pool.run(echo, { dependsOn: second });
  await gate.entered();
  assert.deepStrictEqual([first.state, second.state, third.state], ['running', 'waiting', 'waiting']);
  gate.open();
  assert.strictEqual(await third, 'open');
  assert.deepStrictEqual([first.state, second.state, third.state], ['fulfilled', 'fulfilled', 'fulfilled']);
});

test('values cross as they are, whatever they are', async (t) => {
  const pool = poolFor(t);
  const make = () => {
    const cycle = { map: new Map([[NaN, -0]]), bytes: Buffer.from('bytes'), date: new Date(7), big: 3n };
    return Object.assign(cycle, { self: cycle, text: 'naïve \ud800 文', empty: [undefined, null] });
  };
  const expected = make();
  const got = await pool.run(echo, { dependsOn: pool.run(make) });
  assert.deepStrictEqual(got, expected);
  assert.strictEqual(got.self, got);
  for (const value of [undefined, null, 0, -0, NaN, '', false, Symbol.iterator === undefined]) {
    assert.ok(Object.is(await pool.run(echo, { dependsOn: pool.run(echo, { args: [value] }) }), value));
  }
});

test('many depend on one, and one on many', async (t) => {
  const pool = poolFor(t);
  const root = pool.run(() => 10);
  const middle = Array.from({ length: 300 }, (_, i) =>
    pool.run((root, i) => root + i, { dependsOn: root, args: [i] }),
  );
  const sum = pool.run((...numbers) => numbers.reduce((a, b) => a + b), { dependsOn: middle });
  assert.strictEqual(await sum, 300 * 10 + (300 * 299) / 2);
});

test('a long chain comes to its end', async (t) => {
  const pool = poolFor(t);
  let last = pool.run(() => 0);
  for (let i = 0; i < 2000; i++) last = pool.run((n) => n + 1, { dependsOn: last });
  assert.strictEqual(await last, 2000);
});

test('a dependency may be settled already', async (t) => {
  const pool = poolFor(t);
  const first = pool.run(() => [1]);
  await first;
  assert.deepStrictEqual(await pool.run(all, { dependsOn: [first, pool.run(() => 2)] }), [[1], 2]);
});

test('a dependency that has ended over there and is not known of here is no trap', async (t) => {
  const pool = poolFor(t);
  await pool.run(echo);
  for (let i = 0; i < 50; i++) {
    const first = pool.run(() => 'early');
    // Without a turn of the event loop: it has ended, and its end is in the mailbox, or on its way there.
    while (first.state !== 'running' || first.worker !== null);
    assert.strictEqual(await pool.run(echo, { dependsOn: first }), 'early');
  }
});

test('a dependency may be a task of another pool', async (t) => {
  const [here, there] = [poolFor(t), poolFor(t, { workers: 1 })];
  const both = here.run(all, { dependsOn: [there.run(() => 'there'), here.run(() => 'here')] });
  assert.deepStrictEqual(await both, ['there', 'here']);
});

test('what only messages carry reaches the dependent', async (t) => {
  const pool = poolFor(t);
  const make = () => ({ shared: new Int32Array(new SharedArrayBuffer(8)) });
  const first = pool.run(make);
  const write = ({ shared }, own, value) => {
    shared[0] = value;
    own[0] = value;
    return 'written';
  };
  const own = new Int32Array(new SharedArrayBuffer(8));
  const second = pool.run(write, { dependsOn: first, args: [own, 42] });
  assert.strictEqual(await second, 'written');
  assert.deepStrictEqual([(await first).shared[0], own[0]], [42, 42]);
  // And once it is settled.
  assert.strictEqual(await pool.run(write, { dependsOn: first, args: [own, 43] }), 'written');
  assert.deepStrictEqual([(await first).shared[0], own[0]], [43, 43]);
});

test('large results reach the dependent', async (t) => {
  const pool = poolFor(t);
  const first = pool.run(() => new Uint8Array(3_000_000).fill(7));
  const sum = (bytes) => bytes.reduce((a, b) => a + b, 0);
  assert.strictEqual(await pool.run(sum, { dependsOn: first }), 21_000_000);
  const text = pool.run(() => 'x'.repeat(500_000));
  assert.strictEqual(await pool.run((text) => text.length, { dependsOn: text }), 500_000);
});

test('works for captured variables, modules, metadata, and this', async (t) => {
  const pool = poolFor(t);
  const factor = [3];
  const first = pool.run(() => 5);
  assert.strictEqual(await pool.run((n) => n * factor[0], { dependsOn: first }), 15);
  const join = pool.module('node:path', 'join');
  const folder = pool.run(() => 'a');
  const options = { dependsOn: folder, args: ['b'], metadata: { of: 'join' } };
  assert.strictEqual(await pool.run(join, options), require('node:path').join('a', 'b'));
  const method = pool.run(
    function (n) {
      return this.base + n;
    },
    { dependsOn: first, this: { base: 1 } },
  );
  assert.strictEqual(await method, 6);
});

test('rejects with ERR_TASKLETS_DEPENDENCY when what it depends on fails', async (t) => {
  const pool = poolFor(t);
  const failing = pool.run(
    () => {
      throw new RangeError('too far');
    },
    { name: 'walk' },
  );
  const fine = pool.run(() => 1);
  const next = pool.run(echo, { dependsOn: [fine, failing], name: 'rest' });
  const last = pool.run(echo, { dependsOn: next });
  const { error } = await outcome(next);
  assert.ok(error instanceof errors.DependencyError);
  assert.strictEqual(error.code, 'ERR_TASKLETS_DEPENDENCY');
  assert.strictEqual(error.dependency, 'walk');
  assert.ok(error.cause instanceof RangeError);
  assert.match(error.message, /`rest` was not run.*`walk`.*too far/);
  assert.strictEqual(error.taskId, next.id);
  assert.strictEqual(error.taskName, 'rest');
  assert.strictEqual(next.state, 'rejected');
  assert.strictEqual(next.attempts, 0);
  assert.strictEqual((await outcome(last)).error.cause, error);
  // Also when it has failed before.
  const late = await outcome(pool.run(echo, { dependsOn: failing }));
  assert.strictEqual(late.error.cause, error.cause);
  await fine;
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('rejects with ERR_TASKLETS_DEPENDENCY when what it depends on is cancelled or refused', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const first = pool.run(linger, { args: [gate.words] });
  const next = pool.run(echo, { dependsOn: first });
  await gate.entered();
  first.cancel('no need');
  gate.open();
  const { error } = await outcome(next);
  assert.strictEqual(error.code, 'ERR_TASKLETS_DEPENDENCY');
  assert.strictEqual(error.cause.code, 'ERR_TASKLETS_CANCELLED');
  assert.strictEqual((await outcome(first)).error, error.cause);
  const refused = pool.run(/** @type {any} */ (class {}));
  const after = await outcome(pool.run(echo, { dependsOn: refused }));
  assert.strictEqual(after.error.cause.code, 'ERR_TASKLETS_INVALID_TASK');
});

test('a failed dependency is no unhandled rejection, its dependent is', async () => {
  const { code, stderr } = await program(`
    const { run } = tasklets;
    const failing = run(() => { throw new Error('first'); });
    run((x) => x, { dependsOn: failing }).catch((error) => console.log(error.code));
  `);
  assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: '' });
});

test('can be cancelled while it waits', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words, 1] });
  const next = pool.run(echo, { dependsOn: first });
  const last = pool.run(echo, { dependsOn: next });
  await gate.entered();
  assert.strictEqual(next.cancel('enough'), true);
  assert.strictEqual(next.cancel(), false);
  assert.strictEqual((await outcome(next)).error.code, 'ERR_TASKLETS_CANCELLED');
  assert.strictEqual((await outcome(last)).error.code, 'ERR_TASKLETS_DEPENDENCY');
  gate.open();
  assert.strictEqual(await first, 1);
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('the time allowed for waiting counts while it waits', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words] });
  const next = pool.run(echo, { dependsOn: first, queueTimeout: 20 });
  const { error } = await outcome(next);
  assert.deepStrictEqual([error.code, error.phase], ['ERR_TASKLETS_TIMEOUT', 'queue']);
  gate.open();
  await first;
});

test('every attempt gets the inputs', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const flaky = (input, words) => {
    if (Atomics.add(words, 0, 1) < 2) throw new Error('again');
    return input;
  };
  const handle = pool.retry(flaky, { dependsOn: pool.run(() => 'kept'), args: [words], delay: 1 });
  assert.strictEqual(await handle, 'kept');
  assert.strictEqual(handle.attempts, 3);
});

test('works in runAll, in batch, and inside of tasks', async (t) => {
  const pool = poolFor(t);
  const first = pool.run(() => 2);
  assert.deepStrictEqual(await pool.runAll([{ task: echo, dependsOn: first }, () => 3]), [2, 3]);
  const [result] = await pool.batch([{ name: 'b', task: echo, dependsOn: [first] }]);
  assert.deepStrictEqual([result.success, result.result], [true, 2]);
  const { run } = require('..');
  const nested = async () => {
    const inner = run(() => 5);
    return run((a, b) => a * b, { dependsOn: inner, args: [4] });
  };
  assert.strictEqual(await pool.run(nested), 20);
});

test('shutting down waits for those that wait', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words, 'done'] });
  const second = pool.run(echo, { dependsOn: first });
  await gate.entered();
  const end = pool.shutdown();
  gate.open();
  assert.strictEqual(await second, 'done');
  assert.strictEqual((await end).graceful, true);
});

test('a value that cannot be given rejects with ERR_TASKLETS_UNSERIALIZABLE', async (t) => {
  const pool = poolFor(t);
  const foreign = Object.assign(Promise.resolve({ socket: () => {} }), { id: 1 });
  const { error } = await outcome(pool.run(echo, { dependsOn: /** @type {any} */ (foreign) }));
  assert.strictEqual(error.code, 'ERR_TASKLETS_UNSERIALIZABLE');
  assert.strictEqual(error.path, 'dependsOn[0].socket');
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('results that were handed over are given back', async (t) => {
  const pool = poolFor(t);
  const big = () => 'x'.repeat(1_000_000);
  const length = (text) => text.length;
  await pool.run(length, { dependsOn: pool.run(big) });
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 100; i++) await pool.run(length, { dependsOn: pool.run(big) });
  // A hundred megabytes went over; what is left is what allocators and heaps keep.
  assert.ok(process.memoryUsage().rss - before < 60_000_000);
  assert.strictEqual(pool.getStats().queue.bytes, 0);
});
