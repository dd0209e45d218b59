'use strict';

const assert = require('node:assert');
const { Socket } = require('node:net');
const path = require('node:path');
const { test } = require('node:test');

const { Pool, errors } = require('..');
const { Gate, echo, outcome, poolFor, stand } = require('./fixtures/pools');

test('what the task throws is what rejects: class, name, message, code, own properties', async (t) => {
  const pool = poolFor(t);
  const throws = () => {
    throw Object.assign(new TypeError('wrong'), { code: 'E_WRONG', details: { deep: [1] }, count: 3n });
  };
  const { error } = await outcome(pool.run(throws));
  assert.strictEqual(Object.getPrototypeOf(error), TypeError.prototype);
  assert.strictEqual(error.message, 'wrong');
  assert.strictEqual(error.code, 'E_WRONG');
  assert.deepStrictEqual(error.details, { deep: [1] });
  assert.strictEqual(error.count, 3n);
  assert.deepStrictEqual(Object.keys(error).sort(), ['code', 'count', 'details']);
});

test('its metadata is on the error, as it is by then, and does not show', async (t) => {
  const pool = poolFor(t);
  const fail = () => {
    throw new Error('x');
  };
  const handle = pool.run(fail, { metadata: { request: 7 } });
  handle.setMetadata('step', 'a');
  const cancelled = pool.run(fail, { metadata: { request: 8 } });
  cancelled.cancel();
  const [{ error }, { error: late }, { error: without }] = await Promise.all([
    outcome(handle),
    outcome(cancelled),
    outcome(pool.run(fail)),
  ]);
  assert.deepStrictEqual(error.metadata, { request: 7, step: 'a' });
  assert.deepStrictEqual(late.metadata, { request: 8 });
  assert.deepStrictEqual([Object.keys(error), 'metadata' in without], [[], false]);
});

test('facts about the task are there, and do not show', async (t) => {
  const pool = poolFor(t);
  const throws = () => {
    throw new Error('x');
  };
  const handle = pool.run(throws, { name: 'named' });
  const { error } = await outcome(handle);
  assert.strictEqual(error.taskId, handle.id);
  assert.strictEqual(error.taskName, 'named');
  assert.strictEqual(error.workerThread, handle.worker);
  assert.strictEqual(error.attempts, 1);
  assert.ok(error.duration >= 0);
  assert.match(error.stackTrace, /errors\.test\.js/);
  assert.ok(error.nativeTrace === null || typeof error.nativeTrace === 'string');
  assert.deepStrictEqual(Object.keys(error), []);
  assert.deepStrictEqual({ ...error }, {});
});

test('properties of the user that are called like ours stay the user’s', async (t) => {
  const pool = poolFor(t);
  const throws = () => {
    throw Object.assign(new Error('x'), { duration: 'mine', attempts: 99, taskName: 'also mine' });
  };
  const { error } = await outcome(pool.run(throws));
  assert.strictEqual(error.duration, 'mine');
  assert.strictEqual(error.attempts, 99);
  assert.strictEqual(error.taskName, 'also mine');
  assert.deepStrictEqual(Object.keys(error).sort(), ['attempts', 'duration', 'taskName']);
});

test('stacks begin in the user’s file, and hold nothing of the library', async (t) => {
  const pool = poolFor(t);
  function deep() {
    throw new RangeError('deep');
  }
  const { error } = await outcome(pool.run(deep));
  const lines = error.stack.split('\n');
  assert.strictEqual(lines[0], 'RangeError: deep');
  assert.match(lines[1], /errors\.test\.js:\d+:\d+/);
  assert.doesNotMatch(error.stack, /attendant|lib\/worker/);
});

test('causes and the errors of an AggregateError come along', async (t) => {
  const pool = poolFor(t);
  const throws = () => {
    const inner = new RangeError('inner', { cause: new SyntaxError('innermost', { cause: 'text' }) });
    throw new AggregateError([inner, new TypeError('second'), 'third'], 'many', { cause: inner });
  };
  const { error } = await outcome(pool.run(throws));
  assert.ok(error instanceof AggregateError);
  assert.strictEqual(error.cause, error.errors[0]);
  assert.ok(error.errors[0].cause instanceof SyntaxError);
  assert.strictEqual(error.errors[0].cause.cause, 'text');
  assert.ok(error.errors[1] instanceof TypeError);
  assert.strictEqual(error.errors[2], 'third');
});

test('a cause that goes round in a circle', async (t) => {
  const pool = poolFor(t);
  const throws = () => {
    const error = new Error('round');
    error.cause = error;
    throw error;
  };
  const { error } = await outcome(pool.run(throws));
  assert.strictEqual(error.cause, error);
});

