'use strict';

/** Nothing grows, nothing stays behind, and a pool with nothing to do does nothing. */

const assert = require('node:assert');
const { test } = require('node:test');

const { program } = require('./fixtures/pools');

/** What the programs below share: they print what they found as JSON, and the tests judge it. */
const SHARED = `
  const fs = require('node:fs');
  // Without what V8 has reserved and does not use: from Node 24 on it doubles its young generation, which has
  // two halves, at any time under load.
  const megabytes = () => {
    const resident = Number(/VmRSS:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
    const { heapTotal, heapUsed } = process.memoryUsage();
    return resident - (2 * (heapTotal - heapUsed)) / 2 ** 20;
  };
  const threads = () => fs.readdirSync('/proc/self/task').length;
  const named = (name) => fs.readdirSync('/proc/self/task').filter((id) => {
    try { return fs.readFileSync('/proc/self/task/' + id + '/comm', 'utf8').startsWith(name); } catch { return false; }
  }).length;
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const until = async (holds, limit = 10_000) => {
    for (const end = performance.now() + limit; !holds() && performance.now() < end; ) await sleep(20);
    return holds();
  };
  const settle = async () => { for (let i = 0; i < 4; i++) { gc(); await sleep(30); } };
  const add = (a, b) => a + b;
`;

/**
 * @param {string} source
 */
async function found(source) {
  const { code, signal, stdout, stderr } = await program(`${SHARED}(async () => {${source}})();`, {
    flags: ['--expose-gc'],
  });
  assert.deepStrictEqual({ code, signal }, { code: 0, signal: null }, stderr);
  return JSON.parse(stdout);
}

/**
 * Memory in megabytes at the first, at half time and at the end: within 30 of the first, or of a growth that has
 * come to rest.
 *
 * @param {{ first: number, half: number, last: number }} sizes
 */
function assertFlat({ first, half, last }) {
  const growth = Math.min(last - first, 2 * (last - half));
  assert.ok(growth < 30, `${[first, half, last].map((size) => size.toFixed(1)).join(', then ')} MB`);
}

const onLinux = { skip: process.platform === 'linux' ? false : 'reads /proc' };

test('a million tasks leave the memory that a hundred thousand took', onLinux, async () => {
  const sizes = await found(`
    const pool = new tasklets.Pool({ workers: 2, logging: 'silent' });
    const burst = async (size) => {
      const handles = [];
      for (let i = 0; i < size; i++) handles.push(pool.run(add, { args: [i, 1] }));
      await Promise.all(handles);
    };
    for (let i = 0; i < 10; i++) await burst(10_000);
    await settle();
    const first = megabytes();
    for (let i = 0; i < 40; i++) await burst(10_000);
    await settle();
    const half = megabytes();
    for (let i = 0; i < 50; i++) await burst(10_000);
    await settle();
    const last = megabytes();
    await pool.shutdown();
    console.log(JSON.stringify({ first, half, last }));
  `);
  assertFlat(sizes);
});

test('failing, cancelled, moved and shared things leave nothing either', onLinux, async () => {
  const sizes = await found(`
    const pool = new tasklets.Pool({ workers: 2, logging: 'silent' });
    const words = new Int32Array(new SharedArrayBuffer(64));
    const fails = (n) => { throw new RangeError('n' + n); };
    const share = (words) => words;
    const bytes = (size) => new Uint8Array(size);
    const burst = async (size) => {
      const handles = [];
      for (let i = 0; i < size; i++) {
        const moved = new ArrayBuffer(1000);
        handles.push(
          pool.run(fails, { args: [i] }),
          pool.run(add, { args: [1, i], timeout: 100_000, metadata: { i } }),
          pool.run(share, { args: [words] }),
          pool.run(bytes, { args: [i % 10 === 0 ? 200_000 : 10] }),
          pool.run((buffer) => buffer.byteLength, { args: [moved], transfer: [moved] }),
          // A text of its own each time, and variables that travel.
          pool.run(() => words.length + i),
        );
        const cancelled = pool.run(share, { args: [words] });
        handles.push(cancelled);
        if (i % 2 === 0) cancelled.cancel(); else setImmediate(() => cancelled.cancel());
      }
      await Promise.allSettled(handles);
    };
    for (let i = 0; i < 6; i++) await burst(300);
    await settle();
    const first = megabytes();
    for (let i = 0; i < 9; i++) await burst(300);
    await settle();
    const half = megabytes();
    for (let i = 0; i < 9; i++) await burst(300);
    await settle();
    const last = megabytes();
    await pool.shutdown();
    console.log(JSON.stringify({ first, half, last }));
  `);
  assertFlat(sizes);
});

test('workers that are replaced 200 times do not grow memory', onLinux, async () => {
  const sizes = await found(`
    const pool = new tasklets.Pool({ workers: 2, logging: 'silent' });
    const die = () => process.exit(1);
    const replace = async (times) => {
      for (let i = 0; i < times; i++) await pool.run(die).catch(() => {});
      await pool.run(add, { args: [1, 2] });
    };
    await replace(60);
    await settle();
    const first = megabytes();
    await replace(100);
    await settle();
    const half = megabytes();
    await replace(100);
    await settle();
    const last = megabytes();
    await pool.shutdown();
    console.log(JSON.stringify({ first, half, last }));
  `);
  assertFlat(sizes);
});

