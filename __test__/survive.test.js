'use strict';

/** Whatever a task does to its worker, its handle settles, the others run, and the process lives. */

/* eslint-disable no-extend-native, no-promise-executor-return -- tasks that do what they should not are the subject */

const assert = require('node:assert');
const { test } = require('node:test');

const { errors } = require('..');
const { Gate, echo, linger, outcome, poolFor, program, stand } = require('./fixtures/pools');

/**
 * The pool does all that it should: values, promises and errors.
 *
 * @param {any} pool
 */
async function assertWorks(pool) {
  const fails = () => {
    throw new RangeError('as thrown');
  };
  const later = async (/** @type {number} */ x) => {
    await null;
    return { x: [x] };
  };
  const [value, object, error] = await Promise.all([
    pool.run(echo, { args: [1] }),
    pool.run(later, { args: [2] }),
    outcome(pool.run(fails)),
  ]);
  assert.strictEqual(value, 1);
  assert.deepStrictEqual(object, { x: [2] });
  assert.ok(error.error instanceof RangeError);
  assert.strictEqual(error.error.message, 'as thrown');
}

/**
 * @param {any} error
 * @param {number} [code]
 */
function assertWorkerExit(error, code = 1) {
  assert.ok(error instanceof errors.WorkerExitError, String(error?.stack ?? error));
  assert.strictEqual(error.code, 'ERR_TASKLETS_WORKER_EXIT');
  assert.strictEqual(/** @type {any} */ (error).exitCode, code);
}

/** Ways to die, with the exit code and what the cause says. @type {[string, () => any, number, RegExp?][]} */
const DEATHS = [
  ['process.exit in a synchronous task', () => process.exit(3), 3],
  [
    'process.exit in an asynchronous task',
    async () => {
      await null;
      process.exit(4);
    },
    4,
  ],
  [
    'process.exit in a task that is a promise',
    () => new Promise(() => setImmediate(() => process.exit(0))),
    0,
  ],
  [
    'an uncaught error in a timer',
    () =>
      new Promise(() =>
        setTimeout(() => {
          throw new TypeError('late');
        }, 1),
      ),
    1,
    /late/,
  ],
  [
    'an uncaught symbol in a timer',
    () =>
      new Promise(() =>
        setTimeout(() => {
          throw Symbol('late');
        }, 1),
      ),
    1,
  ],
  [
    'an uncaught error whose properties throw',
    () =>
      new Promise(() =>
        setTimeout(() => {
          const thrower = {
            get() {
              throw new Error('trap');
            },
          };
          throw Object.defineProperties(new Error('x'), { stack: thrower, message: thrower, name: thrower });
        }, 1),
      ),
    1,
  ],
  [
    'an unhandled rejection',
    () =>
      new Promise(() => {
        Promise.reject(new RangeError('nobody listens'));
      }),
    1,
    /nobody listens/,
  ],
];

for (const [what, task, code, cause] of DEATHS) {
  test(`${what} fails its task with the reason, and the pool goes on`, async (t) => {
    const pool = poolFor(t, { workers: 1, logging: 'silent' });
    for (let round = 0; round < 3; round++) {
      const { error } = await outcome(pool.run(task, { name: 'dies' }));
      assertWorkerExit(error, code);
      assert.strictEqual(error.taskName, 'dies');
      if (cause !== undefined) assert.match(String(error.cause?.message), cause);
      await assertWorks(pool);
    }
    assert.strictEqual(pool.getActiveTaskCount(), 0);
    assert.strictEqual(pool.getHealth().workers.crashed, 3);
  });
}

test('a task that kills its worker is begun once', async (t) => {
  const pool = poolFor(t, { workers: 2, logging: 'silent' });
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const path = require('node:path').join(require('node:os').tmpdir(), `tasklets-begun-${process.pid}`);
  const fs = require('node:fs');
  t.after(() => fs.rmSync(path, { force: true }));
  // Of its own frame, and with shared memory: the two ways in which a task gets its arguments.
  const marks = (/** @type {string} */ file) => {
    process.getBuiltinModule('node:fs').appendFileSync(file, 'x');
    process.exit(1);
  };
  const counts = (/** @type {Int32Array} */ words) => {
    Atomics.add(words, 0, 1);
    process.exit(1);
  };
  assertWorkerExit((await outcome(pool.run(marks, { args: [path] }))).error);
  assertWorkerExit((await outcome(pool.run(counts, { args: [begun] }))).error);
  await assertWorks(pool);
  assert.strictEqual(fs.readFileSync(path, 'utf8'), 'x');
  assert.strictEqual(begun[0], 1);
});

