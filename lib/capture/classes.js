'use strict';

const { BASE, FLAG, FORM, NODE } = require('./kinds');
const { CLASSES_OF_NODE } = require('./globals');
const { textOf } = require('./originals');
const { one } = require('./refusal');

/** @typedef {import('./graph').Member} Member */

/** Classes of Node's own modules whose instances are nothing but their properties. */
const FREE = new Set(['EventEmitter', 'Buffer', 'EventEmitterAsyncResource']);

/** Classes, prototypes and instances in a graph. */
class Classes {
  #graph;

  /** @param {import('./graph').Graph} graph */
  constructor(graph) {
    this.#graph = graph;
  }

  /**
   * What the text of a class mentions outside of its body: the parent, and computed names. No variable tells them, the
   * class itself does.
   *
   * @param {Member} member
   */
  before(member) {
    const graph = this.#graph;
    const { fn, node, text } = member;
    const { cls } = member.analysis;
    const more = (member.more ??= {});
    const parent = Object.getPrototypeOf(fn);
    if (typeof cls.heritage === 'string' || cls.heritage === 2) {
      const slot = graph.slot(parent, node, { kind: 'other', name: 'its base class' });
      more.heritage = slot;
      if (typeof cls.heritage === 'string') {
        member.names.push(cls.heritage);
        member.values.push(parent);
        member.slots.push(slot);
        member.holders.push(null);
        if (cls.heritage === member.analysis.own)
          graph.refuse(node, null, 'extends a class of its own name', 'Rename it');
      }
    }
    if (cls.computed.length > 0) {
      const keys = cls.computed.map((/** @type {any} */ computed) => computedKey(fn, text, computed));
      if (keys.includes(undefined)) {
        const what = 'has a member whose name is computed, and which cannot be found on it';
        graph.refuse(node, null, what, 'Give the member a fixed name');
      }
      more.given = keys.map((/** @type {any} */ key) => key !== AS_IT_IS);
      more.keys = keys.map((/** @type {any} */ key) =>
        graph.slot(key === AS_IT_IS ? undefined : key, node, null),
      );
    }
  }

  /** @param {Member} member */
  properties(member) {
    const { fn, node, text } = member;
    const more = (member.more ??= {});
    const prototype = /** @type {any} */ (fn).prototype;
    if (prototype !== undefined) this.#graph.node(prototype, [NODE.PROTOTYPE, node], node, null);
    more.properties = this.#ownMembers(fn, node, text, true);
    more.prototype = prototype === undefined ? [] : this.#ownMembers(prototype, node, text, false);
    this.#statics(member);
    const { own } = member.analysis;
    const name = Object.getOwnPropertyDescriptor(fn, 'name')?.value;
    if (typeof name === 'string' && name !== (own ?? '')) more.name = name;
    if (!Object.isExtensible(fn)) more.sealed = true;
    if (prototype !== undefined && !Object.isExtensible(prototype)) more.sealedPrototype = true;
    member.settled = false;
  }

