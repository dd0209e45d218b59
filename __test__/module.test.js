'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { test } = require('node:test');

const { errors, module: moduleTask } = require('..');
const { outcome, poolFor } = require('./fixtures/pools');

const COMMONJS = path.join(__dirname, 'fixtures', 'work.js');
const ESM = path.join(__dirname, 'fixtures', 'work.mjs');

test('an export of a CommonJS module, by path and by URL', async (t) => {
  const pool = poolFor(t);
  assert.strictEqual(await pool.run(moduleTask(COMMONJS, 'add'), { args: [1, 2] }), 3);
  assert.strictEqual(await pool.run(moduleTask(pathToFileURL(COMMONJS), 'add'), { args: [2, 2] }), 4);
  assert.strictEqual(await pool.run(moduleTask(pathToFileURL(COMMONJS).href, 'later'), { args: ['x'] }), 'x');
  assert.strictEqual(await pool.run(moduleTask(COMMONJS, 'hidden')), 'found');
  assert.deepStrictEqual(await pool.run(moduleTask(COMMONJS, 'where')), [COMMONJS, 'function']);
});

test('an export of an ES module, and its default', async (t) => {
  const pool = poolFor(t);
  assert.strictEqual(await pool.run(moduleTask(ESM, 'add'), { args: [1, 2] }), 3);
  assert.strictEqual(await pool.run(moduleTask(ESM), { args: [21] }), 42);
  assert.strictEqual(await pool.run(moduleTask(ESM, 'url')), pathToFileURL(ESM).href);
});

test('a path is taken from the program’s folder, a bare name as a package', async (t) => {
  const pool = poolFor(t);
  const relative = `./${path.relative(process.cwd(), COMMONJS)}`;
  assert.strictEqual(await pool.run(moduleTask(relative, 'add'), { args: [1, 1] }), 2);
  assert.strictEqual(await pool.run(moduleTask('node:path', 'basename'), { args: ['/a/b'] }), 'b');
});

test('is loaded once per worker, and keeps its state there', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const calls = moduleTask(COMMONJS, 'calls');
  const seen = await Promise.all(Array.from({ length: 50 }, () => pool.run(calls)));
  assert.deepStrictEqual(
    seen,
    Array.from({ length: 50 }, (_, i) => i + 1),
  );
  assert.strictEqual(await pool.run(moduleTask(COMMONJS, 'calls')), 51);
});

test('is a task for every verb', async (t) => {
  const pool = poolFor(t);
  const double = moduleTask(ESM);
  assert.deepStrictEqual(await pool.map(double, [1, 2, 3]), [2, 4, 6]);
  assert.deepStrictEqual(await pool.runAll([{ task: double, args: [2] }, double]), [4, NaN]);
  assert.strictEqual((await pool.batch([{ task: double, args: [3] }]))[0].result, 6);
  assert.strictEqual(await pool.retry(double, { args: [4] }), 8);
  assert.strictEqual(await pool.wrap(double)(5), 10);
  const { error } = await outcome(pool.run(moduleTask(COMMONJS, 'fails')));
  assert.ok(error instanceof RangeError);
  assert.match(error.stack.split('\n')[1], /fixtures.work\.js/);
});

test('what cannot be loaded rejects with ERR_TASKLETS_MODULE and its cause', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const missing = await outcome(pool.run(moduleTask('/nowhere/at/all.js', 'x')));
  assert.ok(missing.error instanceof errors.ModuleError, String(missing.error?.stack));
  assert.strictEqual(missing.error.code, 'ERR_TASKLETS_MODULE');
  assert.strictEqual(missing.error.cause.code, 'ERR_MODULE_NOT_FOUND');
  const broken = await outcome(pool.run(moduleTask(path.join(__dirname, 'fixtures', 'broken.mjs'))));
  assert.ok(broken.error instanceof errors.ModuleError);
  assert.ok(broken.error.cause instanceof RangeError);
  for (const name of ['absent', 'notAFunction', 'toString', '__proto__', 'constructor']) {
    const { error } = await outcome(pool.run(moduleTask(COMMONJS, name)));
    assert.ok(error instanceof errors.ModuleError, `${name}: ${error}`);
    assert.match(error.message, /add/);
  }
  assert.strictEqual(await pool.run(moduleTask(COMMONJS, 'add'), { args: [1, 1] }), 2);
});

