'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const vm = require('node:vm');
const { describeError } = require('../lib/codec');
const errors = require('../lib/errors');

/** From Node 24 on. */
const { SuppressedError } = globalThis;
const { assertSame, encoder, refusal, roundTrip } = require('./fixtures/codec');

const carry = (thrown, options = {}) => roundTrip(thrown, { as: 'Error', ...options });

test('keeps class, name, message, stack and code of built-in errors', () => {
  for (const Class of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    const error = Object.assign(new Class('what happened'), { code: 'E_CODE' });
    const copy = carry(error);
    assert.equal(Object.getPrototypeOf(copy), Class.prototype);
    assert.ok(require('node:util').types.isNativeError(copy));
    assertSame(copy, withStack(error));
    assert.equal(copy.stack, error.stack);
  }
});

/** The same error, its stack a plain property, as the copy's is. */
function withStack(error) {
  Object.defineProperty(error, 'stack', { value: error.stack, writable: true, configurable: true });
  return error;
}

test('keeps which of name and message are own and which show', () => {
  const silent = new Error();
  const fields = new (class Fields extends Error {
    name = 'Fields';
    message = 'as a field';
  })();
  const defined = Object.defineProperty(new Error('m'), 'name', { value: 'Defined', configurable: true });
  assert.deepEqual(Object.getOwnPropertyNames(carry(silent)), ['stack']);
  assert.deepEqual(Object.keys(carry(fields)), ['name', 'message']);
  assert.equal(carry(defined).name, 'Defined');
  assert.deepEqual(Object.keys(carry(defined)), []);
});

test('makes the nearest built-in class of others and keeps their name', () => {
  class HttpError extends TypeError {
    get code() {
      return 'E_HTTP';
    }
  }
  HttpError.prototype.name = 'HttpError';
  class Deeper extends HttpError {}
  const copy = carry(new Deeper('m'));
  assert.equal(Object.getPrototypeOf(copy), TypeError.prototype);
  assert.equal(copy.name, 'HttpError');
  assert.equal(copy.code, 'E_HTTP');
  assert.deepEqual(Object.keys(copy), []);

  class OnlyConstructor extends Error {}
  const original = new OnlyConstructor('m');
  const plain = carry(original);
  assert.equal(plain.name, 'Error');
  assert.equal(plain.stack, original.stack);
  assert.equal(String(plain), String(original));
});

test('keeps causes of any kind, and cycles through them', () => {
  const inner = new RangeError('inner', { cause: { data: [1] } });
  const outer = new Error('outer', { cause: inner });
  inner.outer = outer;
  const copy = carry(outer);
  assert.ok(copy.cause instanceof RangeError);
  assert.deepEqual(copy.cause.cause, { data: [1] });
  assert.equal(copy.cause.outer, copy);
  assert.equal(Object.getOwnPropertyDescriptor(copy, 'cause').enumerable, false);
  assert.ok(Object.hasOwn(carry(new Error('m', { cause: undefined })), 'cause'));
  assert.ok(!Object.hasOwn(carry(new Error('m')), 'cause'));
  const self = new Error('self');
  self.cause = self;
  const same = carry(self);
  assert.equal(same.cause, same);
  assert.deepEqual(Object.keys(same), ['cause']);
});

test('keeps the errors of an AggregateError', () => {
  const copy = carry(new AggregateError([new TypeError('a'), 'b', { c: 1 }], 'all'));
  assert.ok(copy instanceof AggregateError);
  assert.ok(copy.errors[0] instanceof TypeError);
  assert.deepEqual(copy.errors.slice(1), ['b', { c: 1 }]);
  assert.deepEqual(Object.keys(copy), []);
  assert.equal(copy.message, 'all');
});

test('keeps both sides of a SuppressedError', { skip: !SuppressedError }, () => {
  const copy = carry(new SuppressedError(new TypeError('new'), 'old', 'both'));
  assert.ok(copy instanceof SuppressedError);
  assert.ok(copy.error instanceof TypeError);
  assert.equal(copy.suppressed, 'old');
});