test('neighbours that had not begun run elsewhere when a worker dies', async (t) => {
  const pool = poolFor(t, { workers: 1, logging: 'silent' });
  // The function is known to be short, so that many are handed over together.
  const nth = (/** @type {number} */ n, /** @type {number} */ last) => {
    if (n === last) process.exit(7);
    return n;
  };
  await Promise.all(Array.from({ length: 500 }, (_, n) => pool.run(nth, { args: [n, -1] })));
  const outcomes = await Promise.all(
    Array.from({ length: 500 }, (_, n) => outcome(pool.run(nth, { args: [n, 250] }))),
  );
  assertWorkerExit(outcomes[250].error, 7);
  for (const [n, { value }] of outcomes.entries()) if (n !== 250) assert.strictEqual(value, n);
});

test('what a worker had finished when it died is not lost', async (t) => {
  const pool = poolFor(t, { workers: 1, logging: 'silent' });
  const nth = (/** @type {number} */ n) => {
    if (n === 19) setTimeout(() => process.exit(7));
    return n === 19 ? new Promise(() => {}) : n;
  };
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, n) => outcome(pool.run(nth, { args: [n] }))),
  );
  assertWorkerExit(outcomes[19].error, 7);
  for (const [n, { value }] of outcomes.slice(0, 19).entries()) assert.strictEqual(value, n);
});

test('asynchronous neighbours that had begun fail with the reason', async (t) => {
  const pool = poolFor(t, { workers: 1, logging: 'silent' });
  const gate = new Gate();
  const neighbours = [1, 2].map(() => outcome(pool.run(linger, { args: [gate.words] })));
  await gate.entered(2);
  const killer = outcome(
    pool.run(() => {
      setImmediate(() => {
        throw new Error('the reason');
      });
      return new Promise(() => {});
    }),
  );
  for (const { error } of [await killer, ...(await Promise.all(neighbours))]) {
    assertWorkerExit(error);
    assert.match(error.cause.message, /the reason/);
  }
  await assertWorks(pool);
});

test('asynchronous neighbours of a task that does not stop within its grace fail with a WorkerExitError', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const neighbour = outcome(pool.run(linger, { args: [gate.words] }));
  await gate.entered();
  const endless = outcome(
    pool.run(
      () => {
        for (;;);
      },
      { timeout: 20, grace: 10 },
    ),
  );
  const { error } = await endless;
  assert.ok(error instanceof errors.TimeoutError);
  const lost = (await neighbour).error;
  assertWorkerExit(lost);
  assert.match(lost.message, /grace/);
  await assertWorks(pool);
});

test('a task that is retried survives the deaths of its workers', async (t) => {
  const pool = poolFor(t, { workers: 1, logging: 'silent' });
  const words = new Int32Array(new SharedArrayBuffer(4));
  const handle = pool.run(
    (/** @type {Int32Array} */ words) => {
      if (Atomics.add(words, 0, 1) < 2) process.exit(1);
      return 'third';
    },
    { args: [words], retry: { attempts: 3, delay: 0 } },
  );
  assert.strictEqual(await handle, 'third');
  assert.strictEqual(handle.attempts, 3);
});

test('a buffer that was moved to a task is there for its next attempt', async (t) => {
  const pool = poolFor(t, { workers: 1, logging: 'silent' });
  const words = new Int32Array(new SharedArrayBuffer(4));
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  const handle = pool.run(
    (/** @type {Int32Array} */ words, /** @type {ArrayBuffer} */ moved) => {
      if (Atomics.add(words, 0, 1) === 0) process.exit(1);
      return [...new Uint8Array(moved)];
    },
    { args: [words, buffer], transfer: [buffer], retry: { attempts: 2, delay: 0 } },
  );
  assert.strictEqual(buffer.byteLength, 0);
  assert.deepStrictEqual(await handle, [1, 2, 3]);
});

