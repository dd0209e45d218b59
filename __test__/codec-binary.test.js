'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const vm = require('node:vm');
const { MessageChannel, receiveMessageOnPort } = require('node:worker_threads');
const { Encoder } = require('../lib/codec');
const { MOST, TooLarge } = require('../lib/codec/writer');
const { SerializationError } = require('../lib/errors');
const { assertSame, encode, refusal, roundTrip } = require('./fixtures/codec');

const isResizable = 'resizable' in ArrayBuffer.prototype;

const VIEWS = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  ...(globalThis.Float16Array ? [globalThis.Float16Array] : []),
];

/** A buffer whose bytes tell where they come from. */
function filled(length) {
  const buffer = new ArrayBuffer(length);
  new Uint8Array(buffer).forEach((_, i, all) => (all[i] = i % 251));
  return buffer;
}

/** Sends the extras through a MessagePort, as the mailbox does. */
function post(extras, transfer = []) {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(extras, transfer);
  const { message } = receiveMessageOnPort(port2);
  port1.close();
  return message;
}

function carry(value, { transfer, as } = {}) {
  const extras = [];
  const bytes = encode(value, { as, write: { extras, transfer } });
  const { Decoder } = require('../lib/codec');
  const decoder = new Decoder();
  decoder.reset(bytes, require('./fixtures/codec').BEFORE);
  return decoder[`read${as ?? 'Value'}`]({ extras: post(extras, transfer) });
}

for (const View of VIEWS) {
  test(`copies ${View.name} as structuredClone does`, () => {
    const whole = new View(filled(64));
    assertSame(roundTrip(whole), structuredClone(whole));
    const part = roundTrip(new View(filled(4096), 1024, 2));
    assert.deepEqual(part, new View(filled(4096).slice(1024), 0, 2));
    assert.ok(part.buffer.byteLength <= 16);
    assert.equal(roundTrip(new View(new ArrayBuffer(0))).byteLength, 0);
    const shared = new View(new SharedArrayBuffer(64), 8, 2);
    const copy = carry(shared);
    assert.equal(Object.getPrototypeOf(copy), View.prototype);
    assert.ok(copy.buffer instanceof SharedArrayBuffer);
    assert.deepEqual([copy.byteOffset, copy.byteLength], [8, shared.byteLength]);
  });
}

test('keeps a Buffer a Buffer, and takes only its own bytes from the pool', () => {
  const copy = roundTrip(Buffer.from('hello'));
  assert.ok(Buffer.isBuffer(copy));
  assert.equal(copy.toString(), 'hello');
  assert.ok(copy.buffer.byteLength <= 16, String(copy.buffer.byteLength));
  assert.ok(!Buffer.isBuffer(roundTrip(new Uint8Array(3))));
  assert.equal(
    Object.getPrototypeOf(roundTrip(new (class Mine extends Uint8Array {})(3))),
    Uint8Array.prototype,
  );
});

test('a small view of a large buffer costs the view', () => {
  const large = new ArrayBuffer(1e8);
  assert.ok(encode(new Uint8Array(large, 5e7, 10)).length < 100);
  assert.ok(encode({ a: new Float64Array(large, 800, 2), b: new Uint8Array(large, 808, 8) }).length < 200);
});

test('views of one buffer still share one afterwards', () => {
  const buffer = filled(1000);
  const [bytes, floats, view] = roundTrip([
    new Uint8Array(buffer, 100, 50),
    new Float32Array(buffer, 120, 4),
    new DataView(buffer, 99, 3),
  ]);
  assert.equal(bytes.buffer, floats.buffer);
  assert.equal(bytes.buffer, view.buffer);
  assert.ok(bytes.buffer.byteLength < 100);
  assert.equal(bytes[0], 100);
  floats[0] = 0;
  assert.deepEqual([...bytes.subarray(19, 25)], [119, 0, 0, 0, 0, 124]);
  bytes[0] = 255;
  assert.equal(view.getUint8(1), 255);
});

test('a buffer that is itself in the message is copied whole, and its views are views of it', () => {
  const buffer = filled(100);
  const view = new Uint16Array(buffer, 50, 3);
  for (const value of [
    { view, buffer },
    { buffer, view },
  ]) {
    const copy = roundTrip(value);
    assertSame(copy, structuredClone(value));
    assert.equal(copy.view.buffer, copy.buffer);
    assert.equal(copy.view.byteOffset, 50);
  }
});