test('after shutdown no handle, no listener and no thread is left', onLinux, async () => {
  const { before, after } = await found(`
    const look = () => ({
      resources: process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap').sort(),
      listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]).sort(),
      threads: threads(),
      named: named('tasklets'),
    });
    // Threads that Node starts once, for good.
    fs.readFile(process.execPath, { flag: 'r', encoding: null, signal: AbortSignal.abort() }, () => {});
    await new Promise((resolve) => new (require('node:worker_threads').Worker)('0', { eval: true }).once('exit', resolve));
    const words = new Int32Array(new SharedArrayBuffer(4));
    await settle();
    const before = look();
    for (let round = 0; round < 3; round++) {
      const pool = new tasklets.Pool({ workers: 2, gracefulSignals: true, logging: 'silent' });
      const controller = new AbortController();
      await Promise.allSettled([
        ...Array.from({ length: 1000 }, (_, i) => pool.run(add, { args: [i, 1], signal: controller.signal })),
        pool.run(() => process.exit(1)),
        pool.run(() => { for (;;); }, { timeout: 10, grace: 10 }),
        pool.run((words) => words, { args: [words] }),
        pool.map(add, [1, 2, 3]),
        pool.retry(() => { throw new Error('x'); }, { attempts: 2, delay: 5 }),
      ]);
      await pool.shutdown();
    }
    await tasklets.run(add, { args: [1, 2] });
    await tasklets.shutdown();
    await until(() => threads() <= before.threads);
    console.log(JSON.stringify({ before, after: look() }));
  `);
  assert.deepStrictEqual(after, before);
});

test('an idle pool takes less than 0.5 % of a CPU', onLinux, async () => {
  const { shares } = await found(`
    const pool = new tasklets.Pool({ workers: 2, logging: 'silent' });
    const handles = Array.from({ length: 5_000 }, (_, i) => pool.run(add, { args: [i, 1], timeout: 60_000 }));
    await Promise.all(handles);
    await settle();
    const used = async () => {
      const begun = performance.now();
      const before = process.cpuUsage();
      await sleep(2_000);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / (performance.now() - begun);
    };
    // What comes once, as the garbage of the beginning goes, comes when the machine has time for it.
    const shares = [];
    do shares.push(await used()); while (shares.at(-1) >= 0.005 && shares.length < 10);
    await pool.shutdown();
    console.log(JSON.stringify({ shares }));
  `);
  assert.ok(Number(shares.at(-1)) < 0.005, shares.map((share) => `${(share * 100).toFixed(2)} %`).join(', '));
});

test('pools that are dropped without shutdown are collected, and their threads end', onLinux, async () => {
  const { before, during, after, collected } = await found(`
    await new Promise((resolve) => new (require('node:worker_threads').Worker)('0', { eval: true }).once('exit', resolve));
    const before = threads();
    let collected = 0;
    const seen = new FinalizationRegistry(() => collected++);
    let during = 0;
    const drop = async () => {
      const pools = Array.from({ length: 8 }, () => new tasklets.Pool({ workers: 1, logging: 'silent' }));
      for (const pool of pools) seen.register(pool);
      await Promise.all(pools.map((pool, i) => pool.run(add, { args: [i, 1], timeout: 100_000 })));
      // One more that is still at work when nobody holds it any more.
      const last = new tasklets.Pool({ workers: 1, logging: 'silent' });
      seen.register(last);
      during = threads();
      return last.run(() => { const end = performance.now() + 100; while (performance.now() < end); return 'done'; });
    };
    const handle = await drop().then((value) => value);
    gc();
    if (handle !== 'done') throw new Error('a pool was collected under its task');
    await until(() => { gc(); return collected === 9 && threads() <= before; });
    console.log(JSON.stringify({ before, during, after: threads(), collected }));
  `);
  assert.ok(during > before);
  assert.strictEqual(collected, 9);
  assert.ok(after <= before, `${before} threads became ${after}`);
});

test('a wrapped function keeps its pool', onLinux, async () => {
  const { results } = await found(`
    const wrapped = new tasklets.Pool({ workers: 1, logging: 'silent' }).wrap((x) => x * 2);
    const results = [];
    for (let i = 0; i < 5; i++) { results.push(await wrapped(i)); await settle(); }
    console.log(JSON.stringify({ results }));
  `);
  assert.deepStrictEqual(results, [0, 2, 4, 6, 8]);
});

test('a shutdown is seen through although nobody holds the pool', onLinux, async () => {
  const { report } = await found(`
    const end = () => {
      const pool = new tasklets.Pool({ workers: 1, logging: 'silent' });
      pool.run(async () => { await new Promise((resolve) => setTimeout(resolve, 300)); });
      return pool.shutdown();
    };
    const ending = end();
    for (let i = 0; i < 20; i++) { gc(); await sleep(20); }
    console.log(JSON.stringify({ report: await ending }));
  `);
  assert.strictEqual(report.graceful, true);
  assert.strictEqual(report.completed, 1);
});

test('a process with an idle pool exits by itself, at once', onLinux, async () => {
  const { code, signal } = await program(
    `tasklets.run(() => 1).then(() => tasklets.run(() => new Promise((resolve) => setTimeout(resolve, 10)), { timeout: 600_000 }));`,
  );
  assert.deepStrictEqual({ code, signal }, { code: 0, signal: null });
});
