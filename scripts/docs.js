'use strict';

/** Builds the site from the pages and the types: `npm run docs`, then open site/index.html. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const folder = path.join(__dirname, '..', 'docs', 'site');

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status } = spawnSync(command, args, {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

// Its tools are apart: they need another TypeScript than the rest.
if (!fs.existsSync(path.join(folder, 'node_modules', 'typedoc')))
  run('npm', ['ci', '--no-audit', '--no-fund']);
run(process.execPath, [path.join(folder, 'node_modules/typedoc/bin/typedoc'), ...process.argv.slice(2)]);
