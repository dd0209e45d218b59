'use strict';

/** Installs from a registry: once more where the network has failed, which is no fault of what is tested. */

const { spawnSync } = require('node:child_process');

/** What npm does by itself (`fetch-retries`) is over within seconds. */
const PAUSES_MS = [10_000, 30_000];

/**
 * @param {string} cwd
 * @param {string[]} args `install`, and packages where they are not those of the folder's package.json
 */
function npm(cwd, args) {
  for (const pause of [...PAUSES_MS, undefined]) {
    const { status, error } = spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    if (status === 0) return;
    const what = `\`npm ${args.join(' ')}\` failed${error === undefined ? '' : `: ${error.message}`}`;
    if (pause === undefined) throw new Error(what);
    console.error(`${what}; again in ${pause / 1000} s`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  }
}

module.exports = { npm };
