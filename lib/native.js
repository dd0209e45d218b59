'use strict';

/**
 * The addon. A worker is told the file that its owner has loaded, and need not look for it again:
 * finding out what platform this is costs as much as loading it.
 */

const seat = require('./worker/seat');

/** @type {typeof import('../binding')} */
module.exports = seat.addon === undefined ? require('../binding') : require(seat.addon);