test('a port that has gone with an attempt fails the next one, and nothing else', async (t) => {
  const pool = poolFor(t, { workers: 1, logging: 'silent' });
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const { error } = await outcome(
    pool.run(
      (/** @type {any} */ port) => {
        port.close();
        process.exit(1);
      },
      { args: [port2], transfer: [port2], retry: { attempts: 2, delay: 0 } },
    ),
  );
  assert.ok(error instanceof errors.TaskletsError, String(error));
  await assertWorks(pool);
});

test('endless work of every kind ends with its timeout', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const kinds = {
    loop: () => {
      for (;;);
    },
    microtasks: async () => {
      for (;;) await null;
    },
    ticks: () =>
      new Promise(() => {
        const again = () => process.nextTick(again);
        again();
      }),
    immediates: () =>
      new Promise(() => {
        const again = () => setImmediate(again);
        again();
      }),
    wait: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
    regexp: () => /^(a+)+$/.test(`${'a'.repeat(40)}b`),
    never: () => new Promise(() => {}),
    thenables: () => {
      const thenable = { then: (/** @type {any} */ resolve) => resolve(thenable) };
      return thenable;
    },
  };
  for (const [kind, task] of Object.entries(kinds)) {
    const { error } = await outcome(pool.run(task, { timeout: 30, grace: 10, name: kind }));
    assert.ok(error instanceof errors.TimeoutError, `${kind}: ${error}`);
    assert.strictEqual(/** @type {any} */ (error).phase, 'run');
  }
  await assertWorks(pool);
});

test('a stack that overflows fails its task only', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const deep = () => {
    const recurse = () => recurse() + 1;
    return recurse();
  };
  const first = pool.run(deep);
  assert.ok((await outcome(first)).error instanceof RangeError);
  const later = pool.run(async () => {
    await null;
    const recurse = () => recurse() + 1;
    return recurse();
  });
  assert.ok((await outcome(later)).error instanceof RangeError);
  assert.strictEqual(later.worker, first.worker);
});

test('values and causes of any depth come back or are refused', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const nested = (/** @type {number} */ depth) => {
    let value = {};
    for (let i = 0; i < depth; i++) value = { value };
    return value;
  };
  const caused = (/** @type {number} */ depth) => {
    let error = new Error('innermost');
    for (let i = 0; i < depth; i++) error = new Error('outer', { cause: error });
    throw error;
  };
  for (const depth of [10, 1_000, 30_000]) {
    const { value, error } = await outcome(pool.run(nested, { args: [depth] }));
    assert.ok(value !== undefined || error instanceof Error);
    assert.ok((await outcome(pool.run(caused, { args: [depth] }))).error instanceof Error);
  }
  await assertWorks(pool);
});

/** A worker with little memory, whose task takes ever more of it. */
const GREEDY = {
  objects: () => {
    const kept = [];
    for (;;) kept.push({ list: [1, 2, 3], text: `x${kept.length}` });
  },
  arrays: () => {
    const kept = [];
    for (;;) kept.push(new Array(100_000).fill(kept.length + 0.5));
  },
  asynchronously: async () => {
    const kept = [];
    for (;;) {
      kept.push(new Array(10_000).fill({}));
      await null;
    }
  },
};

for (const [what, task] of Object.entries(GREEDY)) {
  test(`a heap that is exhausted (${what}) fails the task with ERR_TASKLETS_MEMORY_LIMIT`, async (t) => {
    const pool = poolFor(t, { workers: 1, memory: { perWorker: '48MB' }, logging: 'silent' });
    const { error } = await outcome(pool.run(task));
    assert.ok(error instanceof errors.ResourceLimitError, String(error));
    assert.strictEqual(error.code, 'ERR_TASKLETS_MEMORY_LIMIT');
    assert.strictEqual(/** @type {any} */ (error).limit, 48 * 1024 * 1024);
    await assertWorks(pool);
  });
}

