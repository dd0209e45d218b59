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
      own: () => require('..'),
      warn: (/** @type {string} */ message) => process.emitWarning(message, 'TaskletsWarning'),
    });
  }

  encodeContext(/** @type {any} */ _prepared, /** @type {any} */ context) {
    return context;
  }
  decodeContext(/** @type {any} */ _task, /** @type {any} */ context) {
    return context;
  }
  mapStack(/** @type {string} */ stack, /** @type {any} */ _task) {
    return stack;
  }
}

/** @type {Host | undefined} */
let host;

function capture() {
  return (host ??= new Host());
}

module.exports = { capture };
