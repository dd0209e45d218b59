'use strict';

/**
 * Has V8 compile the pack ahead, so that programs need not wait for that (`lib/open.js`):
 *
 *     node scripts/code.js [folder [node ...]]      (without any: dist/code, for the Node that runs this)
 *
 * For each Node it makes one folder. What is in it holds for its version of V8, this system and this pack only; names and
 * V8 see to that. It comes into being in a copy of the package, by a program that does what programs do first.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { TARGETS } = require('../lib/targets');

const ROOT = path.join(__dirname, '..');
const DIST = path.join(ROOT, 'dist');
const TOOLS = path.join(__dirname, 'pack');

/** The addon that has been built for this system. */
function addon() {
  const targets = TARGETS[`${process.platform}-${process.arch}`] ?? [];
  return targets
    .map((target) => path.join(ROOT, `tasklets.${target}.node`))
    .find((file) => fs.existsSync(file));
}

/** @param {string} copy */
function copyPackage(copy) {
  fs.mkdirSync(path.join(copy, 'dist'));
  for (const file of fs.readdirSync(DIST)) {
    if (/\.js$|^pack\.json$/.test(file))
      fs.copyFileSync(path.join(DIST, file), path.join(copy, 'dist', file));
  }
  fs.mkdirSync(path.join(copy, 'lib'));
  for (const file of ['index.js', 'package.json', 'lib/open.js']) {
    fs.copyFileSync(path.join(ROOT, file), path.join(copy, file));
  }
}

/**
 * @param {string} node
 * @param {string} native
 * @param {string} folder
 */
function make(node, native, folder) {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'tasklets-code-'));
  try {
    copyPackage(copy);
    fs.writeFileSync(path.join(copy, 'place'), DIST);
    const args = ['-r', path.join(TOOLS, 'recorder.js'), path.join(TOOLS, 'first-tasks.js')];
    // With other options of V8 the code would be refused by programs that have none.
    const env = { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: '', TASKLETS_NATIVE_PATH: native };
    const { status, signal } = spawnSync(node, args, { cwd: copy, env, stdio: 'inherit' });
    if (status !== 0)
      throw new Error(`${node} ended with ${signal ?? status} while it was to compile the pack`);
    fs.cpSync(path.join(copy, 'made'), folder, { recursive: true });
  } finally {
    fs.rmSync(copy, { recursive: true });
  }
}

const [folder = path.join(DIST, 'code'), ...nodes] = process.argv.slice(2);
const native = addon();
if (native === undefined) {
  console.log('tasklets: nothing is compiled ahead, for there is no addon that runs here');
} else {
  for (const node of nodes.length > 0 ? nodes : [process.execPath]) make(node, native, path.resolve(folder));
}
