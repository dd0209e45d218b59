'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const { CaptureError } = require('../lib/errors').classes;
const { harness, own } = require('./fixtures/capture/harness');
const thrower = require('./fixtures/capture/thrower');

const K = 7;
const addK = (x) => x + K;

/** The error that capturing throws. */
function refusal(pool, fn, options) {
  try {
    pool.capture.prepare(fn, options);
  } catch (error) {
    return error;
  }
  return assert.fail('it was not refused');
}

describe('captures', () => {
  let pool;
  before(() => {
    pool = harness();
  });
  after(() => pool.close());

  test('take variables as they are at the call, not later', async () => {
    let value = 'first';
    const list = ['first'];
    const task = () => [value, list.length];
    const sent = pool.run(task);
    value = 'second';
    list.push('second');
    assert.deepEqual(await sent, ['first', 1]);
    assert.deepEqual(await pool.run(task), ['second', 2]);
  });

  test('notice a variable of a helper that changed between two tasks', async () => {
    let factor = 2;
    const scale = (x) => x * factor;
    const task = () => scale(10);
    for (factor of [2, 3, 4]) assert.equal(await pool.run(task), 10 * factor);
  });

  test('notice it also where the task is written anew each time', async () => {
    let factor = 2;
    const scale = (x) => x * factor;
    const run = () => pool.run(() => scale(10));
    for (factor of [2, 2, 3, 3, 3, 2, 2]) assert.equal(await run(), 10 * factor);
  });

  test('notice a change further down, and one in a circle', async () => {
    let base = 1;
    const deep = (x) => x + base;
    const middle = (x) => deep(x) * 2;
    const even = (n) => (n === 0 ? base : odd(n - 1));
    const odd = (n) => (n === 0 ? -base : even(n - 1));
    const run = () => pool.run(() => [middle(1), even(4), odd(4)]);
    for (base of [1, 1, 5, 5, 1]) assert.deepEqual(await run(), [(1 + base) * 2, base, -base]);
  });

  test('notice a helper that was replaced', async () => {
    let helper = () => 'old';
    const task = () => helper();
    assert.equal(await pool.run(task), 'old');
    helper = () => 'new';
    assert.equal(await pool.run(task), 'new');
  });

  test('notice a global that the program added', async () => {
    // eslint-disable-next-line no-undef -- there is none yet
    const again = () => () => (typeof addedLater === 'undefined' ? 'not there' : addedLater);
    const task = again();
    assert.equal(await pool.run(task), 'not there');
    assert.equal(await pool.run(again()), 'not there');
    globalThis.addedLater = 5;
    assert.equal(await pool.run(again()), 5);
    assert.equal(await pool.run(task), 5);
    delete globalThis.addedLater;
    assert.equal(await pool.run(task), 'not there');
  });

  test('take what was sent for the last closure of a place only where it finds the same', async () => {
    const make = (helper, extra) => {
      const task = () => helper(1);
      return extra === undefined ? task : Object.assign(task, { extra });
    };
    const twice = (x) => x * 2;
    const thrice = (x) => x * 3;
    for (const helper of [twice, twice, thrice, twice, thrice]) {
      assert.equal(await pool.run(make(helper)), helper(1));
      assert.equal(await pool.run(make(helper, 'more')), helper(1));
    }
    const outer = () => () => addK(2);
    const first = pool.capture.prepare(outer());
    pool.capture.prepare(outer());
    const third = pool.capture.prepare(outer());
    assert.equal(pool.capture.prepare(outer()), third);
    assert.equal(await pool.send(first), 9);
    assert.equal(await pool.send(third), 9);
  });

  test('notice a property that a helper was given', async () => {
    const helper = (x) => x + (helper.extra ?? 0);
    const task = () => helper(1);
    assert.equal(await pool.run(task), 1);
    helper.extra = 5;
    assert.equal(await pool.run(task), 6);
  });

  test('leave nothing behind in the worker', async () => {
    let n = 0;
    const seen = [];
    function helper() {
      helper.calls = (helper.calls ?? 0) + 1;
      return helper.calls;
    }
    const task = () => {
      n++;
      seen.push(n);
      return [n, seen.length, helper(), helper()];
    };
    for (let i = 0; i < 4; i++) assert.deepEqual(await pool.run(task), [1, 1, 1, 2]);
  });

  test('leave nothing behind in a function that captures nothing', async () => {
    const task = function named() {
      const before = Object.keys(named).length;
      named.mark = true;
      return before;
    };
    for (let i = 0; i < 3; i++) assert.equal(await pool.run(task), 0);
  });

  test('do not run the class of an instance, nor its getters', async () => {
    let made = 0;
    class Loud {
      constructor() {
        made++;
      }
      get value() {
        made += 100;
        return 1;
      }
    }
    const loud = new Loud();
    await pool.run(() => loud instanceof Loud);
    assert.equal(made, 1);
  });

  test('keep the time at which several are read: all in one go', async () => {
    const tasks = [1, 2, 3, 4].map((i) => ({ fn: () => addK(i) }));
    const prepared = pool.capture.prepareAll(tasks);
    const results = await Promise.all(prepared.map((one) => pool.send(one)));
    assert.deepEqual(results, [8, 9, 10, 11]);
  });

  test('send exports of this library by name', async () => {
    const { run } = own;
    assert.equal(await pool.run(() => run()), 'run of the worker');
    assert.equal(await pool.run(() => own.module()), 'module of the worker');
  });

  test('send a known function without captures at once, and as the same object', () => {
    const task = () => 1;
    const first = pool.capture.prepare(task);
    assert.equal(pool.capture.prepare(task), first);
    assert.equal(first.section, null);
    assert.equal(
      pool.capture.prepare(() => 1),
      first,
      'the same text is the same task',
    );
  });

  test('send what comes again as a definition', () => {
    const task = () => addK(1);
    pool.capture.prepare(task);
    assert.equal(pool.capture.prepare(task).section, null);
    assert.equal(pool.capture.prepare(() => addK(1), { keep: true }).section, null);
  });

  describe('take of a module only the members in use', () => {
    const connection = Promise.resolve();
    const makers = {
      'a namespace with getters': () =>
        Object.defineProperty({ get addK() { return addK; }, get connection() { return connection; } }, '__esModule', { value: true }), // prettier-ignore
      'a namespace with a default': () => {
        const inner = { addK, connection };
        return { default: inner, get addK() { return addK; }, get connection() { return connection; } }; // prettier-ignore
      },
      'an object of a test runner': () =>
        Object.defineProperty({ addK, connection }, Symbol.toStringTag, { value: 'Module' }),
    };
    for (const [name, make] of Object.entries(makers)) {
      test(`made by tools: ${name}`, async () => {
        const lib = make();
        assert.equal(await pool.run(() => lib.addK(1)), 8);
      });
    }
  });

  describe('given explicitly', () => {
    test('come before those that would be read, also for helpers', async () => {
      const helper = (x) => x * FACTOR;
      const FACTOR = 1;
      assert.equal(await pool.run(() => helper(K), [], { captures: { K: 2, FACTOR: 10 } }), 20);
    });

    test('are all there is when asked for', async () => {
      const options = { mode: 'explicit', captures: { addK, K: 1 } };
      assert.equal(await pool.run(() => addK(1), [], options), 2);
      assert.equal(await pool.run(() => Math.max(1, 2), [], { mode: 'explicit' }), 2);
      assert.equal(await pool.run(() => 1, [], { mode: 'explicit' }), 1);
    });

    test('functions without variables are prepared once, as they are otherwise', () => {
      const prepare = (fn) => pool.capture.prepare(fn, { mode: 'explicit' });
      assert.equal(prepare(() => 1), prepare(() => 1)); // prettier-ignore
      // Whether the code around it is strict makes a difference here, so it was looked at.
      const isStrict = () =>
        (function () {
          return this === undefined;
        })();
      assert.equal(prepare(isStrict), prepare(isStrict));
    });

    test('are listed completely when they are missing', () => {
      const other = 1;
      const error = refusal(pool, () => [addK(1), K, other, Math.PI], { mode: 'explicit', captures: { K } });
      assert.match(error.message, /`addK`, `other`/);
      assert.match(error.message, /captures: \{ addK, other \}/);
    });
  });

  describe('refuse', () => {
    test('with the variable, the path, the place and the way out', () => {
      const socket = new (require('node:net').Socket)();
      const connection = { deep: [{ socket }] };
      const send = () => connection;
      const error = refusal(pool, () => send());
      assert.ok(error instanceof CaptureError);
      assert.equal(error.code, 'ERR_TASKLETS_CAPTURE');
      assert.equal(error.variable, 'send');
      assert.equal(error.path, 'send.connection.deep[0].socket');
      assert.match(error.location, /capture\.test\.js:\d+:\d+$/);
      assert.match(error.message, /variable `send` > variable `connection`.*is a Socket, which is tied/);
      assert.match(error.message, /Make it inside the task/);
    });

    test('a class as the task', () => {
      assert.equal(refusal(pool, class A {}).code, 'ERR_TASKLETS_INVALID_TASK');
      assert.equal(refusal(pool, 5).code, 'ERR_TASKLETS_INVALID_TASK');
    });
  });

  describe('bring back', () => {
    class Vec {
      constructor(x) {
        this.x = x;
      }
      double() {
        return new Vec(this.x * 2);
      }
    }
    class NotFound extends Error {
      name = 'NotFound';
      constructor(what, options) {
        super(`no ${what}`, options);
        this.what = what;
      }
    }

    test('instances of captured classes as instances of the own class', async () => {
      const vec = await pool.run(() => new Vec(1).double());
      assert.ok(vec instanceof Vec);
      assert.equal(vec.double().x, 4);
      const many = await pool.run(() => ({ list: [new Vec(1)], map: new Map([['a', new Vec(2)]]) }));
      assert.ok(many.list[0] instanceof Vec && many.map.get('a') instanceof Vec);
    });

    test('one instance in two places as one', async () => {
      const [a, b] = await pool.run(() => {
        const v = new Vec(1);
        v.self = v;
        return [v, v];
      });
      assert.equal(a, b);
      assert.equal(a.self, a);
    });

    test('errors of captured classes as instances of the own class', async () => {
      const failing = pool.run(() => {
        throw new NotFound('page', { cause: new Vec(3) });
      });
      const error = await failing.catch((thrown) => thrown);
      assert.ok(error instanceof NotFound && error instanceof Error);
      assert.equal(error.what, 'page');
      assert.equal(error.message, 'no page');
      assert.ok(error.cause instanceof Vec);
      assert.match(error.stack, /capture\.test\.js/);
    });

    test('subclasses of Map and Array', async () => {
      class Bag extends Map {
        total() {
          return [...this.values()].reduce((a, b) => a + b, 0);
        }
      }
      class List extends Array {
        last() {
          return this.at(-1);
        }
      }
      const [bag, list] = await pool.run(() => [new Bag([['a', 2]]), List.of(1, 5)]);
      assert.equal(bag.total(), 2);
      assert.equal(list.last(), 5);
      assert.ok(bag instanceof Bag && list instanceof List);
    });

    test('constructor functions', async () => {
      function Old(n) {
        this.n = n;
      }
      Old.prototype.get = function () {
        return this.n;
      };
      const old = await pool.run(() => new Old(4));
      assert.equal(old.get(), 4);
    });
  });

  describe('in arguments', () => {
    test('functions travel with what they use', async () => {
      const task = (f, list) => list.map(f);
      assert.deepEqual(await pool.run(task, [addK, [1, 2]]), [8, 9]);
      assert.equal(await pool.run(({ on: { done } }) => done(1), [{ on: { done: (x) => addK(x) } }]), 8);
    });

    test('a function and the object it refers to stay together', async () => {
      const state = { n: 1 };
      const bump = () => ++state.n;
      const task = (given, f) => {
        f();
        return given.n;
      };
      assert.equal(await pool.run(task, [state, bump]), 2);
    });

    test('instances of a class that travels keep it', async () => {
      class Item {
        constructor(n) {
          this.n = n;
        }
      }
      assert.equal(await pool.run((item) => item instanceof Item && item.n, [new Item(3)]), 3);
    });
  });

  describe('name the own file', () => {
    const folder = path.join(__dirname, 'fixtures', 'capture') + path.sep;
    const frames = async (fn) => {
      const error = await pool.run(fn).then(assert.fail, (thrown) => thrown);
      const expected = await (async () => fn())().then(assert.fail, (thrown) => thrown);
      const of = ({ stack }) =>
        [...stack.matchAll(/thrower\.js:(\d+):(\d+)/g)].map(({ 1: line, 2: column, index }) => ({
          // The folder's name may have anything in it.
          isOwn: stack.slice(0, index).endsWith(folder),
          line,
          column,
        }));
      assert.ok(of(error).length > 0, error.stack);
      return [of(error), of(expected)];
    };

    for (const name of Object.keys(thrower)) {
      test(`at the line and column that it has at home: ${name}`, async () => {
        const [there, here] = await frames(thrower[name]);
        assert.deepEqual(there, here);
        assert.ok(there.every(({ isOwn }) => isOwn));
      });
    }

    test('of a function that was never looked at, when it is asked', () => {
      const task = () => 1;
      const { file: found, line } = pool.capture.locate(task);
      assert.equal(found, __filename);
      assert.ok(line > 100);
    });
  });

  describe('are explained', () => {
    test('with their names, kinds, sizes and modules', () => {
      const table = { rows: Array.from({ length: 100 }, (_, i) => i) };
      const { max } = Math;
      const lookUp = (i) => table.rows[i] + K;
      const explained = pool.capture.explain(() => path.join(String(max(lookUp(1), 2)), __filename));
      const byPath = Object.fromEntries(explained.variables.map((variable) => [variable.path, variable]));
      assert.equal(byPath['lookUp.table'].kind, 'object');
      assert.ok(byPath['lookUp.table'].size > 100);
      assert.equal(byPath['lookUp.K'].kind, 'number');
      assert.deepEqual([byPath.max.via, byPath.max.from], ['reference', 'Math.max']);
      assert.deepEqual([byPath.path.via, byPath.path.from], ['module', 'node:path']);
      assert.deepEqual(explained.modules, ['node:path']);
      assert.equal(explained.functions, 2);
      assert.match(explained.location, /capture\.test\.js:\d+:\d+$/);
      assert.equal(explained.refused, null);
    });

    test('also where they cannot travel', () => {
      const promise = Promise.resolve();
      const { refused } = pool.capture.explain(() => promise);
      assert.equal(refused.path, 'promise');
    });
  });

  test('warn when they are large, once for each place', () => {
    const big = { list: Array.from({ length: 300_000 }, (_, i) => i) };
    const text = 'x'.repeat(2 * 1024 * 1024);
    const task = () => [big.list.length, text.length];
    const before = pool.warnings.length;
    pool.capture.prepare(task);
    pool.capture.prepare(task);
    assert.equal(pool.warnings.length, before + 1);
    assert.match(pool.warnings.at(-1), /takes \d+ bytes.*`text`/);
  });
});
