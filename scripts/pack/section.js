'use strict';

/**
 * How the files of the pack open one another. The functions here go into them as text: they may use nothing from outside
 * but what is said.
 */

const { TARGETS } = require('../../lib/targets');

/**
 * The folder with what V8 has compiled of the pack ahead (`scripts/code.js`), for just this version of it: in a clone
 * beside the pack, otherwise in the package of the platform. It uses `TARGETS`.
 *
 * @param {NodeJS.Require} require
 * @param {string} folder the pack's
 * @returns {string | undefined}
 */
function findCode(require, folder) {
  const { existsSync, readFileSync } = require('node:fs');
  const { dirname, join } = require('node:path');
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
 * Opens sections: each is a file that exports `modules`. With what has been compiled ahead V8 need not even read it.
 *
 * @param {NodeJS.Require} require
 * @param {string} folder the pack's
 * @param {string | undefined} code where the compiled code is
 * @param {Record<string, string>} hashes of the sections: V8 itself only knows another text by its length
 * @returns {(name: string) => any}
 */
function opener(require, folder, code, hashes) {
  const { readFileSync } = require('node:fs');
  const { join } = require('node:path');
  const vm = require('node:vm');
  // Jest runs each test file in a realm of its own. A script belongs to the first one.
  const isHome = code !== undefined && new vm.Script('Array').runInThisContext() === Array;
  return (name) => {
    const filename = join(folder, `${name}.js`);
    let cachedData;
    if (isHome && name in hashes) {
      try {
        cachedData = readFileSync(join(code, `${name}-${hashes[name]}.bin`));
      } catch {
        // None of that section, or of another pack.
      }
    }
    if (cachedData === undefined) return require(filename).modules;
    const text = `(function (exports, require) {${readFileSync(filename, 'utf8')}\n})`;
    const section = { modules: undefined };
    new vm.Script(text, { filename, cachedData }).runInThisContext()(section, require);
    return section.modules;
  };
}

module.exports = { findCode, opener };
