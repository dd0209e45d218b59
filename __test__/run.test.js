'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { errors, run, shutdown, start } = require('..');
const { Gate, echo, outcome, poolFor, stand, threadId } = require('./fixtures/pools');

test('gives what the function returns', async (t) => {
  const pool = poolFor(t);
  assert.strictEqual(await pool.run(() => 6 * 7), 42);
  assert.strictEqual(await pool.run((a, b) => a + b, { args: [1, 2] }), 3);
  assert.strictEqual(await pool.run(async () => 'later'), 'later');
  assert.strictEqual(await pool.run(() => {}), undefined);
  assert.strictEqual(await pool.run(() => null), null);
  assert.strictEqual(
    await pool.run(function named() {
      return 'named';
    }),
    'named',
  );
  assert.strictEqual(
    await pool.run(
      {
        method(a) {
          return a * 2;
        },
      }.method,
      { args: [21] },
    ),
    42,
  );
});

test('runs tasks on other threads, several at a time', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(8));
  // Each waits for the other: neither ends if they do not run at the same time.
  const meet = (words) => {
    Atomics.add(words, 0, 1);
    Atomics.notify(words, 0);
    while (Atomics.load(words, 0) < 2) Atomics.wait(words, 0, 1, 100);
    return process.getBuiltinModule('node:worker_threads').threadId;
  };
  const threads = await Promise.all([1, 2].map(() => pool.run(meet, { args: [words] })));
  assert.strictEqual(new Set([threadId(), ...threads]).size, 3);
});

test('is the default pool where it is not a method', async (t) => {
  t.after(async () => {
    await shutdown();
    start();
  });
  assert.strictEqual(await run((a) => a + 1, { args: [1] }), 2);
});

test('waits for what is thenable, as await does', async (t) => {
  const pool = poolFor(t);
  assert.strictEqual(await pool.run(() => ({ then: (resolve) => resolve(5) })), 5);
  assert.strictEqual(await pool.run(() => ({ then: (_, reject) => reject(6) })).catch((e) => e), 6);
  assert.strictEqual(await pool.run(() => Object.assign(() => {}, { then: (resolve) => resolve(7) })), 7);
  const { error } = await outcome(
    pool.run(() => ({
      get then() {
        throw new RangeError('no then');
      },
    })),
  );
  assert.ok(error instanceof RangeError);
  // What resolves twice, or resolves and then throws, counts once.
  const twice = () => ({
    then(resolve, reject) {
      resolve(1);
      reject(2);
      throw 3;
    },
  });
  assert.strictEqual(await pool.run(twice), 1);
  const nested = () => ({ then: (resolve) => resolve(Promise.resolve({ then: (inner) => inner('deep') })) });
  assert.strictEqual(await pool.run(nested), 'deep');
});

test('gives a data object that has `then` as data', async (t) => {
  const pool = poolFor(t);
  assert.deepStrictEqual(await pool.run(() => ({ then: 1 })), { then: 1 });
});

test('never throws: what is no task rejects with ERR_TASKLETS_INVALID_TASK', async (t) => {
  const pool = poolFor(t);
  for (const wrong of [
    undefined,
    null,
    0,
    'text',
    Symbol('x'),
    1n,
    {},
    [],
    new Proxy({}, {}),
    Promise.resolve(),
  ]) {
    const { error } = await outcome(pool.run(/** @type {any} */ (wrong)));
    assert.ok(error instanceof errors.InvalidTaskError, String(error?.stack));
    assert.strictEqual(error.code, 'ERR_TASKLETS_INVALID_TASK');
    assert.strictEqual(error.name, 'TypeError');
    assert.match(error.message, /got /);
  }
});

test('an invalid task, option or argument does not disturb its neighbours of the same turn', async (t) => {
  const pool = poolFor(t);
  const good = [];
  const bad = [];
  for (let i = 0; i < 50; i++) {
    good.push(pool.run(echo, { args: [i] }));
    bad.push(outcome(pool.run(/** @type {any} */ (null))));
    bad.push(outcome(pool.run(echo, { args: [{ deep: [() => {}, Symbol('x'), new WeakMap()] }] })));
    bad.push(outcome(pool.run(echo, /** @type {any} */ ({ arg: [1] }))));
  }
  assert.deepStrictEqual(await Promise.all(good), [...Array(50).keys()]);
  for (const { error } of await Promise.all(bad)) assert.ok(error instanceof errors.TaskletsError);
});

