'use strict';

const { types } = require('node:util');

const { BASE, FLAG, FORM, NODE, PROPERTY } = require('./kinds');
const { Classes } = require('./classes');
const { isPlainTree } = require('./plain');
const { base } = require('./bases');

/** @typedef {import('./refusal').Step} Step */
/** @typedef {import('./graph').Member} Member */

/** Own properties that every function has, and those that only old-fashioned ones have. */
const OF_FUNCTIONS = new Set(['length', 'name', 'prototype', 'arguments', 'caller']);

/** What webpack calls a variable that holds a whole module, of whichever kind. */
const OF_BUNDLER = /__WEBPACK_IMPORTED_MODULE_/;

/** @type {Map<symbol, string>} */
const WELL_KNOWN = new Map(
  Object.getOwnPropertyNames(Symbol)
    .map((name) => /** @type {[any, string]} */ ([/** @type {any} */ (Symbol)[name], name]))
    .filter(([symbol]) => typeof symbol === 'symbol'),
);

/** The objects of a graph. */
class Objects {
  #graph;
  /** Objects known to be plain data. @type {Set<object>} */
  plain = new Set();
  /** Objects known to lead to something else. @type {Set<object>} */
  #mixed = new Set();
  /** Module objects of which only some members are taken. @type {Map<object, { node: number, members: Map<string, any> }>} */
  #partial = new Map();
  /** @type {Array<{ weak: any, node: number }>} */
  #weak = [];

  /** @param {import('./graph').Graph} graph */
  constructor(graph) {
    this.#graph = graph;
    this.classes = new Classes(graph);
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
      const reference = graph.reference(value, from, step) ?? this.#packageOf(value, from, step);
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
  #packageOf(value, from, step) {
    const found = this.#graph.tools.packages.find(value);
    if (found === undefined) return undefined;
    return this.#graph.node(value, [NODE.PACKAGE, found.module, found.path], from, step);
  }

  /**
   * @param {any} object
   * @param {number} from
   * @param {Step | null} step
   * @returns {number}
   */
  add(object, from, step) {
    const graph = this.#graph;
    const { tools } = graph;
    const isObjectPrototype = (/** @type {object} */ it) => tools.intrinsics.isObjectPrototype(it);
    const isNode = (/** @type {object} */ it) =>
      (graph.slots.get(it) ?? -1) >= 0 || tools.own(it) !== undefined;
    if (isPlainTree(object, isObjectPrototype, this.plain, this.#mixed, isNode)) return graph.plain(object);
    const own = tools.own(object);
    if (own !== undefined) return graph.node(object, [NODE.OWN, own], from, step);
    const module = tools.ownModule?.(object);
    if (module !== undefined) return graph.node(object, [NODE.OWN_MODULE, ...module], from, step);
    if (types.isModuleNamespaceObject(object)) return this.#whole(object, from, step);
    if (types.isProxy(object)) return this.#proxy(object, from, step);
    const reference = graph.reference(object, from, step) ?? this.#packageOf(object, from, step);
    if (reference !== undefined) return reference;
    const file = tools.packages.ownModule(object);
    if (file !== undefined && file !== process.argv[1] && file !== require.main?.filename) {
      return graph.node(object, [NODE.PACKAGE, file, []], from, step);
    }
    return this.#object(object, from, step);
  }

  /**
   * @param {any} object
   * @param {number} from
   * @param {Step | null} step
   */
  #proxy(object, from, step) {
    const graph = this.#graph;
    const target = graph.options.explicit ? undefined : graph.tools.reader.inner(object, '[[Target]]');
    if (types.isModuleNamespaceObject(target)) return this.#whole(object, from, step);
    return graph.refuse(from, step, 'is a Proxy', 'Pass the object behind it, or make it inside the task');
  }

  /**
   * A namespace of which anything may be used.
   *
   * @param {any} namespace
   * @param {number} from
   * @param {Step | null} step
   */
  #whole(namespace, from, step) {
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

  /**
   * @param {any} object
   * @param {number} from
   * @param {Step | null} step
   */
  #object(object, from, step) {
    const graph = this.#graph;
    const found = base(object);
    if ('refused' in found) return graph.refuse(from, step, found.refused, found.way);
    const node = graph.node(object, [NODE.OBJECT, found.base, undefined, [], 0], from, step);
    if (!Object.isExtensible(object)) graph.nodes[node][4] |= 1;
    graph.later.push(() => this.#fill(object, node, found));
    return node;
  }

  /**
   * @param {any} object
   * @param {number} node
   * @param {any} found
   */
  #fill(object, node, found) {
    const graph = this.#graph;
    const record = graph.nodes[node];
    record[2] = this.classes.prototypeOf(object, node, found);
    record[3] = this.properties(object, node, found.skip);
    if (found.inner !== undefined) record[5] = this.#inner(found, node);
    if (found.weak === true) this.#weak.push({ weak: object, node });
    if (found.base === BASE.CONSTRUCTED) return;
    const privates = this.classes.privates(object, node);
    if (privates !== undefined) record[6] = privates;
  }

