'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const vm = require('node:vm');
const { SerializationError } = require('../lib/errors');
const { assertSame, refusal, roundTrip } = require('./fixtures/codec');

class Point {
  #secret = 1;
  constructor(x, y) {
    this.x = x;
    this.y = y;
  }
  get sum() {
    return this.x + this.y + this.#secret;
  }
}

function OldStyle() {
  this.own = 1;
}
OldStyle.prototype.inherited = 'enumerable, but not own';

/** Makers, because some values change when they are read. */
const VALUES = {
  undefined: () => undefined,
  null: () => null,
  booleans: () => [true, false],
  integers: () => [
    0,
    1,
    127,
    128,
    -1,
    -128,
    32767,
    32768,
    -32768,
    -32769,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 53,
  ],
  'odd numbers': () => [-0, NaN, Infinity, -Infinity, 0.1, 5e-324, Number.MAX_VALUE, 2 ** 53 + 2],
  bigints: () => [
    0n,
    -1n,
    2n ** 63n - 1n,
    2n ** 63n,
    -(2n ** 63n),
    -(2n ** 63n) - 1n,
    2n ** 64n,
    -(7n ** 1000n),
  ],
  'short strings': () => ['', 'a', 'exactly12chr', 'é', '€', '日本', '\0'],
  'long strings': () => [
    'thirteen char',
    'é'.repeat(300),
    '€'.repeat(300),
    'x'.repeat(100_000),
    '💥'.repeat(5000),
  ],
  'strings of middle length': () => [
    'a string of some 30 characters',
    'short',
    'é'.repeat(96),
    'x'.repeat(97),
    '€'.repeat(20),
  ],
  'strings of middle length beside a wide one': () => [
    'a string of some 30 characters',
    '€',
    'é'.repeat(50),
    'end',
  ],
  'many strings of middle length': () =>
    Array.from({ length: 2000 }, (_, i) => `a string of middle length, number ${i}`),
  'lone surrogates': () => ['\ud800', '\udc00 in the middle of it', 'a\udfff', '\ud83d'.repeat(20)],
  'many short strings': () => Array.from({ length: 5000 }, (_, i) => `s${i}`),
  'many wide short strings': () => Array.from({ length: 5000 }, (_, i) => `${i === 4999 ? '€' : 's'}${i}`),
  'empty object': () => ({}),
  'empty array': () => [],
  'undefined and missing': () => ({ a: undefined, c: { d: undefined } }),
  'an object of everything plain': () => ({ a: 1, b: 'two', c: [3, { d: null }], e: { f: { g: {} } } }),
  'records of one shape': () =>
    Array.from({ length: 100 }, (_, i) => ({ id: i, name: `n${i}`, ok: i % 2 === 0 })),
  'records of like shapes': () =>
    Array.from({ length: 300 }, (_, i) => (i % 3 ? { a: i, b: 1 } : i % 2 ? { a: i } : { b: i, a: 2, c: 3 })),
  'an own __proto__ key': () => [JSON.parse('{"__proto__": {"x": 1}, "y": 2}')],
  'own __proto__ keys, many': () => Array.from({ length: 30 }, () => JSON.parse('{"a": 1, "__proto__": 2}')),
  'odd keys': () => ({
    '': 1,
    ' ': 2,
    '€': 3,
    'a-b': 4,
    "'": 5,
    '"\\\n\u2028': 6,
    '\ud800': 7,
    ['x'.repeat(500)]: 8,
  }),
  'odd keys, many': () =>
    Array.from({ length: 20 }, () => ({ '"\\\n\u2028': 6, '\ud800': 7, constructor: 8, get: 9 })),
  'index keys': () => ({ 1: 'a', 0: 'b', x: 'c', 4294967295: 'd', '-1': 'e', '01': 'f' }),
  'a dictionary': () => Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`key ${i}`, i])),
  'many dictionaries': () =>
    Array.from({ length: 3000 }, (_, i) => ({ [`first ${i}`]: i, x: 1, [`second ${i * 7}`]: { y: i } })),
  'null prototype': () => Object.assign(Object.create(null), { a: 1 }),
  'null prototype, empty': () => Object.create(null),
  'an instance of a class': () => new Point(1, 2),
  'an instance with inherited properties': () => new OldStyle(),
  'an object over an object': () => Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }),
  'hidden properties and symbols': () =>
    Object.defineProperty({ a: 1, [Symbol('s')]: 2 }, 'hidden', { value: 3, enumerable: false }),
  getters: () => ({
    get a() {
      return { b: 1 };
    },
  }),
  'an inherited getter': () => Object.create({ get x() { throw new Error('not own'); } }), // prettier-ignore
  'a getter that deletes': () => ({
    get a() {
      delete this.b;
      return 1;
    },
    b: 2,
    c: 3,
  }),
  'a getter that adds': () => ({
    get a() {
      this.z = 5;
      return 1;
    },
    b: 2,
  }),
  'a getter that empties an array': () => {
    const array = [1, 2, 3, 4];
    array[1] = { get x() { array.length = 2; return 1; } }; // prettier-ignore
    return array;
  },
  'a getter that fills a Map': () => {
    const map = new Map([['a', { get x() { map.set('late', 1); return 1; } }]]); // prettier-ignore
    return map;
  },
  'frozen and sealed': () => [Object.freeze({ a: 1 }), Object.seal([1, 2])],
  holes: () => [, 1, , undefined, 3, ,], // eslint-disable-line no-sparse-arrays
  'only holes': () => new Array(5),
  'a long array with a hole': () => {
    const array = Array.from({ length: 500 }, (_, i) => i);
    delete array[250];
    return array;
  },
  'a long array with a few elements': () => {
    const array = [1, 2];
    array[1_000_000] = { x: 1 };
    return array;
  },
  'an array of a huge length': () => {
    const array = ['first'];
    array.length = 4e9;
    array.name = 'sparse';
    return array;
  },
  'an array of the greatest length': () => {
    const array = [];
    array[4294967294] = 1;
    return array;
  },
  'named properties of arrays': () => [
    Object.assign([1, 2], { x: 1, '-1': 2, '02': 3, 4294967295: 4 }),
    Object.assign([], { only: 'named' }),
    Object.assign(new Array(3), { '1e0': 1 }),
    Object.assign(
      Array.from({ length: 1000 }, (_, i) => i),
      { 'x more items ]': [1] },
    ),
    'abcdef'.match(/c(?<name>d)/),
  ],
  'an array with a hidden property': () => Object.defineProperty([1], 'hidden', { value: 1 }),
  'a subclass of Array': () => Object.assign(new (class List extends Array {})(1, 2, 3), { extra: 1 }),
  'long arrays of one kind': () => [
    Array.from({ length: 5000 }, (_, i) => i * 3 - 7000),
    Array.from({ length: 500 }, (_, i) => i / 3),
    new Array(200).fill('same'),
    new Array(200).fill(undefined),
  ],
  cycles: () => {
    const a = { name: 'a', list: [] };
    a.self = a;
    a.list.push(a.list, a);
    a.map = new Map([[a, a.list]]);
    a.map.set('map', a.map);
    a.set = new Set([a]);
    a.set.add(a.set);
    return a;
  },
  'shared references': () => {
    const shared = { x: [1] };
    const date = new Date(1);
    const boxed = Object('s');
    return [shared, shared, { again: shared.x }, date, date, boxed, [boxed], /a/, new Map([[shared, date]])];
  },
  'shared among many': () => {
    const shared = { id: 0 };
    return Array.from({ length: 100 }, (_, i) => ({ i, shared, own: { shared } }));
  },
  'equal but not shared': () => [{}, {}, [], []],
  'maps and sets': () => [
    new Map([[NaN, -0], [{ a: 1 }, new Map()], ['k', undefined]]), // prettier-ignore
    new Set([3, 1, 2, 'a', NaN, {}]),
    new Map(),
    new Set(),
  ],
  'subclasses of collections': () => [
    Object.assign(new (class extends Map {})([[1, 2]]), { dropped: 1 }),
    new (class extends Set {
      forEach() {
        throw new Error('not asked');
      }
      *[Symbol.iterator]() {
        yield 'something else';
      }
    })([1]),
  ],
  dates: () => [
    new Date(0),
    new Date(-1),
    new Date(NaN),
    new Date(8.64e15),
    Object.assign(new Date(5), { x: 1 }),
  ],
  'regular expressions': () => [
    /a/,
    /[€/]\/"\n/giu,
    /(?<y>x)/dsy,
    new RegExp(''),
    Object.assign(/b/g, { lastIndex: 5 }),
  ],
  boxed: () => [
    Object(1),
    Object(-0),
    Object('str'),
    Object('€'),
    Object(true),
    Object(false),
    Object(5n),
    Object(''),
  ],
  'boxed with a property': () => Object.assign(Object('ab'), { x: 1 }),
  'exchanged prototypes': () => [
    Object.setPrototypeOf(new Date(3), Object.prototype),
    Object.setPrototypeOf(new Map([[1, 2]]), null),
    Object.setPrototypeOf(Object('abc'), Object.prototype),
    Object.setPrototypeOf([1, 2], Object.prototype),
    Object.setPrototypeOf({ a: 1 }, Array.prototype),
    Object.create(Map.prototype),
    Object.create(Error.prototype, { x: { value: 1, enumerable: true } }),
  ],
  'toStringTag lies': () => [{ [Symbol.toStringTag]: 'Map', a: 1 }, { [Symbol.toStringTag]: 'Arguments' }],
  'prototypes themselves': () => [Object.prototype, Map.prototype, Point.prototype],
  'objects of other realms': () =>
    vm.runInNewContext(`({
      plain: { a: 1 }, list: [1, , { b: 2 }], map: new Map([[{}, []]]), set: new Set([1]), date: new Date(7),
      regexp: /x/g, boxed: Object('b'), bytes: new Uint8Array([1, 2]), buffer: new ArrayBuffer(3), big: 5n,
      instance: new (class A { constructor() { this.x = 1 } }), empty: {}, bare: Object.create(null),
    })`),
  'namespaces of the language': () => [Math, JSON, Reflect],
  'an event emitter without functions': () => new (require('node:events').EventEmitter)(),
  'process.env': () => process.env,
};

