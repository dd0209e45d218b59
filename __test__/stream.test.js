'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { test } = require('node:test');

const { errors, shutdown, start, stream } = require('..');
const { Gate, echo, outcome, poolFor, program, stand } = require('./fixtures/pools');

/** @param {AsyncIterable<any>} iterable */
async function collect(iterable) {
  const values = [];
  for await (const value of iterable) values.push(value);
  return values;
}

/** Everything up to an error, and the error. */
async function upToError(iterable) {
  const values = [];
  try {
    for await (const value of iterable) values.push(value);
  } catch (error) {
    return { values, error };
  }
  return { values };
}

/** Numbers without end; says how many were read and whether it was closed. */
class Source {
  read = 0;
  closed = 0;
  *[Symbol.iterator]() {
    try {
      for (;;) yield this.read++;
    } finally {
      this.closed++;
    }
  }
}

class AsyncSource extends Source {
  async *[Symbol.asyncIterator]() {
    try {
      for (;;) yield this.read++;
    } finally {
      this.closed++;
    }
  }
}

const turn = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

// ------------------------------------------------------------------------------------------- over a source

test('gives the results of a source in order, with the index as second argument', async (t) => {
  const pool = poolFor(t);
  const label = async (word, index) => {
    await new Promise((resolve) => {
      setTimeout(resolve, index % 3);
    });
    return `${index} ${word}`;
  };
  const expected = ['0 a', '1 b', '2 c', '3 d', '4 e'];
  assert.deepStrictEqual(await collect(pool.stream(label, 'abcde')), expected);
  assert.deepStrictEqual(await collect(pool.stream(label, new Set('abcde'))), expected);
  async function* source() {
    yield* 'abcde';
  }
  assert.deepStrictEqual(await collect(pool.stream(label, source())), expected);
  const promises = [...'abcde'].map((letter) => Promise.resolve(letter));
  assert.deepStrictEqual(await collect(pool.stream(label, promises)), expected);
  assert.deepStrictEqual(await collect(pool.stream(label, [])), []);
});

test('is a function of the package too', async (t) => {
  t.after(async () => {
    await shutdown();
    start();
  });
  assert.deepStrictEqual(await collect(stream(echo, [1, 2])), [1, 2]);
  assert.deepStrictEqual(await collect(stream(() => [3][Symbol.iterator]())), [3]);
});

test('gives results as they finish with ordered: false', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const wait = (words, index) => (index === 0 ? (Atomics.wait(words, 1, 0), 'slow') : 'quick');
  const results = pool.stream(wait, [gate.words, gate.words], { ordered: false });
  assert.strictEqual((await results.next()).value, 'quick');
  gate.open();
  assert.strictEqual((await results.next()).value, 'slow');
  assert.deepStrictEqual(await results.next(), { done: true, value: undefined });
});

for (const Kind of [Source, AsyncSource]) {
  test(`reads a ${Kind.name} only as results are taken`, async (t) => {
    const pool = poolFor(t);
    const source = new Kind();
    const results = pool.stream(echo, source, { concurrency: 3 });
    await turn();
    assert.strictEqual(source.read, 0);
    for (let taken = 0; taken < 20; taken++) {
      assert.deepStrictEqual(await results.next(), { done: false, value: taken });
      await turn();
      assert.ok(source.read <= taken + 1 + 3, `${source.read} were read when ${taken + 1} were taken`);
    }
    assert.deepStrictEqual(await results.return('bye'), { done: true, value: 'bye' });
    assert.strictEqual(source.closed, 1);
    assert.deepStrictEqual(await results.next(), { done: true, value: undefined });
    assert.strictEqual(pool.getActiveTaskCount(), 0);
  });
}

test('reads ahead for twice as many items as there are workers', async (t) => {
  const pool = poolFor(t);
  const source = new Source();
  const results = pool.stream(echo, source);
  await results.next();
  await turn();
  assert.strictEqual(source.read, 5);
  await results.return();
});

