'use strict';

// Instances with private state that come back: as results, in collections, as errors, from streams and nested tasks.
// Each is an instance of the class of this file, made without running code of its own.

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const { after, test } = require('node:test');
const tasklets = require('..');

const { run } = tasklets;
const pool = new tasklets.Pool({ workers: 1 });
after(() => Promise.all([pool.shutdown(), tasklets.shutdown()]));

/** What classes of this file have done when they should not have. */
const done = [];

class Account {
  #balance = 1;
  #log = [];
  static made = 0;
  get balance() {
    return this.#balance;
  }
  deposit(sum) {
    this.#balance += sum;
    this.#log.push(sum);
    return this;
  }
  #secret() {
    return `secret of ${this.#balance}`;
  }
  tell() {
    return this.#secret();
  }
  get #twice() {
    return this.#balance * 2;
  }
  get twice() {
    return this.#twice;
  }
  get log() {
    return this.#log;
  }
  static is(object) {
    return #log in object;
  }
}

class Money {
  #amount;
  currency = 'EUR';
  constructor(amount) {
    done.push('Money');
    if (!Number.isInteger(amount)) throw new TypeError('an amount is an integer');
    this.#amount = amount;
  }
  get amount() {
    return this.#amount;
  }
  set amount(value) {
    this.#amount = value;
  }
}

class Price extends Money {
  #label;
  constructor(amount, label) {
    super(amount);
    done.push('Price');
    this.#label = label.trim();
    this.shown = [this.#label];
  }
  get label() {
    return this.#label;
  }
}

class Discount extends Price {
  rate = 5;
}

class Savings extends Account {
  #balance = 50;
  get saved() {
    return this.#balance;
  }
  save() {
    this.#balance++;
    return this;
  }
}

class Branch {
  #parent;
  #children = [];
  constructor(parent) {
    if (parent === undefined) throw new Error('a branch has a parent, or null');
    this.#parent = parent;
  }
  grow() {
    const child = new Branch(this);
    this.#children.push(child);
    return child;
  }
  get parent() {
    return this.#parent;
  }
  get children() {
    return this.#children;
  }
}

class Counting extends Map {
  #hits = 0;
  constructor(entries) {
    super(entries);
  }
  get(key) {
    this.#hits++;
    return super.get(key);
  }
  get hits() {
    return this.#hits;
  }
}

class Tagged extends Array {
  #tag = 'none';
  get tag() {
    return this.#tag;
  }
  set tag(value) {
    this.#tag = value;
  }
}

class Failure extends Error {
  #detail;
  constructor(message, detail) {
    super(`${message}!`);
    this.name = 'Failure';
    this.#detail = detail;
  }
  get detail() {
    return this.#detail;
  }
}

class Emitter extends EventEmitter {
  #count = 0;
  hit() {
    this.#count++;
    return this;
  }
  get count() {
    return this.#count;
  }
}

class Options {
  #all;
  constructor({ a, b = a } = {}) {
    const [first] = a;
    this.#all = [first, b];
  }
  get all() {
    return this.#all;
  }
}

class Stern {
  #only() {
    return 4;
  }
  ask() {
    return this.#only();
  }
}

class Numbered {
  static #next = 0;
  #id = Numbered.#take();
  static #take() {
    done.push('Numbered');
    return Numbered.#next++;
  }
  get id() {
    return this.#id;
  }
}

test('fields, methods and accessors that are private are there', async () => {
  const account = await pool.run(() => new Account().deposit(2));
  assert.ok(account instanceof Account && Account.is(account));
  assert.deepEqual([account.balance, account.log, account.tell(), account.twice], [3, [2], 'secret of 3', 6]);
  assert.deepEqual(Object.keys(account), []);
  assert.equal(account.deposit(1).balance, 4);
  assert.equal((await pool.run(() => new Stern())).ask(), 4);
});

test('in arrays, objects and collections, and each only once', async () => {
  const [first, { second }, map, set, again] = await pool.run(() => {
    const one = new Account();
    const two = new Account().deposit(1);
    return [one, { second: two }, new Map([[two, one]]), new Set([one]), one];
  });
  assert.deepEqual([first.balance, second.balance], [1, 2]);
  assert.ok(map.get(second) === first && set.has(first) && again === first);
});

test('no constructor runs here, whatever it asks for', async () => {
  done.length = 0;
  const money = await pool.run(() => new Money(9));
  assert.ok(money instanceof Money);
  assert.deepEqual([money.amount, money.currency], [9, 'EUR']);
  money.amount = 4;
  assert.equal(money.amount, 4);
  const many = await pool.run(() => Array.from({ length: 500 }, (_, at) => new Money(at)));
  assert.ok(many.every((each, at) => each instanceof Money && each.amount === at));
  assert.deepEqual((await pool.run(() => new Options({ a: [7], b: 8 }))).all, [7, 8]);
  assert.deepEqual(done, []);
});