test('thrown values that are no errors reject as they are', async (t) => {
  const pool = poolFor(t);
  const throws = (/** @type {any} */ value) => {
    throw value;
  };
  for (const value of [
    null,
    undefined,
    0,
    -0,
    NaN,
    '',
    'text',
    false,
    5n,
    { a: 1 },
    [1, [2]],
    new Map([[1, 2]]),
  ]) {
    const seen = await outcome(pool.run(throws, { args: [value] }));
    assert.ok(Object.hasOwn(seen, 'error'));
    assert.deepStrictEqual(seen.error, value);
  }
});

test('frozen and hostile errors reject all the same', async (t) => {
  const pool = poolFor(t);
  const frozen = () => {
    throw Object.freeze(new TypeError('frozen'));
  };
  assert.strictEqual((await outcome(pool.run(frozen))).error.message, 'frozen');
  const getters = () => {
    throw Object.defineProperties(new RangeError('hostile'), {
      stack: {
        get() {
          throw new Error('no stack');
        },
      },
      code: {
        enumerable: true,
        get() {
          throw new Error('no code');
        },
      },
    });
  };
  assert.ok((await outcome(pool.run(getters))).error instanceof Error);
  const proxy = () => {
    throw new Proxy(new Error('x'), {
      get() {
        throw new Error('trap');
      },
    });
  };
  assert.ok('error' in (await outcome(pool.run(proxy))));
  const odd = () => {
    throw Object.assign(new Error('x'), { stack: 5, name: Symbol('n'), message: {} });
  };
  assert.ok('error' in (await outcome(pool.run(odd))));
  assert.strictEqual(await pool.run(echo, { args: ['alive'] }), 'alive');
});

test('thrown values that cannot travel still reject, and say so', async (t) => {
  const pool = poolFor(t);
  for (const throws of [
    () => {
      throw () => {};
    },
    () => {
      throw Symbol('s');
    },
    () => {
      throw new WeakMap();
    },
    () => {
      throw Object.assign(new Error('kept'), { socket: () => {}, fine: 1 });
    },
    () => {
      throw Promise.resolve(1);
    },
  ]) {
    const seen = await outcome(pool.run(throws));
    assert.ok(Object.hasOwn(seen, 'error'));
    assert.ok(seen.error instanceof Error, String(seen.error));
  }
  assert.strictEqual(await pool.run(echo, { args: ['alive'] }), 'alive');
});

test('classes that did not travel come back as their nearest built-in ancestor, name kept', async (t) => {
  const pool = poolFor(t);
  const throws = () => {
    class HttpError extends RangeError {
      constructor() {
        super('not found');
        this.name = 'HttpError';
        this.status = 404;
      }
    }
    throw new HttpError();
  };
  const { error } = await outcome(pool.run(throws));
  assert.ok(error instanceof RangeError);
  assert.strictEqual(error.name, 'HttpError');
  assert.strictEqual(error.status, 404);
});

test('DOMException stays one', async (t) => {
  const pool = poolFor(t);
  const { error } = await outcome(
    pool.run(() => {
      throw new DOMException('aborted', 'AbortError');
    }),
  );
  assert.ok(error instanceof DOMException);
  assert.strictEqual(error.name, 'AbortError');
  assert.strictEqual(error.code, 20);
});

test('an error that a task returns is a result', async (t) => {
  const pool = poolFor(t);
  const value = await pool.run(() => new TypeError('returned'));
  assert.ok(value instanceof TypeError);
  assert.strictEqual(value.message, 'returned');
});

test('a stack overflow and a huge message come back', async (t) => {
  const pool = poolFor(t);
  function endless() {
    return endless() + 1;
  }
  const { error } = await outcome(pool.run(endless));
  assert.ok(error instanceof RangeError);
  const long = await outcome(
    pool.run(() => {
      throw new Error('x'.repeat(5_000_000));
    }),
  );
  assert.strictEqual(long.error.message.length, 5_000_000);
});

test('a syntax error of a module-level kind is the task’s error', async (t) => {
  const pool = poolFor(t);
  const { error } = await outcome(pool.run(() => JSON.parse('{')));
  assert.ok(error instanceof SyntaxError);
});

