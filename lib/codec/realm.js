'use strict';

// What is needed from the main realm. Under test runners that load modules into a vm context the
// globals of this file are the context's: a polyfilled or missing `structuredClone` there must not
// change what may cross, and Node has one `DOMException`, which is the main realm's.

const vm = require('node:vm');

/** @type {typeof globalThis} */
const main = vm.runInThisContext('globalThis');

module.exports = {
  mainGlobal: main,
  structuredClone: main.structuredClone,
  DOMException: main.DOMException,
};
