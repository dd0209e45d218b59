'use strict';

/**
 * Runs the JavaScript tests on this Node: `node scripts/test.js [file ...] [--options of node:test]`, without files all of
 * them.
 *
 * One file after the other, on every machine: tests look at memory, at CPU time and at who comes first, and `node --test`
 * would run as many files at once as it takes the machine to have cores. Nor is there a limit for a file, which a slow machine
 * would come to. One that hangs is found out by its silence.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { stripVTControlCharacters } = require('node:util');

const FOLDER = path.join(__dirname, '..', '__test__');
/**
 * What changes how Node or Express behaves, or what they print: tests compare that. (And below `--test`, a runner would speak to
 * the one outside.)
 */
const UNSET = [
  'FORCE_COLOR',
  'NODE_COMPILE_CACHE',
  'NODE_DEBUG',
  'NODE_DISABLE_COLORS',
  'NODE_ENV',
  'NODE_OPTIONS',
  'NODE_TEST_CONTEXT',
  'NO_COLOR',
];
/** The longest test takes some 15 s on two cores; each says how it ended, at once. */
const LONGEST_SILENCE_MS = 10 * 60_000;

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;

function kill() {
  try {
    // With whatever it has started: it leads a group of its own.
    if (running?.pid !== undefined)
      process.kill(process.platform === 'win32' ? running.pid : -running.pid, 'SIGKILL');
  } catch (error) {
    // It has just ended by itself.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

/**
 * @param {string} file
 * @param {string[]} options
 * @returns {Promise<{ passed: boolean, out: string }>}
 */
function run(file, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--test-reporter=spec', ...options, file], {
      env: { ...process.env, ...Object.fromEntries(UNSET.map((name) => [name, undefined])) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    running = child;
    let out = '';
    let isLate = false;
    const hangs = () => {
      isLate = true;
      out += `\nIt has said nothing for ${LONGEST_SILENCE_MS / 60_000} minutes, and was killed.\n`;
      kill();
    };
    let timer = setTimeout(hangs, LONGEST_SILENCE_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        out += text;
        clearTimeout(timer);
        timer = setTimeout(hangs, LONGEST_SILENCE_MS);
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      running = undefined;
      if (signal !== null) out += `\nIt was ended by ${signal}.\n`;
      resolve({ passed: code === 0 && !isLate, out });
    });
  });
}

/** How many tests a file's output counts. @param {string} out @param {'tests' | 'fail' | 'skipped'} what */
function counted(out, what) {
  const lines = stripVTControlCharacters(out).matchAll(new RegExp(`^\\S+ ${what} (\\d+)$`, 'gm'));
  return Number([...lines].at(-1)?.[1] ?? 0);
}

/** What the reporter repeats at its end; all of it where it did not come to that. @param {string} out */
function failuresIn(out) {
  const at = out.lastIndexOf('failing tests:');
  return (at < 0 ? out : out.slice(at)).trim();
}

/** @param {number} started */
const seconds = (started) => `${((performance.now() - started) / 1000).toFixed(1)} s`;

async function main() {
  const given = process.argv.slice(2);
  const options = given.filter((argument) => argument.startsWith('--'));
  const named = given.filter((argument) => !argument.startsWith('--'));
  const all = fs.readdirSync(FOLDER).filter((name) => name.endsWith('.test.js'));
  const files = named.length > 0 ? named : all.sort().map((name) => path.join(FOLDER, name));
  const started = performance.now();
  const sum = { tests: 0, fail: 0, skipped: 0 };
  /** @type {Array<{ name: string, out: string }>} */
  const failed = [];
  for (const file of files) {
    const begun = performance.now();
    const { passed, out } = await run(file, options);
    const name = path.basename(file);
    for (const what of /** @type {const} */ (['tests', 'fail', 'skipped'])) sum[what] += counted(out, what);
    console.log(
      `${passed ? 'ok    ' : 'FAILED'} ${name} (${counted(out, 'tests')} tests, ${seconds(begun)})`,
    );
    if (!passed) failed.push({ name, out });
  }
  // At the end, where they are found.
  for (const { name, out } of failed) console.log(`\n── ${name} ──\n${failuresIn(out)}`);
  const { tests, fail, skipped } = sum;
  console.log(
    `\nNode.js ${process.version}: ${tests} tests in ${files.length} files, ${fail} failed, ${skipped} skipped, ${seconds(started)}`,
  );
  if (failed.length > 0) {
    console.log(`FAILED: ${failed.map(({ name }) => name).join(', ')}`);
    process.exitCode = 1;
  }
}

// The tests die with this process.
process.once('exit', kill);
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])) {
  process.once(signal, () => process.exit(code));
}

main();