test('a result that cannot travel fails the task with the path, and the worker lives', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  for (const [task, path] of /** @type {[() => any, string][]} */ ([
    [() => ({ user: { socket: () => {} } }), 'result.user.socket'],
    [() => [1, [Symbol('x')]], 'result[1][0]'],
    [() => new Map([['k', new WeakSet()]]), 'result'],
    [() => Symbol('x'), 'result'],
  ])) {
    const handle = pool.run(task);
    const { error } = await outcome(handle);
    assert.ok(error instanceof errors.SerializationError, String(error));
    assert.strictEqual(error.code, 'ERR_TASKLETS_UNSERIALIZABLE');
    assert.ok(error.path.startsWith(path), error.path);
    assert.strictEqual(error.taskId, handle.id);
  }
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
});

test('an argument that cannot travel names its path, and the task never started', async (t) => {
  const pool = poolFor(t);
  const { error } = await outcome(pool.run(echo, { args: [{ user: { weak: new WeakMap() } }] }));
  assert.ok(error instanceof errors.SerializationError);
  assert.strictEqual(error.path, 'args[0].user.weak');
  assert.strictEqual(pool.getStats().counts.submitted, 0);
});

test('every class of the library is there, with its code and its ancestors', () => {
  const codes = {
    TimeoutError: 'ERR_TASKLETS_TIMEOUT',
    CancelledError: 'ERR_TASKLETS_CANCELLED',
    QueueFullError: 'ERR_TASKLETS_QUEUE_FULL',
    ShutdownError: 'ERR_TASKLETS_SHUTDOWN',
    WorkerExitError: 'ERR_TASKLETS_WORKER_EXIT',
    ResourceLimitError: 'ERR_TASKLETS_MEMORY_LIMIT',
    SerializationError: 'ERR_TASKLETS_UNSERIALIZABLE',
    CaptureError: 'ERR_TASKLETS_CAPTURE',
    DependencyError: 'ERR_TASKLETS_DEPENDENCY',
    InvalidTaskError: 'ERR_TASKLETS_INVALID_TASK',
    ModuleError: 'ERR_TASKLETS_MODULE',
    ConfigError: 'ERR_TASKLETS_CONFIG',
  };
  for (const [name, code] of Object.entries(codes)) {
    const error = new errors[name]('x');
    assert.ok(error instanceof errors.TaskletsError && error instanceof Error);
    assert.strictEqual(error.code, code);
    assert.strictEqual(errors[name].name, name);
  }
});

test('an error of the library that a task throws keeps its class', async (t) => {
  const pool = poolFor(t);
  const nested = await outcome(
    pool.run(async () => {
      throw Object.assign(new Error('as text'), { code: 'ERR_TASKLETS_TIMEOUT' });
    }),
  );
  assert.ok(!(nested.error instanceof errors.TaskletsError));
  assert.strictEqual(nested.error.code, 'ERR_TASKLETS_TIMEOUT');
});

test('what kept a task from being submitted knows the task, and its stack has nothing of the library', async (t) => {
  const pool = poolFor(t);
  const closed = new Pool();
  await closed.shutdown();
  const options = { name: 'mine', metadata: { request: 7 } };
  const weak = new WeakRef({});
  const refused = {
    ERR_TASKLETS_INVALID_TASK: pool.run(/** @type {any} */ (5), options),
    ERR_TASKLETS_CAPTURE: pool.run(() => weak, options),
    ERR_TASKLETS_UNSERIALIZABLE: pool.run(echo, { ...options, args: [weak] }),
    ERR_TASKLETS_SHUTDOWN: closed.run(echo, options),
  };
  for (const [code, handle] of Object.entries(refused)) {
    const { error } = await outcome(handle);
    assert.strictEqual(error.code, code);
    assert.deepStrictEqual(
      [error.taskId, error.taskName, error.metadata, error.attempts, error.duration, error.nativeTrace],
      [handle.id, 'mine', { request: 7 }, 0, 0, null],
    );
    const frames = error.stack.split('\n').filter((/** @type {string} */ line) => line.startsWith('    at '));
    assert.match(frames[0], /errors\.test\.js/, error.stack);
    assert.strictEqual(error.stackTrace, error.stack);
  }
  const { error } = await outcome(pool.run(echo, /** @type {any} */ ({ timeuot: 1 })));
  assert.strictEqual(error.code, 'ERR_TASKLETS_CONFIG');
  assert.ok(Number.isSafeInteger(error.taskId));
  assert.match(error.stack.split('\n')[1], /errors\.test\.js/);
});

