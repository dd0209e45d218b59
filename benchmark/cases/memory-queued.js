// How much resident memory does a task take while it waits?
'use strict';

const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { most } = require('../harness/goals.js');
const { residentMemory } = require('../harness/usage.js');

const WORKERS = 2;
const COUNT = 1_000_000;
/** The figure is per task: those that need seconds for a million of them are asked for fewer. */
const POOL_COUNT = 100_000;
const QUICK_COUNT = 10_000;
const SETTLE_MS = 100;
const LONGEST_MS = 5000;

/**
 * Blocks all workers, so that nothing submitted afterwards gets its turn.
 *
 * @param {import('./index.js').Opened} pool
 */
async function holdAll(pool) {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  /** @type {Promise<boolean>[]} */
  const held = [];
  for (const until = performance.now() + LONGEST_MS; Atomics.load(gate, 1) < WORKERS; await sleep(10)) {
    if (performance.now() > until) throw new Error(`Expected ${WORKERS} workers to be held, got ${gate[1]}`);
    if (held.length < WORKERS * 8) held.push(pool.call('hold', gate));
  }
  return async () => {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    await Promise.all(held);
  };
}

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'resident memory per queued task',
  task: 'trivial',
  metrics: { rss: { label: 'resident', unit: 'bytes/task', better: 'less' } },
  goals: [most('rss', 600, 'bytes')],
  async measure(pool, { quick }, { kind }) {
    const count = quick ? QUICK_COUNT : kind === 'pool' ? POOL_COUNT : COUNT;
    const release = await holdAll(pool);
    /** @type {Promise<number>[]} */
    const answers = new Array(count);
    const before = await residentMemory();
    for (let i = 0; i < count; i++) answers[i] = pool.run(i);
    await sleep(SETTLE_MS);
    const rss = ((await residentMemory()) - before) / count;
    await release();
    assert.equal((await Promise.all(answers))[count - 1], count);
    return { rss };
  },
};