test('keeps resizable buffers resizable, and views that follow their length', { skip: !isResizable }, () => {
  const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
  new Uint8Array(buffer).fill(7);
  const value = {
    buffer,
    tracking: new Uint8Array(buffer, 4),
    fixed: new Uint8Array(buffer, 4, 12),
    words: new Uint32Array(buffer, 8),
    view: new DataView(buffer, 2),
    short: new DataView(buffer, 2, 3),
  };
  const copy = roundTrip(value);
  const expected = structuredClone(value);
  assertSame(copy, expected);
  copy.buffer.resize(32);
  const lengths = ({ tracking, fixed, words, view, short }) =>
    [tracking, fixed, words, view, short].map((v) => v.byteLength);
  assert.deepEqual(lengths(copy), [28, 12, 24, 30, 3]);
  expected.buffer.resize(32);
  assert.deepEqual(lengths(copy), lengths(expected));
  assert.equal(buffer.byteLength, 16);
  const alone = roundTrip(new Uint8Array(buffer, 8));
  alone.buffer.resize(64);
  assert.equal(alone.length, 56);
});

test('refuses views beyond the end of a buffer that shrank', { skip: !isResizable }, () => {
  const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
  const views = [new Uint8Array(buffer, 8, 8), new DataView(buffer, 8, 8)];
  buffer.resize(4);
  for (const view of views) {
    assert.throws(() => structuredClone(view));
    assert.ok(refusal({ view }) instanceof SerializationError);
  }
});

test('keeps growable shared buffers and the views that follow their length', { skip: !isResizable }, () => {
  const buffer = new SharedArrayBuffer(16, { maxByteLength: 64 });
  const { tracking, fixed } = carry({
    tracking: new Uint8Array(buffer),
    fixed: new Uint8Array(buffer, 0, 16),
  });
  assert.equal(tracking.buffer, fixed.buffer);
  buffer.grow(32);
  assert.deepEqual([tracking.length, fixed.length], [32, 16]);
});

test('refuses detached buffers and views of them', () => {
  const buffer = new ArrayBuffer(8);
  const view = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  for (const culprit of [buffer, view]) {
    const error = refusal({ culprit });
    assert.equal(error.path, 'result.culprit');
    assert.equal(error.cause.name, 'DataCloneError');
  }
  assert.ok(roundTrip(new ArrayBuffer(0)) instanceof ArrayBuffer);
});

test('copies binary data of other realms', () => {
  const value = vm.runInNewContext(
    '({ b: new Uint8Array([1, 2, 3]).buffer, v: new DataView(new ArrayBuffer(2)) })',
  );
  assertSame(roundTrip(value), structuredClone(value));
});

test('is not misled by own properties of views', () => {
  const bytes = new Uint8Array(filled(8), 2, 3);
  for (const key of ['buffer', 'length', 'byteOffset', 'byteLength'])
    Object.defineProperty(bytes, key, { value: 0 });
  assert.deepEqual([...roundTrip(bytes)], [2, 3, 4]);
});

test('hands large content over where there is a way, once per buffer', () => {
  const attached = [];
  const write = { attach: (content) => attached.push(content.slice()) - 1 };
  const read = { detach: (number) => attached[number].buffer };
  const large = filled(100_000);
  const value = {
    large,
    view: new Uint16Array(large, 10, 5),
    part: new Uint8Array(filled(1e6), 1001, 65_537),
    small: new Uint8Array(100),
  };
  const bytes = encode(value, { write });
  assert.ok(bytes.length < 1000);
  assert.equal(attached.length, 2);
  const copy = roundTrip(value, { write, read });
  assert.equal(copy.view.buffer, copy.large);
  assert.deepEqual(Buffer.from(copy.large), Buffer.from(large));
  assert.deepEqual(copy.part, value.part);
  assert.equal(attached.length, 4);
  assert.throws(() => roundTrip(value, { write, read: {} }), /broken/);
});

test('content that is gone, or is not all there, is a broken message', () => {
  const write = { attach: () => 0 };
  for (const found of [null, undefined, new ArrayBuffer(10)]) {
    assert.throws(() => roundTrip(filled(100_000), { write, read: { detach: () => found } }), /broken/);
  }
});

