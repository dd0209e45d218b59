// How fast does a pool get through 40 000 tasks that are submitted in one go?
'use strict';

const assert = require('node:assert/strict');
const { burst, repeated } = require('../harness/drive.js');
const { times } = require('../harness/goals.js');

const COUNT = 40_000;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'one burst of 40 000 trivial tasks',
  task: 'trivial',
  metrics: { rate: { label: 'rate', unit: 'tasks/s', better: 'more' } },
  goals: [times('rate', 10, 'bestPool')],
  async measure(pool, plan, { constant }) {
    let sum = 0;
    const take = (/** @type {number} */ value) => {
      sum += value;
    };
    await burst(pool.run, take, COUNT / 10);
    const sample = async () => {
      sum = 0;
      const elapsed = await burst(pool.run, take, COUNT);
      assert.equal(sum, constant ? COUNT : (COUNT * (COUNT + 1)) / 2);
      return (COUNT / elapsed) * 1000;
    };
    return { rate: await repeated(sample, plan) };
  },
};