test('what is refused at the face has a stack that begins with the call, and nothing of the library', async (t) => {
  const pool = poolFor(t);
  const socket = new Socket();
  const done = pool.run(() => 1);
  await done;
  const unknown = /** @type {any} */ ({ bogus: 1 });
  /** @type {Record<string, () => any>} */
  const calls = {
    config: () => pool.config(unknown),
    pool: () => new Pool(unknown),
    wrap: () => pool.wrap(/** @type {any} */ (5)),
    captured: () => pool.wrap(() => socket),
    add: () => pool.graph().add('a', /** @type {any} */ (5)),
    module: () => pool.module(/** @type {any} */ (5)),
    explain: () => pool.explain(/** @type {any} */ (5)),
    runAll: () => pool.runAll([() => 1], unknown),
    item: () => pool.runAll(/** @type {any} */ ([{ task: () => 1, ...unknown }])),
    map: () => pool.map(() => 1, [1], unknown),
    batch: () => pool.batch(/** @type {any} */ ([5])),
    inBatch: async () => {
      const [{ error }] = await pool.batch(/** @type {any} */ ([{ task: 5 }]));
      throw error;
    },
    retry: () => pool.retry(() => 1, unknown),
    stream: () => pool.stream(() => 1, [1], unknown).next(),
    graph: () =>
      pool
        .graph()
        .add('a', () => socket)
        .run(),
    shutdown: () => pool.shutdown(unknown),
    handle: () => done.onComplete(/** @type {any} */ (5)),
  };
  const library = path.join(__dirname, '..', path.sep);
  for (const [name, call] of Object.entries(calls)) {
    const error = await (async () => call())().then(
      () => assert.fail(name),
      (thrown) => thrown,
    );
    assert.ok(error instanceof errors.TaskletsError, name);
    const lines = error.stack?.split('\n').slice(1) ?? [];
    assert.ok(lines[0].includes(`${__filename}:`), `${name}: ${error.stack}`);
    assert.deepStrictEqual(
      lines.filter((line) => line.includes(library) && !line.includes(__dirname)),
      [],
    );
  }
});

test('the library’s own errors name the task, and say what to do', async (t) => {
  const pool = poolFor(t, { workers: { max: 1, concurrency: 1 } });
  const spin = () => {
    for (;;);
  };
  const late = pool.run(spin, { timeout: 10, name: 'late' });
  const { error: waited } = await outcome(pool.run(() => 1, { queueTimeout: 5, name: 'patient' }));
  const { error } = await outcome(late);
  assert.strictEqual(
    error.message,
    'The task `late` ran longer than its timeout of 10 ms; allow more, or give it less to do',
  );
  assert.strictEqual(
    waited.message,
    'The task `patient` waited longer than its queueTimeout of 5 ms; allow more, or have more workers',
  );
  const { error: gone } = await outcome(pool.run(() => process.exit(3), { name: '$& leaves' }));
  assert.match(
    gone.message,
    /^The worker exited with code 3 while the task `\$& leaves` was running; a task must not/,
  );
});

test('a task that never began has no attempts', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const first = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const late = pool.run(echo, { queueTimeout: 1 });
  const { error } = await outcome(late);
  assert.deepStrictEqual([error.phase, error.attempts, late.attempts, late.worker], ['queue', 0, 0, null]);
  const waits = pool.run(echo);
  const ended = [outcome(first), outcome(waits)];
  await pool.shutdown({ force: true });
  const [running, waiting] = await Promise.all(ended);
  assert.strictEqual(running.error.attempts, 1);
  assert.strictEqual(waiting.error.attempts, 0);
});

test('what cannot be copied among the arguments names its path, whatever else is beside it', async (t) => {
  const pool = poolFor(t);
  const socket = new Socket();
  t.after(() => socket.destroy());
  for (const [args, path] of [
    [[{ user: { socket } }], 'args[0].user.socket'],
    [[1, [2, socket]], 'args[1][1]'],
    [[{ call: () => 1, pending: Promise.resolve() }], 'args[0].pending'],
    [[{ call: () => 1, map: new Map([['key', socket]]) }], 'args[0].map.get("key")'],
  ]) {
    const handle = pool.run(echo, { args });
    const { error } = await outcome(handle);
    assert.ok(error instanceof errors.SerializationError, String(error));
    assert.deepStrictEqual([error.code, error.path], ['ERR_TASKLETS_UNSERIALIZABLE', path]);
    assert.ok(error.message.includes(`\`${path}\``), error.message);
    assert.strictEqual(handle.attempts, 0);
  }
  // What a function among them uses is that function's: nobody passed it.
  const { error } = await outcome(pool.run(echo, { args: [() => socket] }));
  assert.deepStrictEqual([error.code, error.variable], ['ERR_TASKLETS_CAPTURE', 'socket']);
});
