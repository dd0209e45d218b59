'use strict';

const path = require('node:path');
const { parseArgs } = require('node:util');
const cases = require('../cases/index.js');
const contestants = require('../contestants/index.js');

const HELP = `npm run bench -- [options]

  --quick              one round, short samples, and only tasklets, bare worker_threads and piscina (under 30 s)
  --only a,b           only these cases
  --contestants a,b    only these contestants
  --rounds n           rounds of everything (3)
  --json file          where the figures go (a complete run: benchmark/results/latest.json; others: nowhere)
  --list               says what there is
`;

const QUICK_CONTESTANTS = ['tasklets', 'tasklets-closure', 'tasklets-wrap', 'bare', 'piscina', 'one-thread'];
const DEFAULT_ROUNDS = 3;

/**
 * V8 compiles what is hot beside what runs, on the same two cores: after 150 ms contestants with little code were measured
 * compiled, and others half interpreted. After 700 ms all rates are level.
 *
 * @type {import('./child.js').Plan}
 */
const FULL = { quick: false, warmUp: 700, samples: 3, sampleTime: 120 };
/** @type {import('./child.js').Plan} */
const QUICK = { quick: true, warmUp: 30, samples: 1, sampleTime: 60 };

/** A mistake in the command line: its message is all that the user needs. */
class UsageError extends Error {}

/**
 * @template {{ name: string }} T
 * @param {string} option
 * @param {string | undefined} given  names, separated by commas
 * @param {T[]} known
 */
function choose(option, given, known) {
  if (given === undefined) return known;
  const names = given.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!known.some((each) => each.name === name)) {
      const all = known.map((each) => each.name).join(', ');
      throw new UsageError(`Expected \`--${option}\` to be some of ${all}, got \`${name}\``);
    }
  }
  return known.filter((each) => names.includes(each.name));
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        contestants: { type: 'string' },
        rounds: { type: 'string' },
        json: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${/** @type {Error} */ (error).message}\n\n${HELP}`);
  }
}

/** @param {string[]} args the command line */
function readOptions(args) {
  const given = parse(args);
  const rounds = given.rounds === undefined ? (given.quick ? 1 : DEFAULT_ROUNDS) : Number(given.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UsageError(`Expected \`--rounds\` to be an integer from 1 up, got \`${given.rounds}\``);
  }
  const usual = given.quick ? QUICK_CONTESTANTS.join() : undefined;
  const complete = !given.quick && !given.only && !given.contestants;
  return {
    help: given.help,
    list: given.list,
    cases: choose('only', given.only, cases),
    contestants: choose('contestants', given.contestants ?? usual, contestants),
    rounds,
    plan: given.quick ? QUICK : FULL,
    json: given.json ?? (complete ? path.join(__dirname, '../results/latest.json') : undefined),
  };
}

module.exports = { readOptions, UsageError, HELP };
