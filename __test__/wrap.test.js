'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const tasklets = require('..');
const { errors, module: moduleTask, wrap } = tasklets;
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

test('a wrapped task is a task for every verb, which runs it on its own pool', async (t) => {
  const [pool, other] = [poolFor(t), poolFor(t)];
  const factor = 2;
  const double = pool.wrap((n = 21) => n * factor);
  assert.strictEqual(await other.run(double), 42);
  assert.strictEqual(await other.run(double, { args: [4] }), 8);
  assert.strictEqual(await other.retry(double, { args: [5] }), 10);
  assert.strictEqual(await other.wrap(double)(6), 12);
  assert.deepStrictEqual(await other.map(double, [1, 2, 3]), [2, 4, 6]);
  assert.deepStrictEqual(await other.runAll([double]), [42]);
  assert.deepStrictEqual(await other.runAll([double, { task: double, args: [7] }, () => 1]), [42, 14, 1]);
  const [{ name, result }] = await other.batch([{ task: double, args: [8] }]);
  assert.deepStrictEqual([name, result], ['task 0', 16]);
  const streamed = [];
  for await (const each of other.stream(double, [1, 2])) streamed.push(each);
  assert.deepStrictEqual(streamed, [2, 4]);
  const graph = other
    .graph()
    .add('a', double, { args: [1] })
    .add('b', double, { dependsOn: ['a'] });
  assert.deepStrictEqual(await graph.run(), { a: 2, b: 4 });
  assert.strictEqual(await other.run(double, { dependsOn: other.run(double) }), 84);
  assert.strictEqual(pool.getStats().counts.submitted, 0);
});

test('the options of a wrapped task hold below those of the call', async (t) => {
  const pool = poolFor(t);
  const forever = (/** @type {any[]} */ ...args) => {
    while (args.length >= 0);
  };
  const endless = pool.wrap(forever, { timeout: 20, grace: 0, name: 'mine', metadata: { a: 1 } });
  const late = pool.run(endless);
  assert.deepStrictEqual([late.name, late.timeout, late.metadata], ['mine', 20, { a: 1 }]);
  assert.ok((await outcome(late)).error instanceof errors.TimeoutError);
  for (const promise of [
    pool.map(endless, [1]),
    pool.runAll([endless, { task: endless, timeout: 10 }], { name: 'all' }),
    pool.retry(endless, { attempts: 1 }),
    pool.stream(endless, [1]).next(),
  ]) {
    assert.ok((await outcome(promise)).error instanceof errors.TimeoutError);
  }
  const [{ name, error }] = await pool.batch([{ task: endless, timeout: 15 }]);
  assert.deepStrictEqual([name, error.timeout], ['mine', 15]);
  const otherwise = pool.run(endless, { timeout: 10, name: 'yours', priority: 'normal' });
  assert.deepStrictEqual([otherwise.name, otherwise.timeout], ['yours', 10]);
  await outcome(otherwise);
  const priority = pool.wrap(() => tasklets.current()?.priority, { priority: 'high' });
  assert.strictEqual(await pool.run(priority), 'high');
  assert.strictEqual(await pool.run(priority, { priority: 'normal' }), 'normal');
});

test('how often a wrapped task is tried holds unless the call says otherwise', async (t) => {
  const pool = poolFor(t);
  const fails = pool.wrap(
    () => {
      throw new Error('x');
    },
    { retry: { attempts: 4, delay: 0 } },
  );
  assert.strictEqual((await outcome(pool.run(fails))).error.attempts, 4);
  assert.strictEqual((await outcome(pool.retry(fails))).error.attempts, 4);
  assert.strictEqual((await outcome(pool.retry(fails, { attempts: 2 }))).error.attempts, 2);
  assert.strictEqual(
    (await outcome(pool.wrap(fails, { retry: { attempts: 3, delay: 0 } })())).error.attempts,
    3,
  );
});

test('a wrapped task is run as it was when it was wrapped, unless the call captures otherwise', async (t) => {
  const pool = poolFor(t);
  let n = 1;
  const read = pool.wrap(() => n);
  n = 2;
  assert.strictEqual(await pool.run(read), 1);
  assert.strictEqual(await pool.run(read, { captures: { n: 7 } }), 7);
  const self = pool.wrap(
    function (/** @type {any} */ value = undefined) {
      return value ?? /** @type {any} */ (this).n;
    },
    { this: { n: 3 } },
  );
  assert.strictEqual(await pool.run(self), 3);
  assert.strictEqual(await pool.run(self, { this: { n: 4 } }), 4);
  const resized = pool.wrap(moduleTask(require.resolve('./fixtures/work.js'), 'add'));
  assert.strictEqual(await pool.run(resized, { args: [1, 2] }), 3);
});
