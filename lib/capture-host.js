'use strict';

/** The closure side of this isolate, made when the first function is submitted. */

const binding = require('./native');
const codec = require('./capture-codec');
const { Capture } = require('./capture');
const { here } = require('./isolate');
const { argumentsOf } = require('./verbs/module');

class Host extends Capture {
  constructor() {
    super({
      codec,
      analyzer: binding,
      define: (/** @type {Uint8Array} */ bytes) => binding.define(here().id, bytes),
      release: binding.undefine,
      own: () => require('./face'),
      ownModule: argumentsOf,
      warn: (/** @type {string} */ message) => process.emitWarning(message, 'TaskletsWarning'),
    });
  }
}

/** @type {Host | undefined} */
let host;

function capture() {
  return (host ??= new Host());
}

/** A turn in which tasks were submitted has ended. */
function endTurn() {
  host?.endTurn();
}

module.exports = { capture, endTurn };
