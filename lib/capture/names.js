'use strict';

const { USAGE } = require('./kinds');

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

exports.writtenNames = writtenNames;
