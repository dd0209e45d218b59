// How much CPU does a pool burn when it has nothing to do?
'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const { flood } = require('../harness/drive.js');
const { most } = require('../harness/goals.js');

const SETTLE_MS = 100;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'CPU of an idle pool',
  task: 'trivial',
  metrics: { cpu: { label: 'CPU', unit: '% of a core', better: 'less' } },
  goals: [most('cpu', 0.05, '%')],
  async measure(pool, { quick, warmUp }) {
    await flood(pool.run, () => {}, { width: 64, ms: warmUp });
    await sleep(SETTLE_MS);
    const ms = quick ? 400 : 2000;
    const before = process.cpuUsage();
    await sleep(ms);
    const { user, system } = process.cpuUsage(before);
    return { cpu: ((user + system) / 1000 / ms) * 100 };
  },
};
