'use strict';

// Captures leave nothing behind, however many there are: neither at home, nor in the worker, nor between them.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { program } = require('./fixtures/pools');

const SHARED = `
  const fs = require('node:fs');
  // Without what V8 has reserved and does not use: from Node 24 on it doubles its young generation, which has
  // two halves, at any time under load.
  const megabytes = () => {
    const resident = Number(/VmRSS:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
    const { heapTotal, heapUsed } = process.memoryUsage();
    return resident - (2 * (heapTotal - heapUsed)) / 2 ** 20;
  };
  // V8 keeps what has been compiled from text, here and in the worker, unless it is told that memory is short.
  const forget = () => new Promise((resolve) => {
    const session = new (require('node:inspector').Session)();
    session.connect();
    session.post('HeapProfiler.collectGarbage', () => setImmediate(() => { session.disconnect(); resolve(); }));
  });
  const pool = new tasklets.Pool({ workers: 1, logging: 'silent' });
  const settle = async () => {
    for (let i = 0; i < 4; i++) {
      await forget();
      await pool.run(forget);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  /** In handfuls, as programs do: what is held while a task is under way is no leak. */
  const many = async (count, make) => {
    for (let i = 0; i < count; i += 100) {
      const handles = [];
      for (let n = i; n < i + 100; n++) handles.push(pool.run(make(n)));
      const values = await Promise.all(handles);
      if (values[7] !== i + 7) throw new Error('a wrong value');
    }
  };
  const sizes = async (make) => {
    const found = [];
    for (let round = 0; round < 10; round++) {
      await many(10_000, make);
      await settle();
      found.push(megabytes());
    }
    console.log(JSON.stringify(found));
    await pool.shutdown();
  };
`;

/** @param {string} source */
async function found(source) {
  const { code, stdout, stderr } = await program(`${SHARED}(async () => {${source}})();`);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/**
 * V8 gives memory back now and then, so it goes up and down: in the second half it comes down to what it was in the first.
 *
 * @param {number[]} found
 */
function assertFlat(found) {
  const growth = Math.min(...found.slice(5)) - Math.min(...found.slice(0, 5));
  assert.ok(growth < 30, `${found.map((size) => size.toFixed(1)).join(', then ')} MB`);
}

const onLinux = { skip: process.platform === 'linux' ? false : 'reads /proc' };

describe('the memory stays as it is', { concurrency: false }, () => {
  test('over 100 000 functions of as many texts', onLinux, async () => {
    assertFlat(await found('await sizes((n) => new Function(`return ${n} // ${"x".repeat(400)}`));'));
  });

  test('over 100 000 closures, each with variables of its own', onLinux, async () => {
    assertFlat(
      await found(`
        const add = (a, b) => a + b;
        await sizes((n) => { const own = { n, text: 'x'.repeat(400) }; return () => add(own.n, 0); });
      `),
    );
  });
});
