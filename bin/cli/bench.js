'use strict';

/** `tasklets bench`: a short benchmark of this machine, each figure beside what it is to be compared with. */

const { execFile } = require('node:child_process');
const os = require('node:os');
const { promisify } = require('node:util');
const { open } = require('../../lib/open');
const { UsageError } = require('./arguments');

/** Tasks submitted at once: more than workers have at hand, less than would be a matter of memory. */
const AT_ONCE = 5000;
const FIB = 27;

/** @type {Record<string, import('./arguments').Option>} */
const options = {
  workers: { kind: 'count', value: 'N', help: 'threads (as many as there are cores)' },
  time: { kind: 'time', value: 'MS', help: 'time for each figure (1000)' },
  json: { kind: 'flag', help: 'prints the figures as JSON' },
};

/** @param {number} n @returns {number} */
function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/** @typedef {import('../../index').Pool} Pool */

/**
 * Does it again and again; what it does in a second.
 *
 * @param {number} time
 * @param {() => Promise<number> | number} once says how many it was
 */
async function rate(time, once) {
  // The first time everything is compiled.
  await once();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < time) count += await once();
  return (count * 1000) / (performance.now() - start);
}

/** @param {Pool} pool @param {number} time */
async function trivial(pool, time) {
  const increment = pool.wrap((/** @type {number} */ n) => n + 1);
  return rate(time, async () => {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => increment(index)));
    return AT_ONCE;
  });
}

/** @param {Pool} pool @param {number} time @returns {Promise<number>} the median, in microseconds */
async function roundTrip(pool, time) {
  const echo = pool.wrap((/** @type {number} */ n) => n);
  const times = [];
  const end = performance.now() + time;
  while (performance.now() < end) {
    const start = performance.now();
    await echo(1);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1] * 1000;
}

/** @param {Pool} pool @param {number} time @param {number} workers */
async function work(pool, time, workers) {
  const parallel = pool.wrap(fib);
  const each = Math.max(1, workers) * 8;
  const alone = await rate(time, () => {
    fib(FIB);
    return 1;
  });
  const together = await rate(time, async () => {
    await Promise.all(Array.from({ length: each }, () => parallel(FIB)));
    return each;
  });
  return { alone, together };
}

/** What a fresh process waits for its first result, from before it loads the library. */
async function coldStart() {
  const library = JSON.stringify(require.resolve('../..'));
  const text = `const start = performance.now(); require(${library}).run(() => 1).then(() => {
    process.stdout.write(String(performance.now() - start)); });`;
  const times = [];
  for (let i = 0; i < 5; i++) {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', text]);
    times.push(Number(stdout));
  }
  return times.sort((a, b) => a - b)[2];
}

/** @param {Record<string, any>} given @param {string[]} rest */
async function main(given, rest) {
  if (rest.length > 0) throw new UsageError(`Expected no arguments, got \`${rest.join(' ')}\``);
  const { Pool, version } = require('../..');
  const workers = given.workers ?? open('lib/machine').cpuCount();
  const time = given.time ?? 1000;
  const cold = await coldStart();
  const pool = new Pool({ workers });
  const tasks = await trivial(pool, time);
  const trip = await roundTrip(pool, time);
  const { alone, together } = await work(pool, time, workers);
  await pool.shutdown();
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: os.cpus().length,
  };
  const figures = { coldStart: cold, tasksPerSecond: tasks, roundTrip: trip, speedUp: together / alone };
  if (given.json) {
    process.stdout.write(`${JSON.stringify({ version, ...machine, workers, figures })}\n`);
    return 0;
  }
  const model = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  process.stdout
    .write(`tasklets ${version}, Node.js ${process.version}, ${machine.platform}, ${machine.cores} x ${model}, ${workers} workers

  first result of a fresh process   ${cold.toFixed(0).padStart(9)} ms
  shortest tasks, one after another ${trip.toFixed(1).padStart(9)} µs each (median)
  shortest tasks, many at once      ${Math.round(tasks).toLocaleString('en').padStart(9)} a second
  fib(${FIB}), one thread              ${Math.round(alone).toLocaleString('en').padStart(9)} a second
  fib(${FIB}), all workers             ${Math.round(together).toLocaleString('en').padStart(9)} a second: ${(together / alone).toFixed(2)} times as many
`);
  return 0;
}

module.exports = {
  usage: '[options]',
  about: 'measures a few figures on this machine, in some ten seconds',
  options,
  main,
};
