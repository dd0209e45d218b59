'use strict';

/**
 * Runs what docs/testing.md says about Vitest and Jest, in a project of its own: `npm run test:runners [folder]`.
 * The runners are installed there; a folder that is given is kept and used again.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { blocksOf } = require('../__test__/docs/blocks');

const root = path.join(__dirname, '..');
const [given] = process.argv.slice(2);
const folder = given ?? fs.mkdtempSync(path.join(os.tmpdir(), 'tasklets-runners-'));
fs.mkdirSync(folder, { recursive: true });

const RUNNERS = [
  {
    name: 'Vitest',
    file: 'vitest.test.mjs',
    command: ['vitest', 'run', '--pool=threads', 'vitest.test.mjs'],
  },
  { name: 'Vitest', file: 'vitest.test.mjs', command: ['vitest', 'run', '--pool=forks', 'vitest.test.mjs'] },
  { name: 'Jest', file: 'jest.test.js', command: ['jest', '--testMatch', '**/jest.test.js'] },
];

/** @param {string} name */
function codeFor(name) {
  const page = fs.readFileSync(path.join(root, 'docs/testing.md'), 'utf8');
  const block = blocksOf('docs/testing.md', page).find(({ notes }) =>
    notes.some((note) => note.startsWith(`skip, ${name} runs it`)),
  );
  if (block === undefined) throw new Error(`docs/testing.md has nothing for ${name}`);
  return block.code;
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const shell = process.platform === 'win32';
  return spawnSync(command, args, { cwd: folder, stdio: 'inherit', shell }).status ?? 1;
}

fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true }));
let failed = run('npm', ['install', '--no-audit', '--no-fund', 'vitest@^4', 'jest@^30', root]);
for (const { name, file, command } of RUNNERS) {
  if (failed !== 0) break;
  fs.writeFileSync(path.join(folder, file), codeFor(name));
  console.log(`> ${command.join(' ')}`);
  failed = run(path.join(folder, 'node_modules', '.bin', command[0]), command.slice(1));
}
if (given === undefined) fs.rmSync(folder, { recursive: true, force: true });
process.exit(failed);
