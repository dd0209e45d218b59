'use strict';

/**
 * Where this library is: the only file that knows. The pack (`scripts/pack.js`), and the form of it
 * that bundlers take in, have a home of their own in place of this one.
 *
 * @typedef {object} Home
 * @property {string} library what the names of the library's own files begin with, in stacks
 * @property {string} face the file that programs load
 * @property {string | undefined} root the folder of the package; `undefined` inside somebody's bundle
 * @property {() => string[]} [folders] inside a bundle: where that is
 * @property {() => { entry: string, eval: boolean, data: object | undefined }} worker
 *   what a worker's thread begins with: a file, or a text, and what it needs of the pack
 * @property {() => import('./open').Section | undefined} [section] what it would read first, where it is a file of the pack
 */

const path = require('node:path');

/** @type {Home} */
const home = {
  library: __dirname + path.sep,
  face: path.join(__dirname, '..', 'index.js'),
  root: path.join(__dirname, '..'),
  worker: () => ({ entry: path.join(__dirname, 'worker', 'bootstrap.js'), eval: false, data: undefined }),
};

module.exports = home;