test('refuses what would take more than 2 GiB, before it makes room for it', () => {
  const encoder = new Encoder();
  encoder.position = MOST;
  const refused = { code: 'ERR_TASKLETS_UNSERIALIZABLE', path: 'result', message: /more than 2 GiB/ };
  assert.throws(() => encoder.writeValue('x'.repeat(1000)), TooLarge);
  encoder.grow = (needed) => Encoder.prototype.grow.call(encoder, needed + MOST);
  encoder.position = 0;
  assert.throws(() => encoder.writeValue('x'.repeat(10_000)), refused);
  assert.equal(encoder.busy, false);
  assert.equal(encoder.position, 0);
});

test('shares SharedArrayBuffers, the same one as one', () => {
  const buffer = new SharedArrayBuffer(8);
  const copy = carry({ a: buffer, b: [buffer], c: new Uint8Array(buffer), d: new Int32Array(buffer, 4) });
  assert.ok(copy.a === copy.b[0] && copy.a === copy.c.buffer && copy.a === copy.d.buffer);
  copy.d[0] = 5;
  assert.equal(new Int32Array(buffer)[1], 5);
  assert.match(refusal(buffer, { write: {} }).path, /result/);
});

test('moves what the transfer list names, and nothing before it is posted', () => {
  const buffer = filled(16);
  const { port1, port2 } = new MessageChannel();
  const value = [{ buffer, view: new Uint16Array(buffer, 2, 3), again: buffer }, port1];
  const extras = [];
  encode(value, { as: 'Args', write: { extras, transfer: [buffer, port1] } });
  assert.equal(buffer.byteLength, 16);
  assert.deepEqual(extras, [buffer, port1]);
  const [copy, port] = carry(value, { transfer: [buffer, port1], as: 'Args' });
  assert.equal(buffer.byteLength, 0);
  assert.ok(copy.view.buffer === copy.buffer && copy.again === copy.buffer);
  assert.deepEqual([copy.view.byteOffset, copy.view.length, copy.view[0]], [2, 3, 0x0302]);
  port.postMessage('over');
  assert.equal(receiveMessageOnPort(port2).message, 'over');
  port.close();
});

test('moves streams', () => {
  const stream = new ReadableStream();
  assert.ok(carry({ stream }, { transfer: [stream] }).stream instanceof ReadableStream);
});

test('refuses a transfer list that structuredClone refuses, before anything is moved', () => {
  const fine = new ArrayBuffer(8);
  const detached = new ArrayBuffer(8);
  structuredClone(detached, { transfer: [detached] });
  for (const bad of [
    [fine, fine],
    [fine, {}],
    [fine, 1],
    [fine, detached],
    [fine, new SharedArrayBuffer(1)],
  ]) {
    const error = refusal([], { as: 'Args', write: { extras: [], transfer: bad } });
    assert.ok(error instanceof SerializationError);
    assert.match(error.cause.name, /^(DataCloneError|TypeError)$/);
    assert.equal(fine.byteLength, 8);
  }
});

test('carries what only Node can clone', () => {
  const crypto = require('node:crypto');
  const net = require('node:net');
  const key = crypto.createSecretKey(Buffer.from('0123456789abcdef'));
  const blob = new Blob(['text']);
  const blocked = new net.BlockList();
  blocked.addAddress('127.0.0.1');
  const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  const value = { key, blob, twice: [blob], blocked, address: new net.SocketAddress(), module };
  const copy = carry({ ...value, histogram: require('node:perf_hooks').createHistogram() });
  assert.ok(copy.key instanceof crypto.KeyObject && copy.key.equals(key));
  assert.ok(copy.blob instanceof Blob && copy.twice[0] === copy.blob);
  assert.ok(copy.blocked.check('127.0.0.1'));
  assert.ok(copy.address instanceof net.SocketAddress);
  assert.ok(copy.module instanceof WebAssembly.Module);
  assert.ok('percentile' in copy.histogram);
});

test('leaves the extras as they were when a value is refused', () => {
  const extras = ['before'];
  const error = refusal([new SharedArrayBuffer(8), () => 1], { write: { extras } });
  assert.equal(error.path, 'result[1]');
  assert.deepEqual(extras, ['before']);
});
