'use strict';

const assert = require('node:assert');
const { getEventListeners } = require('node:events');
const { test } = require('node:test');

const { cancel, errors } = require('..');
const { Gate, echo, linger, outcome, poolFor, spinForever, stand } = require('./fixtures/pools');

/** @param {any} error */
function assertCancelled(error) {
  assert.ok(error instanceof errors.CancelledError, String(error?.stack ?? error));
  assert.strictEqual(error.code, 'ERR_TASKLETS_CANCELLED');
  assert.strictEqual(error.name, 'AbortError');
}

test('a queued task that is cancelled never starts', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const other = new Gate();
  const handle = pool.run(stand, { args: [other.words] });
  assert.strictEqual(handle.cancel('not needed'), true);
  const { error } = await outcome(handle);
  assertCancelled(error);
  assert.strictEqual(error.cause, 'not needed');
  assert.match(error.message, /stand.*not needed/);
  assert.strictEqual(error.taskId, handle.id);
  assert.strictEqual(error.taskName, 'stand');
  gate.open();
  await first;
  await pool.run(echo);
  assert.strictEqual(other.words[0], 0);
});

test('a task that is cancelled in the turn of its submission never starts', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  gate.open();
  const handle = pool.run(stand, { args: [gate.words] });
  assert.strictEqual(handle.cancel(), true);
  assertCancelled((await outcome(handle)).error);
  await pool.run(echo);
  assert.strictEqual(gate.words[0], 0);
});

test('a running task rejects at once, and its worker is replaced when its grace is over', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const handle = pool.run(spinForever, { args: [gate.words], grace: 20 });
  const seen = outcome(handle);
  await gate.entered();
  const { worker } = handle;
  assert.strictEqual(handle.cancel(), true);
  assert.strictEqual(handle.state, 'cancelled');
  assertCancelled((await seen).error);
  const next = pool.run(echo, { args: ['alive'] });
  assert.strictEqual(await next, 'alive');
  assert.notStrictEqual(next.worker, worker);
});

test('a cancelled task that ends within its grace costs no worker', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const handle = pool.run(linger, { args: [gate.words], grace: 60_000 });
  const seen = outcome(handle);
  await gate.entered();
  const { worker } = handle;
  handle.cancel();
  assertCancelled((await seen).error);
  gate.open();
  const next = pool.run(echo, { args: ['same'] });
  assert.strictEqual(await next, 'same');
  assert.strictEqual(next.worker, worker);
});

test('the tasks behind a cancelled endless loop run elsewhere', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const endless = pool.run(spinForever, { args: [gate.words], grace: 0 });
  const seen = outcome(endless);
  const others = Array.from({ length: 100 }, (_, i) => pool.run(echo, { args: [i] }));
  await gate.entered();
  endless.cancel();
  assert.deepStrictEqual(await Promise.all(others), [...Array(100).keys()]);
  assertCancelled((await seen).error);
});

test('cancelling twice, or what has settled, answers false', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(echo);
  assert.strictEqual(handle.cancel('first'), true);
  assert.strictEqual(handle.cancel('second'), false);
  assert.strictEqual(pool.cancel(handle.id), false);
  assert.strictEqual((await outcome(handle)).error.cause, 'first');
  const done = pool.run(echo, { args: [1] });
  assert.strictEqual(await done, 1);
  assert.strictEqual(done.cancel(), false);
  assert.strictEqual(pool.cancel(done.id), false);
  assert.strictEqual(done.state, 'fulfilled');
});

test('a task can be cancelled by its id', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const handle = pool.run(linger, { args: [gate.words], grace: 0 });
  const seen = outcome(handle);
  await gate.entered();
  const reason = new Error('by id');
  assert.strictEqual(pool.cancel(handle.id, reason), true);
  const { error } = await seen;
  assertCancelled(error);
  assert.strictEqual(error.cause, reason);
  assert.strictEqual(pool.cancel(999_999_999), false);
});

test('an id that is none is refused', () => {
  for (const id of [0, -1, 1.5, NaN, Infinity, '1', null, undefined, {}, 2 ** 60]) {
    assert.throws(() => cancel(/** @type {any} */ (id)), { code: 'ERR_TASKLETS_CONFIG', option: 'id' });
  }
});

test('without a reason there is no cause', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(echo);
  handle.cancel();
  const { error } = await outcome(handle);
  assert.strictEqual(Object.hasOwn(error, 'cause'), false);
});

