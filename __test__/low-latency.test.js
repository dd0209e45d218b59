'use strict';

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { cpuCount } = require('../lib/machine');
const { Trust } = require('../lib/trust');
const { ROOT, echo, outcome, poolFor, program } = require('./fixtures/pools');

const needsTwoCores = { skip: cpuCount() < 2 && 'with one core nobody stays awake' };

/** Milliseconds of CPU time that this process uses in 50 ms, with nothing to do but a pool. */
async function used() {
  const before = process.cpuUsage();
  await sleep(50);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * Resolves once the CPU time used in 50 ms is as wanted: how often the machine gave something else was its own affair.
 *
 * @param {(ms: number) => boolean} isWanted
 */
async function until(isWanted) {
  while (!isWanted(await used()));
}

const isBusy = (/** @type {number} */ ms) => ms > 30;
const isQuiet = (/** @type {number} */ ms) => ms < 10;

test('a worker of a pool of low latency stays awake for as long as it was told', needsTwoCores, async (t) => {
  const pool = poolFor(t, { workers: 2, lowLatency: Infinity });
  await Promise.all([pool.run(echo), pool.run(echo)]);
  await until(isBusy);
  // Not until now, so that it is seen to come from this.
  pool.config({ lowLatency: 20 });
  await until(isQuiet);
  assert.strictEqual(await pool.run(echo, { args: [1] }), 1);
  pool.config({ lowLatency: Infinity });
  assert.strictEqual(await pool.run(echo, { args: [2] }), 2);
  await until(isBusy);
  pool.config({ lowLatency: false });
  await until(isQuiet);
});

test('nobody stays awake unless told to', async (t) => {
  const pool = poolFor(t, { workers: 2 });
  assert.strictEqual(pool.config().lowLatency, 0);
  await pool.run(echo);
  await until(isQuiet);
});

test('nobody stays awake where there is one core', { skip: !hasTaskset() && 'needs taskset' }, () => {
  const source = `
    const tasklets = require(${JSON.stringify(ROOT)});
    tasklets.config({ workers: 2, lowLatency: Infinity });
    (async () => {
      for (let i = 0; i < 100; i++) await tasklets.run((n) => n, { args: [i] });
      for (let used = Infinity; used >= 10; ) {
        const before = process.cpuUsage();
        await new Promise((resolve) => { setTimeout(resolve, 50); });
        const { user, system } = process.cpuUsage(before);
        used = (user + system) / 1000;
      }
      console.log('quiet');
    })();
  `;
  const command = ['-c', firstCore(), process.execPath, '-e', source];
  assert.strictEqual(execFileSync('taskset', command, { timeout: 300_000 }).toString(), 'quiet\n');
});

test('a worker that stays awake serves its event loop', async (t) => {
  const pool = poolFor(t, { workers: 1, lowLatency: Infinity });
  const words = new Int32Array(new SharedArrayBuffer(4));
  await pool.run(
    (word) => {
      const timer = setInterval(() => {
        if (Atomics.add(word, 0, 1) === 4) clearInterval(timer);
      }, 5);
    },
    { args: [words] },
  );
  while (Atomics.load(words, 0) < 5) await sleep(5);
});

test('a process whose pool stays awake ends by itself, and so does the pool', async () => {
  const { code, stdout, stderr } = await program(`
    tasklets.config({ workers: { min: 2, max: 2 }, lowLatency: Infinity });
    tasklets.run(() => 42).then(console.log);
  `);
  assert.deepStrictEqual([code, stdout, stderr], [0, '42\n', '']);
});

test('shutdown ends a worker that stays awake', async (t) => {
  const pool = poolFor(t, { workers: 2, lowLatency: Infinity });
  await pool.run(echo);
  const { graceful } = await pool.shutdown();
  assert.ok(graceful);
  await until(isQuiet);
});

for (const lowLatency of [false, true]) {
  test(`tasks that are awaited one after the other let the event loop turn (lowLatency: ${lowLatency})`, async (t) => {
    const pool = poolFor(t, { workers: 1, lowLatency });
    const seen = { turns: 0, rung: false };
    const turn = () => {
      if (++seen.turns < 20) setImmediate(turn);
    };
    setImmediate(turn);
    setTimeout(() => (seen.rung = true), 20);
    for (let i = 0; seen.turns < 20 || !seen.rung; i++) {
      assert.strictEqual(await pool.run(echo, { args: [i] }), i);
    }
  });

  test(`errors come as errors, and callbacks in order (lowLatency: ${lowLatency})`, async (t) => {
    const pool = poolFor(t, { workers: 1, lowLatency });
    await pool.run(echo);
    for (let i = 0; i < 50; i++) {
      /** @type {string[]} */
      const seen = [];
      const handle = pool.run(echo, { args: [i], onComplete: () => seen.push('complete') });
      seen.push('submitted');
      assert.strictEqual(await handle, i);
      assert.deepStrictEqual(seen, ['submitted', 'complete']);
      const { error } = await outcome(
        pool.run(() => {
          throw new RangeError('as wanted');
        }),
      );
      assert.ok(error instanceof RangeError);
      assert.ok(error.stack?.includes('low-latency.test.js'));
    }
  });

  test(`waiting for a task is no CPU time of the next one (lowLatency: ${lowLatency})`, async (t) => {
    const pool = poolFor(t, { workers: 1, lowLatency: lowLatency && Infinity });
    await pool.run(echo);
    await sleep(60);
    const handle = pool.run(
      () =>
        new Promise((resolve) => {
          setTimeout(resolve, 60);
        }),
    );
    await handle;
    assert.ok(Number(handle.usage?.runTime) >= 50);
    assert.ok(Number(handle.usage?.cpuTime) < 40, `${handle.usage?.cpuTime} ms of CPU time`);
  });
}

test('several pools of low latency do not disturb each other', async (t) => {
  const pools = [1, 2, 3].map(() => poolFor(t, { workers: 1, lowLatency: true }));
  for (let i = 0; i < 300; i++) {
    assert.deepStrictEqual(await Promise.all(pools.map((pool, k) => pool.run(echo, { args: [k + i] }))), [
      i,
      i + 1,
      i + 2,
    ]);
  }
});

test('what has failed is not tried before it would have been worth it, twice as often after each time', () => {
  const trust = new Trust();
  const fail = () => {
    for (let i = 0; i < 3; i++) {
      assert.ok(trust.isThere);
      trust.lose();
    }
    assert.ok(!trust.isThere);
  };
  const missed = () => {
    let count = 0;
    for (; !trust.isThere; count++) trust.couldHave();
    return count;
  };
  const counts = [];
  for (let round = 0; round < 14; round++) {
    fail();
    counts.push(missed());
  }
  assert.deepStrictEqual(counts, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 4096]);
  trust.earn();
  fail();
  assert.strictEqual(missed(), 1);
});

function hasTaskset() {
  if (process.platform !== 'linux') return false;
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** One that this process may use. */
function firstCore() {
  const text = execFileSync('taskset', ['-cp', String(process.pid)]).toString();
  return /(\d+)[^:]*$/.exec(text)?.[1] ?? '0';
}