test('leaving the loop cancels what runs and closes the source', async (t) => {
  const pool = poolFor(t);
  const source = new Source();
  const gate = new Gate();
  const wait = (words, index) => {
    if (index === 0) return index;
    Atomics.add(words, 0, 1);
    Atomics.notify(words, 0);
    return new Promise(() => {});
  };
  function* words() {
    for (const each of source) if (each >= 0) yield gate.words;
  }
  for await (const value of pool.stream(wait, words(), { grace: 10 })) {
    assert.strictEqual(value, 0);
    await gate.entered(2);
    break;
  }
  assert.strictEqual(source.closed, 1);
  assert.strictEqual(pool.getActiveTaskCount(), 0);
  assert.ok(pool.getStats().counts.cancelled > 0);
});

test('throwing in the loop leaves it as well', async (t) => {
  const pool = poolFor(t);
  const source = new AsyncSource();
  const loop = async () => {
    for await (const value of pool.stream(echo, source)) if (value === 3) throw new RangeError('enough');
  };
  await assert.rejects(loop(), RangeError);
  assert.strictEqual(source.closed, 1);
  const results = pool.stream(echo, new Source());
  await results.next();
  await assert.rejects(results.throw(new TypeError('mine')), TypeError);
});

test('an error in order comes behind the results before it, and cancels the rest', async (t) => {
  const pool = poolFor(t);
  const source = new Source();
  const fail = async (n) => {
    if (n === 3) throw new RangeError('three');
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    return n;
  };
  const { values, error } = await upToError(pool.stream(fail, source, { concurrency: 6 }));
  assert.deepStrictEqual(values, [0, 1, 2]);
  assert.deepStrictEqual([error.name, error.message], ['RangeError', 'three']);
  assert.strictEqual(source.closed, 1);
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('an error without order rejects at once', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const fail = (words, index) => {
    if (index === 1) throw new RangeError('second');
    Atomics.wait(words, 1, 0);
  };
  const results = pool.stream(fail, [gate.words, gate.words], { ordered: false, grace: 5000 });
  await assert.rejects(results.next(), RangeError);
  assert.deepStrictEqual(await results.next(), { done: true, value: undefined });
  assert.strictEqual(pool.getActiveTaskCount(), 0);
  gate.open();
});

test('an error of the source rejects behind the results before it', async (t) => {
  const pool = poolFor(t);
  function* sync() {
    yield 1;
    yield 2;
    throw new SyntaxError('source');
  }
  async function* late() {
    yield* sync();
  }
  const broken = {
    [Symbol.iterator]() {
      throw new SyntaxError('source');
    },
  };
  for (const [source, expected] of [
    [sync(), [1, 2]],
    [late(), [1, 2]],
    [broken, []],
  ]) {
    const { values, error } = await upToError(pool.stream(echo, /** @type {any} */ (source)));
    assert.deepStrictEqual([values, error.name], [expected, 'SyntaxError']);
  }
});

test('several may wait at once, and get the results in the order of their calls', async (t) => {
  const pool = poolFor(t);
  const results = pool.stream(echo, [1, 2, 3]);
  const steps = await Promise.all(Array.from({ length: 5 }, () => results.next()));
  assert.deepStrictEqual(
    steps.map(({ value }) => value),
    [1, 2, 3, undefined, undefined],
  );
  const values = pool.stream(function* () {
    yield* [1, 2];
    return 3;
  });
  const yielded = await Promise.all(Array.from({ length: 4 }, () => values.next()));
  assert.deepStrictEqual(
    yielded.map(({ value, done }) => [value, done]),
    [
      [1, false],
      [2, false],
      [3, true],
      [undefined, true],
    ],
  );
});

test('a signal ends it, also while the source has nothing', async (t) => {
  const pool = poolFor(t);
  const controller = new AbortController();
  async function* slow() {
    yield 1;
    await new Promise(() => {});
  }
  const results = pool.stream(echo, slow(), { signal: controller.signal });
  assert.strictEqual((await results.next()).value, 1);
  const next = results.next();
  await turn();
  controller.abort('no more');
  const { error } = await outcome(next);
  assert.deepStrictEqual([error.code, error.cause], ['ERR_TASKLETS_CANCELLED', 'no more']);
  const late = pool.stream(echo, new Source(), { signal: controller.signal });
  assert.strictEqual((await outcome(late.next())).error.code, 'ERR_TASKLETS_CANCELLED');
});

test('what is wrong with its arguments rejects the first next', async (t) => {
  const pool = poolFor(t);
  for (const [args, code] of /** @type {[any[], string][]} */ ([
    [[echo, 5], 'ERR_TASKLETS_CONFIG'],
    [[echo, null], 'ERR_TASKLETS_CONFIG'],
    [[echo, [], { order: true }], 'ERR_TASKLETS_CONFIG'],
    [[echo, {}, {}], 'ERR_TASKLETS_CONFIG'],
    [[echo, { argz: [] }], 'ERR_TASKLETS_CONFIG'],
    [['text', []], 'ERR_TASKLETS_INVALID_TASK'],
    [[function* () {}, [1]], 'ERR_TASKLETS_INVALID_TASK'],
    [[echo], 'ERR_TASKLETS_INVALID_TASK'],
  ])) {
    const results = pool.stream(.../** @type {[any]} */ (args));
    assert.strictEqual((await outcome(results.next())).error?.code, code, String(args));
    assert.deepStrictEqual(await results.next(), { done: true, value: undefined });
  }
});

// ----------------------------------------------------------------------------------------- of a generator

test('gives what a generator yields, and at the end what it returns', async (t) => {
  const pool = poolFor(t);
  const count = function* (n, word) {
    for (let i = 0; i < n; i++) yield { i, word };
    return 'counted';
  };
  const values = pool.stream(count, { args: [1000, 'é文'] });
  for (let i = 0; i < 1000; i++)
    assert.deepStrictEqual(await values.next(), { done: false, value: { i, word: 'é文' } });
  assert.deepStrictEqual(await values.next(), { done: true, value: 'counted' });
  assert.deepStrictEqual(await values.next(), { done: true, value: undefined });
});

test('takes async generators, functions that give one, captured variables and modules', async (t) => {
  const pool = poolFor(t);
  const items = ['x', 'y'];
  const helper = async function* (n) {
    for (const item of items) {
      await null;
      yield item.repeat(n);
    }
  };
  assert.deepStrictEqual(await collect(pool.stream(helper, { args: [2] })), ['xx', 'yy']);
  assert.deepStrictEqual(await collect(pool.stream(() => helper(1))), ['x', 'y']);
  assert.deepStrictEqual(await collect(pool.stream(async () => helper(3))), ['xxx', 'yyy']);
  const promises = function* () {
    yield Promise.resolve(1);
    yield 2;
  };
  assert.deepStrictEqual(await collect(pool.stream(promises)), [1, 2]);
  const method = {
    *values() {
      yield this.base;
    },
  }.values;
  assert.deepStrictEqual(await collect(pool.stream(method, { this: { base: 5 } })), [5]);
  const task = pool.module(path.join(__dirname, 'fixtures', 'generators.js'), 'numbers');
  assert.deepStrictEqual(await collect(pool.stream(task, { args: [3] })), [0, 1, 2]);
});

test('values come while the generator goes on, even where it blocks its worker', async (t) => {
  const pool = poolFor(t);
  for (const generator of [
    function* (words) {
      yield 1;
      yield 2;
      Atomics.wait(words, 1, 0);
      yield 3;
    },
    async function* (words) {
      yield 1;
      yield 2;
      Atomics.wait(words, 1, 0);
      yield 3;
    },
  ]) {
    const gate = new Gate();
    const values = pool.stream(/** @type {any} */ (generator), { args: [gate.words] });
    assert.deepStrictEqual([(await values.next()).value, (await values.next()).value], [1, 2]);
    gate.open();
    assert.strictEqual((await values.next()).value, 3);
    assert.strictEqual((await values.next()).done, true);
  }
});

test('the worker waits when nobody takes its values', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const words = new Int32Array(new SharedArrayBuffer(4));
  const endless = function* (words) {
    for (;;) yield Atomics.add(words, 0, 1);
  };
  const values = pool.stream(endless, { args: [words] });
  for (let i = 0; i < 300; i++) {
    assert.strictEqual((await values.next()).value, i);
    // Whatever the worker does, it is never further ahead than its window.
    assert.ok(Atomics.load(words, 0) <= i + 1 + 64);
  }
  // It waits now, and its worker is free for others: they come one behind the other.
  for (let i = 0; i < 10; i++) assert.strictEqual(await pool.run(echo, { args: [i] }), i);
  assert.ok(Atomics.load(words, 0) <= 364);
  await values.return();
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('a consumer that runs tasks itself never stands in its own way', async (t) => {
  const pool = poolFor(t, { workers: { min: 1, max: 1, concurrency: 1 } });
  const count = function* () {
    for (let i = 0; i < 200; i++) yield i;
  };
  let sum = 0;
  for await (const value of pool.stream(count)) sum += await pool.run(echo, { args: [value] });
  assert.strictEqual(sum, 19900);
});

test('large values are as many as their bytes allow', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const large = function* (words) {
    for (let i = 0; i < 20; i++) {
      Atomics.add(words, 0, 1);
      yield new Uint8Array(700_000).fill(i);
    }
  };
  const values = pool.stream(large, { args: [words] });
  for (let i = 0; i < 20; i++) {
    const { value } = await values.next();
    assert.deepStrictEqual([value.length, value[0], value[699_999]], [700_000, i, i]);
    assert.ok(Atomics.load(words, 0) <= i + 1 + 2);
  }
  assert.strictEqual((await values.next()).done, true);
});

test('what only messages carry comes in its place', async (t) => {
  const pool = poolFor(t);
  const mixed = function* () {
    yield 1;
    yield new Int32Array(new SharedArrayBuffer(4));
    yield 2;
    yield { channel: new Int32Array(new SharedArrayBuffer(8)) };
    yield 3;
  };
  const [one, first, two, second, three] = await collect(pool.stream(mixed));
  assert.deepStrictEqual([one, two, three], [1, 2, 3]);
  assert.ok(first.buffer instanceof SharedArrayBuffer && second.channel.length === 2);
});

test('what is yielded is read once, also where it holds what is more than bytes', async (t) => {
  const pool = poolFor(t);
  function* counted() {
    let reads = 0;
    const words = new Int32Array(new SharedArrayBuffer(4));
    yield {
      get reads() {
        return ++reads;
      },
      words,
    };
    yield reads;
  }
  const [{ reads, words }, count] = await collect(pool.stream(counted));
  assert.ok(words.buffer instanceof SharedArrayBuffer);
  assert.deepStrictEqual([reads, count], [1, 1]);
});

for (const generator of [
  function* (words) {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      Atomics.add(words, 0, 1);
    }
  },
  async function* (words) {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      Atomics.add(words, 0, 1);
    }
  },
]) {
  const kind = generator.constructor.name;

  test(`leaving the loop ends the ${kind} in the worker: its finally blocks have run then`, async (t) => {
    const pool = poolFor(t);
    const words = new Int32Array(new SharedArrayBuffer(4));
    for (const last of [0, 1, 63, 64, 65, 200]) {
      words[0] = 0;
      for await (const value of pool.stream(/** @type {any} */ (generator), { args: [words], grace: 5000 })) {
        if (value === last) break;
      }
      assert.strictEqual(words[0], 1);
    }
    assert.strictEqual(pool.getActiveTaskCount(), 0);
    // It was ended by itself, not killed.
    assert.strictEqual(pool.getHealth().workers.crashed, 0);
  });

  test(`cancelling a ${kind} by its signal runs its finally blocks`, async (t) => {
    const pool = poolFor(t);
    const gate = new Gate();
    const controller = new AbortController();
    const options = { args: [gate.words], signal: controller.signal, grace: 5000 };
    const values = pool.stream(/** @type {any} */ (generator), options);
    await values.next();
    controller.abort('over');
    const { error } = await upToError(values);
    assert.deepStrictEqual([error.code, error.cause], ['ERR_TASKLETS_CANCELLED', 'over']);
    // Nothing is pending any more: the process would end before the worker has come to it.
    const awake = setInterval(() => {}, 1000);
    t.after(() => clearInterval(awake));
    await gate.entered(1);
  });
}

