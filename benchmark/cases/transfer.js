// What does it cost to move 64 MB to a worker and back, without copying?
'use strict';

const assert = require('node:assert/strict');
const { oneByOne } = require('../harness/drive.js');
const { most } = require('../harness/goals.js');
const { median } = require('../harness/stats.js');

const SIZE = 64 * 1024 * 1024;
const LEAST_TRIPS = 5;

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: '64 MB moved by transfer, both ways',
  task: 'move',
  metrics: { p50: { label: 'round trip, p50', unit: 'ms', better: 'less' } },
  goals: [most('p50', 1, 'ms')],
  async measure(pool, { warmUp, samples, sampleTime }) {
    let buffer = new ArrayBuffer(SIZE);
    new Uint8Array(buffer).fill(7);
    const move = () => {
      const sent = buffer;
      const answer = pool.run(sent, [sent]);
      assert.equal(sent.byteLength, 0, 'Expected the buffer to be gone once it was sent');
      return answer;
    };
    const take = (/** @type {ArrayBuffer} */ answer) => {
      assert.equal(answer.byteLength, SIZE);
      assert.equal(new Uint8Array(answer)[SIZE - 1], 7);
      buffer = answer;
    };
    await oneByOne(move, take, { ms: warmUp / 2, least: 2 });
    return {
      p50: median(await oneByOne(move, take, { ms: (samples * sampleTime) / 2, least: LEAST_TRIPS })),
    };
  },
};
