'use strict';

/**
 * Makes the pack, `dist/`: the library in a few files. Finding, reading and compiling a hundred small ones is most of
 * what a program would wait for before its first result.
 *
 *   pack.json   what there is, by which `lib/open.js` opens it
 *   worker.js   the entry of a worker
 *   pool.js     what `require('tasklets')` and a pool need, and what starts the first worker's thread
 *   run.js      what a first task needs besides, loaded while that thread starts
 *   task.js     what a worker needs for its first task
 *   rest.js     everything else, loaded with its first use
 *   code/       what V8 has compiled of them (`scripts/code.js`)
 *   bundle/     all of it as text: what bundlers take in, since a bundle has no files beside it
 *
 * Each of the sections (`pool` to `rest`) gives one object of functions, by the ids of the modules (`lib/pool`).
 */

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { faceOf, libraryOf } = require('./pack/bundle');
const { ROOT, closure, moduleOf } = require('./pack/modules');

const { opener, reader, registry } = require('../lib/open');
const { TARGETS } = require('../lib/targets');
const manifest = require('../package.json');

const DIST = path.join(ROOT, 'dist');
/** The modules that are not the same everywhere. */
const HOME = 'lib/home';
const IMPORT = 'lib/import';
/** The files that are no entry: they may be compiled ahead. */
const SECTIONS = /** @type {const} */ (['pool', 'run', 'task', 'rest']);
const BANNER = '// Made from lib/ by scripts/pack.js.\n';

/** The public faces: what each is called, and the module behind it. @returns {Array<{ name: string, id: string }>} */
function faces() {
  const files = Object.values(manifest.exports).filter((face) => typeof face === 'object');
  return files.map(({ default: file }) => {
    const [, id] = /\bopen\('([^']*)'\)/.exec(fs.readFileSync(path.join(ROOT, file), 'utf8')) ?? [];
    // Otherwise there would be two libraries: one from the pack, and one from the source.
    if (id === undefined) throw new Error(`Expected ${file} to get what it exports from lib/open.js`);
    return { name: path.basename(file, '.js'), id };
  });
}

/** Every module. */
function all() {
  const roots = [...faces().map(({ id }) => id), 'lib/worker/bootstrap'];
  return closure(roots, (module) => module.all);
}

/** @returns {Record<typeof SECTIONS[number], string[]>} */
function sections() {
  const atOnce = (/** @type {string[]} */ ...roots) => closure(roots, (module) => module.atOnce);
  const pool = atOnce('lib/face', 'lib/ground', HOME);
  const run = atOnce('lib/verbs/index', 'lib/capture-host');
  const task = atOnce('lib/worker/bootstrap', 'lib/worker/attendant', HOME);
  const without = (/** @type {Iterable<string>} */ ids, /** @type {Set<string>[]} */ ...others) =>
    [...ids].filter((id) => id !== HOME && !others.some((other) => other.has(id)));
  return {
    pool: without(pool),
    run: without(run, pool),
    task: without(task),
    rest: without(all(), pool, run),
  };
}

/**
 * @param {string[]} ids
 * @param {boolean} [atOnce] they will all be called: a function in parentheses is compiled at once, and not looked
 *   through before that
 */
function object(ids, atOnce = true) {
  const [open, close] = atOnce ? ['(', ')'] : ['', ''];
  const members = ids.map(
    (id) => `'${id}':${open}function(module,exports,requirePacked){${moduleOf(id).text}\n}${close}`,
  );
  return `{\n${members.join(',\n')}\n}`;
}

/**
 * A section as a file: a script whose value is a function that makes the modules, and, where Node loads it, a module that
 * exports this function. Only a module has `arguments` outside of functions.
 *
 * @param {string} modules
 */
function script(modules) {
  const text = `${BANNER}{
const section = (function (require) { 'use strict'; return ${modules}; });
typeof arguments === 'undefined' ? section : (module.exports = section);
}
`;
  if (!/^[\0-\x7f]*$/.test(text)) throw new Error('Expected a section to be ASCII: that is how it is read');
  return text;
}

/**
 * The entry of a worker, which is told where the code is that has been compiled ahead.
 *
 * @param {Record<string, string>} hashes of the sections
 * @param {Record<string, string>} places in which section each module is; the first one's is opened at once
 */
function workerEntry(hashes, places) {
  const [first] = Object.values(places);
  return `${BANNER}'use strict';
${registry}
${reader}
${opener}
const { receiveMessageOnPort, workerData } = require('node:worker_threads');
const { data, port } = workerData.tasklets;
const read = reader(require, __dirname, data.code, ${JSON.stringify(hashes)});
const section = opener(require, __dirname, read);
const modules = section('${first}', receiveMessageOnPort(port)?.message.section);
modules['${HOME}'] = (home) => {
  const path = require('node:path');
  home.exports = {
    library: __dirname + path.sep,
    face: path.join(__dirname, '..', 'index.js'),
    root: path.join(__dirname, '..'),
    worker: () => ({ entry: __filename, eval: false, data }),
    section: () => read('${first}'),
  };
};
modules['${IMPORT}'] = (module) => { module.exports = (url) => import(url); };
let places;
const placeOf = (id) => (places ??= JSON.parse('${JSON.stringify(places)}'))[id];
exports.load = registry(modules, (id) => section(placeOf(id)));
exports.load('lib/worker/bootstrap');
`;
}

/**
 * Where each module is; what is in several sections, in the first of them.
 *
 * @param {Record<string, string[]>} ids of the sections
 */
function placesOf(ids) {
  /** @type {Record<string, string>} */
  const places = {};
  for (const [name, members] of Object.entries(ids)) for (const id of members) places[id] ??= name;
  return places;
}

function write() {
  const { task, ...others } = sections();
  fs.rmSync(DIST, { recursive: true, force: true });
  fs.mkdirSync(DIST);
  const put = (/** @type {string} */ name, /** @type {string} */ text) =>
    fs.writeFileSync(path.join(DIST, name), text);
  const { pool, run, rest } = others;
  const texts = { pool: object(pool), run: object(run), task: object(task), rest: object(rest, false) };
  /** @type {Record<string, string>} */
  const hashes = {};
  for (const name of SECTIONS) {
    const text = script(texts[name]);
    hashes[name] = createHash('sha256').update(text).digest('hex').slice(0, 12);
    put(`${name}.js`, text);
  }
  put('pack.json', JSON.stringify({ hashes, places: placesOf(others), targets: TARGETS }));
  put('worker.js', workerEntry(hashes, placesOf({ task, ...others })));
  fs.mkdirSync(path.join(DIST, 'bundle'));
  put('bundle/library.mjs', `${BANNER}${libraryOf(texts)}`);
  for (const { name, id } of faces()) {
    put(`bundle/${name}.mjs`, `${BANNER}${faceOf(id, Object.keys(require(path.join(ROOT, id))))}`);
  }
  // What it was made from: in a clone an older pack is not used.
  const times = [...all()].map((id) => [`${id}.js`, fs.statSync(moduleOf(id).file).mtimeMs]);
  put('sources.json', JSON.stringify(Object.fromEntries(times)));
}

write();
