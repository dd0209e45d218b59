'use strict';

/**
 * What the pack's modules load each other by. Its text goes into the pack: it may use nothing from outside.
 *
 * @param {any} modules functions by the id of their module
 * @param {(id: string) => any} more opens a section for a module that is not there; it may take several calls to find it
 * @returns {(id: string) => any}
 */
function registry(modules, more) {
  const loaded = Object.create(null);
  const load = (/** @type {string} */ id) => {
    if (loaded[id] !== undefined) return loaded[id].exports;
    while (modules[id] === undefined) {
      const section = more(id);
      // Asks nothing of globals, which a task may have changed by then.
      for (const key in section) modules[key] ??= section[key];
    }
    const module = (loaded[id] = { exports: {} });
    try {
      modules[id](module, module.exports, load);
    } catch (error) {
      // As Node does: whoever asks next hears the same, and not of half a module.
      delete loaded[id];
      throw error;
    }
    return module.exports;
  };
  return load;
}

module.exports = { registry };
