// How long does one task take, there and back, when the pool has had 2 ms to fall asleep?
'use strict';

const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { oneByOne } = require('../harness/drive.js');
const { by, oneOf } = require('../harness/goals.js');
const { median } = require('../harness/stats.js');

const PAUSE_MS = 2;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'round trips, 2 ms apart',
  task: 'trivial',
  metrics: { p50: { label: 'p50', unit: 'µs', better: 'less' } },
  goals: [oneOf('p50', 2, 'bare'), by('tasklets-low-latency', oneOf('p50', 2, 'bare'))],
  async measure(pool, { warmUp, samples, sampleTime }) {
    const take = (/** @type {number} */ value, /** @type {number} */ i) => assert.equal(value, i + 1);
    await oneByOne(pool.run, take, { ms: warmUp });
    const pause = () => sleep(PAUSE_MS);
    return {
      p50: median(await oneByOne(pool.run, take, { ms: samples * sampleTime, pause, least: 50 })) * 1000,
    };
  },
};
