'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { errors, graph, shutdown, start } = require('..');
const { Gate, outcome, poolFor, spinForever, stand } = require('./fixtures/pools');

/** @param {any[]} args */
const all = (...args) => args;

test('gives the results by name', async (t) => {
  const pool = poolFor(t);
  const results = await pool
    .graph()
    .add('user', (id) => ({ id }), { args: [7] })
    .add('theme', async () => 'dark')
    .add('page', (user, theme, title) => `${title} ${user.id} ${theme}`, {
      dependsOn: ['user', 'theme'],
      args: ['Page'],
    })
    .run();
  assert.deepStrictEqual(results, { user: { id: 7 }, theme: 'dark', page: 'Page 7 dark' });
  assert.deepStrictEqual(Object.keys(results), ['user', 'theme', 'page']);
});

test('is a function of the package too, and may be empty', async (t) => {
  t.after(async () => {
    await shutdown();
    start();
  });
  assert.deepStrictEqual(await graph().run(), {});
  assert.deepStrictEqual(
    await graph()
      .add('one', () => 1)
      .run(),
    { one: 1 },
  );
});

test('tasks may name later ones', async (t) => {
  const pool = poolFor(t);
  const given = pool.graph().add('last', all, { dependsOn: ['first', 'second'] });
  given.add('second', all, { dependsOn: ['first'] }).add('first', () => 1);
  assert.deepStrictEqual(await given.run(), { last: [1, [1]], second: [1], first: 1 });
});

test('runs at once whatever can run', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const given = pool.graph().add('a', stand, { args: [gate.words, 'a'] });
  given.add('b', stand, { args: [gate.words, 'b'] }).add('c', all, { dependsOn: ['a', 'b'] });
  const running = given.run();
  await gate.entered(2);
  gate.open();
  assert.deepStrictEqual((await running).c, ['a', 'b']);
});

test('can be run several times, also at the same time, and sees what has changed', async (t) => {
  const pool = poolFor(t);
  let factor = 1;
  const given = pool.graph().add('n', () => 3);
  given.add('product', (n) => n * factor, { dependsOn: ['n'] });
  const first = given.run();
  factor = 2;
  const second = given.run();
  assert.deepStrictEqual([(await first).product, (await second).product], [3, 6]);
  given.add('more', (product) => product + 1, { dependsOn: ['product'] });
  assert.strictEqual((await given.run()).more, 7);
});

test('the first failure rejects as it is, and cancels the rest', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const given = pool.graph().add('slow', stand, { args: [gate.words], grace: 5000 });
  given.add('bad', () => {
    throw Object.assign(new RangeError('bad'), { code: 'E_BAD' });
  });
  given.add('after', all, { dependsOn: ['bad'] }).add('never', all, { dependsOn: ['slow', 'after'] });
  const { error } = await outcome(given.run());
  assert.ok(error instanceof RangeError);
  assert.deepStrictEqual([error.code, error.taskName], ['E_BAD', 'bad']);
  assert.strictEqual(pool.getActiveTaskCount(), 0);
  gate.open();
});

test('options of a task hold for it', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const flaky = (words) => {
    if (Atomics.add(words, 0, 1) === 0) throw new Error('once');
    return 'done';
  };
  const retry = { attempts: 2, delay: 1 };
  assert.deepStrictEqual(
    await pool
      .graph()
      .add('a', flaky, { args: [words], retry })
      .run(),
    { a: 'done' },
  );
  const late = await outcome(
    pool.graph().add('a', spinForever, { timeout: 20, grace: 0, name: 'own' }).run(),
  );
  assert.deepStrictEqual([late.error.code, late.error.taskName], ['ERR_TASKLETS_TIMEOUT', 'own']);
});

test('names like those of properties are names', async (t) => {
  const pool = poolFor(t);
  const given = pool
    .graph()
    .add('__proto__', () => 1)
    .add('constructor', all, { dependsOn: ['__proto__'] });
  const results = await given.run();
  assert.deepStrictEqual(Object.entries(results), [
    ['__proto__', 1],
    ['constructor', [1]],
  ]);
});