/** What tasks do to the globals of their worker. After it the worker does its work, or is replaced. */
const VANDALS = {
  'Array.prototype': () => {
    Array.prototype.push = () => {
      throw new Error('push');
    };
    Array.prototype.map = /** @type {any} */ (null);
    Array.prototype[Symbol.iterator] = /** @type {any} */ (null);
  },
  'Map.prototype': () => {
    Map.prototype.get = () => undefined;
    Map.prototype.set = /** @type {any} */ (null);
  },
  'performance.now': () => {
    performance.now = () => {
      throw new Error('now');
    };
  },
  Atomics: () => {
    for (const name of ['load', 'store', 'compareExchange']) Reflect.set(Atomics, name, () => 0);
    Reflect.set(globalThis, 'Atomics', undefined);
  },
  Promise: () => {
    Promise.resolve = () => {
      throw new Error('resolve');
    };
    Reflect.set(globalThis, 'Promise', undefined);
  },
  'Promise.prototype': () => {
    Promise.prototype.then = () => {
      throw new Error('then');
    };
  },
  'process.nextTick': () => {
    process.nextTick = () => {};
  },
  setImmediate: () => {
    Reflect.set(globalThis, 'setImmediate', () => {});
    Reflect.set(process.getBuiltinModule('node:timers'), 'setImmediate', () => {});
  },
  Reflect: () => {
    Reflect.apply = () => 'not applied';
  },
  DataView: () => {
    DataView.prototype.getUint32 = () => {
      throw new Error('getUint32');
    };
    DataView.prototype.setUint32 = () => {};
  },
  'typed arrays': () => {
    const typed = Object.getPrototypeOf(Uint8Array.prototype);
    typed.set = () => {
      throw new Error('set');
    };
    typed.subarray = () => {
      throw new Error('subarray');
    };
  },
  'Buffer and Uint8Array': () => {
    Reflect.set(Buffer, 'from', null);
    for (const name of ['Buffer', 'Uint8Array', 'DataView']) Reflect.set(globalThis, name, null);
  },
  'setters on Object.prototype': () => {
    for (const name of [
      'id',
      'owner',
      'callable',
      'extras',
      'root',
      'transfer',
      'fn',
      'content',
      'cancelled',
    ]) {
      Object.defineProperty(Object.prototype, name, {
        get: () => 'polluted',
        set() {
          throw new Error(name);
        },
        configurable: true,
      });
    }
  },
  'values on Object.prototype': () => {
    for (const name of ['args', 'length', 'callable', 'message', 'joined', 'broken', 'leave', 'worker']) {
      Reflect.set(Object.prototype, name, 5);
    }
  },
  'process.exit': () => {
    process.exit = /** @type {any} */ (() => {});
    Reflect.set(process, 'reallyExit', () => {});
  },
  'a handler of uncaught errors, and all at once': () => {
    process.on('uncaughtException', () => {});
    process.on('unhandledRejection', () => {});
    for (const name of ['nextTick', 'exit', 'reallyExit']) Reflect.set(process, name, null);
    Map.prototype.get = /** @type {any} */ (null);
    DataView.prototype.getUint32 = /** @type {any} */ (null);
  },
  'frozen prototypes': () => {
    for (const type of [Object, Array, Map, Error, Promise]) Object.freeze(type.prototype);
    Object.freeze(process);
  },
  parentPort: () => {
    const threads = process.getBuiltinModule('node:worker_threads');
    threads.parentPort?.on('message', () => {});
    threads.parentPort?.postMessage({ joined: 5 });
    threads.parentPort?.close();
    Reflect.set(threads, 'parentPort', null);
    Reflect.set(threads, 'workerData', { tasklets: null });
  },
  'the handles of its loop': () => {
    for (const handle of /** @type {any} */ (process)._getActiveHandles()) handle.close?.();
  },
  listeners: () => {
    process.removeAllListeners();
  },
  'process.exitCode': () => {
    process.exitCode = 9;
  },
  'the module loader': () => {
    const loader = /** @type {any} */ (process.getBuiltinModule('node:module'));
    loader._load = null;
    loader._cache = {};
  },
};

