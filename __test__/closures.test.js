'use strict';

const assert = require('node:assert/strict');
const { after, test } = require('node:test');
const tasklets = require('..');

const pool = new tasklets.Pool({ workers: 1 });
after(() => pool.shutdown());

class Point {
  constructor(x) {
    this.x = x;
  }
  get double() {
    return this.x * 2;
  }
}

class Refusal extends Error {
  constructor(message) {
    super(message);
    this.name = 'Refusal';
    this.detail = { why: message };
  }
}

test('a result that is an instance of a captured class comes back as one', async () => {
  const point = new Point(4);
  const made = await pool.run(() => new Point(point.double));
  assert.ok(made instanceof Point);
  assert.equal(made.double, 16);
});

test('results of classes that extend built-in ones are what they were', async () => {
  class Day extends Date {
    get year() {
      return this.getUTCFullYear();
    }
  }
  class Pattern extends RegExp {}
  class Bytes extends Uint8Array {
    get sum() {
      return this.reduce((a, b) => a + b, 0);
    }
  }
  class Block extends ArrayBuffer {}
  class Word extends String {}
  class Row extends Array {}
  const [day, pattern, bytes, block, word, row] = await pool.run(() => [
    new Day(0),
    new Pattern('a', 'gi'),
    Bytes.from([1, 2]),
    new Block(4),
    Object.assign(new Word('ab'), { extra: 1 }),
    Object.assign(new Row(3), { 1: 'one', more: 2 }),
  ]);
  assert.ok(day instanceof Day && day.year === 1970);
  assert.ok(pattern instanceof Pattern && pattern.flags === 'gi' && pattern.test('A'));
  assert.ok(bytes instanceof Bytes && bytes.sum === 3);
  assert.ok(block instanceof Block && block.byteLength === 4);
  assert.ok(word instanceof Word && word.length === 2 && word.extra === 1);
  assert.ok(row instanceof Row && row.length === 3 && row[1] === 'one' && !(0 in row) && row.more === 2);
  class Address extends URL {}
  await assert.rejects(
    pool.run(() => new Address('http://a/')),
    { code: 'ERR_TASKLETS_UNSERIALIZABLE', path: 'result' },
  );
});

test('an error of a captured class comes back as one, with its place in this file', async () => {
  const error = await pool
    .run(() => {
      throw new Refusal('no');
    })
    .catch((thrown) => thrown);
  assert.ok(error instanceof Refusal);
  assert.deepEqual(error.detail, { why: 'no' });
  assert.match(error.stack.split('\n')[1], /closures\.test\.js:\d+:\d+/);
});

test('a captured SharedArrayBuffer is shared', async () => {
  const shared = new SharedArrayBuffer(4);
  await pool.run(() => {
    new Int32Array(shared)[0] = 9;
  });
  assert.equal(new Int32Array(shared)[0], 9);
});

test('functions and instances among the arguments travel', async () => {
  const plus = (n) => n + 1;
  assert.equal(await pool.run((f, point) => f(point.double), { args: [plus, new Point(4)] }), 9);
});

test('a wrapped closure keeps what it captured when it was wrapped', async () => {
  const table = [1, 2, 3];
  const at = pool.wrap((index) => table[index]);
  table[1] = 99;
  assert.deepEqual([await at(1), await at(2)], [2, 3]);
});

test('map captures for all items at once', async () => {
  const offset = 10;
  assert.deepEqual(await pool.map((n) => n + offset, [1, 2, 3]), [11, 12, 13]);
});

test('what a task writes to a captured variable is gone with it', async () => {
  let count = 0;
  const next = () => ++count;
  assert.deepEqual([await pool.run(() => next()), await pool.run(() => next()), count], [1, 1, 0]);
});

test('explain says what a function would take along, and runs nothing', () => {
  const point = new Point(4);
  const names = tasklets.explain(() => point.double + Point.length).variables.map(({ name }) => name);
  assert.deepEqual(names.sort(), ['Point', 'point']);
});

