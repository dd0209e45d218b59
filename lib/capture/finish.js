'use strict';

const { FLAG, FORM, NODE, USAGE } = require('./kinds');
const { shareVariables } = require('./cells');
const { writtenNames } = require('./names');
const { textOf } = require('./originals');
const { FORMS, bounded } = require('./texts');
const { isStrict } = require('./locations');

/** @typedef {import('./graph').Member} Member */
/** What a variable of an instance is: a primitive, another instance, or something that a name leads to. */
/** @typedef {{ value?: any, key?: number, reference?: WeakRef<any> }} Signature */

/** Nodes that hold no state: a function that refers to nothing else may be kept by the worker. */
const STATELESS = new Set([NODE.INTRINSIC, NODE.BUILTIN, NODE.PACKAGE, NODE.REQUIRE, NODE.OWN]);

/** Instances of one code that a worker is asked to keep: a closure in a loop must not fill it. */
const VARIANTS = 4;

/** Writes the nodes of functions once everything about them is known. */
class Finisher {
  #graph;
  /** @type {any[]} */
  codes = [];
  /** @type {Map<any, number>} */
  #indices = new Map();

  /** @param {import('./graph').Graph} graph */
  constructor(graph) {
    this.#graph = graph;
  }

  finish() {
    const graph = this.#graph;
    graph.members = graph.members.filter((member) => !this.#isMethod(member));
    for (const member of graph.members) this.#check(member);
    const cells = shareVariables(graph);
    for (const member of graph.members) this.#write(member, cells.get(member));
    this.#referredClasses();
    this.#keys();
    return this.codes;
  }

  /**
   * A method of a class that travels as well is the class's, and so is a field that only the class can make.
   *
   * @param {Member} member
   */
  #isMethod({ fn, more, node }) {
    const graph = this.#graph;
    const field = more?.properties === undefined ? more?.field : undefined;
    const made = field && [NODE.FIELD, field.slot, graph.slots.get(field.Class), field.name];
    const found = graph.methods.get(fn) ?? made;
    if (found === undefined) return false;
    graph.nodes[node] = found;
    return true;
  }

