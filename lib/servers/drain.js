'use strict';

/**
 * When a client that was turned away may come again: by how fast the queue gets shorter.
 *
 * Looking costs a snapshot of the pool's statistics, and clients are turned away by the thousand: so it is done once
 * a second, and what was found holds until then.
 */

/** How long an answer holds. */
const FRESH = 1000;
/** How far back the last look may lie for the tasks that ended since then to say how fast it goes now. */
const STALE = 60_000;
/** Nobody is told to come back later than this, in seconds: by then it will be another load. */
const LONGEST = 120;

/**
 * @typedef {{ at: number, ended: number, seconds: number }} Look
 * @typedef {import('../../index').Stats} Stats
 */

/** @type {WeakMap<object, Look>} */
const looks = new WeakMap();

/**
 * @param {any} pool
 * @param {number} [now]
 * @returns {number} whole seconds, from 1 up
 */
function retryAfter(pool, now = performance.now()) {
  const last = looks.get(pool);
  if (last !== undefined && now - last.at < FRESH) return last.seconds;
  const stats = pool.getStats();
  const ended = endedOf(stats);
  const seconds = secondsToDrain(stats, rateSince(last, ended, now) ?? rateByRunTime(stats));
  looks.set(pool, { at: now, ended, seconds });
  return seconds;
}

/** @param {Stats} stats */
function endedOf({ counts }) {
  return counts.completed + counts.failed + counts.cancelled + counts.timedOut;
}

/**
 * Tasks per millisecond since the last look, if it tells anything.
 *
 * @param {Look | undefined} last
 * @param {number} ended
 * @param {number} now
 */
function rateSince(last, ended, now) {
  if (last === undefined || now - last.at > STALE || ended <= last.ended) return undefined;
  return (ended - last.ended) / (now - last.at);
}

/**
 * Tasks per millisecond that the present workers get through, by what tasks have taken so far.
 *
 * @param {Stats} stats
 */
function rateByRunTime({ workers, runTime }) {
  return runTime.mean > 0 ? Math.max(workers.length, 1) / runTime.mean : undefined;
}

/**
 * @param {Stats} stats
 * @param {number | undefined} rate
 */
function secondsToDrain({ queue }, rate) {
  // Where no task has ended yet, the first ones take at least as long again as they have taken.
  const wait = rate === undefined ? queue.oldest : queue.depth / rate;
  return Math.min(Math.max(Math.ceil(wait / 1000), 1), LONGEST);
}

module.exports = { retryAfter };
