'use strict';

/**
 * `import()` in a file of its own: the pack (`scripts/pack.js`) keeps it out of what is compiled ahead, where Node would
 * not know which module is asking.
 */

module.exports = (/** @type {string} */ url) => import(url);
