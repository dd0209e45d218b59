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
