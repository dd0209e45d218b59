'use strict';

/**
 * Runs after `npm install` in a clone: it builds the addon, and says what is missing where it cannot.
 * An installed package has the binary of its platform already, and does not run this.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const root = path.join(__dirname, '..');

// npm runs this before it packs, too: what has been built goes into that package, with the pack made anew.
if (['pack', 'publish'].includes(process.env.npm_command ?? '')) process.exit(0);

function fail(/** @type {string} */ message) {
  console.error(`\ntasklets: ${message}\n`);
  process.exit(1);
}

/** Whether a command can be run at all. */
function has(/** @type {string} */ command) {
  return (
    spawnSync(command, ['--version'], { stdio: 'ignore', shell: process.platform === 'win32' }).status === 0
  );
}

if (!has('cargo')) {
  fail(
    'building the addon needs Rust (1.95 or later), and `cargo` was not found.\n' +
      '  Install it from https://rustup.rs, open a new shell, and run `npm install` again.',
  );
}
const build = spawnSync('npm', ['run', '--silent', 'build'], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
if (build.status !== 0) {
  fail(
    'the addon could not be built; what the compiler says stands above. A C linker (such as gcc) is needed too.',
  );
}
