'use strict';

/** What the program has done to its own surroundings does not reach the library. */

const assert = require('node:assert');
const { test } = require('node:test');

const { program } = require('./fixtures/pools');

/** As test runners have them: time stands still, and what was to come later does not come. */
const FAKE = `
  for (const name of ['setTimeout', 'setImmediate', 'setInterval', 'clearTimeout', 'clearImmediate', 'clearInterval', 'queueMicrotask']) {
    const fake = () => ({ ref() { return this; }, unref() { return this; } });
    globalThis[name] = fake;
    if (name in require('node:timers')) require('node:timers')[name] = fake;
  }
  const now = performance.now();
  performance.now = () => now;
  Date.now = () => 0;
`;

/** One line for each verb that has come to its end. */
const USES = `
  const { run, map, retry, stream, Pool, shutdown } = tasklets;
  const steps = [
    async () => { for (let i = 0; i < 300; i++) await run(() => 1); },
    () => run(() => { const end = Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30); return end; }),
    () => run(() => new Promise((resolve) => { setTimeout(resolve, 20); })),
    () => map((n) => n, [1, 2, 3]),
    () => run(() => { for (;;); }, { timeout: 20 }).catch(({ code }) => code),
    () => retry(() => { throw new Error('again'); }, { attempts: 3, delay: 5 }).catch(({ attempts }) => attempts),
    async () => { for await (const one of stream(function* () { yield 1; yield 2; })) if (one === 1) break; },
    () => run(async () => run(() => 3)),
    async () => { const pool = new Pool({ workers: 2 }); await pool.runAll([() => 1, () => 2]); return pool.shutdown({ timeout: 5000 }); },
    () => shutdown(),
  ];
  (async () => {
    for (const [index, step] of steps.entries()) { await step(); console.log(index); }
  })();
`;

for (const [when, source] of Object.entries({
  'before the first task': `${FAKE}${USES}`,
  'while a pool is in use': `(async () => { for (let i = 0; i < 300; i++) await tasklets.run(() => 1); ${FAKE}${USES} })();`,
  'where latency is to be low': `tasklets.config({ lowLatency: true }); ${FAKE}${USES}`,
})) {
  test(`tasks come back with fake timers put in ${when}`, async () => {
    const { code, stdout, stderr } = await program(source);
    assert.deepStrictEqual([code, stdout, stderr], [0, '0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n', '']);
  });
}

test('what tasks throw keeps its class where the built-ins are frozen', async () => {
  const { stdout } = await program(
    `const errors = [new RangeError('a', { cause: new SyntaxError('b') }), new AggregateError([new URIError('c')])];
    (async () => {
      for (const error of errors) {
        const thrown = await tasklets.run((one) => { throw one; }, { args: [error] }).catch((reason) => reason);
        console.log([thrown, thrown.cause, thrown.errors?.[0]].map((one) => one?.constructor.name).join());
      }
    })();`,
    { flags: ['--frozen-intrinsics', '--no-warnings'] },
  );
  assert.strictEqual(stdout, 'RangeError,SyntaxError,\nAggregateError,,URIError\n');
});
