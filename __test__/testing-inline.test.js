'use strict';

/** `inline()`: what is the same as with workers, told by doing both, and what comes at once. */

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { mock, test } = require('node:test');
const workers = require('node:worker_threads');
const tasklets = require('..');
const { flush, inline } = require('../testing');

const { Pool, batch, cancel, current, errors, graph, map, retry, run, runAll, stream, transfer, wrap } =
  tasklets;

class NotFound extends Error {
  constructor(id) {
    super(`nothing has the id ${id}`);
    this.id = id;
  }
}

class Point {
  #x;
  constructor(x) {
    this.#x = x;
  }
  get x() {
    return this.#x;
  }
}

const state = { count: 1, list: [new Date(0)] };
const point = new Point(7);

/** What came of something, as far as it can be compared. @param {() => any} action */
async function outcomeOf(action) {
  try {
    return { value: await action() };
  } catch (error) {
    const { name, message, code, cause, path, variable, phase, dependency, option, attempts, taskName } =
      error ?? {};
    const known = { name, message, code, path, variable, phase, dependency, option, attempts, taskName };
    // Where the library refuses, the stack is the library's own.
    const line = String(error?.stack).split('\n')[1] ?? '';
    const stack = line.includes(__filename) ? line : '';
    return { error: known, class: error?.constructor?.name, cause: cause?.message, stack, raw: typeof error };
  }
}

const collect = async (/** @type {AsyncIterable<unknown>} */ source) => {
  const all = [];
  for await (const value of source) all.push(value);
  return all;
};