test('add throws for what is wrong', (t) => {
  const given = poolFor(t)
    .graph()
    .add('a', () => 1);
  const config = { code: 'ERR_TASKLETS_CONFIG' };
  assert.throws(() => given.add('a', () => 2), {
    ...config,
    message: /`name` to be a name that no other task/,
  });
  for (const name of ['', 3, undefined, null])
    assert.throws(() => given.add(/** @type {any} */ (name), all), config);
  assert.throws(() => given.add('b', /** @type {any} */ ('text')), { code: 'ERR_TASKLETS_INVALID_TASK' });
  assert.throws(() => given.add('b', all, /** @type {any} */ ({ dependsOn: 'a' })), config);
  assert.throws(() => given.add('b', all, /** @type {any} */ ({ dependOn: [] })), {
    message: /did you mean `dependsOn`/,
  });
  // None of them has left anything.
  assert.strictEqual(given.toMermaid(), 'flowchart TD\n  n0["a"]\n');
});

test('rejects with ERR_TASKLETS_CYCLE, naming the cycle, before anything runs', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const given = pool.graph().add('start', (words) => Atomics.add(words, 0, 1), { args: [words] });
  given.add('a', all, { dependsOn: ['start', 'b'] });
  given.add('b', all, { dependsOn: ['c'] });
  given.add('c', all, { dependsOn: ['a'] });
  const { error } = await outcome(given.run());
  assert.ok(error instanceof errors.DependencyError);
  assert.strictEqual(error.code, 'ERR_TASKLETS_CYCLE');
  assert.strictEqual(error.dependency, 'a');
  assert.match(error.message, /`a` needs `b` needs `c` needs `a`/);
  assert.strictEqual(words[0], 0);
  const own = await outcome(
    pool
      .graph()
      .add('self', all, { dependsOn: ['self'] })
      .run(),
  );
  assert.match(own.error.message, /`self` needs `self`/);
});

test('rejects with ERR_TASKLETS_DEPENDENCY for a name that is not there', async (t) => {
  const pool = poolFor(t);
  const { error } = await outcome(
    pool
      .graph()
      .add('a', all, { dependsOn: ['gone'] })
      .run(),
  );
  assert.deepStrictEqual([error.code, error.dependency], ['ERR_TASKLETS_DEPENDENCY', 'gone']);
  assert.match(error.message, /`a` depends on `gone`/);
});

test('a long chain is no matter of the stack', async (t) => {
  const pool = poolFor(t);
  const given = pool.graph();
  for (let i = 20_000; i > 0; i--)
    given.add(`${i}`, all, { dependsOn: i === 1 ? [`${20_000}`] : [`${i - 1}`] });
  assert.strictEqual((await outcome(given.run())).error.code, 'ERR_TASKLETS_CYCLE');
});

test('is drawn in the languages of Graphviz and Mermaid', (t) => {
  const given = poolFor(t)
    .graph()
    .add('load "all"', all)
    .add('back\\slash', all, { dependsOn: ['load "all"'] });
  given.add('two\nlines', all, { dependsOn: ['load "all"', 'back\\slash', 'load "all"'] });
  assert.strictEqual(
    given.toDot(),
    [
      'digraph {',
      '  n0 [label="load \\"all\\""];',
      '  n1 [label="back\\\\slash"];',
      '  n2 [label="two\\nlines"];',
      '  n0 -> n1;',
      '  n0 -> n2;',
      '  n1 -> n2;',
      '}',
      '',
    ].join('\n'),
  );
  assert.strictEqual(
    given.toMermaid(),
    [
      'flowchart TD',
      '  n0["load #34;all#34;"]',
      '  n1["back#92;slash"]',
      '  n2["two<br>lines"]',
      '  n0 --> n1',
      '  n0 --> n2',
      '  n1 --> n2',
      '',
    ].join('\n'),
  );
});