const REFUSED = {
  function: () => () => 1,
  'a class': () => Point,
  symbol: () => Symbol('x'),
  'a boxed symbol': () => Object(Symbol('x')),
  proxy: () => new Proxy({ a: 1 }, {}),
  'proxy of an array': () => new Proxy([], {}),
  'proxy of a function': () => new Proxy(() => 1, {}),
  'revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  promise: () => Promise.resolve(1),
  'subclass of Promise': () => new (class extends Promise {})(() => {}),
  weakmap: () => new WeakMap(),
  weakset: () => new WeakSet(),
  weakref: () => new WeakRef({}),
  registry: () => new FinalizationRegistry(() => {}),
  generator: () => (function* () {})(),
  'async generator': () => (async function* () {})(),
  iterator: () => [1][Symbol.iterator](),
  'map iterator': () => new Map().entries(),
  'string iterator': () => 'a'[Symbol.iterator](),
  arguments: () => (function () { return arguments; })(1, 2), // prettier-ignore
  'empty arguments': () => (function () { return arguments; })(), // prettier-ignore
  'global object': () => globalThis,
  'global object of another realm': () => vm.runInNewContext('globalThis'),
  console: () => console,
  'number format': () => new Intl.NumberFormat(),
  collator: () => new Intl.Collator(),
  'wasm memory': () => new WebAssembly.Memory({ initial: 1 }),
  'message port': (t) => {
    const { port1 } = new MessageChannel();
    t.after(() => port1.close());
    return port1;
  },
  stream: () => new ReadableStream(),
};

