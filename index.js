'use strict';

/**
 * The public face of `tasklets`. What is behind it is the pack, the library in a few files that start sooner
 * (`scripts/pack.js`), or its source: where there is no pack, or one that is older, or where the environment variable
 * `TASKLETS_UNPACKED` asks for it.
 */

const fs = require('node:fs');
const path = require('node:path');

const DIST = path.join(__dirname, 'dist');
const PACKED_WORKER = path.join(DIST, 'worker.js');
const SOURCE_WORKER = path.join(__dirname, 'lib', 'worker', 'bootstrap.js');

/** @returns {typeof import('./lib/face')} */
function face() {
  // A worker goes on with what it was started from: there is to be one library in it.
  const loaded = require.cache ?? {};
  if (loaded[PACKED_WORKER] !== undefined) return loaded[PACKED_WORKER].exports.load('lib/face');
  if (loaded[SOURCE_WORKER] !== undefined || !hasPack()) return require('./lib/face');
  return require(path.join(DIST, 'main.js')).load('lib/face');
}

function hasPack() {
  if (process.env.TASKLETS_UNPACKED || !fs.existsSync(PACKED_WORKER)) return false;
  // Only in a clone of the repository: what the pack was made from, and when that had last changed.
  const sources = path.join(DIST, 'sources.json');
  if (!fs.existsSync(sources)) return true;
  const times = JSON.parse(fs.readFileSync(sources, 'utf8'));
  try {
    for (const file in times) if (fs.statSync(`${__dirname}/${file}`).mtimeMs !== times[file]) return false;
  } catch {
    // One that is no longer there.
    return false;
  }
  return true;
}

// Node finds the names for `import { run } from 'tasklets'` by reading this.
const none = /** @type {any} */ (undefined);
exports.run = exports.runAll = exports.map = exports.stream = exports.graph = none;
exports.batch = exports.retry = exports.wrap = exports.module = exports.explain = none;
exports.cancel = exports.config = exports.configFromFile = exports.configFromEnv = none;
exports.shutdown = exports.start = exports.onShutdown = exports.getHealth = none;
exports.getStats = exports.getActiveTaskCount = exports.current = exports.reportProgress = none;
exports.transfer = exports.Pool = exports.errors = exports.version = none;

// @ts-expect-error TypeScript has no name for that together with the above
module.exports = face();
