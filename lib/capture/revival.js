'use strict';

const { NODE, OBJECT } = require('./kinds');
const { functionIn, run } = require('./factories');
const { remember } = require('./originals');
const { lazy } = require('../lazy');

// Only what brings something along needs these.
const { named } = lazy(() => require('./named'), ['named']);
const { brand, define, shell } = lazy(() => require('./shells'), ['brand', 'define', 'shell']);

/** Thrown where a class is needed that is just being made. */
const UNFINISHED = new Error('unfinished');

/**
 * One graph coming to life. Every function and object is made first and filled afterwards, so that recursion and
 * cycles are plain assignments. A class runs code when it is made: before that its variables are set, and everything
 * that waits is filled; what needs a class in the making is repeated afterwards.
 */
class Revival {
  #reviver;
  #definition;
  #nodes;
  #data;
  /** @type {any[]} */
  #values = [];
  /** @type {boolean[]} */
  #made = [];
  /** @type {Set<number>} */
  #making = new Set();
  /** @type {Array<() => void>} */
  #queue = [];
  #next = 0;
  /** @type {Array<() => void>} */
  #again = [];
  /** @type {Array<() => void>} */
  #last = [];
  /** @type {import('./revive').Kept[]} */
  #watched = [];
  /** Ways into classes with private state. @type {Map<number, import('./factories').Made>} */
  brands = new Map();
  /** Functions that classes made as fields of instances, by class and name. @type {Map<number, Map<string, Function>>} */
  fields = new Map();

  /**
   * @param {import('./revive').Reviver} reviver
   * @param {import('./revive').Definition} definition
   * @param {any[][]} nodes
   * @param {any[]} data
   */
  constructor(reviver, definition, nodes, data) {
    this.#reviver = reviver;
    this.#definition = definition;
    this.#nodes = nodes;
    this.#data = data;
  }

  /**
   * @param {number} root
   * @param {number | null} self
   * @param {number[] | null} args
   * @returns {import('./revive').Loaded}
   */
  task(root, self, args) {
    const fn = this.get(root);
    const thisValue = self === null ? undefined : this.get(self);
    const values = args === null ? undefined : args.map((slot) => this.get(slot));
    this.#complete();
    return {
      fn,
      thisValue,
      args: values,
      watched: this.#watched,
      definition: this.#definition,
      revival: this,
    };
  }

  /** @param {number} slot */
  isKept(slot) {
    return slot >= 0 && this.#nodes[slot][0] === NODE.FUNCTION && this.#nodes[slot][1] !== 0;
  }

