'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { assertSame, refusal, roundTrip } = require('./fixtures/codec');

class Money {
  constructor(amount) {
    this.amount = amount;
  }
}

const write = {
  onFunction: (fn, path) => ({ name: fn.name, path, own: { ...fn } }),
  onObject: (object) => (object instanceof Money ? { money: object.amount } : undefined),
};
const read = {
  onHook: (value) =>
    'money' in value
      ? new Money(value.money)
      : Object.assign(() => value.name, { path: value.path, own: value.own }),
};

test('offers functions and instances, with the path, and makes them again', () => {
  const copy = roundTrip({ list: [function first() {}], price: new Money(5) }, { write, read });
  assert.equal(copy.list[0](), 'first');
  assert.equal(copy.list[0].path, 'result.list[0]');
  assertSame(copy.price, new Money(5));
});

test('makes each only once', () => {
  const fn = () => {};
  const price = new Money(1);
  const copy = roundTrip([fn, { fn }, price, new Map([[price, price]])], { write, read });
  assert.equal(copy[0], copy[1].fn);
  assert.equal(copy[2], [...copy[3]][0][0]);
});

test('fills the places that refer to a value while it is made', () => {
  const fn = function recursive() {};
  const around = { fn };
  fn.object = { fn, around };
  fn.list = [fn, [fn]];
  fn.map = new Map([['k', fn], [fn, 1]]); // prettier-ignore
  fn.set = new Set([1, fn, 2]);
  fn.odd = Object.assign([fn, , 1], { fn }); // eslint-disable-line no-sparse-arrays
  fn.error = Object.assign(new Error('m', { cause: fn }), { fn });
  const copy = roundTrip(around, { write, read });
  const made = copy.fn;
  assert.equal(made(), 'recursive');
  const { own } = made;
  assert.ok(own.object.fn === made && own.object.around === copy);
  assert.ok(own.list[0] === made && own.list[1][0] === made);
  assert.ok(own.map.get('k') === made && own.map.get(made) === 1);
  assert.deepEqual([...own.set], [1, made, 2]);
  assert.ok(own.odd[0] === made && own.odd.fn === made && !(1 in own.odd));
  assert.ok(own.error.cause === made && own.error.fn === made);
});

test('writes as usual what the hook does not want, and refuses its functions', () => {
  class Other {
    constructor() {
      this.x = 1;
    }
  }
  assertSame(roundTrip(new Other(), { write, read }), { x: 1 });
  assert.equal(refusal([() => 1], { write: { onFunction: () => undefined } }).path, 'result[0]');
  assert.equal(refusal([Symbol('s')], { write }).path, 'result[0]');
});

test('offers errors and subclasses of built-ins, not plain objects', () => {
  const offered = [];
  const onObject = (object) => void offered.push(object);
  const error = new TypeError('m');
  const map = new (class extends Map {})();
  roundTrip([{}, [], new Map(), new Date(), Object.create(null), new Uint8Array(1), error, map], {
    write: { onObject },
  });
  assert.deepEqual(offered, [error, map]);
});

test('brings an error back through the hook as the class that it is', () => {
  class Mine extends Error {}
  const copy = roundTrip(new Mine('m'), {
    as: 'Error',
    write: { onObject: (object) => ({ message: object.message }) },
    read: { onHook: ({ message }) => new Mine(message) },
  });
  assert.ok(copy instanceof Mine && copy.message === 'm');
});

test('a hook that throws refuses the value, with the path', () => {
  const boom = new Error('boom');
  const error = refusal({ a: () => 1 }, { write: { onFunction() { throw boom; } } }); // prettier-ignore
  assert.deepEqual([error.path, error.cause], ['result.a', boom]);
});

test('hooks on values that are shared and deep', () => {
  let value = { fn: () => 1 };
  const { fn } = value;
  for (let i = 0; i < 1000; i++) value = { value, fn };
  let copy = roundTrip(value, { write, read });
  const made = copy.fn;
  while (copy.value) {
    assert.equal(copy.fn, made);
    copy = copy.value;
  }
});
