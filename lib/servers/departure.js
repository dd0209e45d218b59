'use strict';

/** When a client goes away. */

/** What is to be told when a connection ends, for the responses that wait on it. @type {WeakMap<object, Set<() => void>>} */
const waiting = new WeakMap();

/**
 * Calls back when nobody waits for this response any more: it has been sent, or its client has gone away.
 *
 * @param {any} response Node's own
 * @param {() => void} leave may be called twice
 */
function onDeparture(response, leave) {
  response.once('close', leave);
  const socket = socketAhead(response);
  if (typeof socket?.once !== 'function') return;
  const leaves = leavesOf(socket);
  leaves.add(leave);
  response.once('close', () => leaves.delete(leave));
}

/**
 * The connection of a response that does not have it yet: where a client sends requests without waiting for answers,
 * Node gives the connection to one response at a time, and only that one hears of its end.
 *
 * @param {any} response
 */
function socketAhead(response) {
  return response.socket === null ? response.req?.socket : undefined;
}

/**
 * One listener a connection, however many responses wait on it.
 *
 * @param {any} socket
 */
function leavesOf(socket) {
  let leaves = waiting.get(socket);
  if (leaves === undefined) {
    const all = new Set();
    leaves = all;
    waiting.set(socket, all);
    socket.once('close', () => all.forEach((leave) => leave()));
  }
  return leaves;
}

/**
 * Whether there is nobody to answer, or somebody has answered.
 *
 * @param {any} response
 */
function isOver(response) {
  if (response.headersSent || response.writableEnded || response.destroyed) return true;
  return (response.stream ?? socketAhead(response))?.destroyed === true;
}

module.exports = { isOver, onDeparture };
