'use strict';

/**
 * Functions of a module that is loaded with the first call of one of them.
 *
 * A worker that has to find, read and compile fifty files before its first task starts a third later
 * than a bare one. What most programs never use is loaded when it is.
 *
 * @template {Record<string, any>} M
 * @template {keyof M & string} K
 * @param {() => M} load
 * @param {readonly K[]} names
 * @returns {Pick<M, K>}
 */
function lazy(load, names) {
  const functions = /** @type {Pick<M, K>} */ ({});
  for (const name of names) {
    functions[name] = /** @type {any} */ (
      (/** @type {any[]} */ ...args) => {
        const module = load();
        for (const each of names) functions[each] = module[each];
        return module[name](...args);
      }
    );
  }
  return functions;
}

module.exports = { lazy };