for (const [name, make] of Object.entries(VALUES)) {
  test(`copies as structuredClone does: ${name}`, () => {
    const expected = structuredClone(make());
    // Often enough for shapes to be read by the functions made for them.
    for (let i = 0; i < 12; i++) assertSame(roundTrip(make()), expected);
    const again = structuredClone([make(), 'between', make()]);
    assertSame(roundTrip([make(), 'between', make()], { as: 'Args' }), again);
  });
}

for (const [name, make] of Object.entries(REFUSED)) {
  test(`refuses as structuredClone does, with the path: ${name}`, (t) => {
    const culprit = make(t);
    assert.throws(() => structuredClone(culprit));
    const error = refusal([{ ok: 1 }, { user: [{ socket: culprit }] }], { as: 'Args' });
    assert.ok(error instanceof SerializationError);
    assert.equal(error.code, 'ERR_TASKLETS_UNSERIALIZABLE');
    assert.ok(error.path.startsWith('args[1].user[0].socket'), error.path);
    assert.ok(error.message.includes(error.path), error.message);
    assert.match(error.cause.name, /^(DataCloneError|TypeError)$/);
    assertSame(roundTrip({ after: 1 }), { after: 1 });
  });
}

/** Objects of the host: what structuredClone makes of them differs between versions of Node. */
const HOST = {
  URL: () => new URL('https://example.org/a?b'),
  URLSearchParams: () => new URLSearchParams('a=1'),
  Headers: () => new Headers({ a: 'b' }),
  FormData: () => new FormData(),
  AbortSignal: () => new AbortController().signal,
  Event: () => new Event('x'),
  Hash: () => require('node:crypto').createHash('sha1').digest && {},
  Temporal: () => globalThis.Temporal?.Now.instant() ?? 1,
  TextEncoder: () => new TextEncoder(),
  DisposableStack: () => (globalThis.DisposableStack ? new globalThis.DisposableStack() : 1),
};

