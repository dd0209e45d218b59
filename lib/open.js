'use strict';

/**
 * Opens the library for its public faces (`index.js` and those beside it): the pack, which is the same in a few files
 * that start sooner (`scripts/pack.js`), or the source, where there is no pack, or one that is older, or where the
 * environment variable `TASKLETS_UNPACKED` asks for it. All faces get theirs from the same. With `NODE_ENV=production`
 * nobody looks whether it is older: that takes a millisecond.
 */

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const DIST = path.join(ROOT, 'dist');
const PACKED_WORKER = path.join(DIST, 'worker.js');
const SOURCE_WORKER = path.join(__dirname, 'worker', 'bootstrap.js');

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
  if (loaded[SOURCE_WORKER] === undefined && hasPack()) return require(path.join(DIST, 'main.js')).load;
  return (id) => require(path.join(ROOT, id));
}

function hasPack() {
  if (process.env.TASKLETS_UNPACKED || !fs.existsSync(PACKED_WORKER)) return false;
  // Only in a clone of the repository: what the pack was made from, and when that had last changed.
  const sources = path.join(DIST, 'sources.json');
  if (process.env.NODE_ENV === 'production' || !fs.existsSync(sources)) return true;
  const times = JSON.parse(fs.readFileSync(sources, 'utf8'));
  try {
    for (const file in times) if (fs.statSync(`${ROOT}/${file}`).mtimeMs !== times[file]) return false;
  } catch {
    // One that is no longer there.
    return false;
  }
  return true;
}

module.exports = { open };
