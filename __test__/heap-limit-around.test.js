'use strict';

/** A heap that is full, and what is around it: neighbours, verbs, owners, other ends at the same time. */

const assert = require('node:assert');
const { test } = require('node:test');

const { run } = require('..');
const { MB, assertFull, tightPool } = require('./fixtures/heaps');
const { Gate, echo, linger, outcome, poolFor, program, stand } = require('./fixtures/pools');

test('arguments and captures that are too large for the worker fail the task that has them', async (t) => {
  const pool = tightPool(t);
  const large = Array.from({ length: 600_000 }, (_, i) => ({ i, text: `number ${i}` }));
  assertFull((await outcome(pool.run(echo, { args: [large] }))).error);
  assertFull((await outcome(pool.run(() => large.length))).error);
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
});

/** More than the heap holds, several times at once. V8 lets a single large object pass for a while. */
const fill = () => {
  const kept = [];
  for (;;) kept.push(new Array(8e6).fill(0));
};

test('what had begun beside it fails too, what had not runs on another worker', async (t) => {
  const pool = tightPool(t);
  const gate = new Gate();
  const neighbour = outcome(pool.run(linger, { args: [gate.words] }));
  await gate.entered();
  const seen = outcome(pool.run(fill));
  const behind = Array.from({ length: 20 }, (_, i) => pool.run(echo, { args: [i] }));
  assertFull((await seen).error);
  assertFull((await neighbour).error);
  assert.deepStrictEqual(await Promise.all(behind), [...Array(20).keys()]);
});

test('what was finished before is not lost', async (t) => {
  const pool = tightPool(t, { workers: { max: 1, concurrency: 64 } });
  const handles = Array.from({ length: 50 }, (_, i) => pool.run(echo, { args: [i] }));
  const { error } = await outcome(pool.run(fill, { priority: 'low' }));
  assertFull(error);
  assert.deepStrictEqual(await Promise.all(handles), [...Array(50).keys()]);
});

test('nothing of the worker runs any more: no `finally`, no promise, no timer, no exit handler', async (t) => {
  const pool = tightPool(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const task = async (/** @type {Int32Array} */ shared) => {
    const note = () => Atomics.add(shared, 0, 1);
    process.on('exit', note);
    setTimeout(note, 0);
    setImmediate(note);
    Promise.resolve().then(note);
    try {
      const kept = [];
      for (;;) kept.push(new Array(8e6).fill(0));
    } catch {
      note();
    } finally {
      note();
    }
  };
  assertFull((await outcome(pool.run(task, { args: [words] }))).error);
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
  assert.strictEqual(words[0], 0);
});

test('a task with a limit of its own fails with that one, and its neighbours live', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const neighbour = pool.run(linger, { args: [gate.words, 'alive'] });
  await gate.entered();
  assertFull((await outcome(pool.run(fill, { limits: { memory: '32MB' } }))).error, 32 * MB);
  gate.open();
  assert.strictEqual(await neighbour, 'alive');
});

test('a child that takes too much fails with the reason, and its parent goes on', async (t) => {
  const pool = tightPool(t, { workers: 2 });
  const parent = async () => {
    const error = await run(fill, { limits: { memory: '32MB' } }).catch(
      (/** @type {any} */ thrown) => thrown,
    );
    return [error.name, error.code, error.limit];
  };
  assert.deepStrictEqual(await pool.run(parent), [
    'ResourceLimitError',
    'ERR_TASKLETS_MEMORY_LIMIT',
    32 * MB,
  ]);
});

test('`map` rejects, `runAll` rejects, and a stream gives what came before', async (t) => {
  const pool = tightPool(t);
  const some = (/** @type {number} */ n) => (n === 3 ? fill() : n);
  assertFull((await outcome(pool.map(some, [0, 1, 2, 3, 4, 5], { chunkSize: 2 }))).error);
  assertFull((await outcome(pool.runAll([() => 1, fill]))).error);
  const seen = /** @type {number[]} */ ([]);
  const counting = async () => {
    const generate = function* generate() {
      yield 1;
      yield 2;
      yield fill();
    };
    for await (const value of pool.stream(generate)) seen.push(value);
  };
  assertFull((await outcome(counting())).error);
  assert.ok(seen.every((value, index) => value === index + 1));
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
});

