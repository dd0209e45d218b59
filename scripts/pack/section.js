'use strict';

/**
 * How the files of the pack open one another. The functions here go into them as text: they may use nothing from outside
 * but what is said.
 */

const { TARGETS } = require('../../lib/targets');

/**
 * The folder with what V8 has compiled of the pack ahead (`scripts/code.js`), for just this version of it: in a clone
 * beside the pack, otherwise in the package of the platform; none where scripts belong to another realm than this. It uses
 * `TARGETS`.
 *
 * @param {NodeJS.Require} require
 * @param {string} folder the pack's
 * @returns {string | undefined}
 */
function findCode(require, folder) {
  const { existsSync, readFileSync } = require('node:fs');
  const { dirname, join } = require('node:path');
  const { Script } = require('node:vm');
  // Jest runs each test file in a realm of its own. A script belongs to the first one.
  if (new Script('Array').runInThisContext() !== Array) return undefined;
  const system = `${process.platform}-${process.arch}`;
  const name = join('code', `${process.versions.v8}-${system}`);
  const own = join(folder, name);
  // On Node 20 functions keep the file that they had when they were compiled: what was made elsewhere would show in stacks.
  if (process.versions.v8.startsWith('11.')) {
    try {
      return readFileSync(join(own, 'place'), 'utf8') === folder ? own : undefined;
    } catch {
      return undefined;
    }
  }
  if (existsSync(own)) return own;
  for (const target of TARGETS[system] ?? []) {
    try {
      const code = join(dirname(require.resolve(`tasklets-${target}/package.json`)), name);
      if (existsSync(code)) return code;
    } catch {
      // That package is not there.
    }
  }
  return undefined;
}

/**
 * Opens sections: each is a script whose value is a function, and a module that exports the same. With what has been compiled
 * ahead V8 need not even read it.
 *
 * @param {NodeJS.Require} require
 * @param {string} folder the pack's
 * @param {string | undefined} code where the compiled code is, where scripts belong to the realm that this runs in
 * @param {Record<string, string>} hashes of the sections: V8 itself only knows another text by its length
 * @returns {(name: string) => any}
 */
function opener(require, folder, code, hashes) {
  const { readFileSync } = require('node:fs');
  const { join } = require('node:path');
  const { Script } = require('node:vm');
  return (name) => {
    const filename = join(folder, `${name}.js`);
    let cachedData;
    if (code !== undefined && name in hashes) {
      try {
        cachedData = readFileSync(join(code, `${name}-${hashes[name]}.bin`));
      } catch {
        // None of that section, or of another pack.
      }
    }
    if (cachedData === undefined) return require(filename)(require);
    // The pack is ASCII: this is the quickest way to read that.
    const text = readFileSync(filename, 'latin1');
    return new Script(text, { filename, cachedData }).runInThisContext()(require);
  };
}

module.exports = { findCode, opener };
