'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { errors, module: moduleTask } = require('..');
const { Gate, echo, outcome, poolFor, spinForever, stand } = require('./fixtures/pools');

const fails = () => {
  throw new RangeError('one of them');
};

test('gives all results in order', async (t) => {
  const pool = poolFor(t);
  const tasks = [() => 1, async () => 2, { task: echo, args: [3] }, { task: () => 4, name: 'four' }];
  assert.deepStrictEqual(await pool.runAll(tasks), [1, 2, 3, 4]);
  assert.deepStrictEqual(await pool.runAll([]), []);
  assert.deepStrictEqual(await pool.runAll(new Set([() => 5])), [5]);
  assert.deepStrictEqual(
    await pool.runAll(Array.from({ length: 1000 }, (_, i) => ({ task: echo, args: [i] }))),
    [...Array(1000).keys()],
  );
});

test('the first failure rejects and cancels the rest', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const all = pool.runAll([
    { task: spinForever, args: [gate.words], grace: 0 },
    fails,
    ...Array.from({ length: 20 }, () => ({ task: spinForever, grace: 0 })),
  ]);
  const { error } = await outcome(all);
  assert.ok(error instanceof RangeError);
  assert.strictEqual(pool.getActiveTaskCount(), 0);
  assert.strictEqual(await pool.run(echo, { args: ['alive'] }), 'alive');
});

test('without failFast all are waited for, and an AggregateError tells of the failures', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const count = (words) => Atomics.add(words, 0, 1);
  const { error } = await outcome(
    pool.runAll([fails, { task: count, args: [words] }, null, { task: count, args: [words] }], {
      failFast: false,
    }),
  );
  assert.ok(error instanceof AggregateError);
  assert.strictEqual(error.errors.length, 2);
  assert.ok(error.errors[0] instanceof RangeError);
  assert.ok(error.errors[1] instanceof errors.InvalidTaskError);
  assert.strictEqual(words[0], 2);
  assert.deepStrictEqual(await pool.runAll([() => 1, () => 2], { failFast: false }), [1, 2]);
});

test('one that is no task rejects, and only that one', async (t) => {
  const pool = poolFor(t);
  for (const wrong of [null, undefined, 5, 'x', {}, { args: [] }, []]) {
    const { error } = await outcome(pool.runAll([() => 1, /** @type {any} */ (wrong)]));
    assert.ok(error instanceof errors.TaskletsError, `${String(wrong)}: ${error}`);
  }
});

test('options hold for all, those of an item before them', async (t) => {
  const pool = poolFor(t);
  const { error } = await outcome(
    pool.runAll([{ task: spinForever, name: 'mine' }, () => 1], { timeout: 20, grace: 0, name: 'all' }),
  );
  assert.ok(error instanceof errors.TimeoutError);
  assert.strictEqual(error.taskName, 'mine');
  const names = [];
  await pool.runAll([echo, { task: echo, onComplete: () => names.push('item') }], {
    onComplete: () => names.push('all'),
  });
  assert.deepStrictEqual(names.sort(), ['all', 'item']);
});

test('wrong options name the item', async (t) => {
  const pool = poolFor(t);
  const { error } = await outcome(pool.runAll([echo, { task: echo, timeout: -1 }]));
  assert.strictEqual(error.option, 'tasks[1].timeout');
  const unknown = await outcome(pool.runAll([{ task: echo, priorty: 'high' }]));
  assert.strictEqual(unknown.error.option, 'tasks[0].priorty');
  assert.match(unknown.error.message, /priority/);
  for (const wrong of [null, undefined, 5, {}, echo]) {
    assert.strictEqual((await outcome(pool.runAll(/** @type {any} */ (wrong)))).error.option, 'tasks');
  }
  for (const options of [{ failfast: true }, { failFast: 1 }, { args: [1] }, null]) {
    assert.ok(
      (await outcome(pool.runAll([], /** @type {any} */ (options)))).error instanceof errors.ConfigError,
    );
  }
});

test('a list whose iterator throws rejects, and starts nothing', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  gate.open();
  function* tasks() {
    yield { task: stand, args: [gate.words] };
    throw new RangeError('from the list');
  }
  assert.ok((await outcome(pool.runAll(tasks()))).error instanceof RangeError);
  await pool.run(echo);
  assert.strictEqual(gate.words[0], 0);
});

test('takes modules among functions', async (t) => {
  const pool = poolFor(t);
  const add = moduleTask(require.resolve('./fixtures/work.js'), 'add');
  assert.deepStrictEqual(await pool.runAll([() => 1, { task: add, args: [1, 1] }, () => 3]), [1, 2, 3]);
});

test('a signal cancels all', async (t) => {
  const pool = poolFor(t);
  const controller = new AbortController();
  const gate = new Gate();
  const seen = outcome(
    pool.runAll(
      Array.from({ length: 10 }, () => ({ task: spinForever, args: [gate.words] })),
      { signal: controller.signal, grace: 0 },
    ),
  );
  await gate.entered();
  controller.abort('enough');
  assert.ok((await seen).error instanceof errors.CancelledError);
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('an item that is no task is refused as what it is', async (t) => {
  const pool = poolFor(t);
  const handle = pool.run(echo);
  await handle;
  for (const [item, named] of [
    [handle, 'a Promise'],
    [{}, 'an object'],
    [{ args: [1] }, 'an object'],
    [[], 'an array of 0'],
    [undefined, '`undefined`'],
  ]) {
    const { error } = await outcome(pool.runAll([echo, item]));
    assert.strictEqual(error.code, 'ERR_TASKLETS_INVALID_TASK');
    assert.ok(error.message.includes(`got ${named}`), error.message);
  }
});

test('rejects where the signal has aborted before, also where there is nothing to do', async (t) => {
  const pool = poolFor(t);
  const signal = AbortSignal.abort('enough');
  const { error } = await outcome(pool.runAll([], { signal }));
  assert.ok(error instanceof errors.CancelledError);
  assert.strictEqual(error.cause, 'enough');
});
