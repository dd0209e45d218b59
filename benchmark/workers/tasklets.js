'use strict';

const { transfer } = require('../..');

exports.move = (/** @type {ArrayBuffer} */ buffer) => transfer(buffer, [buffer]);
