'use strict';

const { types } = require('node:util');

const { BASE, FLAG, FORM, NODE, OBJECT, PROPERTY } = require('./kinds');
const { Classes } = require('./classes');
const { Namespaces } = require('./namespaces');
const { isPlainTree } = require('./plain');
const { base } = require('./bases');

/** @typedef {import('./refusal').Step} Step */
/** @typedef {import('./graph').Member} Member */

/** Own properties that every function has, and those that only old-fashioned ones have. */
const OF_FUNCTIONS = new Set(['length', 'name', 'prototype', 'arguments', 'caller']);

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
  /** @type {Array<{ weak: any, node: number }>} */
  #weak = [];

  /** @param {import('./graph').Graph} graph */
  constructor(graph) {
    this.#graph = graph;
    this.classes = new Classes(graph);
    this.namespaces = new Namespaces(graph);
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
    if (types.isModuleNamespaceObject(object)) return this.namespaces.whole(object, from, step);
    if (types.isProxy(object)) return this.#proxy(object, from, step);
    const reference = graph.reference(object, from, step) ?? this.namespaces.packageOf(object, from, step);
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
    if (types.isModuleNamespaceObject(target)) return this.namespaces.whole(object, from, step);
    return graph.refuse(from, step, 'is a Proxy', 'Pass the object behind it, or make it inside the task');
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
    if (!Object.isExtensible(object)) graph.nodes[node][4] |= OBJECT.SEALED;
    if (found.base === BASE.ARRAY && !Object.getOwnPropertyDescriptor(object, 'length')?.writable)
      graph.nodes[node][4] |= OBJECT.FIXED_LENGTH;
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
    const field = this.classes.arrowField(object, member);
    if (field === undefined) return;
    (member.more ??= {}).self ??= slot;
    // Only the class can make one that uses its private members: it does so when the instance is made.
    if (flags & FLAG.OUTER_PRIVATE && field.isInitial && member.more.field === undefined)
      member.more.field = { slot, ...field };
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
