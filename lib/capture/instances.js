'use strict';

const { FLAG } = require('./kinds');
const { isMethodOf } = require('./classes');
const { offsetNow, textOf } = require('./originals');

// Objects with the private members of a class of this isolate, for instances that come back. Only the class itself can
// give them to an object: its constructor is called, and ended where the fields are there and nothing of its own code
// has run. To end it a breakpoint is set whose condition never holds: it takes what is wanted, and terminates the call.
// A function that sets the private fields is made there as well, since it can only be made inside of the class.
//
// What does run are initialisers of fields and what precedes a call of `super`: the analysis says whether these only
// make values. Where they do more, or no place can be found, instances of the class cannot come back.

/**
 * A class of the chain that has private members.
 *
 * @typedef {{ Class: any, isDerived: boolean, fields: string[], entry: number, text: string }} Level
 * @typedef {(object: any, values: any[]) => void} Setter
 * @typedef {{ levels: Level[], isSimple: boolean, spare: any[], next: number }} Plan
 */

/** What the analysis says of where a constructor can be ended. */
const ABSENT = -2;
const CLOSED = -1;

/** Objects that are made ahead at a time: the first time, and at most. */
const FIRST = 16;
const MOST = 256;

/** What a constructor's code before `super` is given: whatever it reads of that is there. */
const ANYTHING = /** @type {any} */ (
  new Proxy(function () {}, {
    get: (_, key) => {
      if (key === Symbol.toPrimitive) return () => '';
      return key === Symbol.iterator ? () => [][Symbol.iterator]() : ANYTHING;
    },
    apply: () => ANYTHING,
    construct: () => ANYTHING,
  })
);
const ARGUMENTS = new Array(16).fill(ANYTHING);

class Instances {
  #tools;
  /** @type {WeakMap<Function, Plan | null>} */
  #plans = new WeakMap();
  /** @type {WeakMap<Function, Setter>} */
  #setters = new WeakMap();

  /** @param {Pick<import('./graph').Tools, 'reader' | 'texts'>} tools */
  constructor(tools) {
    this.#tools = tools;
  }

  /**
   * Whether instances of a class that travels can come back.
   *
   * @param {Function} Class
   */
  canMake(Class) {
    return this.#planOf(Class) !== null;
  }

  /**
   * A new object with the private members of a class, and nothing else.
   *
   * @param {any} Class
   * @returns {any}
   */
  make(Class) {
    const plan = this.#planOf(Class);
    if (plan === null)
      throw new TypeError(`Objects with the private members of ${Class.name} cannot be made`);
    return (plan.isSimple ? this.#construct(Class, plan) : undefined) ?? this.#spare(Class, plan);
  }

  /**
   * What its constructors make, where these do nothing but to set properties.
   *
   * @param {any} Class
   * @param {Plan} plan
   */
  #construct(Class, plan) {
    try {
      if (plan.levels.some((level) => this.#needsSetter(level))) this.#enter(Class, plan);
      return emptied(Reflect.construct(Class, ARGUMENTS));
    } catch {
      // They are content with certain values only.
      plan.isSimple = false;
      return undefined;
    }
  }

  /**
   * @param {any} Class
   * @param {Plan} plan
   */
  #spare(Class, plan) {
    if (plan.spare.length === 0) this.#fill(Class, plan);
    return plan.spare.pop();
  }

  /**
   * Sets the private fields that a class gives its instances.
   *
   * @param {any} object
   * @param {Function} Class
   * @param {any[]} values
   */
  set(object, Class, values) {
    this.#setters.get(Class)?.(object, values);
  }

  /**
   * Where a constructor is to be ended; `undefined` for its start.
   *
   * @param {Level} level
   */
  #placeIn({ Class, text, entry }) {
    if (entry === 0) return undefined;
    // V8 has the class where its constructor's parameters begin, which is before this.
    const [{ script, line, column }] = this.#tools.reader.functions([Class]);
    const start = offsetNow(Class, this.#tools.texts.analysis(text).anchor);
    const end = offsetNow(Class, entry);
    const lines = Function.prototype.toString
      .call(Class)
      .slice(start, end)
      .split(/\r\n|[\n\r\u2028\u2029]/);
    const last = /** @type {string} */ (lines.at(-1)).length;
    const columnNumber = lines.length === 1 ? column + last : last;
    return { scriptId: script, lineNumber: line + lines.length - 1, columnNumber };
  }

  /** @param {Level} level */
  #needsSetter({ Class, fields }) {
    return fields.length > 0 && !this.#setters.has(Class);
  }