for (const [name, make] of Object.entries(HOST)) {
  test(`does with ${name} what structuredClone does`, () => {
    let expected;
    try {
      expected = structuredClone(make());
    } catch {
      assert.ok(refusal({ it: make() }) instanceof SerializationError);
      return;
    }
    assertSame(roundTrip(make()), expected);
  });
}

test('names the path through all kinds of containers', () => {
  const culprit = () => {};
  const paths = [
    [{ 'a-b': [culprit] }, 'result["a-b"][0]'],
    [new Map([['k', culprit]]), 'result.get("k")'],
    [new Map([[5, { x: culprit }]]), 'result.get(5).x'],
    [new Map([[{ x: culprit }, 1]]), 'result.keys()[0].x'],
    [new Set([1, culprit]), 'result.values()[1]'],
    [Object.assign([], { name: culprit }), 'result.name'],
    [culprit, 'result'],
  ];
  for (const [value, path] of paths) assert.equal(refusal(value).path, path);
  assert.equal(refusal(culprit, { write: { root: 'detail' } }).path, 'detail');
});

test('names the path after containers that were left again', () => {
  const value = { a: { b: { c: [1, [2]] } }, d: [new Map([[1, { x: 1 }]])], e: Symbol('s') };
  assert.equal(refusal(value).path, 'result.e');
});

test('tells what a getter threw', () => {
  const boom = new TypeError('boom');
  const error = refusal({ a: [{ get x() { throw boom; } }] }); // prettier-ignore
  assert.ok(error instanceof SerializationError);
  assert.equal(error.path, 'result.a[0].x');
  assert.equal(error.cause, boom);
  assert.match(error.message, /TypeError: boom/);
});

