// What do closures cost: on the submitting thread, in the worker, and for the code that runs afterwards?
'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { flood, rate } = require('../harness/drive.js');
const { least, most } = require('../harness/goals.js');
const { bareReading } = require('../harness/inspector.js');
const { median } = require('../harness/stats.js');

const IN_FLIGHT = 256;
/** So many at once: the submitting thread is hot then, as it is in a busy program. */
const BURST = 64;
const BATCH = 16;
const FIB = 27;
const FACTOR = 7;

/** @param {number} n */
function scale(n) {
  return n * FACTOR;
}

/** @param {number} n @returns {number} */
function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/**
 * Microseconds for each of `count`, the median of some rounds.
 *
 * @param {() => unknown} round
 * @param {number} count
 * @param {import('../harness/child.js').Plan} plan
 * @param {() => unknown} [after] what is not measured
 */
async function each(round, count, { samples }, after = () => undefined) {
  const times = [];
  for (let i = -samples; i < samples * 8; i++) {
    const started = performance.now();
    round();
    if (i >= 0) times.push(((performance.now() - started) * 1000) / count);
    await after();
  }
  return median(times);
}

/**
 * What is paid where the closure is submitted, in microseconds.
 *
 * @param {any} library
 * @param {import('../harness/child.js').Plan} plan
 */
async function atHome(library, plan) {
  /** @type {Promise<number>[]} */
  const pending = [];
  const answered = async () => {
    const all = await Promise.all(pending.splice(0));
    for (const answer of all.flat()) assert.equal(answer, 3 * FACTOR);
  };
  const read = bareReading();
  const bare = () => {
    for (let i = 0; i < BURST; i++) read(() => scale(3));
  };
  const one = () => {
    for (let i = 0; i < BURST; i++) pending.push(library.run(() => scale(3)));
  };
  const many = () => {
    for (let i = 0; i < BURST; i += BATCH)
      pending.push(library.runAll(Array.from({ length: BATCH }, () => () => scale(3))));
  };
  return {
    bare: await each(bare, BURST, plan),
    one: await each(one, BURST, plan, answered),
    many: await each(many, BURST, plan, answered),
  };
}

/**
 * What is paid in the worker for a closure that is another one each time, in microseconds, its run included.
 *
 * @param {any} library
 */
async function inWorker(library) {
  const times = [];
  for (let i = 0; i < 1000; i++) {
    const handle = library.run(() => scale(i));
    assert.equal(await handle, i * FACTOR);
    if (i >= 500) times.push(handle.usage.runTime * 1000);
  }
  return median(times);
}

/**
 * How a wrapped closure compares with a function that gets all it needs as arguments.
 *
 * @param {any} library
 * @param {import('../harness/child.js').Plan} plan
 */
async function wrapped(library, plan) {
  const offset = 5;
  const closure = library.wrap((/** @type {number} */ n) => n + offset);
  const plain = (/** @type {number} */ n, /** @type {number} */ more) => n + more;
  const take = (/** @type {number} */ answer) => assert.ok(answer >= offset);
  const options = { ...plan, width: IN_FLIGHT };
  const ratios = [];
  for (let i = 0; i < 3; i++) {
    const captured = await rate((n) => closure(n), take, options);
    const given = await rate((n) => library.run(plain, { args: [n, offset] }), take, options);
    ratios.push(captured / given);
  }
  return median(ratios);
}

/**
 * How many times longer recursive code takes in the worker than at home.
 *
 * @param {any} library
 */
async function recursion(library) {
  const timed = () => {
    const started = performance.now();
    const answer = fib(FIB);
    return [answer, performance.now() - started];
  };
  const ratios = [];
  for (let i = 0; i < 15; i++) {
    const [answer, there] = await library.run(timed);
    const [expected, here] = timed();
    assert.equal(answer, expected);
    if (i >= 5) ratios.push(there / here);
  }
  return median(ratios);
}

/** Code of the user's that a debugger left behind would slow down: milliseconds. */
async function ownCode() {
  const times = [];
  // What the cases before have left behind is not to be collected here.
  global.gc?.();
  for (let round = 0; round < 9; round++) {
    const started = performance.now();
    for (let i = 0; i < 50_000; i++) await i;
    // eslint-disable-next-line no-new-func -- the slowest of all where a debugger is enabled
    for (let i = 0; i < 500; i++) new Function(`return ${i}`);
    times.push(performance.now() - started);
  }
  return median(times);
}

/** How many milliseconds later the first result of a process comes if its closure captures something. */
function firstOne() {
  const library = JSON.stringify(path.join(__dirname, '../..'));
  const program = (/** @type {string} */ task) =>
    `const K = 7; function scale(n) { return n * K; } const started = performance.now();` +
    `require(${library}).run(${task}).then(() => console.log(performance.now() - started));`;
  const times = (/** @type {string} */ task) =>
    Number(spawnSync(process.execPath, ['-e', program(task)], { encoding: 'utf8' }).stdout);
  const differences = [];
  for (let i = 0; i < 5; i++) differences.push(times('() => scale(3)') - times('() => 21'));
  return median(differences);
}

const isOld = process.versions.node.startsWith('20.');

/** @type {Omit<import('./index.js').Case, 'name'>} */
module.exports = {
  title: 'closures: a new one each time, with a helper function and a constant unless said',
  task: 'trivial',
  only: ['tasklets'],
  metrics: {
    fresh: { label: 'capturing nothing', unit: 'tasks/s', better: 'more' },
    bare: { label: 'bare inspector calls', unit: 'µs', better: 'less' },
    one: { label: 'run, submitting thread', unit: 'µs', better: 'less' },
    many: { label: 'each in a runAll of 16', unit: 'µs', better: 'less' },
    worker: { label: 'in the worker', unit: 'µs', better: 'less' },
    wrapped: { label: 'wrapped / arguments', unit: 'x the rate', better: 'more' },
    recursion: { label: 'captured fib / at home', unit: 'x the time', better: 'less' },
    after: { label: 'own code after / before', unit: 'x the time', better: 'less' },
    first: { label: 'first result later by', unit: 'ms', better: 'less' },
  },
  goals: [
    least('fresh', 300_000, 'tasks/s'),
    most('one', isOld ? 160 : 100, 'µs'),
    most('many', 50, 'µs'),
    most('worker', 20, 'µs'),
    least('wrapped', 0.9, 'x'),
    most('recursion', 1.1, 'x'),
    most('after', 1.1, 'x'),
    ...(isOld ? [] : [most('first', 25, 'ms')]),
  ],
  async measure(_pool, plan) {
    const library = require('../..');
    await ownCode();
    const before = await ownCode();
    const take = (/** @type {number} */ answer) => assert.equal(answer, 1);
    await flood(() => library.run(() => 1), take, { width: IN_FLIGHT, ms: plan.warmUp });
    const fresh = await rate(() => library.run(() => 1), take, { ...plan, width: IN_FLIGHT });
    const figures = {
      fresh,
      ...(await atHome(library, plan)),
      worker: await inWorker(library),
      wrapped: await wrapped(library, plan),
      recursion: await recursion(library),
      after: (await ownCode()) / before,
    };
    return { ...figures, first: firstOne() };
  },
};
