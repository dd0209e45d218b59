'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const vm = require('node:vm');

const { errors } = require('..');
const { echo, outcome, poolFor } = require('./fixtures/pools');

/** Each verb that takes options of tasks, as a call with those options. */
const VERBS = {
  run: (pool, options) => pool.run(echo, options),
  retry: (pool, options) => pool.retry(echo, options),
  map: (pool, options) => pool.map(echo, [1], options),
  runAll: (pool, options) => pool.runAll([echo], options),
  wrap: async (pool, options) => pool.wrap(echo, options)(1),
  'runAll, an item': (pool, options) => pool.runAll([{ task: echo, ...options }]),
  'batch, an item': (pool, options) => pool.batch([{ task: echo, ...options }]),
};

/** Each verb with options as a whole. */
const WITH_OPTIONS = {
  run: (pool, options) => pool.run(echo, options),
  retry: (pool, options) => pool.retry(echo, options),
  map: (pool, options) => pool.map(echo, [1], options),
  runAll: (pool, options) => pool.runAll([echo], options),
  batch: (pool, options) => pool.batch([{ task: echo }], options),
  stream: (pool, options) => pool.stream(echo, [1], options).next(),
  wrap: async (pool, options) => pool.wrap(echo, options)(1),
  'graph.add': async (pool, options) => void pool.graph().add('a', echo, options),
};

const WRONG = [
  ['name', [5, null, {}]],
  ['timeout', [-1, '5', NaN, null]],
  ['queueTimeout', [0, -1, '5', NaN]],
  ['priority', ['urgent', 3, null]],
  ['signal', [{}, 5, new EventTarget()]],
  ['cancellable', ['no', 0, null]],
  ['grace', [-1, Infinity, '5']],
  ['transfer', [{}, 'x', null]],
  ['metadata', [5, [], null]],
  ['captures', [5, [], null]],
  ['onComplete', [{}, 'f', null]],
  ['onError', [{}, 5]],
  ['onStart', [{}, 5]],
];

test('every verb refuses what an option cannot be, by its name', async (t) => {
  const pool = poolFor(t);
  for (const [verb, call] of Object.entries(VERBS)) {
    for (const [option, values] of /** @type {[string, any[]][]} */ (WRONG)) {
      for (const value of values) {
        const { error } = await outcome(call(pool, { [option]: value }));
        assert.ok(error instanceof errors.ConfigError, `${verb}: ${option}: ${String(value)}: ${error}`);
        assert.ok(error.option.endsWith(option), `${verb}: ${error.option}`);
        assert.match(error.message, /^Expected /);
      }
    }
  }
  assert.strictEqual(pool.getStats().counts.submitted, 0);
});

test('every verb names the nearest known option for a typing error', async (t) => {
  const pool = poolFor(t);
  for (const [verb, call] of Object.entries(VERBS)) {
    for (const [wrong, right] of [
      ['timout', 'timeout'],
      ['Priority', 'priority'],
      ['onCompleted', 'onComplete'],
    ]) {
      const { error } = await outcome(call(pool, { [wrong]: 1 }));
      assert.ok(error instanceof errors.ConfigError, `${verb}: ${wrong}: ${error}`);
      assert.match(error.message, new RegExp(`\`(tasks\\[0\\]\\.)?${right}\``), verb);
    }
  }
});

test('every verb takes the options that it should', async (t) => {
  const pool = poolFor(t);
  const options = {
    name: 'n',
    timeout: 500_000,
    queueTimeout: 500_000,
    priority: 'high',
    signal: new AbortController().signal,
    grace: 10,
    metadata: { a: 1 },
    onStart: () => {},
    onComplete: () => {},
    onError: () => {},
  };
  for (const [verb, call] of Object.entries(VERBS)) {
    const { error } = await outcome(call(pool, options));
    assert.strictEqual(error, undefined, `${verb}: ${error}`);
  }
});

test('undefined is "not given", inherited options are not seen', async (t) => {
  const pool = poolFor(t);
  assert.strictEqual(
    await pool.run(echo, { args: [1], timeout: undefined, name: undefined, signal: undefined }),
    1,
  );
  const inherited = Object.create({ timeout: -1, args: [2], bogus: true });
  assert.strictEqual(await pool.run(echo, inherited), undefined);
  assert.strictEqual(await pool.run(echo, Object.assign(Object.create(null), { args: [3] })), 3);
});

test('a getter among the options that throws rejects with that', async (t) => {
  const pool = poolFor(t);
  const options = {
    get timeout() {
      throw new RangeError('mine');
    },
  };
  assert.ok((await outcome(pool.run(echo, options))).error instanceof RangeError);
});

test('what is an object but can be no options is refused, not ignored', async (t) => {
  const pool = poolFor(t);
  const { signal } = new AbortController();
  for (const [verb, call] of Object.entries(WITH_OPTIONS)) {
    for (const value of [new Map([['timeout', 5]]), Promise.resolve({}), signal, new Date()]) {
      const { error } = await outcome(call(pool, value));
      assert.ok(error instanceof errors.ConfigError, `${verb}: ${error}`);
      assert.match(error.message, /^Expected `options` to be an object, got an? /);
    }
    for (const value of [{}, Object.freeze({}), Object.create(null), vm.runInNewContext('({})')]) {
      assert.strictEqual((await outcome(call(pool, value))).error, undefined, verb);
    }
  }
});
