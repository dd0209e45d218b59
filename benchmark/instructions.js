'use strict';

/**
 * `npm run bench:instructions`: how many instructions the hot paths of the Rust side take, by valgrind's callgrind.
 *
 * Unlike times, counts do not depend on what else the machine does, so a change that makes a path longer shows however
 * small it is. They are compared with those in `instructions.json`, which says what compiled them; too many more are an
 * error, and as many fewer a reason to commit the new ones: `npm run bench:instructions -- --update`.
 *
 * What does matter is the compiler, and somewhat the C library and the processor that it finds. Another compiler than that of
 * the committed counts is therefore said, and has more leeway: what makes a path half as long again is seen all the same.
 *
 * JavaScript is not counted: what V8 compiles, and when, differs from run to run by more than what is to be found.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const COMMITTED = path.join(__dirname, 'instructions.json');
/**
 * The same program, measured on 2026-11-21 by valgrind 3.19: without AVX2 and what came after it 4.4 % more instructions at most,
 * without malloc's cache for threads 8.7 %. Compiled by rustc 1.99 instead of 1.95: 14.3 % more.
 */
const LEEWAY = 0.15;
const LEEWAY_OF_OTHERS = 0.5;

/** The paths of `scheduler/instructions.rs`: what they are, and how often each is taken in the shorter run. */
const PATHS = /** @type {const} */ ({
  submit: ['a task submitted, one of 64', 640],
  task: ['a task from submission to the answer, one of 64', 640],
  alone: ['the same for a task that is alone', 200],
  empty: ['a worker that comes and finds nothing', 1000],
  analyze: ['a closure of ten lines analysed', 10],
});
/** The longer run is so many times as long: the difference of the two is the path's alone. */
const LONGER = 10;

/**
 * @param {string} command
 * @param {string[]} args
 */
function output(command, args) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  if (error !== undefined) throw new Error(`Expected \`${command}\` to be installed: ${error.message}`);
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed:\n${stderr}`);
  return stdout + stderr;
}

/** Builds the program that takes the paths: where it is. */
function build() {
  const args = ['build', '--release', '--no-default-features', '--example', 'instructions'];
  const messages = output('cargo', [...args, '--message-format=json']).split('\n');
  for (const message of messages) {
    if (!message.startsWith('{')) continue;
    const { executable, target } = JSON.parse(message);
    if (target?.name === 'instructions' && executable) return String(executable);
  }
  throw new Error('Expected cargo to say where the program is');
}

/**
 * @param {string} program
 * @param {string} name
 * @param {number} count
 * @returns {number} instructions in all
 */
function collected(program, name, count) {
  const args = ['--tool=callgrind', '--callgrind-out-file=/dev/null', program, name, String(count)];
  const found = /Collected : (\d+)/.exec(output('valgrind', args));
  if (found === null) throw new Error('Expected callgrind to say how many instructions it has counted');
  return Number(found[1]);
}

/** @returns {Record<string, number>} instructions each time */
function measure() {
  const program = build();
  const counts = Object.entries(PATHS).map(([name, [, count]]) => {
    const more = collected(program, name, count * LONGER) - collected(program, name, count);
    return [name, Math.round(more / (count * (LONGER - 1)))];
  });
  return Object.fromEntries(counts);
}

/** What compiles: its version and its target. */
function compiler() {
  const about = output('rustc', ['-vV']);
  const [release, host] = ['release', 'host'].map(
    (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(about)?.[1],
  );
  return `rustc ${release}, ${host}`;
}

/**
 * @param {Record<string, number>} counts
 * @param {{ compiler: string, counts: Record<string, number> }} committed
 */
function compare(counts, committed) {
  const isSame = compiler() === committed.compiler;
  const leeway = isSame ? LEEWAY : LEEWAY_OF_OTHERS;
  for (const [name, [title]] of Object.entries(PATHS)) {
    const change = counts[name] / committed.counts[name] - 1;
    const isMore = !(change <= leeway);
    const verdict = isMore ? 'TOO MANY' : change < -leeway ? 'fewer: commit them with --update' : '';
    const percent = `${change < 0 ? '' : '+'}${(change * 100).toFixed(1)} %`;
    const cells = [title.padEnd(50), counts[name].toLocaleString('en').padStart(9), percent.padStart(9)];
    console.log(`${cells.join('')}  ${verdict}`.trimEnd());
    if (isMore) process.exitCode = 1;
  }
  if (isSame) return;
  console.log(
    `\nCompiled by ${compiler()}, while the committed counts are of ${committed.compiler}: up to ${leeway * 100} % more pass.`,
  );
}

const counts = measure();
if (process.argv.includes('--update')) {
  fs.writeFileSync(COMMITTED, `${JSON.stringify({ compiler: compiler(), counts }, null, 2)}\n`);
}
compare(counts, JSON.parse(fs.readFileSync(COMMITTED, 'utf8')));
