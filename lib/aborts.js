'use strict';

/**
 * Tasks that end with an AbortSignal. One listener serves all tasks of a signal: a thousand tasks with
 * one signal are no leak, and Node is not to warn of one.
 */

/** @typedef {import('./handle').TaskHandle<any>} TaskHandle */

/** @type {WeakMap<AbortSignal, { handles: Set<TaskHandle>, abort: () => void }>} */
const followed = new WeakMap();

/**
 * Cancels a task when the signal aborts.
 *
 * @param {TaskHandle} handle
 * @param {AbortSignal} signal
 * @returns {() => void} lets go of the signal
 */
function follow(handle, signal) {
  let group = followed.get(signal);
  if (group === undefined) {
    const handles = new Set();
    const abort = () => {
      for (const each of handles) each.engine.cancel(each, signal.reason);
    };
    group = { handles, abort };
    followed.set(signal, group);
    signal.addEventListener('abort', abort);
  }
  const { handles, abort } = group;
  handles.add(handle);
  return () => {
    if (!handles.delete(handle) || handles.size > 0) return;
    signal.removeEventListener('abort', abort);
    followed.delete(signal);
  };
}

module.exports = { follow };
