'use strict';

/** The addon's exports. */

/** @type {typeof import('../binding')} */
module.exports = require('./addon').binding;