/** @type {Record<string, () => any>} */
const PROGRAMS = {
  'a value of every kind': () =>
    run((...args) => args, {
      args: [
        1,
        -0,
        NaN,
        'ü',
        null,
        undefined,
        2n,
        true,
        new Date(5),
        /x/g,
        new Map([[1, new Set([2])]]),
        [1, , 3],
      ],
    }),
  'cycles and shared references': () =>
    run((a) => [a.self === a, a.one === a.two, a], {
      args: [Object.assign(Object.create(Object.prototype), { one: state, two: state })],
    }),
  'buffers, small and large': async () => {
    const [small, large] = await run((n) => [Buffer.from('ab'), new Uint8Array(n).fill(3)], {
      args: [300_000],
    });
    return [Buffer.isBuffer(small), small, large.length, large[299_999]];
  },
  'large arguments': () =>
    run((bytes) => bytes.byteLength + bytes[5], { args: [new Uint8Array(200_000).fill(2)] }),
  'shared memory': async () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const back = await run(
      (shared) => {
        Atomics.add(shared, 0, 5);
        return shared;
      },
      { args: [words] },
    );
    return [words[0], back.buffer instanceof SharedArrayBuffer];
  },
  'moved buffers': async () => {
    const { buffer } = new Uint8Array([1, 2, 3]);
    const length = await run((moved) => moved.byteLength, { args: [buffer], transfer: [buffer] });
    return [length, buffer.byteLength];
  },
  'a moved result': () => run(() => transfer(new Uint8Array([4, 5]), [new ArrayBuffer(1)])),
  'captured state is a copy': async () => {
    const inside = await run(() => {
      state.count++;
      state.list.push(1);
      return state;
    });
    return [inside, state];
  },
  'captured instances keep their class': () => run(() => [point.x, point instanceof Point]),
  recursion: () => {
    const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
    return run(() => fib(12));
  },
  'functions among arguments': () => run((fn, n) => fn(n), { args: [(n) => n * state.count, 4] }),
  'this and captures': () =>
    run(
      function () {
        return this.a + extra;
      },
      { this: { a: 1 }, captures: { extra: 2 } },
    ),
  'a result of a captured class': async () => {
    const error = await run(() => new NotFound(3));
    return [error instanceof NotFound, error.id];
  },
  'a captured class is thrown': () =>
    run(() => {
      throw new NotFound(1);
    }),
  'a built-in is thrown, with a cause and properties': () =>
    run(() => {
      throw Object.assign(new RangeError('r', { cause: new Error('c') }), { code: 'E_X' });
    }),
  'an AggregateError': async () => {
    const error = await run(() => Promise.any([Promise.reject(new TypeError('t'))])).catch((e) => e);
    return [error.constructor.name, error.errors.map(String)];
  },
  'what is no error is thrown': () => run(() => Promise.reject('text')),
  'a socket is captured': () => run(() => mock),
  'an argument cannot be copied': () => run(() => 1, { args: [{ a: [Promise.resolve()] }] }),
  'a result cannot be copied': () => run(() => ({ a: new WeakMap() })),
  'no task': () => run(5),
  'a generator in run': () => run(function* () {}),
  'an unknown option': () => run(() => 1, { priorty: 1 }),
  'a name that exists nowhere': () => run(() => nowhere),
  'an aborted signal': () => run(() => 1, { signal: AbortSignal.abort('why') }),
  'a timeout': () => run(() => new Promise(() => {}), { timeout: 20 }),
  'a module': () => run(tasklets.module(require.resolve('./fixtures/work.js'), 'add'), { args: [1, 2] }),
  'an export that is not there': () => run(tasklets.module(require.resolve('./fixtures/work.js'), 'nothing')),
  runAll: () => runAll([() => 1, { task: (a) => a, args: [2] }, async () => 3]),
  'runAll, one fails': () => runAll([() => 1, () => Promise.reject(new Error('no'))]),
  'runAll, all failures': () => runAll([() => 1, () => JSON.parse('{')], { failFast: false }),
  map: () => map((n, index) => n * index, [1, 2, 3], { chunkSize: 2 }),
  'map, async': () => map(async (n) => n + 1, new Set([1, 2])),
  batch: async () => {
    const results = await batch([
      { name: 'a', task: () => 1 },
      { name: 'b', task: () => null.x },
    ]);
    return results.map(({ name, success, result, error, attempts }) => [
      name,
      success,
      result,
      error?.name,
      attempts,
    ]);
  },
  'stream over a source': () => collect(stream((n) => n * 2, [1, 2, 3])),
  'stream of a generator': () =>
    collect(
      stream(
        function* (n) {
          for (let i = 0; i < n; i++) yield { i };
        },
        { args: [200] },
      ),
    ),
  'stream of an async generator that fails': async () => {
    const seen = [];
    try {
      const task = async function* () {
        yield 1;
        throw new NotFound(2);
      };
      for await (const value of stream(task)) seen.push(value);
    } catch (error) {
      seen.push(error instanceof NotFound);
    }
    return seen;
  },
  'a stream is left': async () => {
    const seen = [];
    const endless = function* () {
      for (let i = 0; ; i++) yield i;
    };
    for await (const value of stream(endless)) if (seen.push(value) === 100) break;
    return seen.length;
  },
  dependencies: () => {
    const one = run(() => ({ a: 1 }));
    return run((a, b, c) => [a, b, c], { dependsOn: [one, run(() => 2)], args: [3] });
  },
  'a dependency that fails': () =>
    run(() => 1, { dependsOn: run(() => Promise.reject(new Error('no')), { name: 'x' }) }),
  'a graph': () =>
    graph()
      .add('a', () => 1)
      .add('b', (a) => a + 1, { dependsOn: ['a'] })
      .run(),
  retry: async () => {
    const tried = [];
    const handle = retry(() => (current().attempt < 3 ? Promise.reject(new NotFound(0)) : 'ok'), {
      delay: 1,
      retryOn: [NotFound],
      onRetry: (error, attempt, wait) => tried.push([error instanceof NotFound, attempt, wait]),
    });
    return [await handle, handle.attempts, tried];
  },
  'retry, in vain': () => retry(() => Promise.reject(new Error('always')), { attempts: 2, delay: 1 }),
  'a wrapped function': () => wrap((a, b) => a + b)(1, 2),
  'metadata and context': () =>
    run(
      () => [current().name, current().attempt, current().priority, current().metadata, current().deadline],
      {
        name: 'n',
        priority: 'high',
        metadata: { a: 1 },
      },
    ),
  'the context after an await': () =>
    run(
      async () => {
        await null;
        return current().name;
      },
      { name: 'later' },
    ),
  'tasks of tasks': () =>
    run(async () => {
      const { run: inner } = tasklets;
      return (await inner((n) => n + 1, { args: [1] })) + (await inner(() => 1));
    }),
  'a callback hears of the result': () =>
    new Promise((resolve) => {
      run(() => 5, { onComplete: resolve });
    }),
};

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(`the same as with workers: ${name}`, async (t) => {
    const there = await outcomeOf(program);
    t.after(inline());
    const here = await outcomeOf(program);
    assert.deepEqual(here, there);
  });
}

