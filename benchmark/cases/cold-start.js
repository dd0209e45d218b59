// How long does a fresh process wait for its first result, from before `require` on?
'use strict';

const assert = require('node:assert/strict');
const { most, within } = require('../harness/goals.js');

/** Adds up the time spent in loading native addons from here on. */
function timeAddons() {
  const load = process.dlopen;
  let spent = 0;
  process.dlopen = function (...args) {
    const started = performance.now();
    try {
      return load.apply(process, /** @type {any} */ (args));
    } finally {
      spent += performance.now() - started;
    }
  };
  return () => spent;
}

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'cold start: a fresh process with 2 workers',
  task: 'trivial',
  metrics: {
    first: { label: 'first result', unit: 'ms', better: 'less' },
    load: { label: 'of it, loading the library', unit: 'ms', better: 'less' },
    addon: { label: 'of it, native addons', unit: 'ms', better: 'less' },
  },
  goals: [within('first', 0.1, 'bare'), most('addon', 5, 'ms')],
  repeat: 5,
  measure: () => Promise.reject(new Error('Starting is what is measured here')),
  async measureFromCold(contestant) {
    const addon = timeAddons();
    const started = performance.now();
    const library = await contestant.load();
    const loaded = performance.now();
    const pool = contestant.open(library, { task: 'trivial', workers: 2 });
    const answer = await pool.run(1);
    const first = performance.now() - started;
    assert.equal(answer, 2);
    return { figures: { first, load: loaded - started, addon: addon() }, pool };
  },
};