  /**
   * The private fields of the class itself, as they are now: its initialisers run again over there.
   *
   * @param {Member} member
   */
  #statics({ analysis, fn, more, node }) {
    const graph = this.#graph;
    const names = analysis.cls.staticFields;
    if (names.length === 0 || graph.options.explicit) return;
    const fields = graph.tools.reader.privates(fn);
    const found = names.map((/** @type {string} */ name) => fields.find((field) => field.name === name));
    if (found.includes(undefined)) return;
    more.statics = found.map((/** @type {any} */ { name, value }) =>
      graph.slot(value, node, { kind: 'property', name }),
    );
  }

  /**
   * The properties that the text does not make: static data as it is now, later additions. Methods of the text are
   * noted by identity.
   *
   * @param {any} holder
   * @param {number} node
   * @param {string} text
   * @param {boolean} isStatic
   */
  #ownMembers(holder, node, text, isStatic) {
    /** @type {any[]} */
    const list = [];
    for (const key of Reflect.ownKeys(holder)) {
      if (key === 'constructor' && !isStatic) continue;
      if (isStatic && (key === 'length' || key === 'prototype')) continue;
      const descriptor = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(holder, key));
      if (isStatic && key === 'name' && typeof descriptor.value === 'string') continue;
      if (this.#isOfText(descriptor, key, node, text, isStatic)) continue;
      this.#graph.objects.property(holder, key, node, list);
    }
    return list;
  }

  /**
   * @param {PropertyDescriptor} descriptor
   * @param {string | symbol} key
   * @param {number} node
   * @param {string} text
   * @param {boolean} isStatic
   */
  #isOfText(descriptor, key, node, text, isStatic) {
    const graph = this.#graph;
    let all = true;
    for (const side of /** @type {const} */ (['value', 'get', 'set'])) {
      const fn = descriptor[side];
      if (fn === undefined) {
        if (side === 'value' && 'value' in descriptor) all = false;
        continue;
      }
      if (typeof fn !== 'function' || !isMethodOf(fn, text)) {
        all = false;
        continue;
      }
      const name = typeof key === 'symbol' ? graph.slot(key, node, null) : key;
      graph.methods.set(fn, [NODE.MEMBER, node, isStatic, name, side]);
    }
    return all;
  }

  /**
   * The slot of an object's prototype, `undefined` for the one that its base has anyway, `null` for none.
   *
   * @param {any} object
   * @param {number} node
   * @param {any} found
   */
  prototypeOf(object, node, found) {
    if (found.base === BASE.CONSTRUCTED) return undefined;
    const prototype = Object.getPrototypeOf(object);
    if (prototype === null) return null;
    if (this.#graph.tools.intrinsics.isObjectPrototype(prototype) && found.base === BASE.PLAIN)
      return undefined;
    for (let at = prototype; at !== null; at = Object.getPrototypeOf(at)) this.#checkGlobal(at, node);
    this.#graph.checks.push(() => this.#checkModules(prototype, node));
    return this.prototype(prototype, node);
  }

  /**
   * Classes of Node hold more than their properties.
   *
   * @param {any} prototype
   * @param {number} node
   */
  #checkGlobal(prototype, node) {
    const constructor = constructorOf(prototype);
    if (constructor === undefined || FREE.has(constructor.name)) return;
    const path = this.#graph.tools.intrinsics.pathOf(constructor);
    if (path !== undefined && CLASSES_OF_NODE.has(path)) this.#refuseTied(constructor.name, node);
  }

  /**
   * The same for classes of Node's modules, once it is known which they are.
   *
   * @param {any} prototype
   * @param {number} node
   */
  #checkModules(prototype, node) {
    const { nodes, slots } = this.#graph;
    for (let at = prototype; at !== null; at = Object.getPrototypeOf(at)) {
      const constructor = constructorOf(at);
      const slot = slots.get(constructor) ?? -1;
      if (slot < 0 || nodes[slot][0] !== NODE.BUILTIN || FREE.has(constructor.name)) continue;
      this.#refuseTied(constructor.name, node);
    }
  }

  /**
   * @param {string} name of its class
   * @param {number} node
   * @returns {never}
   */
  #refuseTied(name, node) {
    const { from, step } = this.#graph.origins[node];
    const what = `is ${one(name)}, which is tied to this thread`;
    const way = 'Make it inside the task, or pass the data that it was made from';
    return this.#graph.refuse(from, step, what, way);
  }

  /**
   * @param {any} prototype
   * @param {number} node
   * @returns {number}
   */
  prototype(prototype, node) {
    const graph = this.#graph;
    const known = graph.slots.get(prototype);
    if (known !== undefined) return known;
    const reference = graph.reference(prototype, node, null);
    if (reference !== undefined) return reference;
    const constructor = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    if (typeof constructor === 'function' && constructor.prototype === prototype) {
      const slot = graph.slot(constructor, node, { kind: 'class', name: constructor.name });
      // A class that comes by value has noted its prototype itself, or will; this is the same node to the worker.
      return graph.slots.get(prototype) ?? graph.node(prototype, [NODE.PROTOTYPE, slot], node, null);
    }
    return graph.slot(prototype, node, { kind: 'other', name: 'its prototype' });
  }

  /**
   * The `prototype` of a function that is no class, where something was done to it.
   *
   * @param {Member} member
   */
  functionPrototype(member) {
    const { fn, node, analysis } = member;
    const descriptor = Object.getOwnPropertyDescriptor(fn, 'prototype');
    if (descriptor === undefined || analysis.form === FORM.ARROW) return;
    const prototype = descriptor.value;
    if (typeof prototype !== 'object' || prototype === null) {
      member.more.prototypeSlot = this.#graph.slot(prototype, node, { kind: 'property', name: 'prototype' });
      return;
    }
    const isGenerator = (analysis.flags & FLAG.GENERATOR) !== 0;
    const own = isGenerator || Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value === fn;
    if (!own) {
      member.more.prototypeSlot = this.#graph.slot(prototype, node, { kind: 'property', name: 'prototype' });
      return;
    }
    if (!this.#graph.slots.has(prototype)) this.#graph.node(prototype, [NODE.PROTOTYPE, node], node, null);
    const keys = Reflect.ownKeys(prototype).filter((key) => key !== 'constructor');
    const parent = Object.getPrototypeOf(prototype);
    if (keys.length > 0) {
      member.more.prototype = this.#graph.objects.properties(prototype, node, (key) => key === 'constructor');
    }
    if (!isGenerator && !this.#graph.tools.intrinsics.isObjectPrototype(parent)) {
      member.more.prototypeParent = parent === null ? null : this.prototype(parent, node);
    }
    const constructor = Object.getOwnPropertyDescriptor(prototype, 'constructor');
    if (constructor?.enumerable) member.more.prototypeEnumerable = true;
  }

  /**
   * The field that the object's class gives it, if an arrow function is one.
   *
   * @param {any} object
   * @param {Member} value
   * @returns {{ Class: Function, name: string, isInitial: boolean } | undefined}
   */
  arrowField(object, value) {
    for (const { fn, member } of this.#chain(object)) {
      const analysis = member?.analysis ?? this.#analysisOf(fn);
      const source = textOf(fn);
      const fields = (analysis?.cls?.arrowFields ?? []).filter(
        (/** @type {[string, number, number, boolean]} */ [, start, end]) =>
          source.slice(start, end) === value.text,
      );
      const field = fields.find((/** @type {any[]} */ [name]) => name === value.fn.name) ?? fields[0];
      if (field !== undefined) return { Class: fn, name: field[0], isInitial: field[3] };
    }
    return undefined;
  }

  /** @param {Function} fn */
  #analysisOf(fn) {
    const text = textOf(fn);
    return text.startsWith('class') ? this.#graph.tools.texts.analysis(text) : undefined;
  }

  /**
   * The classes of an object, the nearest first.
   *
   * @param {any} object
   */
  *#chain(object) {
    for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
      const fn = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
      if (typeof fn === 'function' && fn.prototype === at)
        yield { fn, member: this.#graph.byFunction.get(fn) };
    }
  }

  /**
   * The private state of an instance: for each class of its chain that has some, base first, the values of its fields.
   *
   * @param {any} object
   * @param {number} node
   * @returns {any[] | undefined}
   */
  privates(object, node) {
    const levels = [];
    for (const { fn } of this.#chain(object)) {
      const cls = this.#analysisOf(fn)?.cls;
      if (cls !== undefined && (cls.privateFields.length > 0 || cls.branded)) levels.unshift({ fn, cls });
    }
    if (levels.length === 0) return undefined;
    const graph = this.#graph;
    if (graph.options.explicit) {
      graph.refuse(node, null, 'has private fields, which cannot be read here', 'Make it inside the task');
    }
    const fields = graph.tools.reader.privates(object);
    let at = 0;
    const list = [];
    for (const { fn, cls } of levels) {
      const slots = [];
      const owner = graph.slot(fn, node, { kind: 'class', name: fn.name });
      // Whatever it holds: a pool that has not been used yet would go through otherwise.
      this.#refuseForeign(owner, node, NODE.OWN, fn.name);
      for (const name of cls.privateFields) {
        const index = fields.findIndex((field, position) => position >= at && field.name === name);
        // An object that only has the prototype, not the fields.
        if (index < 0) return undefined;
        at = index + 1;
        slots.push(graph.slot(fields[index].value, node, { kind: 'property', name }));
        graph.objects.belongs(fields[index].value, object, node);
      }
      const member = graph.byFunction.get(fn);
      graph.later.push(() => this.#refuseForeign(owner, node, NODE.PACKAGE, fn.name));
      if (member !== undefined) (member.more ??= {}).restore = true;
      list.push([owner, slots, cls.privateFields]);
    }
    return list;
  }

  /**
   * The code of a class that does not come by value cannot be changed, as it must be to set private fields.
   *
   * @param {number} owner the class
   * @param {number} node its instance
   * @param {number} kind
   * @param {string} name
   */
  #refuseForeign(owner, node, kind, name) {
    const graph = this.#graph;
    if (graph.nodes[owner][0] !== kind) return;
    const { from, step } = graph.origins[node];
    const [what, way] =
      kind === NODE.OWN
        ? [
            `is ${one(name)} of \`tasklets\`, which is tied to this thread`,
            'Call `run` inside the task, or make it there',
          ]
        : [`is ${one(name)} of a package, with private fields`, 'Make it inside the task'];
    graph.refuse(from, step, what, way);
  }
}

