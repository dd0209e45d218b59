'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');

/** @param {string} folder */
function versionIn(folder) {
  try {
    return String(JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).version);
  } catch {
    return undefined;
  }
}

/**
 * @typedef {ReturnType<typeof describe>} Machine
 */

/**
 * What the figures were made with. They mean nothing without it.
 *
 * @param {import('../contestants/index.js').Contestant[]} contestants
 */
function describe(contestants) {
  /** @type {Record<string, string>} */
  const packages = { tasklets: versionIn(ROOT) ?? 'unknown' };
  for (const { package: name } of contestants) {
    if (name) packages[name] = versionIn(path.join(ROOT, 'node_modules', name)) ?? 'not installed';
  }
  return {
    date: new Date().toISOString(),
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    os: os.release(),
    cpu: os.cpus()[0]?.model.trim() || 'unknown',
    cores: os.availableParallelism(),
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GB`,
    load: Number(os.loadavg()[0].toFixed(2)),
    packages,
  };
}

module.exports = { describe };