test('what cannot travel is refused with its name before anything runs', async () => {
  const promise = Promise.resolve();
  await assert.rejects(
    pool.run(() => promise),
    { code: 'ERR_TASKLETS_CAPTURE', variable: 'promise' },
  );
});

test('exports of the library travel by name, classes of errors and modules as tasks too', async () => {
  const { TimeoutError } = tasklets.errors;
  const work = tasklets.module(require.resolve('./fixtures/work.js'), 'double');
  assert.deepEqual(
    await pool.run(async () => [
      TimeoutError === tasklets.errors.TimeoutError,
      typeof tasklets.run,
      work.name,
    ]),
    [true, 'function', 'double'],
  );
});

test('what else is of the library is refused as such', async () => {
  const wrapped = pool.wrap((x) => x);
  const refusal = {
    code: 'ERR_TASKLETS_CAPTURE',
    variable: 'wrapped',
    message: /tied to this thread.*inside the task/,
  };
  await assert.rejects(
    pool.run(() => wrapped(1)),
    refusal,
  );
  await assert.rejects(
    pool.run(() => pool.getStats()),
    { code: 'ERR_TASKLETS_CAPTURE', message: /of `tasklets`/ },
  );
});

test('a pool is refused, used or not, also where it is held by something else', async () => {
  const unused = new tasklets.Pool();
  class Service {
    scale = 2;
    #own = unused;
    own() {
      return this.#own;
    }
  }
  const service = new Service();
  await assert.rejects(
    pool.run(() => unused),
    { code: 'ERR_TASKLETS_CAPTURE', path: 'unused', message: /is a Pool of `tasklets`/ },
  );
  await assert.rejects(
    pool.run(() => service.scale),
    { code: 'ERR_TASKLETS_CAPTURE', path: 'service.#own', message: /is a Pool of `tasklets`/ },
  );
});

test('what cannot come back in an instance is named by its path, and not by how an instance travels', async () => {
  class Box {
    inside = /** @type {any} */ ({});
  }
  class Shelf extends Map {}
  const fill = (/** @type {any} */ value) => {
    const box = new Box();
    box.inside.deep = value;
    return box;
  };
  const path = 'result.all[0].inside.deep';
  await assert.rejects(
    pool.run(() => ({ all: [fill(() => 1)] })),
    { code: 'ERR_TASKLETS_UNSERIALIZABLE', path },
  );
  await assert.rejects(
    pool.run(() => [new Shelf([['key', Symbol('x')]])]),
    { code: 'ERR_TASKLETS_UNSERIALIZABLE', path: 'result[0].get("key")' },
  );
  await assert.rejects(
    pool.run(() => [Object.assign(new Shelf(), { extra: () => 1 })]),
    { code: 'ERR_TASKLETS_UNSERIALIZABLE', path: 'result[0]' },
  );
});

test('an ES module that is used as a whole is loaded by path', async () => {
  const { wholes, members } = await import('./fixtures/capture/whole.mjs');
  const names = ['connection', 'count', 'increment'];
  if (/** @type {any} */ (process.features).require_module === true) {
    assert.deepEqual(await pool.run(wholes), [names, 0]);
  }
  // Members in use come as they are now, without the rest.
  assert.equal(await pool.run(members), 3);
});

test('free variables travel only through `captures` where the config says so, also for tasks without options', async (t) => {
  const { Pool } = require('..');
  const explicit = new Pool({ workers: 1, capture: 'explicit' });
  t.after(() => explicit.shutdown());
  const secret = 7;
  const refusal = { code: 'ERR_TASKLETS_CAPTURE', message: /secret/ };
  await assert.rejects(
    explicit.run(() => secret),
    refusal,
  );
  // Also where another pool has read them before.
  const known = () => secret;
  assert.equal(await pool.run(known), 7);
  await assert.rejects(explicit.run(known), refusal);
  assert.throws(() => explicit.wrap(known), refusal);
  assert.equal(await explicit.run(() => secret, { captures: { secret } }), 7);
  assert.equal(await explicit.run(() => 1 + 1), 2);
});
