// How much resident memory does an idle worker take?
'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const { within } = require('../harness/goals.js');
const { allUp } = require('../harness/pool.js');
const { residentMemory } = require('../harness/usage.js');

const WORKERS = 4;
/** In which pools that give memory back when they are idle do so. */
const SETTLE_MS = 500;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'resident memory per idle worker (of 4)',
  task: 'trivial',
  metrics: { rss: { label: 'resident', unit: 'MB/worker', better: 'less' } },
  goals: [within('rss', 0, 'bare')],
  measure: () => Promise.reject(new Error('Starting is what is measured here')),
  async measureFromCold(contestant) {
    const library = await contestant.load();
    const before = await residentMemory();
    const pool = contestant.open(library, { task: 'trivial', workers: WORKERS });
    await allUp(pool, WORKERS);
    await sleep(SETTLE_MS);
    return { figures: { rss: ((await residentMemory()) - before) / WORKERS / 2 ** 20 }, pool };
  },
};
