'use strict';

const { runInThisContext } = require('node:vm');
const { Session } = require('node:inspector');

/**
 * What every reading of a closure's variables needs, and nothing else: connect, a handle, its properties, its scopes,
 * disconnect.
 *
 * @returns {(fn: Function) => any} gives the scopes
 */
function bareReading() {
  const session = new Session();
  const global = runInThisContext('globalThis');
  const holder = { fn: /** @type {Function | null} */ (null), out: /** @type {any} */ (null) };
  /** @param {string} method @param {object} parameters @returns {any} */
  const post = (method, parameters) => {
    let answer;
    session.post(method, parameters, (_, result) => {
      answer = result;
    });
    return answer;
  };
  return (fn) => {
    session.connect();
    global.bench = holder;
    holder.fn = fn;
    const { objectId } = post('Runtime.evaluate', { expression: 'bench.fn' }).result;
    const { internalProperties } = post('Runtime.getProperties', { objectId, ownProperties: true });
    const scopes = internalProperties.find((/** @type {any} */ { name }) => name === '[[Scopes]]').value;
    const functionDeclaration = 'function(a){bench.out=a}';
    const callArguments = [{ objectId: scopes.objectId }];
    post('Runtime.callFunctionOn', { objectId, functionDeclaration, arguments: callArguments });
    delete global.bench;
    session.disconnect();
    return holder.out;
  };
}

module.exports = { bareReading };
