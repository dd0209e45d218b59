'use strict';

const { move } = require('piscina');

module.exports = { ...require('../tasks.js'), move: (/** @type {ArrayBuffer} */ buffer) => move(buffer) };
