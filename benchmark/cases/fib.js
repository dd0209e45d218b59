// Does work that keeps two cores busy take half as long on two workers?
'use strict';

const assert = require('node:assert/strict');
const { repeated } = require('../harness/drive.js');
const { within } = require('../harness/goals.js');

const TASKS = 16;
const N = 32;
const ANSWER = 2_178_309;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'fib(32) x 16 (2.00 x one-thread is what two cores can give)',
  task: 'fib',
  metrics: { time: { label: 'time for all', unit: 'ms', better: 'less' } },
  goals: [within('time', 0.02, 'bare')],
  async measure(pool, plan) {
    const round = () => Promise.all(Array.from({ length: TASKS }, () => pool.run(N)));
    // The functions are compiled once they have been hot in each worker.
    await Promise.all(Array.from({ length: TASKS }, () => pool.run(plan.quick ? N - 8 : N - 3)));
    const sample = async () => {
      const started = performance.now();
      const answers = await round();
      const elapsed = performance.now() - started;
      assert.deepEqual(answers, Array(TASKS).fill(ANSWER));
      return elapsed;
    };
    return { time: await repeated(sample, plan) };
  },
};
