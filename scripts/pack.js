'use strict';

/**
 * Makes the pack, `dist/`: the library in a few files. Finding, reading and compiling a hundred small ones is most of
 * what a program would wait for before its first result.
 *
 *   main.js     what `require('tasklets')` needs, and what starts the first worker's thread
 *   pool.js     what a pool stands on, the addon too
 *   run.js      what a first task needs besides, loaded while that thread starts
 *   worker.js   what a worker needs for its first task
 *   rest.js     everything else, loaded with its first use
 *   bundle/     all of it as text: what bundlers take in, since a bundle has no files beside it
 *
 * Each is one object of functions, by the ids of the modules (`lib/pool`).
 */

const fs = require('node:fs');
const path = require('node:path');
const { faceOf, libraryOf } = require('./pack/bundle');
const { ROOT, closure, moduleOf } = require('./pack/modules');
const { registry } = require('./pack/registry');

const manifest = require('../package.json');

const DIST = path.join(ROOT, 'dist');
/** The one module that is not the same everywhere. */
const HOME = 'lib/home';
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

/** @returns {Record<'main' | 'pool' | 'run' | 'worker' | 'rest', string[]>} */
function sections() {
  const atOnce = (/** @type {string[]} */ ...roots) => closure(roots, (module) => module.atOnce);
  const main = atOnce('lib/face', HOME);
  const pool = atOnce('lib/ground');
  const run = atOnce('lib/verbs/index', 'lib/capture-host');
  const worker = atOnce('lib/worker/bootstrap', 'lib/worker/attendant', HOME);
  const without = (/** @type {Iterable<string>} */ ids, /** @type {Set<string>[]} */ ...others) =>
    [...ids].filter((id) => id !== HOME && !others.some((other) => other.has(id)));
  return {
    main: without(main),
    pool: without(pool, main),
    run: without(run, main, pool),
    worker: without(worker),
    rest: without(all(), main, pool, run),
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

/** What stands for `lib/home` in the files of the pack. */
const HOME_OF_FILES = `(function (module) {
  const path = require('node:path');
  module.exports = {
    library: __dirname + path.sep,
    face: path.join(__dirname, '..', 'index.js'),
    root: path.join(__dirname, '..'),
    worker: () => ({ entry: path.join(__dirname, 'worker.js'), eval: false, data: undefined }),
  };
})`;

/**
 * @param {string} modules
 * @param {string[]} others the files that know the rest
 * @param {string} start
 */
function entry(modules, others, start) {
  return `${BANNER}'use strict';
const modules = ${modules};
modules['${HOME}'] = ${HOME_OF_FILES};
${registry}
exports.load = registry(modules, [${others.map((name) => `() => require('./${name}.js').modules`).join(', ')}]);
exports.modules = modules;
${start}`;
}

function write() {
  const { main, pool, run, worker, rest } = sections();
  fs.rmSync(DIST, { recursive: true, force: true });
  fs.mkdirSync(DIST);
  const put = (/** @type {string} */ name, /** @type {string} */ text) =>
    fs.writeFileSync(path.join(DIST, name), text);
  put('main.js', entry(object(main), ['pool', 'run', 'rest'], ''));
  put('pool.js', `${BANNER}'use strict';\nexports.modules = ${object(pool)};\n`);
  put('run.js', `${BANNER}'use strict';\nexports.modules = ${object(run)};\n`);
  put('rest.js', `${BANNER}'use strict';\nexports.modules = ${object(rest, false)};\n`);
  put(
    'worker.js',
    entry(object(worker), ['main', 'pool', 'run', 'rest'], "exports.load('lib/worker/bootstrap');\n"),
  );
  const texts = { main: object(main), pool: object(pool), run: object(run), worker: object(worker) };
  fs.mkdirSync(path.join(DIST, 'bundle'));
  put('bundle/library.mjs', `${BANNER}${libraryOf({ ...texts, rest: object(rest, false) })}`);
  for (const { name, id } of faces()) {
    put(`bundle/${name}.mjs`, `${BANNER}${faceOf(id, Object.keys(require(path.join(ROOT, id))))}`);
  }
  // What it was made from: in a clone an older pack is not used.
  const times = [...all()].map((id) => [`${id}.js`, fs.statSync(moduleOf(id).file).mtimeMs]);
  put('sources.json', JSON.stringify(Object.fromEntries(times)));
}

write();
