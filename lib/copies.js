'use strict';

/**
 * The addon as it is where the runtime refuses memory that is not its own, such as Electron: what would be shown to
 * JavaScript is copied, or asked for by calls. `TASKLETS_NO_EXTERNAL_BUFFERS` makes it so anywhere, for tests.
 *
 * @template {typeof import('../binding')} B
 * @param {B} binding
 * @returns {B}
 */
function copying(binding) {
  return {
    ...binding,
    attention: () => null,
    join: (isolate, pool, worker) => {
      const words = binding.join(isolate, pool, worker);
      return words === undefined ? undefined : null;
    },
    outbox: () => null,
  };
}

module.exports = { copying };
