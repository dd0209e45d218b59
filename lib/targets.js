'use strict';

/**
 * The platforms that there is a package for, by what Node calls them. On Linux there is one for each C library.
 *
 * @type {Record<string, string[]>}
 */
const TARGETS = {
  'linux-x64': ['linux-x64-gnu', 'linux-x64-musl'],
  'linux-arm64': ['linux-arm64-gnu', 'linux-arm64-musl'],
  'darwin-x64': ['darwin-x64'],
  'darwin-arm64': ['darwin-arm64'],
  'win32-x64': ['win32-x64-msvc'],
  'win32-arm64': ['win32-arm64-msvc'],
};

module.exports = { TARGETS };
