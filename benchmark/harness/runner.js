'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

const CHILD = path.join(__dirname, 'child.js');
const LONGEST_MS = 10 * 60_000;
/** Time to close a pool and go; a process that needs longer does not end by itself. */
const LONGEST_FAREWELL_MS = 60_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * @typedef {Map<string, Map<string, Run[]>>} Results by case, by contestant
 *
 * @typedef {{ figures?: Record<string, number>, skipped?: string, error?: string }} Run
 *
 * @param {import('../cases/index.js').Case} question
 * @param {string} contestant
 * @param {import('./child.js').Plan} plan
 * @returns {Promise<Run>}
 */
function runChild(question, contestant, plan) {
  return new Promise((resolve, reject) => {
    // Who measures from cold has Node as programs have it: with other flags V8 refuses what was compiled ahead.
    const flags = question.measureFromCold ? [] : ['--expose-gc'];
    const args = [...process.execArgv, ...flags, CHILD, question.name, contestant, JSON.stringify(plan)];
    const env = { ...process.env, NODE_ENV: 'production' };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let out = '';
    let err = '';
    let late = '';
    /** @param {string} what */
    const giveUp = (what) => () => {
      late = what;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(giveUp(`no figure after ${LONGEST_MS / 1000} s`), LONGEST_MS);
    child.stderr.setEncoding('utf8').on('data', (text) => (err = (err + text).slice(-2000)));
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
      if (!out.endsWith('\n')) return;
      clearTimeout(timer);
      timer = setTimeout(giveUp('did not end after it had closed its pool'), LONGEST_FAREWELL_MS);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      if (late) resolve({ error: late });
      else if (code !== 0 || !out)
        resolve({ error: firstLine(err) ?? `ended with ${signal ?? `code ${code}`}` });
      else resolve(JSON.parse(out));
    });
  });
}

/** The line of a stack trace that says what went wrong. @param {string} text */
function firstLine(text) {
  const lines = text.split('\n').filter((line) => line.trim());
  return lines.find((line) => /^\S*Error\b/.test(line)) ?? lines[0];
}

/**
 * Runs every case with every contestant, `rounds` times, one process at a time. Within a round the contestants of
 * a case follow each other directly, in an order that moves on by one each round, so that whatever disturbs
 * the machine disturbs all of them alike.
 *
 * @param {{ cases: import('../cases/index.js').Case[], contestants: import('../contestants/index.js').Contestant[],
 *   rounds: number, plan: import('./child.js').Plan, onRun: (question: string, contestant: string) => void }} options
 * @returns {Promise<Results>}
 */
async function runAll({ cases, contestants, rounds, plan, onRun }) {
  /** @type {Results} */
  const results = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const question of cases) {
      const taking = takingPart(question, contestants);
      const runs = results.get(question.name) ?? new Map(taking.map((each) => [each.name, []]));
      results.set(question.name, runs);
      const repeat = plan.quick ? 1 : (question.repeat ?? 1);
      for (let i = 0; i < repeat * taking.length; i++) {
        const contestant = taking[(i + round) % taking.length];
        onRun(question.name, contestant.name);
        const skipped = contestant.skips?.[question.name];
        runs
          .get(contestant.name)
          ?.push(skipped ? { skipped } : await runChild(question, contestant.name, plan));
      }
    }
  }
  return results;
}

/**
 * @param {import('../cases/index.js').Case} question
 * @param {import('../contestants/index.js').Contestant[]} contestants
 */
function takingPart(question, contestants) {
  return contestants
    .filter(({ only }) => !only || only.includes(question.name))
    .filter(({ name }) => !question.only || question.only.includes(name));
}

/** How many processes a run will start. @param {Omit<Parameters<typeof runAll>[0], 'onRun'>} options */
function countRuns({ cases, contestants, rounds, plan }) {
  let count = 0;
  for (const question of cases) {
    count += takingPart(question, contestants).length * (plan.quick ? 1 : (question.repeat ?? 1));
  }
  return count * rounds;
}

module.exports = { runAll, countRuns };
