'use strict';

/**
 * What tasks print is not lost with the process: before it ends by itself, workers hand over what they have. An idle pool
 * keeps no process alive, so nobody else would wait for that.
 */

const { here } = require('./isolate');

/** @typedef {{ printed(): Promise<void> }} Printing */

/** Those with workers. @type {Set<Printing>} */
const printing = new Set();
/** How many tasks there had been when the workers were last asked: without new ones there is nothing new. */
let asked = 0;

function beforeExit() {
  const { issued } = here();
  if (issued === asked) return;
  asked = issued;
  for (const staff of printing) staff.printed();
}

/** @param {Printing} staff it has workers now */
function watch(staff) {
  if (printing.size === 0) process.on('beforeExit', beforeExit);
  printing.add(staff);
}

/** @param {Printing} staff it has none left */
function unwatch(staff) {
  printing.delete(staff);
  if (printing.size === 0) process.off('beforeExit', beforeExit);
}

module.exports = { unwatch, watch };
