'use strict';

/**
 * `npm run bench`: tasklets beside bare worker_threads and the other pools, in one go. See README.md.
 */

const fs = require('node:fs');
const path = require('node:path');
const { describe } = require('./harness/machine.js');
const { readOptions, UsageError, HELP } = require('./harness/options.js');
const { goalsText, machineText, tableText } = require('./harness/report.js');
const { countRuns, runAll } = require('./harness/runner.js');
const { summarise } = require('./harness/summary.js');

/** @typedef {ReturnType<typeof readOptions>} Options */

/** @param {Options} options */
function listing({ cases, contestants }) {
  const lines = ['cases:', ...cases.map(({ name, title }) => `  ${name.padEnd(18)}${title}`)];
  return [
    ...lines,
    'contestants:',
    ...contestants.map(({ name, about }) => `  ${name.padEnd(18)}${about}`),
  ].join('\n');
}

/** Says how far it has come: all the time on a terminal, when a round begins elsewhere. @param {Options} options */
function progress(options) {
  const { stderr } = process;
  const total = countRuns(options);
  let done = 0;
  return {
    /** @param {string} question @param {string} contestant */
    step(question, contestant) {
      if (stderr.isTTY) stderr.write(`\r\x1b[K${done + 1}/${total}  ${question}  ${contestant}`);
      else if (done % (total / options.rounds) === 0) stderr.write(`${done} of ${total} processes\n`);
      done++;
    },
    end() {
      if (stderr.isTTY) stderr.write('\r\x1b[K');
    },
  };
}

/** @param {Options} options */
async function bench(options) {
  const { cases, contestants, rounds, plan, json } = options;
  const machine = describe(contestants);
  console.log(`${machineText(machine)}\n`);
  const started = performance.now();
  const bar = progress(options);
  const results = await runAll({ cases, contestants, rounds, plan, onRun: bar.step });
  bar.end();
  const tables = summarise(cases, contestants, results);
  for (const table of tables) console.log(tableText(table));
  console.log(
    goalsText(
      tables,
      contestants.filter(({ kind }) => kind === 'pool').map(({ name }) => name),
    ),
  );
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`\n${rounds} round${rounds > 1 ? 's' : ''} of fresh processes, ${seconds} s`);
  if (json) {
    fs.mkdirSync(path.dirname(path.resolve(json)), { recursive: true });
    fs.writeFileSync(json, `${JSON.stringify({ machine, rounds, plan, tables }, null, 2)}\n`);
    console.log(`written to ${path.relative('', json)}`);
  }
  // What has become of the others stands in their rows: that one of them crashed is no fault of ours.
  const own = contestants.filter(({ kind }) => kind === 'tasklets').map(({ name }) => name);
  const failed = tables.some(({ rows }) => rows.some((row) => row.error && own.includes(row.contestant)));
  if (failed) process.exitCode = 1;
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else if (options.list) console.log(listing(options));
  else await bench(options);
}

// A reader that goes away (`| head`) ends the run.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
  process.exit(1);
});

main().catch((error) => {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});

// Children die with this process: `exit` handlers run only where the signal is answered.
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])) {
  process.once(signal, () => process.exit(code));
}