test('20 000 tasks in one turn all give their own result', async (t) => {
  const pool = poolFor(t);
  const handles = Array.from({ length: 20_000 }, (_, i) => pool.run((n) => n * 2, { args: [i] }));
  const results = await Promise.all(handles);
  assert.ok(results.every((result, i) => result === i * 2));
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('different functions of the same name keep apart', async (t) => {
  const pool = poolFor(t);
  const make = (/** @type {number} */ n) => new Function(`return function same() { return ${n}; }`)();
  const results = await Promise.all(Array.from({ length: 300 }, (_, n) => pool.run(make(n))));
  assert.deepStrictEqual(results, [...Array(300).keys()]);
});

test('arguments are read when the task is submitted, not later', async (t) => {
  const pool = poolFor(t);
  const state = { n: 1, list: [1] };
  const handle = pool.run(echo, { args: [state] });
  state.n = 2;
  state.list.push(2);
  assert.deepStrictEqual(await handle, { n: 1, list: [1] });
});

test('a getter that submits tasks while arguments are written', async (t) => {
  const pool = poolFor(t);
  const inner = [];
  const args = (/** @type {number} */ depth) => [
    {
      before: 'x'.repeat(50),
      get nested() {
        if (depth > 0) inner.push(pool.run(echo, { args: args(depth - 1) }));
        return depth;
      },
      after: 'y'.repeat(50),
    },
  ];
  const outer = await pool.run(echo, { args: args(5) });
  assert.strictEqual(outer.nested, 5);
  const seen = await Promise.all(inner);
  assert.deepStrictEqual(seen.map(({ nested }) => nested).sort(), [0, 1, 2, 3, 4]);
  for (const { before, after } of [outer, ...seen])
    assert.strictEqual(before + after, 'x'.repeat(50) + 'y'.repeat(50));
});

test('a getter that submits tasks and then throws', async (t) => {
  const pool = poolFor(t);
  let inner;
  const { error } = await outcome(
    pool.run(echo, {
      args: [
        {
          get a() {
            inner = pool.run(echo, { args: ['inner'] });
            throw new RangeError('mine');
          },
        },
      ],
    }),
  );
  assert.ok(error instanceof Error);
  assert.strictEqual(await inner, 'inner');
  assert.strictEqual(await pool.run(echo, { args: ['next'] }), 'next');
});

test('a getter among the captures that submits a task, which runs although its own task is refused', async (t) => {
  const pool = poolFor(t);
  let inner;
  const captures = {
    get first() {
      inner = pool.run(echo, { args: ['inner'] });
      return 1;
    },
    second: new WeakRef({}),
  };
  const { error } = await outcome(
    pool.run(
      () => {
        // eslint-disable-next-line no-undef -- they come by `captures`
        return [first, second];
      },
      { captures },
    ),
  );
  assert.strictEqual(error.code, 'ERR_TASKLETS_CAPTURE');
  assert.strictEqual(await inner, 'inner');
});

test('a getter that looks at handles, counts and cancels while arguments are written', async (t) => {
  const pool = poolFor(t);
  const victim = pool.run(echo, { args: ['victim'] });
  const seen = outcome(victim);
  const value = await pool.run(echo, {
    args: [
      {
        get a() {
          assert.strictEqual(typeof victim.state, 'string');
          pool.getStats();
          pool.getActiveTaskCount();
          victim.cancel();
          return 1;
        },
        b: 2,
      },
    ],
  });
  assert.deepStrictEqual(value, { a: 1, b: 2 });
  assert.ok((await seen).error instanceof errors.CancelledError);
});

test('a task whose result nobody awaits runs all the same', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  gate.open();
  pool.run(stand, { args: [gate.words] });
  await pool.shutdown();
  assert.strictEqual(gate.words[0], 1);
});

test('priorities go first, in order of submission among equals', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const order = new Int32Array(new SharedArrayBuffer(4 * 64));
  const note = (order, id) => {
    order[Atomics.add(order, 0, 1) + 1] = id;
  };
  const handles = [];
  const wanted = [];
  for (const priority of /** @type {const} */ (['low', 'normal', 'high', 'critical'])) {
    for (let i = 0; i < 5; i++) {
      const id = ['critical', 'high', 'normal', 'low'].indexOf(priority) * 10 + i;
      wanted.push(id);
      handles.push(pool.run(note, { args: [order, id], priority }));
    }
  }
  assert.strictEqual(handles[0].state, 'queued');
  gate.open();
  await Promise.all([first, ...handles]);
  assert.deepStrictEqual(
    [...order.slice(1, 21)],
    wanted.sort((a, b) => a - b),
  );
});
