'use strict';

/**
 * Whether the addon compiles, without a warning, for every platform that it is published for: parts of it are for one
 * system only, and this machine compiles its own alone. Needs no linker and no system's libraries; linking is what the
 * release does.
 *
 *     node scripts/check-targets.js [part of a target]...
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
/** @type {string[]} */
const targets = require('../package.json').napi.targets;

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [more]
 */
function run(command, args, more) {
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...more },
  });
  if (error !== undefined) throw error;
  return status === 0;
}

/** @param {string} target */
function check(target) {
  const start = performance.now();
  const args = ['clippy', '--quiet', '--lib', '--target', target, '--', '-D', 'warnings'];
  // An addon is loaded into Node, which has the C library already; musl would be linked into it otherwise.
  const flags = target.includes('musl') ? { RUSTFLAGS: '-C target-feature=-crt-static' } : undefined;
  const isFine = run('cargo', args, flags);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${isFine ? 'ok    ' : 'FAILED'} ${target} (${seconds} s)`);
  return isFine;
}

const wanted = process.argv.slice(2);
const chosen = targets.filter(
  (target) => wanted.length === 0 || wanted.some((part) => target.includes(part)),
);
if (chosen.length === 0) {
  console.error(`Expected a part of one of ${targets.join(', ')}, got \`${wanted.join(' ')}\``);
  process.exit(1);
}
if (!run('rustup', ['target', 'add', ...chosen])) process.exit(1);
const failed = chosen.filter((target) => !check(target));
process.exitCode = failed.length > 0 ? 1 : 0;