test('what a finally block throws rejects whoever leaves', async (t) => {
  const pool = poolFor(t);
  const bad = function* () {
    try {
      for (;;) yield 1;
    } finally {
      // eslint-disable-next-line no-unsafe-finally -- that is the question
      throw new RangeError('in finally');
    }
  };
  const values = pool.stream(bad, { grace: 5000 });
  await values.next();
  await assert.rejects(values.return(), { name: 'RangeError', message: 'in finally' });
});

test('a generator that does not end within its grace is cancelled', async (t) => {
  const pool = poolFor(t);
  const gate = new Gate();
  const stuck = function* (words) {
    yield 1;
    Atomics.add(words, 0, 1);
    Atomics.notify(words, 0);
    for (;;);
  };
  const values = pool.stream(stuck, { args: [gate.words], grace: 20 });
  await values.next();
  await gate.entered();
  assert.deepStrictEqual(await values.return(7), { done: true, value: 7 });
  assert.strictEqual(pool.getActiveTaskCount(), 0);
  assert.strictEqual(await pool.run(echo, { args: [8] }), 8);
});

test('leaving before it has begun never begins it', async (t) => {
  const pool = poolFor(t, { workers: { min: 1, max: 1, concurrency: 1 } });
  const gate = new Gate();
  const block = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const words = new Int32Array(new SharedArrayBuffer(4));
  const mark = function* (words) {
    Atomics.add(words, 0, 1);
    yield 1;
  };
  const values = pool.stream(mark, { args: [words] });
  const next = values.next();
  await values.return();
  assert.deepStrictEqual(await next, { done: true, value: undefined });
  // And one that nobody ever asks is never submitted.
  const unasked = pool.stream(mark, { args: [words] });
  await unasked.return();
  gate.open();
  await block;
  assert.strictEqual(words[0], 0);
});