test('it is a failure that `retry` tries again', async (t) => {
  const pool = tightPool(t);
  const { error } = await outcome(pool.run(fill, { retry: { attempts: 3, delay: 0 } }));
  assertFull(error);
  assert.strictEqual(error.attempts, 3);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const once = (/** @type {Int32Array} */ shared) => (Atomics.add(shared, 0, 1) === 0 ? fill() : 'second');
  assert.strictEqual(await pool.run(once, { args: [words], retry: { attempts: 2, delay: 0 } }), 'second');
});

test('a worker ends by itself where its owner is busy, and the handle settles when it has time', async (t) => {
  const pool = tightPool(t);
  const gate = new Gate();
  const task = (/** @type {Int32Array} */ words) => {
    Atomics.add(words, 0, 1);
    Atomics.notify(words, 0);
    const kept = [];
    for (;;) kept.push(new Array(8e6).fill(0));
  };
  const seen = outcome(pool.run(task, { args: [gate.words] }));
  await gate.entered();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  assertFull((await seen).error);
});

test('tasks that are cancelled or late at that very moment settle, and the pool goes on', async (t) => {
  const pool = tightPool(t);
  for (let n = 0; n < 8; n++) {
    const gate = new Gate();
    const task = (/** @type {Int32Array} */ words) => {
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
      const kept = [];
      for (;;) kept.push(new Array(1e6).fill(0));
    };
    const handle = pool.run(task, { args: [gate.words], grace: n, timeout: n % 2 === 0 ? 10 + n : 0 });
    const seen = outcome(handle);
    // It may be late before it has entered.
    await Promise.race([gate.entered(), seen]);
    if (n % 2 === 1) setTimeout(() => handle.cancel(), 3 * n);
    const { error } = await seen;
    assert.match(error.code, /^ERR_TASKLETS_(MEMORY_LIMIT|CANCELLED|TIMEOUT)$/);
    assert.strictEqual(await pool.run(echo, { args: [n] }), n);
  }
});

test('two workers whose heaps are full at the same time', async (t) => {
  const pool = tightPool(t, { workers: 2 });
  const gate = new Gate();
  const task = (/** @type {Int32Array} */ words) => {
    Atomics.add(words, 0, 1);
    Atomics.notify(words, 0);
    Atomics.wait(words, 1, 0);
    return fill();
  };
  const seen = [1, 2].map(() => outcome(pool.run(task, { args: [gate.words] })));
  await gate.entered(2);
  gate.open();
  for (const { error } of await Promise.all(seen)) assertFull(error);
  const calm = new Gate();
  const both = [1, 2].map((n) => pool.run(stand, { args: [calm.words, n] }));
  await calm.entered(2);
  calm.open();
  assert.deepStrictEqual(await Promise.all(both), [1, 2]);
});

/** @param {{ code: any, signal: any, stdout: string, stderr: string }} ended @param {string} printed */
function assertCalm({ code, signal, stdout, stderr }, printed) {
  assert.deepStrictEqual(
    { code, signal, stdout, stderr },
    { code: 0, signal: null, stdout: printed, stderr: '' },
  );
}

test("nothing is printed, and Node's own limit holds where the config gives none", async () => {
  const ended = await program(
    `tasklets.run(() => { const map = new Map(); for (let i = 0; ; i++) map.set(i, i); }).catch(async (error) => {
      console.log(error.code, error.limit === 64 * 2 ** 20, error.used >= error.limit, await tasklets.run(() => 42));
    });`,
    { flags: ['--max-old-space-size=64'] },
  );
  assertCalm(ended, 'ERR_TASKLETS_MEMORY_LIMIT true true 42\n');
});