  /** @param {any} Class */
  #planOf(Class) {
    let plan = this.#plans.get(Class);
    if (plan === undefined) {
      plan = this.#plan(Class);
      this.#plans.set(Class, plan);
    }
    return plan;
  }

  /**
   * @param {any} Class
   * @returns {Plan | null}
   */
  #plan(Class) {
    if (kindOf(Class) === undefined) return null;
    /** @type {Level[]} */
    const levels = [];
    let isSimple = true;
    for (let at = Class; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
      const text = textOf(at);
      if (!text.startsWith('class')) {
        isSimple &&= text.endsWith('{ [native code] }');
        continue;
      }
      const { cls } = this.#tools.texts.analysis(text);
      if (cls === undefined) return null;
      isSimple &&= cls.inert && isQuiet(cls.sets, Class);
      if (cls.privateFields.length === 0 && !cls.branded) continue;
      const isDerived = cls.heritage !== 0;
      const level = { Class: at, isDerived, fields: cls.privateFields, entry: cls.entry, text };
      if (!cls.inert || cls.entry === CLOSED || !this.#isOpen(level)) return null;
      levels.unshift(level);
    }
    return { levels, isSimple, spare: [], next: FIRST };
  }

  /**
   * Whether a function can be made inside of the class that sets its fields.
   *
   * @param {Level} level
   */
  #isOpen(level) {
    if (level.entry === ABSENT && level.fields.length > 0 && this.#wayInto(level) === undefined) return false;
    const [{ scopes }] = this.#tools.reader.functions([level.Class]);
    // The condition of the breakpoint needs these names.
    return scopes.every(
      ({ kind, variables }) =>
        kind === 'Global' || !(Object.hasOwn(variables, 'globalThis') || Object.hasOwn(variables, 'Symbol')),
    );
  }

  /**
   * A method of a class, which is a way into it.
   *
   * @param {Level} level
   * @returns {Function | undefined}
   */
  #wayInto({ Class, text }) {
    for (const holder of [Class.prototype, Class]) {
      for (const key of Reflect.ownKeys(holder)) {
        const descriptor = /** @type {any} */ (Object.getOwnPropertyDescriptor(holder, key));
        for (const fn of [descriptor.value, descriptor.get, descriptor.set]) {
          if (typeof fn !== 'function' || fn === Class || !isMethodOf(fn, text)) continue;
          if (this.#tools.texts.analysis(textOf(fn)).flags & FLAG.OPEN) return fn;
        }
      }
    }
    return undefined;
  }

  /**
   * Makes the functions that set fields.
   *
   * @param {any} Class
   * @param {Plan} plan
   */
  #enter(Class, { levels }) {
    const { reader } = this.#tools;
    const wanted = levels.filter((level) => this.#needsSetter(level));
    reader.inside(
      wanted.map((level) => level.Class),
      (breakAt) => {
        for (const level of wanted) {
          const way = this.#wayInto(level);
          const place = way === undefined ? this.#placeIn(level) : undefined;
          const call =
            way === undefined
              ? () => Reflect.construct(Class, ARGUMENTS)
              : () => Reflect.apply(way, undefined, ARGUMENTS);
          const [made] = breakAt(way ?? level.Class, setterOf(level), place)(call);
          this.#setters.set(level.Class, made);
        }
      },
    );
  }

  /**
   * Makes some objects ahead: to begin takes much longer than to make one.
   *
   * @param {any} Class
   * @param {Plan} plan
   */
  #fill(Class, plan) {
    const { levels, spare } = plan;
    const { reader } = this.#tools;
    reader.inside(
      levels.map((level) => level.Class),
      (breakAt) => {
        const stamps = levels.map((level) => this.#stamp(level, Class, breakAt));
        for (let left = plan.next; left > 0; left--) {
          let object = /** @type {any} */ (kindOf(Class))();
          for (const stamp of stamps) object = stamp(object);
          spare.push(emptied(Object.setPrototypeOf(object, Class.prototype)));
        }
      },
    );
    plan.next = Math.min(plan.next * 2, MOST);
  }

  /**
   * Gives objects what one class of the chain gives them.
   *
   * @param {Level} level
   * @param {any} Leaf the class of the instance
   * @param {import('./reader').BreakAt} breakAt
   * @returns {(object: any) => any}
   */
  #stamp(level, Leaf, breakAt) {
    const { Class, isDerived, entry } = level;
    const setter = setterOf(level);
    if (entry === ABSENT) {
      const way = this.#needsSetter(level) ? this.#wayInto(level) : undefined;
      if (way !== undefined) {
        const [made] = breakAt(way, setter)(() => Reflect.apply(way, undefined, ARGUMENTS));
        this.#setters.set(Class, made);
      }
      return (object) => {
        let made;
        from(Class, isDerived ? object : undefined, () => {
          made = Reflect.construct(Class, ARGUMENTS, Leaf);
        });
        return made;
      };
    }
    const enter = breakAt(Class, `${setter},this`, this.#placeIn(level));
    return (object) => {
      let seen = /** @type {any[]} */ ([]);
      from(Class, isDerived ? object : undefined, () => {
        seen = enter(() => Reflect.construct(Class, ARGUMENTS, Leaf));
      });
      if (!this.#setters.has(Class)) this.#setters.set(Class, seen[0]);
      return seen[1];
    };
  }
}

