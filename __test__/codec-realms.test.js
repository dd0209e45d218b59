'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const vm = require('node:vm');

const ENTRY = path.join(__dirname, '../lib/codec/index.js');

/** Loads a module and those it needs into a context, as test runners do. */
function loadInto(context, file, loaded = new Map()) {
  if (loaded.has(file)) return loaded.get(file).exports;
  const module = { exports: {} };
  loaded.set(file, module);
  const wrapper = `(function (require, module, exports) {${fs.readFileSync(file, 'utf8')}\n})`;
  const load = (name) =>
    name.startsWith('.')
      ? loadInto(context, require.resolve(path.resolve(path.dirname(file), name)), loaded)
      : require(name);
  vm.runInContext(wrapper, context, { filename: file })(load, module, module.exports);
  return module.exports;
}

test('works where modules are loaded into a context of their own', () => {
  const context = vm.createContext({});
  const { Encoder, Decoder } = loadInto(context, ENTRY);
  const encoder = new Encoder();
  const decoder = new Decoder();
  const carry = (value) => {
    encoder.position = 0;
    encoder.writeValue(value, { extras: [] });
    decoder.reset(encoder.bytes, 0);
    return decoder.readValue();
  };
  const isOfContext = vm.runInContext(
    `(value) => value instanceof Object && value.list instanceof Array && value.map instanceof Map &&
      value.bytes instanceof Uint8Array && value.error instanceof TypeError && value.date instanceof Date`,
    context,
  );
  const source = `({ list: [1, , { x: 1 }], map: new Map([[1, 2]]), bytes: new Uint8Array([1, 2]),
    error: new TypeError('m'), date: new Date(5), empty: {} })`;
  for (const value of [vm.runInThisContext(source), vm.runInContext(source, context)]) {
    for (let i = 0; i < 12; i++) {
      const copy = carry(value);
      assert.ok(isOfContext(copy));
      assert.equal(copy.error.stack, value.error.stack);
      assert.deepEqual(JSON.stringify(copy), JSON.stringify(value));
    }
  }
  assert.ok(Buffer.isBuffer(carry(Buffer.from('x'))));
  assert.ok(carry(new DOMException('m', 'AbortError')) instanceof DOMException);
  for (const refused of [
    () => 1,
    new Proxy({}, {}),
    globalThis,
    vm.runInContext('globalThis', context),
    vm.runInContext('(() => 1)', context),
  ]) {
    assert.throws(() => carry({ refused }), { path: 'result.refused', code: 'ERR_TASKLETS_UNSERIALIZABLE' });
  }
});

test('works where code must not be made from strings', () => {
  const script = `
    const { Encoder, Decoder } = require(${JSON.stringify(ENTRY)});
    const encoder = new Encoder(), decoder = new Decoder();
    const value = Array.from({ length: 50 }, (_, i) => ({ i, name: 'n' + i }));
    value.push(value[0]);
    for (let i = 0; i < 5; i++) {
      encoder.position = 0;
      encoder.writeValue(value);
      decoder.reset(encoder.bytes, 0);
      require('node:assert/strict').deepEqual(decoder.readValue(), value);
    }`;
  const { status, stderr } = spawnSync(process.execPath, [
    '--disallow-code-generation-from-strings',
    '-e',
    script,
  ]);
  assert.equal(status, 0, String(stderr));
});

test('works where the intrinsics are frozen', () => {
  const script = `
    const { Encoder, Decoder } = require(${JSON.stringify(ENTRY)});
    const encoder = new Encoder(), decoder = new Decoder();
    encoder.writeValue([new TypeError('m'), { a: [1] }, new Map([[1, 2]])]);
    decoder.reset(encoder.bytes, 0);
    if (decoder.readValue()[0].message !== 'm') process.exit(3);`;
  const { status, stderr } = spawnSync(process.execPath, [
    '--frozen-intrinsics',
    '--no-warnings',
    '-e',
    script,
  ]);
  assert.equal(status, 0, String(stderr));
});
