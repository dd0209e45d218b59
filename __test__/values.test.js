'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const { PerformanceObserver, constants } = require('node:perf_hooks');
const { test } = require('node:test');
const { MessageChannel } = require('node:worker_threads');

const { errors } = require('..');
const { Gate, echo, linger, outcome, poolFor } = require('./fixtures/pools');

test('what structuredClone takes comes out the same on both ways', async (t) => {
  const pool = poolFor(t);
  const cycle = /** @type {any} */ ({ name: 'cycle', list: [] });
  cycle.self = cycle;
  cycle.list.push(cycle, cycle.list);
  const shared = { x: 1 };
  const sparse = [1, , 3]; // eslint-disable-line no-sparse-arrays -- that is the point
  const values = [
    undefined,
    null,
    true,
    -0,
    NaN,
    Infinity,
    2 ** 53,
    -(2n ** 100n),
    '',
    'añ😀\0',
    '\ud800 alone',
    'x'.repeat(100_000),
    [],
    {},
    sparse,
    [undefined, null],
    { a: undefined },
    cycle,
    [shared, shared],
    new Date(0),
    /a(?<n>b)+/giu,
    new Map([[{ k: 1 }, new Set([1, 'two', [3]])]]),
    new Uint8Array([1, 2, 3]),
    new Float64Array([1.5, NaN, -0]),
    new BigInt64Array([1n, -1n]),
    new DataView(new ArrayBuffer(8), 2, 4),
    new ArrayBuffer(16),
    Object(1),
    Object('boxed'),
    Object(false),
    Object(10n),
    Object.create(null),
  ];
  for (const value of values) {
    const back = await pool.run(echo, { args: [value] });
    assert.deepStrictEqual(back, structuredClone(value));
  }
  const all = await pool.run(echo, { args: [values] });
  assert.deepStrictEqual(all, structuredClone(values));
  assert.strictEqual(all[18][0], all[18][1]);
  assert.strictEqual(all[17].self, all[17]);
});

test('a Buffer stays a Buffer, a small view takes only itself along', async (t) => {
  const pool = poolFor(t);
  const buffer = await pool.run(echo, { args: [Buffer.from('héllo')] });
  assert.ok(Buffer.isBuffer(buffer));
  assert.strictEqual(buffer.toString(), 'héllo');
  assert.ok(await pool.run((value) => Buffer.isBuffer(value), { args: [Buffer.from('x')] }));
  const large = new Uint8Array(32 * 1024 * 1024);
  large[5000] = 7;
  const size = await pool.run((view) => [view.byteLength, view.buffer.byteLength, view[0]], {
    args: [large.subarray(5000, 5010)],
  });
  assert.strictEqual(size[0], 10);
  assert.ok(size[1] < 100_000, String(size[1]));
  assert.strictEqual(size[2], 7);
  const back = await pool.run(() => new Uint8Array(1024 * 1024).subarray(10, 20));
  assert.ok(back.buffer.byteLength < 100_000);
});

test('SharedArrayBuffer is shared, on the way there and back', async (t) => {
  const pool = poolFor(t);
  const shared = new SharedArrayBuffer(8);
  const words = new Int32Array(shared);
  const back = await pool.run(
    (given) => {
      new Int32Array(given)[0] = 42;
      return { given };
    },
    { args: [shared] },
  );
  assert.strictEqual(words[0], 42);
  new Int32Array(back.given)[1] = 7;
  assert.strictEqual(words[1], 7);
  const made = await pool.run(() => new Int32Array(new SharedArrayBuffer(4)).fill(3));
  assert.ok(made.buffer instanceof SharedArrayBuffer);
  assert.strictEqual(made[0], 3);
  const twice = await pool.run((a, b) => a.buffer === b, { args: [words, shared] });
  assert.strictEqual(twice, true);
});

test('a buffer that is transferred is moved: 64 MB there and back', async (t) => {
  const pool = poolFor(t);
  const size = 64 * 1024 * 1024;
  const buffer = new ArrayBuffer(size);
  new Uint8Array(buffer)[size - 1] = 9;
  const handle = pool.run((given) => [given.byteLength, new Uint8Array(given)[given.byteLength - 1]], {
    args: [buffer],
    transfer: [buffer],
  });
  assert.strictEqual(buffer.byteLength, 0);
  assert.deepStrictEqual(await handle, [size, 9]);
});

test('64 MB that move again and again make no garbage collection each time', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const move = (/** @type {ArrayBuffer} */ buffer) => require('tasklets').transfer(buffer, [buffer]);
  const ROUNDS = 20;
  let buffer = new ArrayBuffer(64 * 1024 * 1024);
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) {
      if (/** @type {any} */ (detail).kind !== constants.NODE_PERFORMANCE_GC_MINOR) collections++;
    }
  });
  for (let i = 0; i < ROUNDS; i++) {
    if (i === ROUNDS / 2) observer.observe({ entryTypes: ['gc'] });
    buffer = await pool.run(move, { args: [buffer], transfer: [buffer] });
  }
  observer.disconnect();
  assert.ok(collections < ROUNDS / 4, `${collections} collections`);
});