/**
 * @param {any} prototype
 * @returns {any}
 */
function constructorOf(prototype) {
  const constructor = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof constructor === 'function' && constructor.prototype === prototype ? constructor : undefined;
}

/** A computed name that means the same wherever it is evaluated. */
const AS_IT_IS = Symbol('as it is');

/**
 * @param {any} fn
 * @param {string} text
 * @param {[number, number, number, number, boolean, boolean]} computed
 */
function computedKey(fn, text, [start, end, keyStart, keyEnd, isStatic, isMethod]) {
  const expression = text.slice(keyStart, keyEnd);
  if (/^(Symbol\.\w+|'[^'\\]*'|"[^"\\]*"|\d+)$/.test(expression)) return AS_IT_IS;
  if (!isMethod) return undefined;
  const source = text.slice(start, end).replace(/^static\s+/, '');
  const holder = isStatic ? fn : fn.prototype;
  return Reflect.ownKeys(holder).find((key) => {
    const descriptor = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(holder, key));
    return [descriptor.value, descriptor.get, descriptor.set].some(
      (side) => typeof side === 'function' && Function.prototype.toString.call(side) === source,
    );
  });
}

/**
 * Whether a function is a method that the class text contains.
 *
 * @param {Function} fn
 * @param {string} text
 */
function isMethodOf(fn, text) {
  if (
    Object.hasOwn(fn, 'prototype') &&
    !/^(async\s*)?\*|^\[|^static/.test(Function.prototype.toString.call(fn))
  )
    return false;
  const source = Function.prototype.toString.call(fn);
  if (/^(class\b|(async\s+)?function\b|(async\s*)?(\([^]*?\)|[\w$]+)\s*=>)/.test(source)) return false;
  return text.includes(source);
}

exports.Classes = Classes;
exports.FREE = FREE;
exports.isMethodOf = isMethodOf;