  /**
   * @param {number} slot
   * @returns {any}
   */
  get(slot) {
    if (slot < 0) return this.#data[-1 - slot];
    if (this.#made[slot]) return this.#values[slot];
    if (this.#making.has(slot)) throw UNFINISHED;
    this.#making.add(slot);
    try {
      return this.#make(slot, this.#nodes[slot]);
    } finally {
      this.#making.delete(slot);
    }
  }

  /**
   * @param {number} slot
   * @param {any} value
   */
  put(slot, value) {
    this.#values[slot] = value;
    this.#made[slot] = true;
    return value;
  }

  #complete() {
    this.#flush();
    while (this.#again.length > 0) {
      const again = this.#again;
      this.#again = [];
      this.#queue.push(...again);
      this.#flush();
    }
    for (const task of this.#last) task();
    this.#last = [];
  }

  #flush() {
    // By index: filling makes more to be filled, and a class in it may want everything filled before it is made.
    while (this.#next < this.#queue.length) {
      const task = this.#queue[this.#next++];
      try {
        task();
      } catch (error) {
        if (error !== UNFINISHED) throw error;
        this.#again.push(task);
      }
    }
    this.#queue = [];
    this.#next = 0;
  }

  /** @param {() => void} task */
  fill(task) {
    this.#queue.push(task);
  }

  /** @param {() => void} task */
  atLast(task) {
    this.#last.push(task);
  }

  /**
   * @param {number} slot
   * @param {any[]} node
   * @returns {any}
   */
  #make(slot, node) {
    switch (node[0]) {
      case NODE.FUNCTION:
        return this.#function(slot, node);
      case NODE.CLASS:
        return this.#class(slot, node);
      case NODE.BOUND:
        return this.#bound(slot, node);
      case NODE.OBJECT:
        return this.#object(slot, node);
      case NODE.CELL:
        return this.#cell(slot, node);
      case NODE.PROTOTYPE:
        return this.put(slot, this.get(node[1]).prototype);
      case NODE.MEMBER:
        return this.put(slot, this.#member(node));
      case NODE.FIELD:
        return this.put(slot, this.#field(node));
      default:
        return this.put(slot, this.#named(node));
    }
  }

  /**
   * @param {number} slot
   * @param {any[]} node
   */
  #function(slot, [, key, code, slots, more, watch]) {
    const known = key === 0 ? undefined : this.#reviver.kept(this.#definition, key);
    if (known !== undefined) {
      for (const kept of known.watched) if (!this.#watched.includes(kept)) this.#watched.push(kept);
      return this.put(slot, known.fn);
    }
    const self = more?.self === undefined ? undefined : this.get(more.self);
    const args = more?.args === undefined ? [] : more.args.map((/** @type {number} */ arg) => this.get(arg));
    const { form } = this.#definition.codes[code];
    const { set, make } = run(this.#reviver.factory(this.#definition.codes[code]), self, args);
    const made = make();
    const fn = this.put(slot, functionIn(made, form));
    if (more?.id !== undefined) this.#reviver.knowClass(fn, this.#definition.origin, more.id);
    if (slots.length > 0) this.fill(() => this.#assign(set, slots));
    if (more !== null) {
      if (more.name !== undefined) rename(fn, more.name);
      this.fill(() => this.#describe(fn, more, made));
    }
    if (key !== 0) {
      const kept = this.#reviver.keep(this.#definition, key, fn, this.#watched);
      if (watch === 1) this.#watched.push(kept);
    }
    return fn;
  }

  /**
   * Sets variables, also when one of them cannot be had yet: then again when it can.
   *
   * @param {(...values: any[]) => void} set
   * @param {number[]} slots
   */
  #assign(set, slots) {
    let unfinished = false;
    const values = slots.map((slot) => {
      try {
        return this.get(slot);
      } catch (error) {
        if (error !== UNFINISHED) throw error;
        unfinished = true;
        return undefined;
      }
    });
    set(...values);
    if (unfinished) this.#again.push(() => this.#assign(set, slots));
  }

  /**
   * @param {any} fn
   * @param {any} more
   * @param {any} made
   */
  #describe(fn, more, made) {
    if (more.home !== undefined) Object.setPrototypeOf(made, Object.getPrototypeOf(this.get(more.home)));
    if (more.parent !== undefined) Object.setPrototypeOf(fn, this.get(more.parent));
    if (more.prototypeSlot !== undefined) fn.prototype = this.get(more.prototypeSlot);
    if (more.prototypeParent !== undefined) {
      Object.setPrototypeOf(
        fn.prototype,
        more.prototypeParent === null ? null : this.get(more.prototypeParent),
      );
    }
    if (more.prototypeEnumerable) Object.defineProperty(fn.prototype, 'constructor', { enumerable: true });
    if (more.prototype !== undefined) define(this, fn.prototype, more.prototype);
    if (more.properties !== undefined) define(this, fn, more.properties);
    if (more.sealedPrototype) this.atLast(() => Object.preventExtensions(fn.prototype));
    if (more.sealed) this.atLast(() => Object.preventExtensions(fn));
  }

  /**
   * @param {number} slot
   * @param {any[]} node
   */
  #class(slot, [, , code, slots, more]) {
    if (more?.heritage !== undefined) this.get(more.heritage);
    const made = run(this.#reviver.factory(this.#definition.codes[code]), undefined, []);
    const assign = () => this.#assign(made.set, slots);
    assign();
    this.#flush();
    const Class = this.put(slot, made.make());
    const { added } = this.#definition.codes[code];
    if (added !== undefined) remember(Class, added);
    this.#reviver.knowClass(Class, this.#definition.origin, more.id, made.restore);
    this.brands.set(slot, made);
    if (slots.length > 0) this.fill(assign);
    if (more !== null) {
      if (more.name !== undefined) rename(Class, more.name);
      this.fill(() => this.#describe(Class, more, undefined));
    }
    const statics = more?.statics;
    if (statics !== undefined) {
      this.fill(() => made.statics?.(statics.map((/** @type {number} */ value) => this.get(value))));
    }
    return Class;
  }

  /**
   * @param {number} slot
   * @param {any[]} node
   */
  #bound(slot, [, target, self, args, name]) {
    const bind = Function.prototype.bind;
    const values = args.map((/** @type {number} */ arg) => this.get(arg));
    const fn = bind.call(this.get(target), this.get(self), ...values);
    rename(fn, name);
    return this.put(slot, fn);
  }

  /**
   * @param {number} slot
   * @param {any[]} node
   */
  #object(slot, node) {
    const [, , prototype, properties, flags, , privates] = node;
    let object = shell(this, node);
    if (privates !== undefined) {
      const branded = brand(this, object, privates);
      object = branded.object;
      this.fields.set(slot, branded.fields);
    }
    this.put(slot, object);
    this.fill(() => {
      if (typeof prototype === 'number') Object.setPrototypeOf(object, this.get(prototype));
      define(this, object, properties);
    });
    if (flags & OBJECT.FIXED_LENGTH)
      this.atLast(() => Object.defineProperty(object, 'length', { writable: false }));
    if (flags & OBJECT.SEALED) this.atLast(() => Object.preventExtensions(object));
    return object;
  }

  /**
   * @param {number} slot
   * @param {any[]} node
   */
  #cell(slot, [, content]) {
    const cell = this.put(slot, { v: undefined });
    this.fill(() => {
      cell.v = this.get(content);
    });
    return cell;
  }

  /**
   * A field that the class made when its instance was made.
   *
   * @param {any[]} node
   */
  #field([, owner, Class, name]) {
    this.get(owner);
    return this.fields.get(owner)?.get(`${Class}:${name}`);
  }

  /** @param {any[]} node */
  #named(node) {
    const value = named(this, this.#reviver, node);
    const [kind, , , id] = node;
    if (kind === NODE.PACKAGE && id !== undefined)
      this.#reviver.knowClass(value, this.#definition.origin, id);
    return value;
  }

  /** @param {any[]} node */
  #member([, owner, isStatic, key, side]) {
    const Class = this.get(owner);
    const name = typeof key === 'number' ? this.get(key) : key;
    const descriptor = Object.getOwnPropertyDescriptor(isStatic ? Class : Class.prototype, name);
    return /** @type {any} */ (descriptor)?.[side];
  }
}

/**
 * @param {Function} fn
 * @param {string} name
 */
function rename(fn, name) {
  Object.defineProperty(fn, 'name', { value: name, configurable: true });
}

exports.Revival = Revival;
