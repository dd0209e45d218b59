'use strict';

/**
 * What the pack's modules load each other by. Its text goes into the pack: it may use nothing from outside.
 *
 * @param {any} modules functions by the id of their module
 * @param {Array<() => any>} sections more of them, to be looked at in this order once one is needed that is not there
 * @returns {(id: string) => any}
 */
function registry(modules, sections) {
  const loaded = Object.create(null);
  const load = (/** @type {string} */ id) => {
    if (loaded[id] !== undefined) return loaded[id].exports;
    while (modules[id] === undefined) {
      const more = /** @type {() => any} */ (sections.shift())();
      for (const key of Object.keys(more)) modules[key] ??= more[key];
    }
    const module = (loaded[id] = { exports: {} });
    modules[id](module, module.exports, load);
    return module.exports;
  };
  return load;
}

module.exports = { registry };