test('of base and derived class, with private names that are the same', async () => {
  done.length = 0;
  const price = await pool.run(() => new Price(9, ' low '));
  assert.ok(price instanceof Price && price instanceof Money);
  assert.deepEqual([price.amount, price.label, price.shown], [9, 'low', ['low']]);
  const discount = await pool.run(() => new Discount(3, 'x'));
  assert.ok(discount instanceof Discount);
  assert.deepEqual([discount.amount, discount.label, discount.rate], [3, 'x', 5]);
  const savings = await pool.run(() => new Savings().deposit(1).save());
  assert.deepEqual([savings.balance, savings.saved], [2, 51]);
  assert.deepEqual(done, []);
  assert.ok(Object.getPrototypeOf(Price) === Money && Object.getPrototypeOf(Savings) === Account);
});

test('private fields that lead back to the instance', async () => {
  const root = await pool.run(() => {
    const top = new Branch(null);
    top.grow().grow();
    return top;
  });
  const [child] = root.children;
  assert.ok(root.parent === null && child.parent === root && child.children[0].parent === child);
});

test('of classes that extend built-in ones, and those of Node', async () => {
  const map = await pool.run(() => {
    const counting = new Counting([[1, 2]]);
    counting.get(1);
    return counting.set('me', counting);
  });
  assert.ok(map instanceof Counting && map.size === 2 && map.hits === 1);
  assert.ok(map.get('me') === map && map.hits === 2);
  const list = await pool.run(() => {
    const tagged = new Tagged();
    tagged.push(1, 2);
    return Object.assign(tagged, { tag: 'two' });
  });
  assert.ok(list instanceof Tagged && list.tag === 'two');
  assert.deepEqual([...list], [1, 2]);
  const emitter = await pool.run(() => new Emitter().hit());
  assert.equal(emitter.count, 1);
  emitter.on('x', () => {});
  assert.equal(emitter.listenerCount('x'), 1);
});

test('errors, thrown and returned', async () => {
  const thrown = await pool
    .run(() => {
      throw new Failure('bad', { code: 1 });
    })
    .catch((error) => error);
  const [returned] = await pool.run(() => [new Failure('bad', { code: 1 })]);
  for (const error of [thrown, returned]) {
    assert.ok(error instanceof Failure);
    assert.deepEqual([error.message, error.name, error.detail], ['bad!', 'Failure', { code: 1 }]);
    assert.match(error.stack.split('\n')[1], /closures-private\.test\.js:\d+:\d+/);
  }
});

test('what a task changed in a captured instance comes back with it, and the original keeps its own', async () => {
  const price = new Price(5, 'mine');
  const back = await pool.run(() => Object.assign(price, { amount: 77 }));
  assert.deepEqual([back.amount, back.label, price.amount], [77, 'mine', 5]);
  assert.notEqual(back, price);
});

test('from map, streams, generators and nested tasks', async () => {
  const mapped = await pool.map((n) => new Money(n), [1, 2]);
  assert.deepEqual(
    mapped.map((money) => money.amount),
    [1, 2],
  );
  const streamed = [];
  for await (const money of pool.stream((n) => new Money(n), [3])) streamed.push(money.amount);
  const yielded = pool.stream(
    function* () {
      yield new Money(4);
    },
    { args: [] },
  );
  for await (const money of yielded) streamed.push(money.amount);
  assert.deepEqual(streamed, [3, 4]);
  const price = await run(async () => {
    const inner = await run(() => new Price(1, 'in'));
    return [inner.label, inner, await run(() => inner.amount)];
  });
  assert.deepEqual([price[0], price[1].label, price[2]], ['in', 'in', 1]);
});

test('classes with private state, and their instances, travel on from one task to the next', async () => {
  class Static {
    static #count = 5;
    #n = 1;
    bump() {
      this.#n += Static.#count;
      return this;
    }
    get n() {
      return this.#n;
    }
  }
  const made = new Static();
  assert.equal(await run(() => run(() => made.bump().n)), 6);
  assert.equal(await run(() => run(() => new Static().bump().n)), 6);
});

test('arrow functions in fields use the private state of their instance', async () => {
  class Bound {
    #x = 1;
    get = () => this.#x;
    #up = () => ++this.#x;
    up() {
      return this.#up();
    }
  }
  const bound = new Bound();
  bound.up();
  const { get } = bound;
  assert.deepEqual(await pool.run(() => [get(), bound.up(), bound.get(), get()]), [2, 3, 3, 3]);
  assert.equal(bound.get(), 2);
});

test('an instance whose fields cannot be made without anybody noticing is refused with its path', async () => {
  done.length = 0;
  const refusal = {
    code: 'ERR_TASKLETS_UNSERIALIZABLE',
    path: 'result.list[0]',
    message: /`Numbered` has private members/,
  };
  await assert.rejects(
    pool.run(() => ({ list: [new Numbered()] })),
    refusal,
  );
  assert.deepEqual(done, []);
});

test('what is pending here goes on while instances are made', async () => {
  class Late {
    #n;
    constructor(n) {
      if (n === undefined) throw new Error('n');
      this.#n = n;
    }
    get n() {
      return this.#n;
    }
  }
  const order = [];
  const ticks = (async () => {
    for (let at = 0; at < 3; at++) order.push(await at);
  })();
  const late = await pool.run(() => new Late(3));
  await ticks;
  assert.deepEqual([late.n, order], [3, [0, 1, 2]]);
});