test('copies structures of any depth', () => {
  for (const nest of [
    (inner) => ({ inner, sibling: 1 }),
    (inner) => [inner, 'sibling'],
    (inner) => new Map([['k', inner]]),
    (inner) => new Set([inner]),
    (inner) => ({ list: [new Map([[{ inner }, 1]])] }),
  ]) {
    let value = { end: true };
    const depth = 100_000;
    for (let i = 0; i < depth; i++) value = nest(value);
    let result = roundTrip(value);
    let levels = 0;
    while (!result.end) {
      levels++;
      if (result instanceof Map) result = [...result][0][1];
      else if (result instanceof Set) result = [...result][0];
      else if (result.list) result = [...result.list[0]][0][0].inner;
      else result = result.inner ?? result[0];
    }
    assert.equal(levels, depth);
  }
});

test('keeps shared references and cycles across parts that were put off for their depth', () => {
  const shared = { name: 'shared' };
  let value = { shared };
  const bottom = value;
  for (let i = 0; i < 1000; i++) value = i % 2 ? { value, shared } : [value, shared];
  bottom.top = value;
  const result = roundTrip(value);
  let at = result;
  for (let i = 999; i >= 0; i--) {
    assert.equal((i % 2 ? at.shared : at[1]) === result.shared, true);
    at = i % 2 ? at.value : at[0];
  }
  assert.equal(at.top, result);
});

test('names the path to what lies deep', () => {
  let value = { culprit: () => 1 };
  for (let i = 0; i < 250; i++) value = [value];
  const { path } = refusal(value);
  assert.equal(path, `result${'[0]'.repeat(250)}.culprit`);
  for (let i = 0; i < 5000; i++) value = [value];
  assert.ok(refusal(value).path.length < 1100);
});

test('refuses to be used by a getter while it writes, and is whole afterwards', () => {
  const { encoder, BEFORE } = require('./fixtures/codec');
  let nested;
  const value = {
    get x() {
      assert.equal(encoder.busy, true);
      try {
        encoder.writeValue(1);
      } catch (error) {
        nested = error;
      }
      return 2;
    },
    y: 3,
  };
  encoder.position = BEFORE;
  assertSame(roundTrip(value), { x: 2, y: 3 });
  assert.match(nested.message, /is writing a message/);
});

test('writes arguments that share objects as one message', () => {
  const shared = {};
  const [a, b] = roundTrip([shared, [shared]], { as: 'Args' });
  assert.equal(b[0], a);
});

test('lets go of the values it has written', async () => {
  const { encoder } = require('./fixtures/codec');
  const value = { list: Array.from({ length: 100 }, (_, i) => ({ i })) };
  roundTrip(value);
  assert.throws(() => encoder.writeValue([value, () => 1]));
  const held = new Set();
  for (const field of Object.values(encoder)) {
    if (Array.isArray(field)) for (const item of field) held.add(item);
    held.add(field);
  }
  assert.ok(!held.has(value) && !held.has(value.list));
  assert.equal(encoder.many, null);
});

test('nothing of a message without objects is left for the next one', () => {
  const strings = Array.from({ length: 5000 }, (_, i) => `s${i}`);
  assertSame(roundTrip(strings, { as: 'Args' }), strings);
  assertSame(roundTrip(['after'], { as: 'Args' }), ['after']);
  const buffer = new ArrayBuffer(8);
  roundTrip([1], { as: 'Args', write: { extras: [], transfer: [buffer] } });
  const extras = [];
  assertSame(roundTrip([buffer], { as: 'Args', write: { extras } }), [new ArrayBuffer(8)]);
  assert.deepEqual(extras, []);
});

test('copies more shapes than a message can number', () => {
  const value = Array.from({ length: 66_000 }, (_, i) => ({
    [`a${i % 64}`]: 1,
    [`b${(i >> 6) % 64}`]: 2,
    [`c${i >> 12}`]: 3,
  }));
  const result = roundTrip(value);
  for (const i of [0, 1, 59_999, 60_000, 65_999]) assertSame(result[i], value[i]);
});
