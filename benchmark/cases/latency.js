// How long does one task take, there and back, when nothing else is going on?
'use strict';

const assert = require('node:assert/strict');
const { oneByOne } = require('../harness/drive.js');
const { by, most, oneOf } = require('../harness/goals.js');
const { quantile } = require('../harness/stats.js');

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'sequential round trips',
  task: 'trivial',
  metrics: {
    p50: { label: 'p50', unit: 'µs', better: 'less' },
    p99: { label: 'p99', unit: 'µs', better: 'less' },
  },
  goals: [oneOf('p50', 5, 'bare'), by('tasklets-low-latency', most('p50', 4, 'µs'))],
  async measure(pool, { warmUp, samples, sampleTime }) {
    const take = (/** @type {number} */ value, /** @type {number} */ i) => assert.equal(value, i + 1);
    await oneByOne(pool.run, take, { ms: warmUp });
    const times = await oneByOne(pool.run, take, { ms: samples * sampleTime });
    return { p50: quantile(times, 0.5) * 1000, p99: quantile(times, 0.99) * 1000 };
  },
};