test('an error comes through behind the values before it', async (t) => {
  const pool = poolFor(t);
  const fail = function* (n) {
    for (let i = 0; i < n; i++) yield i;
    throw Object.assign(new RangeError('no more'), { n });
  };
  const { values, error } = await upToError(pool.stream(fail, { args: [150] }));
  assert.strictEqual(values.length, 150);
  assert.ok(error instanceof RangeError);
  assert.deepStrictEqual([error.n, error.taskName], [150, 'fail']);
});

test('what cannot be sent ends the generator and rejects with its path', async (t) => {
  const pool = poolFor(t);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const bad = function* (words) {
    try {
      yield 1;
      yield { inner: () => {} };
    } finally {
      words[0] = 1;
    }
  };
  const { values, error } = await upToError(pool.stream(bad, { args: [words] }));
  assert.deepStrictEqual(
    [values, error.code, error.path],
    [[1], 'ERR_TASKLETS_UNSERIALIZABLE', 'yielded.inner'],
  );
  assert.strictEqual(words[0], 1);
});

test('the death of its worker rejects behind the values that came', async (t) => {
  const pool = poolFor(t);
  const die = function* () {
    yield 1;
    process.exit(3);
  };
  const { values, error } = await upToError(pool.stream(die));
  assert.deepStrictEqual([values, error.code, error.exitCode], [[1], 'ERR_TASKLETS_WORKER_EXIT', 3]);
});