test('runs on the calling thread, and has ended when run returns', async (t) => {
  t.after(inline());
  const handle = run(() => workers.threadId);
  assert.equal(handle.state, 'fulfilled');
  assert.equal(handle.worker, 0);
  assert.ok(handle.usage.runTime >= 0);
  assert.equal(await handle, workers.threadId);
});

test('is a handle like any other', (t) => {
  t.after(inline());
  const handle = run(() => 1);
  assert.ok(handle instanceof Promise);
  assert.equal(Object.prototype.toString.call(handle), '[object TaskHandle]');
});

test('handles say that they wait, are queued and run', async (t) => {
  t.after(inline());
  const pool = new Pool({ workers: { max: 1, concurrency: 1 } });
  let release;
  globalThis.gate = new Promise((resolve) => (release = resolve));
  t.after(() => delete globalThis.gate);
  const running = pool.run(() => globalThis.gate);
  const queued = pool.run(() => 1);
  const waiting = pool.run((a) => a, { dependsOn: queued });
  assert.deepEqual(
    [running, queued, waiting].map(({ state }) => state),
    ['running', 'queued', 'waiting'],
  );
  assert.equal(pool.getActiveTaskCount(), 3);
  release();
  assert.equal(await waiting, 1);
  assert.equal(pool.getActiveTaskCount(), 0);
});

test('no task begins inside another one, or inside a callback', async (t) => {
  t.after(inline());
  globalThis.order = [];
  t.after(() => delete globalThis.order);
  const inner = () => globalThis.order.push('inner');
  await run(() => {
    tasklets.run(inner);
    globalThis.order.push('outer');
  });
  await run(() => 1, {
    onComplete: () => {
      run(inner);
      globalThis.order.push('callback');
    },
  });
  assert.deepEqual(globalThis.order, ['outer', 'inner', 'callback', 'inner']);
});

test('priorities go first where tasks have to wait', async (t) => {
  t.after(inline());
  const pool = new Pool({ workers: { max: 1, concurrency: 1 } });
  let release;
  globalThis.gate = new Promise((resolve) => (release = resolve));
  globalThis.order = [];
  t.after(() => delete globalThis.gate && delete globalThis.order);
  const first = pool.run(() => globalThis.gate);
  const note = (name) => globalThis.order.push(name);
  const others = ['low', 'normal', 'critical', 'high'].map((priority) =>
    pool.run(note, { args: [priority], priority }),
  );
  release();
  await Promise.all([first, ...others]);
  assert.deepEqual(globalThis.order, ['critical', 'high', 'normal', 'low']);
});

test('a task does not see the async context of whoever submits it', async (t) => {
  t.after(inline());
  globalThis.storage = new AsyncLocalStorage();
  t.after(() => delete globalThis.storage);
  const seen = await globalThis.storage.run('mine', () => run(() => globalThis.storage.getStore()));
  assert.equal(seen, undefined);
});

test('what runs is cancelled: it is told, and its handle settles at once', async (t) => {
  t.after(inline());
  globalThis.told = [];
  t.after(() => delete globalThis.told);
  const handle = run(async () => {
    const { signal } = tasklets.current();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    globalThis.told.push(tasklets.current().cancelled, signal.reason.code);
  });
  assert.equal(handle.state, 'running');
  assert.equal(cancel(handle.id, 'enough'), true);
  assert.equal(handle.state, 'cancelled');
  assert.equal(handle.cancel(), false);
  await assert.rejects(handle, { code: 'ERR_TASKLETS_CANCELLED', cause: 'enough' });
  await flush();
  assert.deepEqual(globalThis.told, [true, 'ERR_TASKLETS_CANCELLED']);
});

test('a task that may not be cancelled is not', async (t) => {
  t.after(inline());
  const handle = run(async () => 1, { cancellable: false });
  assert.equal(handle.cancel(), false);
  assert.equal(await handle, 1);
});

test('a synchronous task that took too long rejects when it returns', async (t) => {
  t.after(inline());
  const slow = run(
    () => {
      for (const end = performance.now() + 20; performance.now() < end;);
      return 1;
    },
    { timeout: 5 },
  );
  await assert.rejects(slow, { code: 'ERR_TASKLETS_TIMEOUT', phase: 'run', timeout: 5 });
});