  /** @param {Member} member */
  #check({ analysis, more, node, text }) {
    const graph = this.#graph;
    if (analysis.flags & FLAG.OUTER_PRIVATE || text.startsWith('#')) {
      graph.refuse(
        node,
        null,
        'is a method that uses private members',
        'Send the object or the class that it belongs to',
      );
    }
    if (analysis.flags & FLAG.SUPER && more?.home === undefined) {
      graph.refuse(
        node,
        null,
        'is a method that uses `super`',
        'Send the object or the class that it belongs to',
      );
    }
  }

  /**
   * @param {Member} member
   * @param {Map<string, number> | undefined} cells the slots of those variables that are shared
   */
  #write(member, cells) {
    const graph = this.#graph;
    const { analysis, node } = member;
    const isClass = analysis.form === FORM.CLASS;
    const more = member.more ?? {};
    /** @type {Map<string, number>} */
    const slots = new Map();
    member.names.forEach((name, index) => slots.set(name, cells?.get(name) ?? member.slots[index]));
    const names = [...slots.keys()];
    const list = [...slots.values()];
    if (isClass && analysis.cls.heritage === 2) list.push(more.heritage);
    if (isClass && more.keys !== undefined) {
      const properties = more.keys.flatMap((/** @type {number} */ slot, /** @type {number} */ at) => [
        String(at),
        7,
        slot,
      ]);
      list.push(
        graph.node(undefined, [NODE.OBJECT, 1, undefined, properties, 0, more.keys.length], node, null),
      );
    }
    if (more.meta !== undefined) list.push(graph.node(undefined, [NODE.META, more.meta], node, null));
    const isBranded = isClass && (analysis.cls.privateFields.length > 0 || analysis.cls.branded);
    if (isBranded) more.reads = !graph.options.explicit && graph.tools.instances.canMake(member.fn);
    const code = this.#code(member, names, [...(cells?.keys() ?? [])]);
    let sent = sentOf(more, isClass);
    // Instances come back as instances of the submitter's own class.
    const isOld = ['prototype', 'prototypeSlot', 'prototypeParent'].some((key) => more[key] !== undefined);
    if (isClass || isOld) {
      const id = graph.tools.memory.numberOf(member.fn);
      sent = { ...sent, id: isBranded && !more.reads ? -id : id };
      graph.classes.add(member.fn);
    }
    graph.nodes[node] = [isClass ? NODE.CLASS : NODE.FUNCTION, 0, code, list, sent];
  }

  /** Functions of packages may be classes as well. */
  #referredClasses() {
    const graph = this.#graph;
    for (const [value, slot] of graph.slots) {
      if (typeof value !== 'function' || slot < 0 || graph.nodes[slot][0] !== NODE.PACKAGE) continue;
      const id = graph.tools.memory.numberOf(value);
      graph.nodes[slot][3] = hasPrivates(graph, value) ? -id : id;
      graph.classes.add(value);
    }
  }

  /**
   * @param {Member} member
   * @param {string[]} names
   * @param {string[]} cells
   */
  #code({ analysis, fn, known, more, text }, names, cells) {
    const { texts, memory } = this.#graph.tools;
    const isClass = analysis.form === FORM.CLASS;
    const spec = {
      strict: known?.strict ?? isStrict(fn, analysis),
      names,
      cells,
      declaration: analysis.own !== undefined && names.includes(analysis.own) && !isClass,
      restore: isClass && more?.restore === true,
      reads: isClass && more?.reads === true,
      statics: isClass && more?.statics !== undefined,
      keys: isClass ? (more?.given ?? []) : [],
      heritage: isClass && analysis.cls.heritage === 2,
    };
    const factory = texts.factory(text, spec);
    const filename = known?.name ?? '';
    const place = `${known?.line}:${known?.column}:${filename}`;
    let code = factory.codes.get(place);
    if (code === undefined) {
      const { source, head, shifts, added } = factory;
      const loads = (analysis.flags & FLAG.IMPORT) !== 0;
      const id = memory.code();
      const name = filename === '' ? `tasklets:${id}` : filename;
      const start = known?.column ?? 0;
      const line = known?.line ?? 0;
      code = {
        id,
        source,
        name,
        line,
        start,
        column: start - head,
        form: analysis.form,
        loads,
        shifts,
        added,
      };
      bounded(factory.codes, place, code, FORMS);
      if (shifts !== undefined) bounded(memory.shifted, id, { ...code, widths: widthsOf(text) });
    }
    let index = this.#indices.get(code);
    if (index === undefined) {
      index = this.codes.push(code) - 1;
      this.#indices.set(code, index);
    }
    return index;
  }

  /** Numbers the functions that a worker may keep. */
  #keys() {
    const free = this.#stateless();
    if (free.size === 0) return;
    const changed = this.#changed(free);
    for (const member of free) this.#keyFor(member, free, changed, new Set());
    for (const member of this.#reachable(free)) this.#graph.nodes[member.node][5] = 1;
  }

  /**
   * Functions that the task can reach as objects, so that it may leave something on them: the worker looks.
   *
   * @param {Set<Member>} free
   * @returns {Set<Member>}
   */
  #reachable(free) {
    /** @type {Set<Member>} */
    const reachable = new Set();
    for (const { names, values, analysis } of this.#graph.members) {
      for (const { name, usage } of analysis.names) {
        const used = this.#graph.byFunction.get(values[names.indexOf(name)]);
        if (used !== undefined && free.has(used) && usage !== USAGE.CALL) reachable.add(used);
      }
    }
    for (const member of free) {
      const { own, ownUsage, form } = member.analysis;
      // `arguments.callee` and `new.target` lead to the function as well.
      const leads = form !== FORM.ARROW && /\b(arguments|new\s*\.\s*target)\b/.test(member.text);
      if ((own !== undefined && ownUsage !== 0 && ownUsage !== USAGE.CALL) || leads) reachable.add(member);
    }
    return reachable;
  }

  /** Functions that refer to nothing but primitives, names, and other such functions. */
  #stateless() {
    const { members, nodes } = this.#graph;
    const free = new Set(members.filter((member) => isKeepable(member, nodes)));
    const byNode = new Map(members.map((member) => [member.node, member]));
    for (let again = true; again;) {
      again = false;
      for (const member of free) {
        const fits = nodes[member.node][3].every((/** @type {number} */ slot) =>
          slot < 0
            ? isPrimitive(this.#graph.data[-1 - slot])
            : STATELESS.has(nodes[slot][0]) ||
              (nodes[slot][0] === NODE.SYMBOL && nodes[slot][1] !== 2) ||
              free.has(/** @type {any} */ (byNode.get(slot))),
        );
        if (!fits) {
          free.delete(member);
          again = true;
        }
      }
    }
    return free;
  }

  /**
   * Those that are not what they were when they got their number, and those that refer to one.
   *
   * @param {Set<Member>} free
   */
  #changed(free) {
    const changed = new Set();
    for (const member of free) {
      const before = member.known?.kept?.values;
      const same = before !== undefined && sameValues(before, member.values);
      if (!same) changed.add(member);
    }
    for (let again = true; again;) {
      again = false;
      for (const member of free) {
        if (changed.has(member)) continue;
        if (!member.values.some((value) => changed.has(this.#graph.byFunction.get(value)))) continue;
        changed.add(member);
        again = true;
      }
    }
    return changed;
  }

  /**
   * The number of a function, after those of the functions that it uses. 0 while it is being found, in a circle.
   *
   * @param {Member} member
   * @param {Set<Member>} free
   * @param {Set<Member>} changed
   * @param {Set<Member>} open
   * @returns {number}
   */
  #keyFor(member, free, changed, open) {
    const node = this.#graph.nodes[member.node];
    if (node[1] !== 0 || open.has(member)) return node[1];
    const { known, values } = member;
    const kept = changed.has(member) ? undefined : known?.kept;
    if (kept !== undefined) {
      node[1] = kept.key;
      return node[1];
    }
    open.add(member);
    const signature = values.map((value) => {
      const used = this.#graph.byFunction.get(value);
      if (used !== undefined && free.has(used)) return { key: this.#keyFor(used, free, changed, open) };
      return isPrimitive(value) ? { value } : { reference: new WeakRef(value) };
    });
    node[1] = this.#variant(this.codes[node[2]].id, signature);
    if (known !== undefined) known.kept = { key: node[1], values };
    return node[1];
  }

  /**
   * The number of an equal instance of the same code, or a new one.
   *
   * @param {number} code
   * @param {Signature[]} signature
   */
  #variant(code, signature) {
    const { memory } = this.#graph.tools;
    const variants = memory.variants.get(code) ?? [];
    const isCircular = signature.some(({ key }) => key === 0);
    const known = isCircular ? undefined : variants.find((variant) => isSame(variant.signature, signature));
    if (known !== undefined) return known.key;
    const key = memory.key();
    if (isCircular) return key;
    if (variants.length >= VARIANTS) variants.shift();
    variants.push({ key, signature });
    bounded(memory.variants, code, variants);
    return key;
  }
}