test('its timeout is a timeout of the whole', async (t) => {
  const pool = poolFor(t);
  const slow = async function* () {
    yield 1;
    await new Promise(() => {});
  };
  // Its first value has come long before.
  const { values, error } = await upToError(pool.stream(slow, { timeout: 1_000, grace: 10 }));
  assert.deepStrictEqual([values, error.code], [[1], 'ERR_TASKLETS_TIMEOUT']);
});

test('works inside of tasks', async (t) => {
  const pool = poolFor(t);
  const { stream } = require('..');
  const sum = async (n) => {
    let total = 0;
    const numbers = function* (n) {
      for (let i = 0; i < n; i++) yield i;
    };
    for await (const value of stream(numbers, { args: [n] })) total += value;
    for await (const value of stream((x) => x * 2, [1, 2, 3])) total += value;
    return total;
  };
  assert.strictEqual(await pool.run(sum, { args: [500] }), 124_750 + 12);
});

test('everywhere else generator functions reject with ERR_TASKLETS_INVALID_TASK', async (t) => {
  const pool = poolFor(t);
  const used = [1];
  const generators = [
    function* () {},
    async function* () {},
    function* () {
      yield used;
    },
  ];
  for (const task of /** @type {any[]} */ (generators)) {
    for (const promise of [
      pool.run(task),
      pool.run(task, { args: [1] }),
      pool.retry(task),
      pool.runAll([task]),
      pool.runAll([() => 1, task]),
      pool.map(task, [1]),
      pool.graph().add('g', task).run(),
    ]) {
      const { error } = await outcome(promise);
      assert.ok(error instanceof errors.InvalidTaskError, String(error));
      assert.match(error.message, /only `stream` takes those/);
    }
    assert.throws(() => pool.wrap(task), { code: 'ERR_TASKLETS_INVALID_TASK' });
    const [result] = await pool.batch([{ name: 'g', task }]);
    assert.strictEqual(/** @type {any} */ (result.error).code, 'ERR_TASKLETS_INVALID_TASK');
    assert.deepStrictEqual(await collect(pool.stream(task)), task === generators[2] ? [[1]] : []);
  }
});

