'use strict';

/**
 * Runs after `npm install`: in a clone it builds the addon, in an installed package it does nothing,
 * because the prebuilt binary of the platform has come as an optional dependency.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

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

// The sources are in a clone only.
if (fs.existsSync(path.join(root, 'Cargo.toml'))) {
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
}