test('a pool that a thread of the user’s own has made is no different', async () => {
  const ended = await program(`
    const { Worker } = require('node:worker_threads');
    new Worker(\`
      const { Pool } = require(\${JSON.stringify(require('node:path').resolve('index.js'))});
      const pool = new Pool({ workers: 1, memory: { perWorker: '48MB' } });
      pool.run(() => { const kept = []; for (;;) kept.push(new Array(8e6).fill(0)); }).catch(async (error) => {
        console.log(error.code, await pool.run(() => 42));
        await pool.shutdown();
      });
    \`, { eval: true });
  `);
  assertCalm(ended, 'ERR_TASKLETS_MEMORY_LIMIT 42\n');
});

test('a thread that ends while the heaps of its workers are full takes them along', async () => {
  const ended = await program(`
    const { Worker } = require('node:worker_threads');
    const text = \`
      const { Pool } = require(\${JSON.stringify(require('node:path').resolve('index.js'))});
      const pool = new Pool({ workers: 2, memory: { perWorker: '48MB' }, logging: 'silent' });
      const greedy = () => { const kept = []; for (;;) kept.push(new Array(2e6).fill(0)); };
      const again = () => { pool.run(greedy).catch(() => {}).then(again); };
      again();
      again();
      pool.run(() => 1).then(() => require('node:worker_threads').parentPort.postMessage(0));
    \`;
    const cycle = async (n) => {
      const worker = new Worker(text, { eval: true });
      const gone = new Promise((resolve) => worker.once('exit', resolve));
      await new Promise((resolve) => worker.once('message', resolve));
      await new Promise((resolve) => setTimeout(resolve, n * 7));
      await worker.terminate();
      await gone;
    };
    (async () => {
      for (let n = 0; n < 10; n++) await cycle(n);
      console.log('alive');
    })();
  `);
  assertCalm(ended, 'alive\n');
});

const onLinux = { skip: process.platform === 'linux' ? false : 'reads /proc' };

test('fifty such deaths leave neither memory nor threads', onLinux, async () => {
  const { code, signal, stdout, stderr } = await program(
    `
    const fs = require('node:fs');
    const megabytes = () => Number(/VmRSS:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
    const pool = new tasklets.Pool({ workers: 1, memory: { perWorker: '32MB' }, logging: 'silent' });
    const kinds = [
      () => { const kept = []; for (;;) kept.push(new Array(8e6).fill(0)); },
      () => { const map = new Map(); for (let i = 0; ; i++) map.set(i, i); },
      () => { const kept = []; for (;;) kept.push([1]); },
    ];
    const settle = async () => {
      for (let i = 0; i < 4; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 30)); }
      return megabytes();
    };
    const die = async (times) => {
      let right = 0;
      for (let n = 0; n < times; n++) {
        const error = await pool.run(kinds[n % kinds.length]).catch((thrown) => thrown);
        if (error.code === 'ERR_TASKLETS_MEMORY_LIMIT' && (await pool.run(() => 42)) === 42) right++;
      }
      return right;
    };
    (async () => {
      let right = await die(10);
      const first = await settle();
      right += await die(20);
      const half = await settle();
      right += await die(20);
      const last = await settle();
      await pool.shutdown();
      const left = fs.readdirSync('/proc/self/task').filter((id) =>
        fs.readFileSync('/proc/self/task/' + id + '/comm', 'utf8').startsWith('tasklets')).length;
      console.log(JSON.stringify({ right, left, first, half, last }));
    })();
    `,
    { flags: ['--expose-gc'] },
  );
  assert.deepStrictEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  const { right, left, first, half, last } = JSON.parse(stdout);
  assert.deepStrictEqual({ right, left }, { right: 50, left: 0 });
  const growth = Math.min(last - first, 2 * (last - half));
  assert.ok(growth < 30, `${[first, half, last].map((size) => size.toFixed(1)).join(', then ')} MB`);
});