test('a process does not wait for a generator that waits for it', async () => {
  const { code, stdout } = await program(`
    const values = tasklets.stream(function* () { for (;;) yield 1; });
    values.next().then(({ value }) => console.log(value));
  `);
  assert.deepStrictEqual({ code, stdout }, { code: 0, stdout: '1\n' });
});

test('a process waits for values that somebody waits for', async () => {
  const { code, stdout } = await program(`
    (async () => {
      const late = async function* () {
        yield 1;
        await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
        yield 2;
        return 3;
      };
      const values = tasklets.stream(late);
      for (let i = 0; i < 3; i++) console.log((await values.next()).value);
    })();
  `);
  assert.deepStrictEqual({ code, stdout }, { code: 0, stdout: '1\n2\n3\n' });
});

test('pipes into what takes async iterables', async (t) => {
  const pool = poolFor(t);
  const { Readable } = require('node:stream');
  const values = function* () {
    for (let i = 0; ; i++) yield `${i}\n`;
  };
  const readable = Readable.from(pool.stream(values));
  const chunks = [];
  for await (const chunk of readable) if (chunks.push(chunk) === 500) break;
  assert.strictEqual(chunks[499], '499\n');
  // Leaving it destroys it, which it also calls an error.
  if (!readable.closed)
    await new Promise((resolve) => {
      readable.once('close', resolve);
    });
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});
