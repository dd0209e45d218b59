// How many tasks that do nothing does a pool get through when 256 of them are always under way?
'use strict';

const assert = require('node:assert/strict');
const { WARM_UP_TASKS, rate } = require('../harness/drive.js');
const { least, times } = require('../harness/goals.js');

const IN_FLIGHT = 256;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'trivial tasks, 256 in flight',
  task: 'trivial',
  metrics: { rate: { label: 'rate', unit: 'tasks/s', better: 'more' } },
  goals: [least('rate', 1_000_000, 'tasks/s'), times('rate', 15, 'bestPool'), times('rate', 4, 'bare')],
  async measure(pool, plan, { constant }) {
    let submitted = 0;
    let expected = 0;
    let sum = 0;
    const submit = (/** @type {number} */ i) => {
      submitted++;
      expected += i + 1;
      return pool.run(i);
    };
    const take = (/** @type {number} */ value) => {
      sum += value;
    };
    const figure = await rate(submit, take, { width: IN_FLIGHT, warmUpTasks: WARM_UP_TASKS, ...plan });
    assert.equal(sum, constant ? submitted : expected);
    return { rate: figure };
  },
};