/**
 * Constructs with one class of a chain: a derived one finds the object where it expects what its parent makes. Not to
 * be called by what is ended, for then nothing would be put back.
 *
 * @param {any} Class
 * @param {any} object `undefined` if the class makes it
 * @param {() => void} make
 */
function from(Class, object, make) {
  if (object === undefined) return make();
  const parent = Object.getPrototypeOf(Class);
  Object.setPrototypeOf(Class, function () {
    return object;
  });
  try {
    return make();
  } finally {
    Object.setPrototypeOf(Class, parent);
  }
}

/**
 * How the object of a class begins; `undefined` if what is inside of it must be there from the beginning.
 *
 * @param {any} Class
 * @returns {(() => any) | undefined}
 */
function kindOf(Class) {
  for (let at = Class; at !== null; at = Object.getPrototypeOf(at)) {
    if (!Function.prototype.toString.call(at).endsWith('{ [native code] }')) continue;
    if (/Error$/.test(at.name)) return () => new Error();
    return KINDS.get(at.name);
  }
  return undefined;
}

/** By the name of the built-in class that all of them go back to, which is that of `Function.prototype` if there is none. */
const KINDS = new Map(
  Object.entries({
    '': () => ({}),
    Object: () => ({}),
    Array: () => [],
    Map: () => new Map(),
    Set: () => new Set(),
  }),
);

/**
 * Whether setting these properties is nothing but that: no class of the chain has an accessor for one.
 *
 * @param {string[] | undefined} names `undefined` if the constructor does more
 * @param {any} Class
 */
function isQuiet(names, Class) {
  return names !== undefined && names.every((name) => name.startsWith('#') || !(name in Class.prototype));
}

/**
 * The text of a function that sets the private fields of a class.
 *
 * @param {Level} level
 */
function setterOf({ fields }) {
  return `(o,v)=>{${fields.map((name, at) => `o.${name}=v[${at}]`).join(';')}}`;
}

/** @param {any} object */
function emptied(object) {
  if (Array.isArray(object)) object.length = 0;
  for (const key of Reflect.ownKeys(object)) Reflect.deleteProperty(object, key);
  return object;
}

exports.Instances = Instances;