test('keeps a DOMException', () => {
  const copy = carry(new DOMException('m', 'AbortError'));
  assert.ok(copy instanceof DOMException);
  assert.deepEqual([copy.name, copy.message, copy.code], ['AbortError', 'm', 20]);
  const controller = new AbortController();
  controller.abort();
  const reason = carry(controller.signal.reason);
  assert.equal(reason.stack, controller.signal.reason.stack);
  assert.equal(carry(new DOMException('m', { name: 'DataError', cause: 5 })).cause, 5);
});

test('keeps own enumerable properties, not the symbols, and leaves out what cannot be copied', () => {
  const error = Object.assign(new Error('m'), {
    a: 1,
    nested: { list: [1] },
    request: { socket: { on() {} } },
    callback() {},
    symbol: Symbol('s'),
    [Symbol('key')]: 1,
    after: new Date(3),
  });
  error.self = error;
  Object.defineProperty(error, 'broken', { enumerable: true, get() { throw new Error('no'); } }); // prettier-ignore
  Object.defineProperty(error, 'hidden', { value: 1 });
  const copy = carry(error);
  assert.deepEqual(Object.keys(copy), ['a', 'nested', 'after', 'self']);
  assert.deepEqual([copy.nested, copy.after, copy.self === copy], [{ list: [1] }, new Date(3), true]);
  assert.deepEqual(Object.getOwnPropertySymbols(copy), []);
});

test('takes back everything that belongs to a part that cannot be copied', () => {
  const shared = { shared: true };
  const buffer = new Uint8Array([1, 2, 3]);
  const extras = [];
  const many = Array.from({ length: 40 }, (_, i) => ({ i }));
  const value = {
    error: Object.assign(new Error('m'), {
      bad: [shared, buffer, new SharedArrayBuffer(8), ['text'], many, () => 1],
      good: [shared, buffer, 'text'],
    }),
    after: [shared, buffer, many[3]],
  };
  const copy = roundTrip(value, { write: { extras } });
  assert.deepEqual(extras, []);
  assert.deepEqual(Object.keys(copy.error), ['good']);
  assert.deepEqual(copy.error.good, [{ shared: true }, buffer, 'text']);
  assert.equal(copy.after[0], copy.error.good[0]);
  assert.equal(copy.after[1], copy.error.good[1]);
  assert.deepEqual(copy.after[2], { i: 3 });
});

test('describes causes and members that cannot be copied', () => {
  const copy = carry(new Error('m', { cause: () => 1 }));
  assert.ok(copy.cause instanceof Error);
  assert.match(copy.cause.message, /cannot be copied.*function/);
  const many = carry(new AggregateError([new Error('fine'), Symbol('s')], 'm'));
  assert.equal(many.errors[0].message, 'fine');
  assert.match(many.errors[1].message, /cannot be copied.*Symbol\(s\)/);
});

test('copies errors inside values too', () => {
  const shared = new TypeError('t');
  const copy = roundTrip({ list: [shared, shared], map: new Map([['e', new RangeError('r')]]) });
  assert.equal(copy.list[0], copy.list[1]);
  assert.ok(copy.map.get('e') instanceof RangeError);
});

test('carries errors of other realms', () => {
  const copy = carry(vm.runInNewContext("Object.assign(new TypeError('foreign'), { code: 'E_X' })"));
  assert.ok(copy instanceof TypeError);
  assert.equal(copy.code, 'E_X');
});

test('carries thrown values that are no errors as they are', () => {
  for (const value of [undefined, null, 0, -0, 'text', 5n, false, { message: 'm' }, [1], new Map([[1, 2]])]) {
    assertSame(carry(value), value);
  }
});

