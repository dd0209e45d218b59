// How fast does one trivial function get over 200 000 items?
'use strict';

const assert = require('node:assert/strict');
const { repeated } = require('../harness/drive.js');
const { least } = require('../harness/goals.js');

const COUNT = 200_000;
/** Where each item is a task of its own, fewer of them do: the rate is the same, or better, as some queues get slow when long. */
const POOL_COUNT = 40_000;
const QUICK_POOL_COUNT = 20_000;
const WARM_UP_COUNT = 5_000;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'map over 200 000 trivial items',
  task: 'trivial',
  metrics: { rate: { label: 'rate', unit: 'items/s', better: 'more' } },
  goals: [least('rate', 5_000_000, 'items/s')],
  async measure(pool, plan, { kind }) {
    const poolCount = plan.quick ? QUICK_POOL_COUNT : POOL_COUNT;
    const count = kind === 'pool' ? poolCount : COUNT;
    const items = Array.from({ length: count }, (_, i) => i);
    /** @type {(items: number[]) => Promise<number[]>} */
    const map = pool.map ?? ((list) => Promise.all(list.map((item) => pool.run(item))));
    await map(items.slice(0, WARM_UP_COUNT));
    const sample = async () => {
      const started = performance.now();
      const answers = await map(items);
      const elapsed = performance.now() - started;
      assert.equal(answers.length, count);
      assert.ok(answers.every((answer, at) => answer === at + 1));
      return (count / elapsed) * 1000;
    };
    return { rate: await repeated(sample, plan) };
  },
};