test('a queueTimeout counts while a task waits', async (t) => {
  t.after(inline());
  const pool = new Pool({ workers: { max: 1, concurrency: 1 } });
  const busy = pool.run(() => new Promise(() => {}));
  await assert.rejects(
    pool.run(() => 1, { queueTimeout: 5 }),
    { phase: 'queue' },
  );
  busy.cancel();
  await assert.rejects(busy);
});

test('a full queue refuses', async (t) => {
  t.after(inline());
  const pool = new Pool({ workers: { max: 1, concurrency: 1 }, queue: { maxSize: 1 } });
  const busy = pool.run(() => new Promise(() => {}));
  const queued = pool.run(() => 1);
  await assert.rejects(
    pool.run(() => 2),
    { code: 'ERR_TASKLETS_QUEUE_FULL', limit: 1 },
  );
  busy.cancel();
  await assert.rejects(busy);
  assert.equal(await queued, 1);
});

test('progress is heard at once, all of it', async (t) => {
  t.after(inline());
  const seen = [];
  await run(
    () => {
      for (const part of [0.25, 0.5, 1]) tasklets.reportProgress(part, { part });
    },
    { onProgress: (percent, { detail }) => seen.push([percent, detail.part]) },
  );
  assert.deepEqual(seen, [
    [25, 0.25],
    [50, 0.5],
    [100, 1],
  ]);
});

test('false clocks move timeouts and the waits between attempts', async (t) => {
  t.after(inline());
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const late = run(() => new Promise(() => {}), { timeout: 60_000 });
  const again = retry(() => (current().attempt === 1 ? Promise.reject(new Error('x')) : 'ok'), {
    delay: 90_000,
    maxDelay: 90_000,
  });
  await null;
  mock.timers.tick(60_000);
  await assert.rejects(late, { code: 'ERR_TASKLETS_TIMEOUT' });
  assert.equal(again.state, 'waiting');
  mock.timers.tick(30_000);
  assert.equal(await again, 'ok');
});

test('stats tell what ran here', async (t) => {
  t.after(inline());
  const pool = new Pool();
  await pool.run(() => 1, { name: 'good' });
  await pool.run(() => null.x, { name: 'bad' }).catch(() => {});
  await pool.run(() => new Promise(() => {}), { timeout: 1 }).catch(() => {});
  const { counts, byTask, errorsByName } = pool.getStats();
  assert.deepEqual(counts, {
    submitted: 3,
    completed: 1,
    failed: 1,
    cancelled: 0,
    timedOut: 1,
    retried: 0,
    rejected: 0,
  });
  assert.equal(byTask.good.runTime.count, 1);
  assert.equal(errorsByName.TypeError, 1);
  assert.equal(pool.getHealth().errors.recent[0].taskName, 'bad');
});

test('shutdown waits for tasks, refuses new ones, and start allows them again', async (t) => {
  t.after(inline());
  const pool = new Pool();
  let release;
  globalThis.gate = new Promise((resolve) => (release = resolve));
  t.after(() => delete globalThis.gate);
  const task = pool.run(() => globalThis.gate);
  const ending = pool.shutdown();
  await assert.rejects(
    pool.run(() => 1),
    { code: 'ERR_TASKLETS_SHUTDOWN' },
  );
  release();
  const { graceful, completed } = await ending;
  await task;
  assert.deepEqual({ graceful, completed }, { graceful: true, completed: 1 });
  pool.start();
  assert.equal(await pool.run(() => 1), 1);
});

test('shutdown gives up at its timeout', async (t) => {
  t.after(inline());
  const pool = new Pool();
  const task = pool.run(() => new Promise(() => {}));
  const [report] = await Promise.all([
    pool.shutdown({ timeout: 5 }),
    assert.rejects(task, { code: 'ERR_TASKLETS_SHUTDOWN' }),
  ]);
  assert.equal(report.abandoned, 1);
});

test('a long chain of tasks does not run out of stack', async (t) => {
  t.after(inline());
  let last = run(() => 0);
  for (let i = 0; i < 2_000; i++) last = run((n) => n + 1, { dependsOn: last });
  assert.equal(await last, 2_000);
});

test('the errors are those of the package', async (t) => {
  t.after(inline());
  await assert.rejects(
    run(() => 1, { timeout: -1 }),
    errors.ConfigError,
  );
});