test('several transfers, inside of structures and of views', async (t) => {
  const pool = poolFor(t);
  const [a, b] = [new Uint8Array([1, 2, 3]), new Float64Array([0.5])];
  const back = await pool.run((value) => [value.a.length, value.list[0][0], value.a.buffer.byteLength], {
    args: [{ a, list: [b] }],
    transfer: [a.buffer, b.buffer],
  });
  assert.deepStrictEqual(back, [3, 0.5, 3]);
  assert.strictEqual(a.byteLength + b.byteLength, 0);
});

test('what cannot be moved rejects, and nothing is lost', async (t) => {
  const pool = poolFor(t);
  const buffer = new ArrayBuffer(8);
  for (const transfer of [[{}], [5], [buffer, buffer], [null]]) {
    const { error } = await outcome(pool.run(echo, /** @type {any} */ ({ args: [buffer], transfer })));
    assert.ok(error instanceof errors.TaskletsError, String(error));
    assert.strictEqual(buffer.byteLength, 8);
  }
  const detached = new ArrayBuffer(8);
  structuredClone(detached, { transfer: [detached] });
  const { error } = await outcome(pool.run(echo, { args: [detached], transfer: [detached] }));
  assert.ok(error instanceof errors.TaskletsError, String(error));
});

test('a MessagePort moves to a task, and talks to it', async (t) => {
  const pool = poolFor(t);
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const handle = pool.run(
    (port) =>
      new Promise((resolve) => {
        port.once('message', (message) => {
          port.close();
          resolve(message);
        });
        port.postMessage('ready');
      }),
    { args: [port2], transfer: [port2] },
  );
  const [ready] = await once(port1, 'message');
  assert.strictEqual(ready, 'ready');
  port1.postMessage({ answer: 42 });
  assert.deepStrictEqual(await handle, { answer: 42 });
  const other = new MessageChannel();
  const { error } = await outcome(pool.run(echo, { args: [other.port1] }));
  assert.ok(error instanceof errors.SerializationError, String(error));
  other.port1.close();
});

test('Blob travels both ways', async (t) => {
  const pool = poolFor(t);
  const text = await pool.run(async (blob) => `${await blob.text()}:${blob.type}`, {
    args: [new Blob(['hello'], { type: 'text/plain' })],
  });
  assert.strictEqual(text, 'hello:text/plain');
  const back = await pool.run(() => new Blob(['from the worker']));
  assert.ok(back instanceof Blob);
  assert.strictEqual(await back.text(), 'from the worker');
});

test('tasks with parcels and tasks without keep their own', async (t) => {
  const pool = poolFor(t);
  const handles = Array.from({ length: 500 }, (_, i) =>
    pool.run((value) => (typeof value === 'number' ? value : new Int32Array(value.shared)[0]), {
      args: [i % 3 === 0 ? { shared: new Int32Array(new SharedArrayBuffer(4)).fill(i).buffer } : i],
    }),
  );
  assert.deepStrictEqual(await Promise.all(handles), [...Array(500).keys()]);
  const results = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      pool.run((n) => (n % 2 ? n : new Int32Array(new SharedArrayBuffer(4)).fill(n)), { args: [i] }),
    ),
  );
  for (const [i, result] of results.entries()) assert.strictEqual(i % 2 ? result : result[0], i);
});

test('a task with a parcel that is cancelled while the parcel travels', async (t) => {
  const pool = poolFor(t);
  for (let i = 0; i < 50; i++) {
    const handle = pool.run(linger, { args: [new Gate().words], grace: 5 });
    const seen = outcome(handle);
    if (i % 2)
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    handle.cancel();
    assert.ok((await seen).error instanceof errors.CancelledError);
  }
  assert.strictEqual(
    await pool.run((v) => v[0], { args: [new Int32Array(new SharedArrayBuffer(4)).fill(5)] }),
    5,
  );
});

test('a large argument, a large result, and many of them', async (t) => {
  const pool = poolFor(t);
  const large = Array.from({ length: 200_000 }, (_, i) => ({ id: i, name: `n${i}` }));
  const back = await pool.run(echo, { args: [large] });
  assert.strictEqual(back.length, 200_000);
  assert.deepStrictEqual(back[199_999], { id: 199_999, name: 'n199999' });
  const buffers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => pool.run(echo, { args: [new Uint8Array(1024 * 1024).fill(i)] })),
  );
  assert.ok(buffers.every((buffer, i) => buffer.length === 1024 * 1024 && buffer[77] === i));
});

test('large buffers that were copied can be moved on, there and back here', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const moveOn = (/** @type {Uint8Array} */ bytes) => {
    const moved = structuredClone(bytes, { transfer: [bytes.buffer] });
    return { left: bytes.length, moved };
  };
  const { left, moved } = await pool.run(moveOn, { args: [new Uint8Array(200_000).fill(9)] });
  assert.strictEqual(left, 0);
  assert.strictEqual(moved.buffer.byteLength, 200_000);
  const again = structuredClone(moved, { transfer: [moved.buffer] });
  assert.strictEqual(moved.length, 0);
  assert.ok(again.every((byte) => byte === 9));
});

test('a result is a copy: what the task goes on to do with it does not show', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const keeps = () => {
    globalThis.kept ??= [];
    globalThis.kept.push(1);
    return globalThis.kept;
  };
  const first = await pool.run(keeps);
  await pool.run(keeps);
  assert.deepStrictEqual(first, [1]);
});
