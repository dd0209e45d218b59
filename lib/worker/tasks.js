'use strict';

/**
 * What a task calls: functions revived from their definitions, and exports of modules. Each is made
 * once per worker, as far as nothing of one run can be seen by the next.
 */

const binding = require('../native');
const importModule = require('../import');
const codec = require('../capture-codec');
const { Reviver } = require('../capture/revive');

/** @typedef {{ fn: Function, thisValue: unknown, args?: unknown[] }} Callable */

class Tasks {
  #reviver = new Reviver({
    codec,
    definition: (id) => /** @type {Uint8Array} */ (binding.definition(id)),
    own: () => require('../face'),
  });
  /** @type {Map<number, Callable | Promise<Callable>>} */
  #modules = new Map();

  /**
   * @param {number} definition
   * @param {Uint8Array | null} section
   * @param {unknown[] | null} extras
   * @returns {any}
   */
  revive(definition, section, extras) {
    return this.#reviver.load(definition, section, extras);
  }

  /**
   * Has instances of the submitter's classes written as such: what was used says so afterwards.
   *
   * @param {any} context
   * @returns {{ used: boolean }}
   */
  hook(context) {
    const hook = { used: false };
    if (!this.#reviver.hasClasses) return hook;
    const { onObject } = this.#reviver.encodeContext({});
    context.onObject = (/** @type {object} */ object) => {
      const written = onObject(object);
      if (written !== undefined) hook.used = true;
      return written;
    };
    return hook;
  }

  /** @param {any} callable */
  finish(callable) {
    // The export of a module stays as it is.
    if (callable.definition !== undefined) this.#reviver.finish(callable);
  }

  /**
   * The export of a module that has been loaded; `undefined` where it has not.
   *
   * @param {number} definition
   * @returns {any}
   */
  loaded(definition) {
    const known = this.#modules.get(definition);
    return known instanceof Promise ? undefined : known;
  }

  /**
   * The export of a module: at once where it is loaded, otherwise a promise of it.
   *
   * @param {number} definition
   */
  module(definition) {
    const known = this.#modules.get(definition);
    if (known !== undefined) return known;
    const text = Buffer.from(binding.definition(definition) ?? []).toString();
    const loading = this.#load(JSON.parse(text)).then(
      (callable) => {
        this.#modules.set(definition, callable);
        return callable;
      },
      (error) => {
        // The next task tries again: the file may have come meanwhile.
        this.#modules.delete(definition);
        throw error;
      },
    );
    this.#modules.set(definition, loading);
    return loading;
  }

  /** @param {{ url: string, exportName: string }} where */
  async #load({ url, exportName }) {
    let namespace;
    try {
      namespace = await importModule(url);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new (require('../errors').ModuleError)(`The module ${url} cannot be loaded: ${reason}`, {
        cause,
      });
    }
    const fn = pick(namespace, exportName);
    if (typeof fn !== 'function') {
      const names = Object.keys(namespace).filter((name) => typeof namespace[name] === 'function');
      const known =
        names.length === 0
          ? 'it exports no function'
          : `its functions are ${names.map((name) => `\`${name}\``).join(', ')}`;
      throw new (require('../errors').ModuleError)(
        `Expected the export \`${exportName}\` of ${url} to be a function, got ${typeof fn}; ${known}`,
      );
    }
    if (/^class\b/.test(Function.prototype.toString.call(fn))) {
      throw new (require('../errors').InvalidTaskError)(
        `Expected the export \`${exportName}\` of ${url} to be a function, got a class; export a function that uses it`,
      );
    }
    return { fn, thisValue: undefined };
  }
}

/**
 * An export by name. What CommonJS exports under names that Node cannot see is found in its default.
 *
 * @param {any} namespace
 * @param {string} name
 */
function pick(namespace, name) {
  if (Object.hasOwn(namespace, name)) {
    const value = namespace[name];
    // A transpiled ES module: its default export is one level further down.
    // eslint-disable-next-line no-underscore-dangle -- the name that transpilers gave it
    if (name === 'default' && typeof value !== 'function' && value?.__esModule) return value.default;
    return value;
  }
  const inner = namespace.default;
  return inner !== null && inner !== undefined && Object.hasOwn(inner, name) ? inner[name] : undefined;
}

module.exports = { Tasks };