test('throws for arguments that are none', () => {
  for (const wrong of [undefined, null, 5, '', {}, () => {}]) {
    assert.throws(() => moduleTask(/** @type {any} */ (wrong)), { code: 'ERR_TASKLETS_CONFIG' });
  }
  assert.throws(() => moduleTask(COMMONJS, /** @type {any} */ (5)), {
    code: 'ERR_TASKLETS_CONFIG',
    option: 'exportName',
  });
});

test('a long task of a module holds up no other while a worker is free', async (t) => {
  const pool = poolFor(t);
  const spin = moduleTask(path.join(__dirname, 'fixtures', 'pools.js'), 'spin');
  await pool.runAll(Array.from({ length: 100 }, () => ({ task: spin, args: [0] })));
  const long = pool.run(spin, { args: [1500] });
  const short = Array.from({ length: 100 }, () => pool.run(spin, { args: [0] }));
  await Promise.all(short);
  assert.notStrictEqual(long.state, 'fulfilled');
  await long;
});

test('an export that is a class or a generator function is no task', async (t) => {
  const pool = poolFor(t);
  const task = (/** @type {string} */ name) => moduleTask(require.resolve('./fixtures/work.js'), name);
  for (const call of [
    () => pool.run(task('Counter')),
    () => pool.map(task('Counter'), [1]),
    () => pool.run(task('countUp'), { args: [2] }),
    () => pool.map(task('countUp'), [1]),
  ]) {
    const { error } = await outcome(call());
    assert.strictEqual(error.code, 'ERR_TASKLETS_INVALID_TASK', String(error));
    assert.match(error.message, /`(Counter|countUp)`/);
  }
  const values = [];
  for await (const value of pool.stream(task('countUp'), { args: [2] })) values.push(value);
  assert.deepStrictEqual(values, [0, 1]);
});

test('refuses what only a function can be given', async (t) => {
  const pool = poolFor(t);
  const task = moduleTask(require.resolve('./fixtures/work.js'), 'add');
  for (const [option, value] of [
    ['captures', { a: 1 }],
    ['this', { a: 1 }],
  ]) {
    for (const call of [
      () => pool.run(task, { args: [1, 2], [option]: value }),
      () => pool.map(task, [1], { [option]: value }),
      () => pool.runAll([{ task, [option]: value }]),
      () => pool.stream(task, [1], { [option]: value }).next(),
      async () => pool.wrap(task, { [option]: value }),
    ]) {
      const { error } = await outcome(call());
      assert.ok(error instanceof errors.ConfigError, String(error));
      assert.strictEqual(error.option, option);
    }
  }
});

// They had all begun, waiting for the module, and were ended together with the first.
test('tasks of a module that is being loaded do not begin before the first of them does', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const loop = moduleTask(require.resolve('./fixtures/nested.js'), 'loop');
  const outcomes = await pool.batch([1, 2, 3].map(() => ({ task: loop, timeout: 30, grace: 0 })));
  assert.deepStrictEqual(
    outcomes.map(({ error }) => error?.code),
    Array(3).fill('ERR_TASKLETS_TIMEOUT'),
  );
});

test('a module that waits for a task of the same pool while it is loaded gets it', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const source = `
    import tasklets from ${JSON.stringify(pathToFileURL(require.resolve('..')).href)};
    const two = await tasklets.run(() => 2);
    export const give = () => two;`;
  const url = `data:text/javascript,${encodeURIComponent(source)}`;
  assert.strictEqual(await pool.run(moduleTask(url, 'give')), 2);
});
