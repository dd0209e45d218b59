'use strict';

/**
 * `cargo clippy` over all targets, its warnings as errors: part of `npm run lint`.
 *
 * Every release of clippy knows lints that the last one did not. Those of a release that this code has not been looked through
 * with are shown and break nothing: a machine with a newer Rust is no reason for a change that has none to be refused.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

/** The newest that was looked through: `0.1.99` comes with Rust 1.99. */
const NEWEST = 99;

const cwd = path.join(__dirname, '..');
const about = spawnSync('cargo', ['clippy', '--version'], { cwd, encoding: 'utf8' });
const [, version] = /^clippy 0\.1\.(\d+)/.exec(about.stdout ?? '') ?? [];
if (version === undefined) {
  console.error(`Expected \`cargo clippy\` to be installed: ${about.error?.message ?? about.stderr}`);
  process.exit(1);
}
const isKnown = Number(version) <= NEWEST;
if (!isKnown) console.log(`clippy 0.1.${version} is newer than 0.1.${NEWEST}: its warnings are no errors`);
const args = ['clippy', '--all-targets', ...(isKnown ? ['--', '-D', 'warnings'] : [])];
process.exit(spawnSync('cargo', args, { cwd, stdio: 'inherit' }).status ?? 1);