/**
 * Whether a class of a package has private members, which nobody can read in the worker.
 *
 * @param {import('./graph').Graph} graph
 * @param {Function} Class
 */
function hasPrivates(graph, Class) {
  const text = textOf(Class);
  const cls = text.startsWith('class') ? graph.tools.texts.analysis(text).cls : undefined;
  return cls !== undefined && (cls.privateFields.length > 0 || cls.branded);
}

/** The widths of the lines of a text. @param {string} text */
function widthsOf(text) {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map(({ length }) => length);
}

/**
 * @param {Signature[]} before
 * @param {Signature[]} now
 */
function isSame(before, now) {
  return (
    before.length === now.length &&
    before.every((one, index) => {
      const other = now[index];
      if (one.key !== other.key || !Object.is(one.value, other.value)) return false;
      return one.reference === undefined
        ? other.reference === undefined
        : one.reference.deref() === other.reference?.deref() && one.reference.deref() !== undefined;
    })
  );
}

/**
 * @param {any[]} before
 * @param {any[]} now
 */
function sameValues(before, now) {
  return before.length === now.length && before.every((value, index) => Object.is(value, now[index]));
}

/**
 * @param {Member} member
 * @param {any[][]} nodes
 */
function isKeepable(member, nodes) {
  if (member.analysis.form === FORM.CLASS || writtenNames(member).size > 0) return false;
  const more = nodes[member.node][4];
  return more === null || Object.keys(more).every((key) => key === 'name');
}

/** @param {any} value */
function isPrimitive(value) {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

/**
 * The part of what is known of a function that the worker needs; `null` if there is none.
 *
 * @param {any} more
 * @param {boolean} isClass
 */
function sentOf(more, isClass) {
  const sent = { ...more };
  // What has gone into the code and its variables.
  for (const key of ['keys', 'given', 'meta', 'reads', 'field', ...(isClass ? [] : ['heritage', 'restore'])])
    delete sent[key];
  for (const list of ['properties', 'prototype']) if (sent[list]?.length === 0) delete sent[list];
  for (const key of Object.keys(sent)) if (sent[key] === undefined) delete sent[key];
  return Object.keys(sent).length === 0 ? null : sent;
}

exports.Finisher = Finisher;
