'use strict';

/**
 * Opens the library for its public faces (`index.js` and those beside it): the pack, which is the same in a few files
 * that start sooner (`scripts/pack.js`), or the source, where there is no pack, or one that is older, or where the
 * environment variable `TASKLETS_UNPACKED` asks for it. All faces get theirs from the same. With `NODE_ENV=production`
 * nobody looks whether it is older: that takes a millisecond.
 *
 * It is one file, with all that a pack takes to open: each file that Node has to find is a third of a millisecond more.
 */

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const DIST = path.join(ROOT, 'dist');
const PACKED_WORKER = path.join(DIST, 'worker.js');
const SOURCE_WORKER = path.join(__dirname, 'worker', 'bootstrap.js');

/**
 * What the pack says of itself.
 *
 * @typedef {object} Contents
 * @property {Record<string, string>} hashes of the sections that may have been compiled ahead
 * @property {Record<string, string>} places in which section each module is
 * @property {Record<string, string[]>} targets the packages of each system
 */

/** @type {((id: string) => any) | undefined} */
let found;

/**
 * @param {string} id a module: its file without the ending
 * @returns {any}
 */
function open(id) {
  return (found ??= choose())(id);
}

/** @returns {(id: string) => any} */
function choose() {
  // A worker goes on with what it was started from: there is to be one library in it.
  const loaded = require.cache ?? {};
  if (loaded[PACKED_WORKER] !== undefined) return loaded[PACKED_WORKER].exports.load;
  const contents = loaded[SOURCE_WORKER] === undefined ? readPack() : undefined;
  return contents === undefined ? (id) => require(path.join(ROOT, id)) : openPack(contents);
}

/** @returns {Contents | undefined} of a pack that is there and new enough */
function readPack() {
  if (process.env.TASKLETS_UNPACKED) return undefined;
  try {
    const contents = JSON.parse(fs.readFileSync(path.join(DIST, 'pack.json'), 'utf8'));
    return process.env.NODE_ENV === 'production' || isNew() ? contents : undefined;
  } catch {
    // There is none, or a source is no longer there.
    return undefined;
  }
}

function isNew() {
  // Only in a clone of the repository: what the pack was made from, and when that had last changed.
  const sources = path.join(DIST, 'sources.json');
  if (!fs.existsSync(sources)) return true;
  const times = JSON.parse(fs.readFileSync(sources, 'utf8'));
  for (const file in times) if (fs.statSync(`${ROOT}/${file}`).mtimeMs !== times[file]) return false;
  return true;
}

/**
 * @param {Contents} contents
 * @returns {(id: string) => any}
 */
function openPack({ hashes, places, targets }) {
  const code = findCode(targets);
  const read = reader(require, DIST, code, hashes);
  const section = opener(require, DIST, read);
  const modules = section('pool');
  modules['lib/home'] = (/** @type {any} */ home) => {
    home.exports = {
      library: DIST + path.sep,
      face: path.join(ROOT, 'index.js'),
      root: ROOT,
      worker: () => ({ entry: PACKED_WORKER, eval: false, data: { code } }),
      section: () => read('task'),
    };
  };
  // Not in the pack: what is compiled ahead cannot tell Node which module is asking.
  modules['lib/import'] = (/** @type {any} */ own) => {
    own.exports = (/** @type {string} */ url) => import(url);
  };
  return registry(modules, (id) => section(places[id]));
}

/**
 * The folder with what V8 has compiled of the pack ahead (`scripts/code.js`), for just this version of it: in a clone
 * beside the pack, otherwise in the package of the platform; none where scripts belong to another realm than this.
 *
 * @param {Record<string, string[]>} targets
 * @returns {string | undefined}
 */
function findCode(targets) {
  const { Script } = require('node:vm');
  // Jest runs each test file in a realm of its own. A script belongs to the first one, as what makes scripts does.
  if (!(Script instanceof Function)) return undefined;
  const system = `${process.platform}-${process.arch}`;
  const name = path.join('code', `${process.versions.v8}-${system}`);
  const own = path.join(DIST, name);
  // On Node 20 functions keep the file that they had when they were compiled: what was made elsewhere would show in stacks.
  if (process.versions.v8.startsWith('11.')) {
    try {
      return fs.readFileSync(path.join(own, 'place'), 'utf8') === DIST ? own : undefined;
    } catch {
      return undefined;
    }
  }
  if (fs.existsSync(own)) return own;
  for (const target of targets[system] ?? []) {
    try {
      const code = path.join(path.dirname(require.resolve(`tasklets-${target}/package.json`)), name);
      if (fs.existsSync(code)) return code;
    } catch {
      // That package is not there.
    }
  }
  return undefined;
}

/**
 * A section, as far as V8 has compiled it ahead.
 *
 * @typedef {{ filename: string, text: string, cachedData: Uint8Array }} Section
 */

/**
 * Reads sections. Its text goes into the entry of workers: it may use nothing from outside.
 *
 * @param {NodeJS.Require} require
 * @param {string} folder the pack's
 * @param {string | undefined} code where the compiled code is, where scripts belong to the realm that this runs in
 * @param {Record<string, string>} hashes of the sections: V8 itself only knows another text by its length
 * @returns {(name: string) => Section | undefined}
 */
function reader(require, folder, code, hashes) {
  return (name) => {
    if (code === undefined || !(name in hashes)) return undefined;
    const { readFileSync } = require('node:fs');
    const { join } = require('node:path');
    const filename = join(folder, `${name}.js`);
    try {
      const cachedData = readFileSync(join(code, `${name}-${hashes[name]}.bin`));
      // It is ASCII, and is kept as such; but what is said to be UTF-8 Node reads in one go.
      return { filename, cachedData, text: readFileSync(filename, 'utf8') };
    } catch {
      // Nothing of that section, or of another pack.
      return undefined;
    }
  };
}

/**
 * Opens sections: each is a script whose value is a function, and a module that exports the same. With what has been compiled
 * ahead V8 need not even read it. Its text goes into the entry of workers: it may use nothing from outside.
 *
 * @param {NodeJS.Require} require
 * @param {string} folder the pack's
 * @param {(name: string) => Section | undefined} read
 * @returns {(name: string, given?: Section) => any} `given` is what has been read already
 */
function opener(require, folder, read) {
  const { Script } = require('node:vm');
  return (name, given) => {
    const section = given ?? read(name);
    if (section === undefined) return require(`${folder}/${name}.js`)(require);
    const { filename, text, cachedData } = section;
    return new Script(text, { filename, cachedData }).runInThisContext()(require);
  };
}

/**
 * What the pack's modules load each other by. Its text goes into the pack: it may use nothing from outside.
 *
 * @param {any} modules functions by the id of their module
 * @param {(id: string) => any} more opens a section for a module that is not there; it may take several calls to find it
 * @returns {(id: string) => any}
 */
function registry(modules, more) {
  const loaded = Object.create(null);
  const load = (/** @type {string} */ id) => {
    if (loaded[id] !== undefined) return loaded[id].exports;
    while (modules[id] === undefined) {
      const section = more(id);
      // Asks nothing of globals, which a task may have changed by then.
      for (const key in section) modules[key] ??= section[key];
    }
    const module = (loaded[id] = { exports: {} });
    try {
      modules[id](module, module.exports, load);
    } catch (error) {
      // As Node does: whoever asks next hears the same, and not of half a module.
      delete loaded[id];
      throw error;
    }
    return module.exports;
  };
  return load;
}

module.exports = { open, opener, reader, registry };