test('reasons of any kind become the cause', async (t) => {
  const pool = poolFor(t);
  for (const reason of [null, 0, '', false, Symbol('reason'), { a: 1 }, () => {}]) {
    const handle = pool.run(echo);
    handle.cancel(reason);
    const { error } = await outcome(handle);
    assertCancelled(error);
    assert.strictEqual(error.cause, reason);
  }
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('trap');
      },
      getPrototypeOf() {
        throw new Error('trap');
      },
    },
  );
  const handle = pool.run(echo);
  assert.strictEqual(handle.cancel(hostile), true);
  assertCancelled((await outcome(handle)).error);
});

test('cancellable: false refuses, and refuses a signal', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(echo, { args: ['kept'], cancellable: false });
  assert.strictEqual(handle.cancel(), false);
  assert.strictEqual(pool.cancel(handle.id), false);
  assert.strictEqual(await handle, 'kept');
  const { error } = await outcome(
    pool.run(echo, /** @type {any} */ ({ cancellable: false, signal: new AbortController().signal })),
  );
  assert.ok(error instanceof errors.ConfigError);
  assert.strictEqual(error.option, 'signal');
});

test('a signal that aborts cancels, with its reason as the cause', async (t) => {
  const pool = poolFor(t);
  const controller = new AbortController();
  const gate = new Gate();
  const handle = pool.run(spinForever, { args: [gate.words], signal: controller.signal, grace: 0 });
  const seen = outcome(handle);
  await gate.entered();
  const reason = new RangeError('user left');
  controller.abort(reason);
  const { error } = await seen;
  assertCancelled(error);
  assert.strictEqual(error.cause, reason);
  assert.strictEqual(handle.state, 'cancelled');
});

test('a signal that has aborted already lets nothing start', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  gate.open();
  const handle = pool.run(stand, { args: [gate.words], signal: AbortSignal.abort('before') });
  assert.strictEqual(handle.state, 'cancelled');
  const { error } = await outcome(handle);
  assertCancelled(error);
  assert.strictEqual(error.cause, 'before');
  await pool.run(echo);
  assert.strictEqual(gate.words[0], 0);
});

test('a signal is left alone once its task has settled', async (t) => {
  const pool = poolFor(t);
  const { signal } = new AbortController();
  const fails = () => {
    throw new Error('x');
  };
  const handles = Array.from({ length: 20 }, (_, i) => pool.run(i % 2 ? echo : fails, { signal }));
  const cancelled = pool.run(echo, { signal });
  cancelled.cancel();
  await Promise.allSettled([...handles, cancelled]);
  assert.strictEqual(getEventListeners(signal, 'abort').length, 0);
  // Refused before it was ever handed over: nothing may stay behind either.
  await outcome(pool.run(echo, { signal, args: [() => {}, Symbol('x')] }));
  await outcome(pool.run(/** @type {any} */ (null), { signal }));
  assert.strictEqual(getEventListeners(signal, 'abort').length, 0);
});

test('one signal may cancel many, and those that it cancels do not warn of a leak', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const warnings = [];
  const hear = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', hear);
  t.after(() => process.off('warning', hear));
  const controller = new AbortController();
  const handles = Array.from({ length: 50 }, () => pool.run(echo, { signal: controller.signal }));
  controller.abort();
  for (const { reason } of /** @type {any[]} */ (await Promise.allSettled(handles))) assertCancelled(reason);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  assert.deepStrictEqual(
    warnings.filter(({ name }) => name === 'MaxListenersExceededWarning'),
    [],
  );
});

test('100 000 queued tasks that are cancelled all settle, and leave nothing', async (t) => {
  const pool = poolFor(t, { workers: 1, logging: 'silent' });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const handles = Array.from({ length: 100_000 }, (_, i) => pool.run(echo, { args: [i] }));
  const seen = Promise.allSettled(handles);
  assert.ok(handles.every((handle) => handle.cancel()));
  const outcomes = await seen;
  assert.ok(outcomes.every(({ status }) => status === 'rejected'));
  assert.strictEqual(pool.getActiveTaskCount(), 1);
  const { queue, counts } = pool.getStats();
  assert.strictEqual(queue.depth, 0);
  assert.strictEqual(queue.bytes, 0);
  assert.strictEqual(counts.cancelled, 100_000);
  gate.open();
  await first;
  assert.strictEqual(await pool.run(echo, { args: ['after'] }), 'after');
});

