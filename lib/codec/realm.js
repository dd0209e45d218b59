'use strict';

// What is needed from the main realm. Under test runners that load modules into a vm context the
// globals of this file are the context's: a polyfilled or missing `structuredClone` there must not
// change what may cross, and Node has one `DOMException`, which is the main realm's.

const vm = require('node:vm');

// Each by a script of its own that runs over there: `DOMException` is made on first use, for the
// realm that asks, and Node aborts the process if that is one of the contexts.
/** @type {typeof globalThis} */
const mainGlobal = vm.runInThisContext('globalThis');
/** @type {typeof globalThis.structuredClone} */
const structuredClone = vm.runInThisContext('structuredClone');
/** @type {typeof globalThis.DOMException} */
const DOMException = vm.runInThisContext('DOMException');

module.exports = { mainGlobal, structuredClone, DOMException };
