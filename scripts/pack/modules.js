'use strict';

/** The library's modules: what each requires, and which belong together. */

const fs = require('node:fs');
const path = require('node:path');
const { transformSync } = require('esbuild');

const ROOT = path.join(__dirname, '..', '..');
const REQUIRED = /\brequire\('(\.[^']*)'\)/g;
const { version } = require('../../package.json');

/** @typedef {{ id: string, file: string, text: string, all: string[], atOnce: string[] }} Packed */

/** @type {Map<string, Packed>} */
const known = new Map();

/**
 * A module by its id, which is its file in the repository without the ending.
 *
 * @param {string} id
 * @returns {Packed}
 */
function moduleOf(id) {
  let found = known.get(id);
  if (found === undefined) {
    const file = path.join(ROOT, `${id}.js`);
    const source = fs.readFileSync(file, 'utf8');
    /** @type {string[]} */
    const all = [];
    const replaced = source.replace(REQUIRED, (text, /** @type {string} */ request) => {
      if (request.endsWith('package.json')) return JSON.stringify({ version });
      const target = idOf(id, request);
      all.push(target);
      return `requirePacked('${target}')`;
    });
    found = { id, file, text: compact(replaced, id), all, atOnce: requiredAtOnce(source, id) };
    known.set(id, found);
  }
  return found;
}

/**
 * What is required as soon as the module is loaded: in a line of its own at the outermost level.
 *
 * @param {string} source
 * @param {string} id
 */
function requiredAtOnce(source, id) {
  return source
    .split('\n')
    .filter((line) => /^\S/.test(line) && !/^\/|^ ?\*|=> *require\(|=> require/.test(line))
    .flatMap((line) => [...line.matchAll(REQUIRED)].map(([, request]) => request))
    .filter((request) => !request.endsWith('package.json'))
    .map((request) => idOf(id, request));
}

/**
 * Comments and white space go; names stay, for they are seen in stacks.
 *
 * @param {string} text
 * @param {string} id
 */
function compact(text, id) {
  const { code } = transformSync(text, {
    sourcefile: `${id}.js`,
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    // Node shows the line that an uncaught error comes from.
    lineLimit: 100,
    // Text of one byte a character is read and compiled sooner.
    charset: 'ascii',
  });
  return code.replace(/^"use strict";/, '').trim();
}

/**
 * @param {string} from
 * @param {string} request
 */
function idOf(from, request) {
  const target = path.posix.join(path.posix.dirname(from), request);
  for (const id of [target, `${target}/index`]) if (fs.existsSync(path.join(ROOT, `${id}.js`))) return id;
  throw new Error(`Expected \`${from}\` to require what there is, got \`${request}\``);
}

/**
 * Modules and what they need, in the order in which they are loaded.
 *
 * @param {string[]} roots
 * @param {(module: Packed) => string[]} next
 * @returns {Set<string>}
 */
function closure(roots, next) {
  /** @type {Set<string>} */
  const found = new Set();
  const add = (/** @type {string} */ id) => {
    if (found.has(id)) return;
    found.add(id);
    next(moduleOf(id)).forEach(add);
  };
  roots.forEach(add);
  return found;
}

module.exports = { ROOT, closure, moduleOf };