test('cancelling from the last to the first is no slower than the other way round by far', async (t) => {
  const pool = poolFor(t, { workers: 1, logging: 'silent' });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const handles = Array.from({ length: 20_000 }, () => pool.run(echo));
  const seen = Promise.allSettled(handles);
  // The others have nothing to do meanwhile; and what the machine does besides does not count.
  const before = process.cpuUsage();
  for (const handle of handles.reverse()) handle.cancel();
  await seen;
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 5_000_000, `${(user + system) / 1000} ms`);
  gate.open();
  await first;
});

test('cancels a task while it waits for its next attempt', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(
    () => {
      throw new Error('x');
    },
    { retry: { attempts: 5, delay: 60_000, onRetry: () => setImmediate(() => handle.cancel('enough')) } },
  );
  const { error } = await outcome(handle);
  assertCancelled(error);
  assert.strictEqual(error.cause, 'enough');
});

test('cancelling inside onStart works', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(spinForever, { grace: 0, onStart: () => handle.cancel('at the start') });
  const { error } = await outcome(handle);
  assertCancelled(error);
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
});

test('cancelling many running tasks at once loses no worker for good', async (t) => {
  const pool = poolFor(t, { workers: 2 });
  for (let round = 0; round < 5; round++) {
    const gate = new Gate();
    const handles = [1, 2].map(() => pool.run(spinForever, { args: [gate.words], grace: 0 }));
    const seen = Promise.all(handles.map(outcome));
    await gate.entered(2);
    for (const handle of handles) handle.cancel();
    for (const { error } of await seen) assertCancelled(error);
  }
  const gate = new Gate();
  const both = [1, 2].map(() => pool.run(stand, { args: [gate.words] }));
  await gate.entered(2);
  gate.open();
  await Promise.all(both);
});

test('async tasks on the same worker that finish within the grace keep their results', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const victim = pool.run(linger, { args: [gate.words], grace: 60_000 });
  const neighbour = pool.run(linger, { args: [gate.words, 'neighbour'] });
  const seen = outcome(victim);
  await gate.entered(2);
  victim.cancel();
  gate.open();
  assert.strictEqual(await neighbour, 'neighbour');
  assertCancelled((await seen).error);
});

test('a task that is cancelled in the turn that submits it never begins, however idle the pool is', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const begun = new Int32Array(new SharedArrayBuffer(4));
  // What is shared stays in the worker: to fetch it takes the event loop of this thread.
  const keep = (/** @type {Int32Array} */ words) => void (/** @type {any} */ (globalThis.begun = words));
  const count = () => Atomics.add(/** @type {any} */ (globalThis).begun, 0, 1);
  await pool.run(keep, { args: [begun] });
  await pool.run(count);
  for (let i = 0; i < 10; i++) {
    // Longer than workers wait awake for the next task.
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
    const handle = pool.run(count);
    const seen = outcome(handle);
    for (const until = performance.now() + 1; performance.now() < until;);
    assert.strictEqual(handle.cancel(), true);
    assertCancelled((await seen).error);
  }
  await pool.run(echo);
  assert.strictEqual(begun[0], 1);
});

test('tells what a task had taken when it was cancelled', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const handle = pool.run(stand, { args: [gate.words] });
  const behind = pool.run(echo);
  const ended = [outcome(handle), outcome(behind)];
  await gate.entered();
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  const { worker } = handle;
  behind.cancel();
  handle.cancel();
  const [{ error }, { error: other }] = await Promise.all(ended);
  assert.ok(handle.usage.runTime >= 15 && handle.usage.queueTime >= 0, JSON.stringify(handle.usage));
  assert.ok(handle.usage.runTime + handle.usage.queueTime <= handle.elapsed + 1);
  assert.deepStrictEqual([handle.attempts, handle.worker], [1, worker]);
  assert.deepStrictEqual([error.attempts, error.workerThread], [1, worker]);
  assert.ok(error.duration >= 15, `${error.duration}`);
  assert.deepStrictEqual([behind.attempts, behind.worker, behind.usage.runTime], [0, null, 0]);
  assert.deepStrictEqual([other.attempts, other.workerThread, other.duration], [0, undefined, 0]);
  gate.open();
});