test('never throws, whatever was thrown', () => {
  const trap = () => {
    throw new Error('trap');
  };
  const handler = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((name) => [name, trap]));
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const accessor = (...names) => {
    const error = new Error('hostile');
    for (const name of names) Object.defineProperty(error, name, { get: trap, enumerable: true });
    return error;
  };
  const weird = new Error('weird');
  Object.assign(weird, { name: Symbol('n'), message: { toString: trap } });
  weird.stack = { not: 'a string' };
  let deepCause = new Error('end');
  for (let i = 0; i < 20_000; i++) deepCause = new Error('link', { cause: deepCause });
  const cases = {
    function: [function named() {}, /the function `named`/],
    symbol: [Symbol('thrown'), /Symbol\(thrown\)/],
    proxy: [new Proxy(new Error('inside'), {}), /Proxy/],
    'hostile proxy': [new Proxy({}, handler), /Proxy/],
    'hostile function': [new Proxy(() => {}, handler), /Proxy/],
    'revoked proxy': [revoked.proxy, /Proxy/],
    promise: [Promise.resolve(), /a Promise/],
    'not copyable': [{ message: 'with a reason', fn() {} }, /with a reason/],
    accessors: [accessor('stack', 'message', 'name', 'cause', 'code', 'extra'), /^$/],
    aggregate: [Object.defineProperty(new AggregateError([], 'agg'), 'errors', { get: trap }), /^agg$/],
    weird: [weird, /^$/],
    frozen: [Object.freeze(new TypeError('cold')), /^cold$/],
    'proxy as prototype': [Object.setPrototypeOf(new Error('p'), new Proxy({}, handler)), /./],
    'null prototype': [Object.setPrototypeOf(new Error('bare'), null), /^bare$/],
    'chain of causes': [deepCause, /link/],
  };
  for (const [name, [thrown, message]] of Object.entries(cases)) {
    const copy = carry(thrown);
    assert.ok(copy instanceof Error, name);
    assert.match(copy.message, message, name);
    const described = describeError(thrown);
    assert.equal(`${typeof described.name} ${typeof described.message}`, 'string string', name);
    assert.equal(encoder.busy, false);
  }
});

test('cuts the stack of an error whose message is huge, not the message', () => {
  const copy = carry(new Error('x'.repeat(3e6)));
  assert.equal(copy.message.length, 3e6);
  assert.ok(copy.stack.length < 300_000);
});

test('does not run Error.prepareStackTrace for the copy, and keeps the limit of frames', (t) => {
  const { prepareStackTrace, stackTraceLimit } = Error;
  t.after(() => (Error.prepareStackTrace = prepareStackTrace));
  const error = new Error('m');
  const { stack } = error;
  Error.prepareStackTrace = () => assert.fail('it ran');
  assert.equal(carry(error).stack, stack);
  assert.equal(Error.stackTraceLimit, stackTraceLimit);
});

test('maps every stack', () => {
  const error = new Error('outer', { cause: new Error('inner') });
  const copy = carry(error, { read: { mapStack: (stack) => `mapped ${stack}` } });
  assert.equal(copy.stack, `mapped ${error.stack}`);
  assert.equal(copy.cause.stack, `mapped ${error.cause.stack}`);
});

test('brings every error of the library back as its very class, with its properties', () => {
  for (const [name, Class] of Object.entries(errors.classes)) {
    const error = new Class('m', {
      cause: new Error('why'),
      path: 'a.b',
      limit: 5,
      phase: 'run',
      option: 'x',
    });
    errors.decorate(error, { taskId: 7, taskName: 'job', nativeTrace: null, attempts: 2 });
    const copy = carry(error);
    assert.equal(Object.getPrototypeOf(copy), Class.prototype, name);
    assertSame(copy, withAllStacks(error));
    assert.deepEqual([copy.taskId, copy.taskName, copy.nativeTrace, copy.attempts], [7, 'job', null, 2]);
    assert.deepEqual(Object.keys(copy).includes('taskId'), false);
  }
});

function withAllStacks(error) {
  if (error.cause) withStack(error.cause);
  return withStack(error);
}

test('a subclass of an error of the library comes back as that error', () => {
  const copy = carry(new (class Mine extends errors.TimeoutError {})('m'));
  assert.equal(Object.getPrototypeOf(copy), errors.TimeoutError.prototype);
});

test('refuses values in ways that can be carried themselves', () => {
  const error = refusal({ a: [() => 1] });
  const copy = carry(error);
  assert.ok(copy instanceof errors.SerializationError);
  assert.equal(copy.path, 'result.a[0]');
  assert.equal(copy.cause.name, 'DataCloneError');
  assert.ok(copy.cause instanceof DOMException);
});

test('describes thrown values for logs, shortly', () => {
  assert.deepEqual(describeError(new TypeError('m')), { name: 'TypeError', message: 'm' });
  assert.deepEqual(describeError('text'), { name: 'string', message: 'text' });
  assert.deepEqual(describeError(undefined), { name: 'undefined', message: '`undefined`' });
  assert.deepEqual(describeError({ a: 1 }), { name: 'Object', message: 'an object' });
  assert.ok(describeError(new Error('x'.repeat(1e6))).message.length < 3000);
});