for (const [what, vandal] of Object.entries(VANDALS)) {
  test(`a task that tampers with ${what} hangs nothing`, async (t) => {
    const pool = poolFor(t, { workers: 1, logging: 'silent' });
    await assertWorks(pool);
    await outcome(pool.run(vandal));
    const seen = [
      pool.run(echo, { args: [1] }),
      pool.run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return 2;
      }),
      pool.run(echo, { args: [new Int32Array(new SharedArrayBuffer(4))] }),
      pool.run(() => {
        throw new Error('x');
      }),
    ];
    // Each settles; what its own function can still do on a broken worker is the vandal's affair.
    await Promise.all(seen.map((handle) => outcome(handle)));
    const end = outcome(
      pool.run(() => {
        process.removeAllListeners();
        throw Object.assign(new Error('end'), { last: true });
      }),
    );
    await end;
    assert.strictEqual(pool.getActiveTaskCount(), 0);
    const { graceful } = await pool.shutdown({ timeout: 300_000 });
    assert.strictEqual(graceful, true);
  });
}

// In a pack it looked for its parts with `Object.keys`, for ever.
test('a worker loads what it needs later although a task has taken Object.keys away', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  await pool.run(() => {
    Object.keys = () => [];
  });
  assert.deepStrictEqual(await pool.run(() => new Date(0)), new Date(0));
});

test('a worker that makes no task ready any more is replaced after the first that fails by it', async (t) => {
  const pool = poolFor(t, { workers: 1, logging: 'silent' });
  await pool.run(() => {
    Map.prototype.get = () => {
      throw new Error('vandalised');
    };
  });
  const three = 3;
  assert.strictEqual(
    (await outcome(pool.run((a) => a + three, { args: [new Map([[1, 2]])] }))).error?.message,
    'vandalised',
  );
  assert.strictEqual(await pool.run((a) => a.get(1) + three, { args: [new Map([[1, 2]])] }), 5);
});

test('a task can break its own worker only', async (t) => {
  const pool = poolFor(t, { workers: 2, logging: 'silent' });
  const gate = new Gate();
  const held = pool.run(stand, { args: [gate.words, 'unharmed'] });
  await gate.entered();
  await outcome(
    pool.run(() => {
      Map.prototype.get = /** @type {any} */ (null);
      DataView.prototype.setUint32 = /** @type {any} */ (null);
    }),
  );
  gate.open();
  assert.strictEqual(await held, 'unharmed');
  assert.strictEqual(await outcome(pool.run(echo, { args: [1] })).then(() => 'settled'), 'settled');
});

test('results whose reading throws fail their task, and name the culprit', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const { error } = await outcome(
    pool.run(() => ({
      inner: {
        get x() {
          throw new Error('getter');
        },
      },
    })),
  );
  assert.ok(error instanceof errors.SerializationError);
  assert.strictEqual(/** @type {any} */ (error).path, 'result.inner.x');
  const exits = await outcome(
    pool.run(() => ({
      get x() {
        return process.exit(5);
      },
    })),
  );
  assertWorkerExit(exits.error, 5);
  await assertWorks(pool);
});

test('thenables of every kind settle their task', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const kinds = [
    () => ({
      get then() {
        throw new Error('getter');
      },
    }),
    () => ({
      then() {
        throw new Error('call');
      },
    }),
    () => {
      let reads = 0;
      return {
        get then() {
          if (reads++ > 0) throw new Error('second read');
          return () => {};
        },
      };
    },
    () =>
      Object.defineProperty(Promise.resolve(1), 'constructor', {
        get() {
          throw new Error('constructor');
        },
      }),
    () => Promise.reject(new Error('rejected')),
  ];
  for (const kind of kinds) {
    const { error } = await outcome(pool.run(kind));
    assert.ok(error instanceof Error, `${kind}: ${error}`);
  }
  const settlesOften = () => ({
    then(/** @type {any} */ resolve, /** @type {any} */ reject) {
      resolve(1);
      reject(new Error('too late'));
      resolve(2);
      throw new Error('too late');
    },
  });
  assert.strictEqual(await pool.run(settlesOften), 1);
  assert.strictEqual(await pool.run(() => ({ then: 5 })).then((/** @type {any} */ { then }) => then), 5);
  // A worker whose places leaked away would not take so many.
  await Promise.all(Array.from({ length: 100 }, () => outcome(pool.run(kinds[3]))));
  await assertWorks(pool);
});

