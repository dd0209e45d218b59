// Does memory stay level over a million tasks?
'use strict';

const assert = require('node:assert/strict');
const { burst } = require('../harness/drive.js');
const { most } = require('../harness/goals.js');
const { residentMemory } = require('../harness/usage.js');

const BURST = 10_000;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'resident memory after 1 000 000 tasks in bursts of 10 000, beside that after 100 000',
  task: 'trivial',
  metrics: { growth: { label: 'growth', unit: 'MB', better: 'less' } },
  goals: [most('growth', 30, 'MB')],
  only: ['tasklets', 'bare'],
  async measure(pool, { quick }) {
    let answered = 0;
    const take = () => {
      answered++;
    };
    const total = quick ? 200_000 : 1_000_000;
    for (let i = 0; i < 100_000; i += BURST) await burst(pool.run, take, BURST);
    const before = await residentMemory();
    for (let i = 100_000; i < total; i += BURST) await burst(pool.run, take, BURST);
    assert.equal(answered, total);
    return { growth: ((await residentMemory()) - before) / 2 ** 20 };
  },
};
