'use strict';

const { USAGE } = require('./kinds');

/** What the name of a property of the global object begins with, as the analysis has it. */
const GLOBAL = 'globalThis.';

/**
 * The property of the global object that a name like `globalThis.x` means.
 *
 * @param {string} name
 * @returns {string | undefined}
 */
function globalIn(name) {
  return name.startsWith(GLOBAL) ? name.slice(GLOBAL.length) : undefined;
}

/**
 * Names of a function that are written.
 *
 * @param {import('./graph').Member} member
 * @returns {Set<string>}
 */
function writtenNames({ analysis }) {
  const names = analysis.names.filter(({ usage }) => usage & USAGE.WRITE).map(({ name }) => name);
  if (analysis.own !== undefined && analysis.ownUsage & USAGE.WRITE) names.push(analysis.own);
  return new Set(names);
}

exports.globalIn = globalIn;
exports.writtenNames = writtenNames;
