'use strict';

/**
 * Runs the JavaScript tests on this Node: `node scripts/test.js [file ...] [--options of node --test]`.
 * Node 20 does not expand patterns by itself, so the files are listed here.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const folder = path.join(__dirname, '..', '__test__');
const given = process.argv.slice(2);
const options = given.filter((argument) => argument.startsWith('--'));
const files = given.filter((argument) => !argument.startsWith('--'));
if (files.length === 0) {
  for (const name of fs.readdirSync(folder).sort()) {
    if (name.endsWith('.test.js')) files.push(path.join(folder, name));
  }
}
const { status } = spawnSync(process.execPath, ['--test', '--test-timeout=120000', ...options, ...files], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
