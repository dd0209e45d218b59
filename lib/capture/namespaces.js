'use strict';

const { types } = require('node:util');

const { BASE, NODE } = require('./kinds');

/** @typedef {import('./refusal').Step} Step */

/** What webpack calls a variable that holds a whole module, of whichever kind. */
const OF_BUNDLER = /__WEBPACK_IMPORTED_MODULE_/;

/** The objects of modules in a graph: of the program's own, only the members in use are taken. */
class Namespaces {
  #graph;
  /** Module objects of which only some members are taken. @type {Map<object, { node: number, members: Map<string, any> }>} */
  #partial = new Map();

  /** @param {import('./graph').Graph} graph */
  constructor(graph) {
    this.#graph = graph;
  }

  /**
   * The slot of a variable, of which perhaps only some members are in use.
   *
   * @param {any} value
   * @param {string[] | undefined} only
   * @param {number} from
   * @param {Step} step
   */
  variable(value, only, from, step) {
    if (only !== undefined && typeof value === 'object' && value !== null && !this.#graph.slots.has(value)) {
      const container = OF_BUNDLER.test(step.name) ? value : this.#moduleObject(value);
      if (container !== undefined) return this.#members(value, container, only, from, step);
    }
    return this.#graph.slot(value, from, step);
  }

  /**
   * Whether this is the object of one of the program's own modules; if so, what to read members from.
   *
   * @param {any} value
   */
  #moduleObject(value) {
    if (types.isModuleNamespaceObject(value)) return value;
    if (types.isProxy(value)) {
      if (this.#graph.options.explicit) return undefined;
      const target = this.#graph.tools.reader.inner(value, '[[Target]]');
      return types.isModuleNamespaceObject(target) ? value : undefined;
    }
    if (this.#graph.tools.packages.isModule(value)) return value;
    const { packages } = this.#graph.tools;
    if (isLikeModule(value) || packages.ownModule(value) !== undefined) return value;
    // What compilers make of a CommonJS module that is imported as a namespace: its members, and all of it as default.
    const inner = Object.getOwnPropertyDescriptor(value, 'default')?.value;
    if (typeof inner !== 'object' || inner === null) return undefined;
    const isWrapper = areGetters(value, 'default') || packages.ownModule(inner) !== undefined;
    return isWrapper || packages.find(inner) !== undefined ? value : undefined;
  }

  /**
   * @param {any} value
   * @param {any} container
   * @param {string[]} only
   * @param {number} from
   * @param {Step} step
   */
  #members(value, container, only, from, step) {
    const graph = this.#graph;
    let partial = this.#partial.get(value);
    if (partial === undefined) {
      const reference = graph.reference(value, from, step) ?? this.packageOf(value, from, step);
      if (reference !== undefined) return reference;
      const node = graph.node(undefined, [NODE.OBJECT, BASE.NAMESPACE, undefined, [], 0], from, step);
      partial = { node, members: new Map() };
      this.#partial.set(value, partial);
    }
    for (const path of only) this.#member(partial, container, path);
    return partial.node;
  }

  /**
   * @param {{ node: number, members: Map<string, any> }} partial
   * @param {any} container
   * @param {string} path one or two names
   */
  #member({ node, members }, container, path) {
    const graph = this.#graph;
    const [name, inner] = path.split('.');
    if (!(name in container)) return;
    const value = container[name];
    const step = /** @type {const} */ ({ kind: 'property', name });
    const known = members.get(name);
    if (inner !== undefined && known === undefined && typeof value === 'object' && value !== null) {
      const nested = this.#moduleObject(value);
      if (nested !== undefined && !graph.slots.has(value)) {
        const slot = this.#members(value, nested, [inner], node, step);
        members.set(name, value);
        graph.nodes[node][3].push(name, 7, slot);
        return;
      }
    }
    if (known !== undefined) {
      if (inner !== undefined && this.#partial.has(value)) {
        this.#member(/** @type {any} */ (this.#partial.get(value)), value, inner);
      }
      return;
    }
    members.set(name, value);
    graph.nodes[node][3].push(name, 7, graph.slot(value, node, step));
  }

  /**
   * @param {any} value
   * @param {number} from
   * @param {Step | null} step
   */
  packageOf(value, from, step) {
    const found = this.#graph.tools.packages.find(value);
    if (found === undefined) return undefined;
    return this.#graph.node(value, [NODE.PACKAGE, found.module, found.path], from, step);
  }

  /**
   * A namespace of which anything may be used.
   *
   * @param {any} namespace
   * @param {number} from
   * @param {Step | null} step
   */
  whole(namespace, from, step) {
    const graph = this.#graph;
    const reference = graph.reference(namespace, from, step) ?? this.#byPath(namespace, from, step);
    if (reference !== undefined) return reference;
    const builtin = graph.tools.builtins.find(namespace.default);
    const node = graph.node(namespace, [NODE.OBJECT, BASE.NAMESPACE, undefined, [], 0], from, step);
    graph.later.push(() => {
      const properties = graph.nodes[node][3];
      for (const name of Object.keys(namespace)) {
        const value = namespace[name];
        // Functions among them may be bound, or have no other name.
        if (builtin !== undefined && builtin.path.length === 0 && typeof value === 'function') {
          const member = [NODE.BUILTIN, builtin.module, name === 'default' ? [] : [name]];
          properties.push(name, 7, graph.slots.get(value) ?? graph.node(value, member, node, null));
          continue;
        }
        properties.push(name, 7, graph.slot(value, node, { kind: 'property', name }));
      }
    });
    return node;
  }

  /**
   * A namespace of one of the program's modules: the file is the one that the function's own file imports under this
   * name, if loading it gives this very namespace.
   *
   * @param {any} namespace
   * @param {number} from
   * @param {Step | null} step
   */
  #byPath(namespace, from, step) {
    const graph = this.#graph;
    const known = graph.memberAt(from)?.known;
    if (step?.kind !== 'variable' || known?.script === undefined || !known.module) return undefined;
    const file = graph.tools.scripts.importedAs(known.script, step.name);
    if (file === undefined || !graph.tools.packages.isNamespaceOf(namespace, file)) return undefined;
    return graph.node(namespace, [NODE.PACKAGE, file, []], from, step);
  }
}

/**
 * Whether everything on an object is a getter, but for one property.
 *
 * @param {object} object
 * @param {string} except
 */
function areGetters(object, except) {
  const keys = Object.getOwnPropertyNames(object).filter((key) => key !== except);
  return (
    keys.length > 0 && keys.every((key) => Object.getOwnPropertyDescriptor(object, key)?.get !== undefined)
  );
}

/**
 * Whether bundlers and test runners made this to stand for an ES module.
 *
 * @param {any} value
 */
function isLikeModule(value) {
  // As a property of its own, whatever it gives: looking must not run a getter.
  if (Object.hasOwn(value, '__esModule')) return true;
  return Object.getOwnPropertyDescriptor(value, Symbol.toStringTag)?.value === 'Module';
}

exports.Namespaces = Namespaces;