  /**
   * @param {any} found
   * @param {number} node
   */
  #inner(found, node) {
    const graph = this.#graph;
    if (found.base === BASE.MAP || found.base === BASE.SET) {
      return found.inner.map((/** @type {any} */ value, /** @type {number} */ index) =>
        graph.slot(value, node, {
          kind: 'entry',
          name: entryName(found.inner, index, found.base === BASE.MAP),
        }),
      );
    }
    if (found.base === BASE.DATA) return graph.plain(found.inner);
    return found.inner;
  }

  /**
   * @param {any} object
   * @param {number} node
   * @param {(key: string | symbol) => boolean} [skip]
   * @returns {any[]}
   */
  properties(object, node, skip) {
    /** @type {any[]} */
    const list = [];
    for (const key of Reflect.ownKeys(object)) {
      if (skip?.(key)) continue;
      this.property(object, key, node, list);
    }
    return list;
  }

  /**
   * @param {any} object
   * @param {string | symbol} key
   * @param {number} node
   * @param {any[]} list
   */
  property(object, key, node, list) {
    const graph = this.#graph;
    const descriptor = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(object, key));
    const step = /** @type {const} */ ({ kind: 'property', name: stepName(object, key) });
    const name = typeof key === 'symbol' ? graph.slot(key, node, step) : key;
    const flags =
      (descriptor.enumerable ? PROPERTY.ENUMERABLE : 0) |
      (descriptor.configurable ? PROPERTY.CONFIGURABLE : 0);
    // What V8 shows as an accessor is a value in all but name.
    const isStack = key === 'stack' && types.isNativeError(object);
    if ('value' in descriptor || isStack) {
      const value = isStack ? object.stack : descriptor.value;
      const writable = isStack || descriptor.writable ? PROPERTY.WRITABLE : 0;
      const slot = graph.slot(value, node, step);
      this.belongs(value, object, graph.slots.get(object));
      list.push(name, flags | writable, slot);
      return;
    }
    const sides = [descriptor.get, descriptor.set].map((side) => {
      if (side === undefined) return null;
      const slot = graph.slot(side, node, step);
      this.belongs(side, object, graph.slots.get(object));
      return slot;
    });
    list.push(name, flags | PROPERTY.ACCESSOR, sides[0], sides[1]);
  }

  /**
   * What a function in a property takes from the object: `super` of methods, `this` of arrow fields.
   *
   * @param {any} value
   * @param {any} object
   * @param {number | undefined} slot
   */
  belongs(value, object, slot) {
    if (typeof value !== 'function' || slot === undefined) return;
    const member = this.#graph.byFunction.get(value);
    if (member === undefined) return;
    const { form, flags } = member.analysis;
    if (flags & FLAG.SUPER) (member.more ??= {}).home ??= slot;
    if (form !== FORM.ARROW || !(flags & (FLAG.OUTER_THIS | FLAG.OUTER_SUPER))) return;
    if (this.classes.isArrowField(object, member.text)) (member.more ??= {}).self ??= slot;
  }

  /** @param {Member} member */
  functionProperties(member) {
    if (member.analysis.form === FORM.CLASS) return this.classes.properties(member);
    const { fn, node } = member;
    const more = (member.more ??= {});
    const keys = Reflect.ownKeys(fn);
    const added = keys.filter((key) => typeof key === 'symbol' || !OF_FUNCTIONS.has(key));
    if (added.length > 0) {
      /** @type {any[]} */
      const list = [];
      for (const key of added) this.property(fn, key, node, list);
      more.properties = list;
    }
    if (fn.name !== (member.analysis.own ?? '')) more.name = this.#nameOf(fn);
    if (!Object.isExtensible(fn)) more.sealed = true;
    const parent = Object.getPrototypeOf(fn);
    if (parent !== Function.prototype && this.#graph.tools.intrinsics.pathOf(parent) === undefined) {
      more.parent = this.#graph.slot(parent, node, { kind: 'other', name: 'the prototype of the function' });
    }
    this.classes.functionPrototype(member);
    if (Object.keys(more).length > 0 && added.length > 0) member.settled = false;
    return undefined;
  }

  /** @param {Function} fn */
  #nameOf(fn) {
    const name = Object.getOwnPropertyDescriptor(fn, 'name')?.value;
    return typeof name === 'string' ? name : undefined;
  }

  /**
   * @param {symbol} symbol
   * @param {number} from
   * @param {Step | null} step
   */
  symbol(symbol, from, step) {
    const known = WELL_KNOWN.get(symbol);
    const registered = Symbol.keyFor(symbol);
    const node =
      known !== undefined
        ? [NODE.SYMBOL, 0, known]
        : registered !== undefined
          ? [NODE.SYMBOL, 1, registered]
          : [NODE.SYMBOL, 2, symbol.description];
    return this.#graph.node(symbol, node, from, step);
  }

  /** Entries of WeakMaps and members of WeakSets whose keys travel anyway: nobody can ask for others. */
  weak() {
    const graph = this.#graph;
    for (const { weak, node } of this.#weak) {
      const inner = (graph.nodes[node][5] ??= []);
      const isMap = types.isWeakMap(weak);
      const done = new Set(
        inner.filter((/** @type {any} */ _, /** @type {number} */ at) => !isMap || at % 2 === 0),
      );
      for (const key of [...graph.slots.keys(), ...this.plain]) {
        if ((typeof key !== 'object' && typeof key !== 'function') || key === null) continue;
        if (!(isMap ? WeakMap.prototype.has.call(weak, key) : WeakSet.prototype.has.call(weak, key)))
          continue;
        const slot = graph.slots.get(key) ?? graph.plain(key);
        if (done.has(slot)) continue;
        inner.push(slot);
        const step = /** @type {const} */ ({ kind: 'other', name: 'an entry of the WeakMap' });
        if (isMap) inner.push(graph.slot(WeakMap.prototype.get.call(weak, key), node, step));
      }
    }
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

/**
 * @param {any} object
 * @param {string | symbol} key
 */
function stepName(object, key) {
  if (typeof key === 'symbol') return `[${String(key)}]`;
  return Array.isArray(object) && /^\d+$/.test(key) ? `[${key}]` : key;
}

/** Longer keys of Maps are not spelled out: there may be many, and a path is to be read. */
const SHORT_KEY = 64;

/**
 * How one gets at an entry of a Map (keys and values by turns) or of a Set, as in the paths of other values.
 *
 * @param {any[]} list
 * @param {number} index
 * @param {boolean} isMap
 */
function entryName(list, index, isMap) {
  if (!isMap) return `values()[${index}]`;
  if (index % 2 === 0) return `keys()[${index >> 1}]`;
  const key = list[index - 1];
  if (typeof key === 'number') return `get(${key})`;
  if (typeof key === 'string' && key.length <= SHORT_KEY) return `get(${JSON.stringify(key)})`;
  return `values()[${index >> 1}]`;
}

exports.Objects = Objects;
