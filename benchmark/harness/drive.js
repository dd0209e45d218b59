'use strict';

const { median } = require('./stats.js');

/**
 * The loops that submit tasks: the same for every contestant, and as thin as they can be, so that the
 * driver is not what is measured.
 */

/** Looking at the clock costs as much as a cheap task's promise: it is done once in so many answers. */
const LOOK_AT_CLOCK_EVERY = 16;

/** Samples that take seconds each need no company to be steady. */
const LONG_ENOUGH_MS = 1000;

/** So many small tasks at least are needed until the code of every contestant is compiled, however short the run. */
const WARM_UP_TASKS = 3000;

/**
 * Keeps a number of tasks in flight for some time: each answer submits the next task.
 *
 * @param {(i: number) => PromiseLike<any>} submit  gets the number of the task
 * @param {(value: any) => void} take               gets each answer
 * @param {{ width: number, ms: number, least?: number }} options  goes on until both time and count are reached
 * @returns {Promise<{ count: number, elapsed: number }>} once all are back; milliseconds
 */
function flood(submit, take, { width, ms, least = 0 }) {
  return new Promise((resolve, reject) => {
    let submitted = 0;
    let answered = 0;
    let open = true;
    const started = performance.now();
    /** @param {any} value */
    const next = (value) => {
      take(value);
      answered++;
      if (answered % LOOK_AT_CLOCK_EVERY === 0 && answered >= least && performance.now() - started >= ms)
        open = false;
      if (open) submit(submitted++).then(next, reject);
      else if (answered === submitted) resolve({ count: answered, elapsed: performance.now() - started });
    };
    while (submitted < width) submit(submitted++).then(next, reject);
  });
}

/**
 * Submits a number of tasks at once and waits for all of them.
 *
 * @param {(i: number) => PromiseLike<any>} submit
 * @param {(value: any) => void} take
 * @param {number} count
 * @returns {Promise<number>} milliseconds
 */
function burst(submit, take, count) {
  return new Promise((resolve, reject) => {
    let answered = 0;
    const started = performance.now();
    /** @param {any} value */
    const next = (value) => {
      take(value);
      if (++answered === count) resolve(performance.now() - started);
    };
    for (let i = 0; i < count; i++) submit(i).then(next, reject);
  });
}

/**
 * Submits tasks one after the other, each when the one before has answered and `pause` has passed.
 *
 * @param {(i: number) => PromiseLike<any>} submit
 * @param {(value: any, i: number) => void} take
 * @param {{ ms: number, pause?: () => Promise<unknown>, least?: number }} options  goes on until both time and count are reached
 * @returns {Promise<number[]>} the milliseconds of each round trip
 */
async function oneByOne(submit, take, { ms, pause, least = 1 }) {
  const times = [];
  const until = performance.now() + ms;
  for (let i = 0; i < least || performance.now() < until; i++) {
    if (pause) await pause();
    const started = performance.now();
    const value = await submit(i);
    times.push(performance.now() - started);
    take(value, i);
  }
  return times;
}

/**
 * Warms up, then takes samples of tasks per second with `width` of them in flight.
 *
 * @param {(i: number) => PromiseLike<any>} submit
 * @param {(value: any) => void} take
 * @param {import('./child.js').Plan & { width: number, warmUpTasks?: number }} plan
 */
async function rate(submit, take, { width, warmUp, warmUpTasks, samples, sampleTime }) {
  await flood(submit, take, { width, ms: warmUp, least: warmUpTasks });
  const rates = [];
  for (let i = 0; i < samples; i++) {
    const { count, elapsed } = await flood(submit, take, { width, ms: sampleTime });
    rates.push((count / elapsed) * 1000);
  }
  return median(rates);
}

/**
 * Takes the wanted samples of something that is long by itself, fewer where it is too long for that, and one at least.
 *
 * @param {() => Promise<number>} sample
 * @param {import('./child.js').Plan} plan
 * @returns {Promise<number>} the median
 */
async function repeated(sample, { samples }) {
  const until = performance.now() + LONG_ENOUGH_MS;
  const figures = [];
  do figures.push(await sample());
  while (figures.length < samples && performance.now() < until);
  return median(figures);
}

module.exports = { WARM_UP_TASKS, flood, burst, oneByOne, rate, repeated };
