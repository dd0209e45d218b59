// Does a long task hold up short ones, and is uneven work shared out evenly?
'use strict';

/**
 *     node benchmark/fairness.js [--quick]
 *
 * Head of line: one task of 1.5 s and 400 short ones of the same function, on two workers: when are the short ones
 * done? The long one comes first, in the middle, and last. Uneven load: 20 tasks of 50 ms on two workers, beside the
 * ideal of half a second. The baseline of both is the arithmetic: what two threads need at least.
 */

const assert = require('node:assert/strict');
const { Pool } = require('..');
const { quantile } = require('./harness/stats.js');

const ROUNDS = process.argv.includes('--quick') ? 1 : 5;
const [LONG, SHORT] = [1500, 400];

const work = (/** @type {number} */ ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
};
const nap = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);

/** @param {Pool} pool @param {number} place of the long one among the short ones */
async function headOfLine(pool, place) {
  const begun = performance.now();
  const args = Array.from({ length: SHORT + 1 }, (_, i) => (i === place ? LONG : 0));
  const handles = args.map((ms) => pool.run(work, { args: [ms] }));
  const long = handles.splice(place, 1)[0];
  await Promise.all(handles);
  const took = performance.now() - begun;
  assert.equal(await long, LONG);
  return took;
}

/** @param {Pool} pool */
async function uneven(pool) {
  const begun = performance.now();
  await Promise.all(Array.from({ length: 20 }, () => pool.run(nap)));
  return performance.now() - begun;
}

async function main() {
  const pool = new Pool({ workers: 2 });
  for (let i = 0; i < 5; i++)
    await Promise.all(Array.from({ length: 400 }, () => pool.run(work, { args: [0] })));
  await Promise.all([pool.run(nap), pool.run(nap)]);
  console.log(
    `Node ${process.version}, ${require('node:os').cpus()[0]?.model}; ms, median and worst of ${ROUNDS}`,
  );
  /** @type {[string, () => Promise<number>][]} */
  const questions = [
    ['400 short ones, the long one first', () => headOfLine(pool, 0)],
    ['400 short ones, the long one in the middle', () => headOfLine(pool, SHORT / 2)],
    ['400 short ones, the long one last', () => headOfLine(pool, SHORT)],
    ['20 tasks of 50 ms (500 at best)', () => uneven(pool)],
  ];
  for (const [name, measure] of questions) {
    const times = [];
    for (let i = 0; i < ROUNDS; i++) times.push(await measure());
    console.log(
      `${name.padEnd(44)} ${quantile(times, 0.5).toFixed(1).padStart(8)} ${Math.max(...times)
        .toFixed(1)
        .padStart(8)}`,
    );
  }
  await pool.shutdown();
}

main();
