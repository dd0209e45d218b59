'use strict';

/**
 * Loaded into a program and its workers before anything else, it has every section of the pack compiled as a script, and
 * keeps what V8 made of them on `process.emit('tasklets:keep')`: in `made/` of the package, which is the working directory.
 * On Node 20, whose V8 keeps that, they are compiled under the names that they have in the folder that the file `place` says.
 */

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { isMainThread } = require('node:worker_threads');

const copy = process.cwd();
const NAME = `${process.versions.v8}-${process.platform}-${process.arch}`;
/** Where the pack looks. */
const CODE = path.join(copy, 'dist', 'code', NAME);
const keepsNames = process.versions.v8.startsWith('11.');
const place = keepsNames ? fs.readFileSync(path.join(copy, 'place'), 'utf8') : 'tasklets';

if (isMainThread) {
  // Empty files, which V8 refuses: so each section is opened as a script, and compiled.
  const { hashes } = JSON.parse(fs.readFileSync(path.join(copy, 'dist', 'pack.json'), 'utf8'));
  fs.mkdirSync(CODE, { recursive: true });
  for (const [name, hash] of Object.entries(hashes)) {
    // That one is never needed at once, and would be half as much again to install.
    if (name === 'rest') continue;
    fs.writeFileSync(path.join(CODE, `${name}-${hash}.bin`), '');
  }
}

if (keepsNames) fs.writeFileSync(path.join(CODE, 'place'), path.join(copy, 'dist'));
const files = fs.readdirSync(CODE);
/** @type {Map<string, vm.Script>} */
const scripts = new Map();
const { Script } = vm;

vm.Script = class extends Script {
  /**
   * @param {string} text
   * @param {any} options
   */
  constructor(text, options) {
    const name = path.basename(options?.filename ?? '');
    const file = files.find((each) => each.startsWith(`${path.basename(name, '.js')}-`));
    super(text, file === undefined ? options : { ...options, filename: path.join(place, name) });
    if (file !== undefined) scripts.set(file, this);
  }
};

process.on(/** @type {any} */ ('tasklets:keep'), () => {
  const target = path.join(copy, 'made', NAME);
  fs.mkdirSync(target, { recursive: true });
  if (keepsNames) fs.writeFileSync(path.join(target, 'place'), place);
  for (const [file, script] of scripts) fs.writeFileSync(path.join(target, file), script.createCachedData());
});
