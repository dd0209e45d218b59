'use strict';

/**
 * One case with one contestant, in a process of its own:
 *
 *     node [--expose-gc] child.js <case> <contestant> <plan as JSON>
 *
 * prints one line of JSON, `{ figures }` or `{ skipped }`, closes the pool, and ends by itself.
 *
 * @typedef {object} Plan how much time to spend
 * @property {boolean} quick
 * @property {number} warmUp      ms
 * @property {number} samples     how many are taken in one process; their median is the process' figure
 * @property {number} sampleTime  ms
 */

const fs = require('node:fs');
const cases = require('../cases/index.js');
const contestants = require('../contestants/index.js');
const { allUp } = require('./pool.js');

const WORKERS = 2;

async function main() {
  const [caseName, contestantName, json] = process.argv.slice(2);
  const question = cases.find((each) => each.name === caseName);
  const contestant = contestants.find((each) => each.name === contestantName);
  if (!question || !contestant)
    throw new Error(`Expected a case and a contestant, got ${process.argv.slice(2, 4)}`);
  /** @type {Plan} */
  const plan = JSON.parse(json);

  if (question.measureFromCold) return question.measureFromCold(contestant, plan);
  const pool = contestant.open(await contestant.load(), { task: question.task, workers: WORKERS });
  if (contestant.kind !== 'none') await allUp(pool, WORKERS);
  return { figures: await question.measure(pool, plan, contestant), pool };
}

main().then(
  async ({ figures, pool }) => {
    fs.writeSync(1, `${JSON.stringify(figures ? { figures } : { skipped: 'this platform cannot tell' })}\n`);
    await pool?.close();
  },
  (error) => {
    fs.writeSync(2, `${error?.stack ?? error}\n`);
    process.exit(1);
  },
);
