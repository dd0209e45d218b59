'use strict';

/** The closure side of this isolate, made when the first function is submitted. */

const binding = require('./native');
const codec = require('./capture-codec');
const { Capture } = require('./capture');

class Host extends Capture {
  constructor() {
    super({
      codec,
      analyzer: binding,
      define: binding.define,
      own: () => require('./face'),
      warn: (/** @type {string} */ message) => process.emitWarning(message, 'TaskletsWarning'),
    });
  }
}

/** @type {Host | undefined} */
let host;

function capture() {
  return (host ??= new Host());
}

module.exports = { capture };