test('the table of errors: names, codes and the class above all', () => {
  const expected = {
    TimeoutError: ['TimeoutError', 'ERR_TASKLETS_TIMEOUT'],
    CancelledError: ['AbortError', 'ERR_TASKLETS_CANCELLED'],
    QueueFullError: ['QueueFullError', 'ERR_TASKLETS_QUEUE_FULL'],
    ShutdownError: ['ShutdownError', 'ERR_TASKLETS_SHUTDOWN'],
    WorkerExitError: ['WorkerExitError', 'ERR_TASKLETS_WORKER_EXIT'],
    ResourceLimitError: ['ResourceLimitError', 'ERR_TASKLETS_MEMORY_LIMIT'],
    SerializationError: ['SerializationError', 'ERR_TASKLETS_UNSERIALIZABLE'],
    CaptureError: ['CaptureError', 'ERR_TASKLETS_CAPTURE'],
    DependencyError: ['DependencyError', 'ERR_TASKLETS_DEPENDENCY'],
    InvalidTaskError: ['TypeError', 'ERR_TASKLETS_INVALID_TASK'],
    ModuleError: ['ModuleError', 'ERR_TASKLETS_MODULE'],
    ConfigError: ['ConfigError', 'ERR_TASKLETS_CONFIG'],
  };
  for (const [name, [shown, code]] of Object.entries(expected)) {
    const error = new errors[name]('m', { cause: 1 });
    assert.ok(error instanceof errors.TaskletsError && error instanceof Error);
    assert.deepEqual([error.constructor.name, error.name, error.code, error.cause], [name, shown, code, 1]);
    assert.match(error.stack, new RegExp(`^${shown}: m`));
    assert.ok(!Object.hasOwn(new errors[name]('m'), 'cause'));
  }
});

test('what Rust reports becomes the class of its code', () => {
  const limit = errors.fromNative({
    code: 'ERR_TASKLETS_CPU_LIMIT',
    message: 'm',
    limit: 5,
    used: 9,
    other: 1,
  });
  assert.ok(limit instanceof errors.ResourceLimitError);
  assert.deepEqual({ ...limit }, { code: 'ERR_TASKLETS_CPU_LIMIT', limit: 5, used: 9 });
  const unknown = errors.fromNative({ code: 'ERR_TASKLETS_NEWER', message: 'm' });
  assert.deepEqual([unknown.constructor, unknown.code], [errors.TaskletsError, 'ERR_TASKLETS_NEWER']);
});

test('decorates errors without showing it, and leaves alone what cannot take it', () => {
  const error = errors.decorate(new Error('m'), { taskId: 1, stackTrace: 's', nativeTrace: null });
  assert.deepEqual(Object.keys(error), []);
  assert.deepEqual([error.taskId, error.stackTrace, error.nativeTrace], [1, 's', null]);
  assert.equal(errors.decorate(error, { taskId: 2 }).taskId, 2);
  for (const odd of [1, null, undefined, 'x', Object.freeze(new Error('m'))]) {
    assert.equal(errors.decorate(odd, { taskId: 1 }), odd);
  }
});

test('a wrong option is told in one sentence', () => {
  const sentence = (received) => errors.configError('concurrency', 'an integer from 1 up', received).message;
  assert.equal(sentence(0), 'Expected `concurrency` to be an integer from 1 up, got `0` (number)');
  assert.match(sentence('4'), /got `"4"` \(string\)$/);
  assert.match(sentence(-0), /got `-0` \(number\)$/);
  assert.match(sentence(null), /got `null`$/);
  assert.match(sentence([1, 2]), /got an array of 2$/);
  assert.match(sentence(new Map()), /got a Map$/);
  assert.match(sentence(new Error('m')), /got an Error$/);
  assert.match(sentence(new Proxy({}, { getPrototypeOf: assert.fail })), /got a Proxy$/);
  assert.ok(sentence('x'.repeat(1e6)).length < 200);
  assert.ok(sentence(1n << 100_000n).length < 200);
  const { option, expected, received } = errors.configError('a.b', 'a string', 5);
  assert.deepEqual([option, expected, received], ['a.b', 'a string', 5]);
});
