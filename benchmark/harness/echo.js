'use strict';

const assert = require('node:assert/strict');
const { WARM_UP_TASKS, rate } = require('./drive.js');

/**
 * A case that sends one value there and back, again and again.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {any} options.payload
 * @param {number} options.inFlight
 * @param {(value: any) => boolean} options.probe  a cheap check of each answer; the first one is compared in full
 * @param {import('./goals.js').Goal[]} options.goals
 * @returns {Omit<import('../cases/index.js').Case, 'name'>}
 */
function echoCase({ title, payload, inFlight, probe, goals }) {
  return {
    title,
    task: 'echo',
    metrics: { rate: { label: 'rate', unit: 'round trips/s', better: 'more' } },
    goals,
    async measure(pool, plan) {
      assert.deepEqual(await pool.run(payload), payload);
      const take = (/** @type {any} */ value) => {
        if (!probe(value)) throw new Error('Expected the value that was sent, got another one');
      };
      const warmUpTasks = plan.quick ? 0 : WARM_UP_TASKS / 3;
      return { rate: await rate(() => pool.run(payload), take, { width: inFlight, warmUpTasks, ...plan }) };
    },
  };
}

module.exports = { echoCase };
