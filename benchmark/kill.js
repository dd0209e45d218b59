// How long after a worker has been killed does its place give the next result, with and without a spare?
'use strict';

/**
 *     node benchmark/kill.js [--quick]
 *
 * One worker; a task that never ends is ended by its timeout, and another waits behind it. The time is that from
 * the end of the one to the result of the other. The baseline is what it takes without a pool: `terminate()`, then a
 * new `Worker` and its first answer.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Worker } = require('node:worker_threads');
const { Pool } = require('..');
const { quantile } = require('./harness/stats.js');

const ROUNDS = process.argv.includes('--quick') ? 5 : 40;
/** Milliseconds between two kills, in which a new spare starts. */
const PAUSE = 150;

const pause = () =>
  new Promise((resolve) => {
    setTimeout(resolve, PAUSE);
  });

const endless = () => {
  for (;;);
};

/** @param {number} spare @returns {Promise<number[]>} */
async function killed(spare) {
  const pool = new Pool({ workers: { min: 1, max: 1, spare } });
  const times = [];
  const echo = (/** @type {number} */ value) => value;
  await pool.run(echo, { args: [0] });
  for (let i = 0; i < ROUNDS; i++) {
    await pause();
    const late = pool.run(endless, { timeout: 5, grace: 0 }).then(
      () => assert.fail('it never ends'),
      () => performance.now(),
    );
    const next = pool.run(echo, { args: [i] }).then((value) => {
      assert.equal(value, i);
      return performance.now();
    });
    const [kill, result] = await Promise.all([late, next]);
    times.push(result - kill);
  }
  await pool.shutdown();
  return times;
}

/** @returns {Promise<number[]>} */
async function bare() {
  const source = `require('node:worker_threads').parentPort.on('message', (m) => { if (m < 0) for (;;); require('node:worker_threads').parentPort.postMessage(m); })`;
  const start = () => new Worker(source, { eval: true });
  let worker = start();
  const times = [];
  for (let i = 0; i < ROUNDS; i++) {
    worker.postMessage(-1);
    await pause();
    const begun = performance.now();
    worker.terminate();
    worker = start();
    worker.postMessage(i);
    const [value] = await once(worker, 'message');
    assert.equal(value, i);
    times.push(performance.now() - begun);
  }
  await worker.terminate();
  return times;
}

async function main() {
  console.log(
    `Node ${process.version}, ${require('node:os').cpus()[0]?.model}, ${ROUNDS} kills each; ms to the next result`,
  );
  for (const [name, measure] of /** @type {[string, () => Promise<number[]>][]} */ ([
    ['bare worker_threads', bare],
    ['spare: 0', () => killed(0)],
    ['spare: 1', () => killed(1)],
  ])) {
    const times = await measure();
    const [p50, p90, worst] = [quantile(times, 0.5), quantile(times, 0.9), Math.max(...times)];
    console.log(
      `${name.padEnd(20)} median ${p50.toFixed(2)}  p90 ${p90.toFixed(2)}  worst ${worst.toFixed(2)}`,
    );
  }
}

main();
