// How much of the main thread does one trivial task cost?
'use strict';

const assert = require('node:assert/strict');
const { WARM_UP_TASKS, flood } = require('../harness/drive.js');
const { most, oneOf } = require('../harness/goals.js');
const { median } = require('../harness/stats.js');
const { mainThreadCpu } = require('../harness/usage.js');

const IN_FLIGHT = 256;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'main thread per trivial task (the driver included: see one-thread)',
  task: 'trivial',
  metrics: { cpu: { label: 'CPU time', unit: 'µs/task', better: 'less' } },
  goals: [most('cpu', 1, 'µs'), oneOf('cpu', 12, 'bestPool')],
  async measure(pool, { warmUp, samples, sampleTime }) {
    if (mainThreadCpu() === undefined) return undefined;
    let least = Infinity;
    const take = (/** @type {number} */ value) => {
      if (value < least) least = value;
    };
    await flood(pool.run, take, { width: IN_FLIGHT, ms: warmUp, least: WARM_UP_TASKS });
    const figures = [];
    for (let i = 0; i < samples; i++) {
      const before = Number(mainThreadCpu());
      const { count } = await flood(pool.run, take, { width: IN_FLIGHT, ms: sampleTime });
      figures.push((Number(mainThreadCpu()) - before) / count);
    }
    assert.equal(least, 1);
    return { cpu: median(figures) };
  },
};