test('large results come back whole, also several at a time', async (t) => {
  const pool = poolFor(t, { workers: 2 });
  const text = await pool.run(() => 'é'.repeat(20_000_000));
  assert.strictEqual(text.length, 20_000_000);
  const buffers = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      pool.run((/** @type {number} */ i) => new Uint8Array(16_000_000).fill(i), { args: [i] }),
    ),
  );
  for (const [i, bytes] of buffers.entries()) {
    assert.strictEqual(bytes.length, 16_000_000);
    assert.strictEqual(bytes.at(-1), i);
  }
  const list = await pool.run(() => Array.from({ length: 500_000 }, (_, id) => ({ id, name: `n${id}` })));
  assert.deepStrictEqual(list.at(-1), { id: 499_999, name: 'n499999' });
});

test('callbacks may use other pools while results are being delivered', async (t) => {
  const pool = poolFor(t, { workers: 2 });
  const others = /** @type {any[]} */ ([]);
  const handles = Array.from({ length: 200 }, (_, i) =>
    pool.run(echo, {
      args: [i],
      onComplete: () => {
        if (i % 50 !== 0) return;
        const other = poolFor(t, { workers: 1 });
        const handle = other.run(echo, { args: [i] });
        // Looking at it, and cancelling another, reach the scheduler at once.
        assert.strictEqual(handle.state, 'queued');
        const unwanted = other.run(echo);
        outcome(unwanted);
        unwanted.cancel();
        others.push(handle);
      },
    }),
  );
  assert.deepStrictEqual(await Promise.all(handles), [...Array(200).keys()]);
  // Two workers: what was submitted first need not be the first to come back.
  const results = await Promise.all(others);
  assert.deepStrictEqual(
    results.sort((a, b) => a - b),
    [0, 50, 100, 150],
  );
});

test('callbacks that throw anything lose nothing of the results behind them', async (t) => {
  t.mock.method(process, 'emitWarning', () => {});
  const pool = poolFor(t, { workers: 1 });
  const thrown = [new Error('x'), null, Symbol('x'), new Proxy({}, { get: () => assert.fail('trap') })];
  const handles = Array.from({ length: 40 }, (_, i) =>
    pool.run(echo, {
      args: [i],
      onComplete: () => {
        throw thrown[i % thrown.length];
      },
    }),
  );
  assert.deepStrictEqual(await Promise.all(handles), [...Array(40).keys()]);
});

for (const [what, source] of Object.entries({
  'process.exit': `setTimeout(() => process.exit(0), 30);`,
  'an uncaught error': `process.on('exit', () => { process.exitCode = 0; }); setTimeout(() => { throw new Error('end'); }, 30);`,
  'a signal handler': `process.on('SIGTERM', () => process.exit(0)); setTimeout(() => process.kill(process.pid, 'SIGTERM'), 30);`,
})) {
  test(`a process that ends by ${what} under full load ends cleanly`, async () => {
    const { code, signal, stderr } = await program(`
      const pool = new tasklets.Pool({ workers: 2 });
      const spin = (ms) => { const end = performance.now() + ms; while (performance.now() < end); return 'x'.repeat(100); };
      const more = () => { pool.run(spin, { args: [Math.random()] }).then(more, () => {}); };
      for (let i = 0; i < 200; i++) more();
      ${source}
    `);
    assert.strictEqual(signal, null, stderr);
    assert.doesNotMatch(stderr, /FATAL|panicked|Assertion/);
    if (what !== 'an uncaught error') assert.strictEqual(code, 0, stderr);
  });
}

test(
  'before a worker goes, what V8 compiles for it has ended, where Node does not see to that',
  { skip: Number(process.versions.node.split('.')[0]) >= 24 && 'Node 24 and newer see to it' },
  async () => {
    // V8 says so where it has been asked to wait; when it disposes of an isolate, it does not.
    const { code, stdout, stderr } = await program(
      `
      const endless = () => { for (;;); };
      tasklets.run(endless, { timeout: 20, grace: 0 }).catch((error) => console.log(error.code));
    `,
      { flags: ['--trace-concurrent-recompilation'] },
    );
    assert.strictEqual(code, 0, stderr);
    assert.match(stdout, /ERR_TASKLETS_TIMEOUT/);
    assert.match(stdout, /Flushed concurrent recompilation queues\. \(mode: blocking\)/);
  },
);
