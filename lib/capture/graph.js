'use strict';

const { types } = require('node:util');

const { FLAG, FORM, NODE } = require('./kinds');
const { Finisher } = require('./finish');
const { Objects } = require('./objects');
const { placeOf } = require('./locations');
const { textOf } = require('./originals');
const { isWellFormed } = require('./texts');
const { refusal } = require('./refusal');
const { Variables } = require('./variables');

/**
 * Everything a capture has at hand; one for each `Capture`.
 *
 * @typedef {object} Tools
 * @property {import('./texts').Texts} texts
 * @property {import('./reader').Reader} reader
 * @property {import('./scripts').Scripts} scripts
 * @property {import('./globals').Intrinsics} intrinsics
 * @property {import('./modules').Builtins} builtins
 * @property {import('./modules').Packages} packages
 * @property {import('./memory').Memory} memory
 * @property {import('./instances').Instances} instances
 * @property {(value: any) => string | undefined} own the path of an export of this library
 * @property {((value: any) => [string, string] | undefined) | undefined} ownModule what `module()` was given
 */

/**
 * A function in the graph.
 *
 * @typedef {object} Member
 * @property {Function} fn
 * @property {number} node
 * @property {string} text
 * @property {import('./texts').Analysis} analysis
 * @property {boolean} given it is, or was reached through, a value of `captures`
 * @property {import('./memory').Known} [known]
 * @property {string[]} names
 * @property {any[]} values of `names`
 * @property {number[]} slots of `names`
 * @property {Array<import('./reader').Scope | null>} holders the scope that holds each of `names`
 * @property {any} more further things about a function: see revive
 * @property {boolean} settled every name keeps its value for ever
 */

/** The graph of values that one submission takes along. */
class Graph {
  /** @type {any[][]} */
  nodes = [];
  /** @type {any[]} */
  data = [];
  /** @type {Member[]} */
  members = [];
  /** @type {Map<Function, Member>} */
  byFunction = new Map();
  /** @type {Map<number, Member>} */
  #byNode = new Map();
  /** Classes that travel. @type {Set<Function>} */
  classes = new Set();
  /** Methods of captured classes: their node says which. @type {Map<Function, any[]>} */
  methods = new Map();
  /** @type {Map<any, number>} */
  slots = new Map();
  /** @type {Map<any, number>} */
  #primitives = new Map();
  /** How each node was reached. @type {Array<{ from: number, step: import('./refusal').Step | null }>} */
  origins = [];
  /** @type {Member[]} */
  #waiting = [];
  /** @type {Array<() => void>} */
  later = [];
  /** What is looked at when everything is known. @type {Array<() => void>} */
  checks = [];

  /**
   * @param {Tools} tools
   * @param {{ captures?: Record<string, any>, explicit: boolean, asked: boolean }} options
   */
  constructor(tools, options) {
    this.tools = tools;
    this.options = options;
    this.objects = new Objects(this);
    this.variables = new Variables(this);
  }

  /**
   * The slot of a value, `from` being the node that holds it.
   *
   * @param {any} value
   * @param {number} from
   * @param {import('./refusal').Step | null} step
   * @returns {number}
   */
  slot(value, from, step) {
    switch (typeof value) {
      case 'function':
        return this.slots.get(value) ?? this.#function(value, from, step);
      case 'object':
        if (value === null) break;
        return this.slots.get(value) ?? this.objects.add(value, from, step);
      case 'symbol':
        return this.slots.get(value) ?? this.objects.symbol(value, from, step);
      default:
    }
    return this.primitive(value);
  }

  /** @param {any} value */
  primitive(value) {
    const key = Object.is(value, -0) ? this : value;
    let slot = this.#primitives.get(key);
    if (slot === undefined) {
      slot = -this.data.push(value);
      this.#primitives.set(key, slot);
    }
    return slot;
  }

  /**
   * @param {any} value
   * @param {any[]} node
   * @param {number} from
   * @param {import('./refusal').Step | null} step
   * @returns {number}
   */
  node(value, node, from, step) {
    const slot = this.nodes.push(node) - 1;
    this.origins.push({ from, step });
    if (value !== undefined) this.slots.set(value, slot);
    return slot;
  }

  /**
   * A value that the codec carries as it is.
   *
   * @param {any} value
   */
  plain(value) {
    const slot = -this.data.push(value);
    this.slots.set(value, slot);
    return slot;
  }

  /**
   * @param {Function} fn
   * @param {number} from
   * @param {import('./refusal').Step | null} step
   */
  #function(fn, from, step) {
    const { tools } = this;
    const own = tools.own(fn);
    if (own !== undefined) return this.node(fn, [NODE.OWN, own], from, step);
    if (types.isProxy(fn))
      this.refuse(from, step, 'is a Proxy', 'Pass the object behind it, or make it in the task');
    const text = textOf(fn);
    if (text.endsWith('{ [native code] }')) return this.#native(fn, from, step);
    const node = this.node(fn, [NODE.FUNCTION], from, step);
    /** @type {Member} */
    const member = {
      fn,
      node,
      text,
      analysis: tools.texts.analysis(text),
      given: from < 0 ? this.options.captures !== undefined : (this.memberAt(from)?.given ?? false),
      names: [],
      values: [],
      slots: [],
      holders: [],
      more: null,
      settled: true,
    };
    this.byFunction.set(fn, member);
    this.#byNode.set(node, member);
    this.#waiting.push(member);
    return node;
  }

  /** @param {number} node */
  memberAt(node) {
    return this.#byNode.get(node);
  }

  /**
   * @param {Function} fn
   * @param {number} from
   * @param {import('./refusal').Step | null} step
   */
  #native(fn, from, step) {
    const path = this.tools.intrinsics.pathOf(fn);
    if (path !== undefined) return this.node(fn, [NODE.INTRINSIC, path], from, step);
    const bound = this.options.explicit ? undefined : this.tools.reader.functions([fn])[0].bound;
    if (bound === undefined || this.#isOfNode(bound.target)) {
      const reference = this.reference(fn, from, step);
      if (reference !== undefined) return reference;
      if (bound !== undefined) return this.#bound(fn, bound, from, step);
      const name = fn.name === '' ? 'a native function' : `the native function \`${fn.name}\``;
      return this.refuse(from, step, `is ${name}, which no name leads to`, 'Make it inside the task');
    }
    return this.#bound(fn, bound, from, step);
  }

  /** Some functions of Node's modules are bound: they have a name there all the same. @param {any} target */
  #isOfNode(target) {
    return typeof target === 'function' && placeOf(this.tools, target)?.home === 'node';
  }

  /**
   * @param {Function} fn
   * @param {{ target: any, self: any, args: any[] }} bound
   * @param {number} from
   * @param {import('./refusal').Step | null} step
   */
  #bound(fn, bound, from, step) {
    const node = this.node(fn, [NODE.BOUND, 0, 0, []], from, step);
    const target = this.slot(bound.target, node, { kind: 'other', name: 'the bound function' });
    const self = this.slot(bound.self, node, { kind: 'other', name: 'its bound `this`' });
    const args = bound.args.map((value, index) =>
      this.slot(value, node, { kind: 'other', name: `its bound argument ${index}` }),
    );
    this.nodes[node] = [NODE.BOUND, target, self, args, fn.name];
    return node;
  }

  /**
   * The node of a value that travels by name: a standard global, or a value of one of Node's own modules.
   *
   * @param {any} value
   * @param {number} from
   * @param {import('./refusal').Step | null} step
   * @returns {number | undefined}
   */
  reference(value, from, step) {
    const path = this.tools.intrinsics.pathOf(value);
    if (path !== undefined) return this.node(value, [NODE.INTRINSIC, path], from, step);
    const found = this.tools.builtins.find(value);
    if (found !== undefined) return this.node(value, [NODE.BUILTIN, found.module, found.path], from, step);
    return undefined;
  }

  /** Reads the variables of all functions found so far, and of those found by that, until there are no more. */
  settle() {
    do {
      this.#round();
      // What travels is known now: entries of WeakMaps that it is the key of come along.
      this.objects.weak();
    } while (this.#waiting.length > 0 || this.later.length > 0);
    for (const check of this.checks) check();
  }

  #round() {
    while (this.#waiting.length > 0 || this.later.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const member of this.variables.read(waiting)) this.members.push(member);
      const { later } = this;
      this.later = [];
      for (const task of later) task();
    }
  }

  /** Writes the functions' nodes. @returns {any[]} their codes */
  finish() {
    return new Finisher(this).finish();
  }

  /**
   * @param {number} from
   * @param {import('./refusal').Step | null} step
   * @param {string} what
   * @param {string} way
   * @param {unknown} [cause]
   * @returns {never}
   */
  refuse(from, step, what, way, cause) {
    const steps = step === null ? [] : [step];
    let location;
    for (let at = from; at >= 0; at = this.origins[at].from) {
      location ??= this.locationOf(at);
      const { step: before } = this.origins[at];
      if (before !== null) steps.unshift(before);
    }
    throw refusal({ steps, what, way, location, cause });
  }

  /** @param {number} node */
  locationOf(node) {
    const known = this.memberAt(node)?.known;
    if (known === undefined || known.script === undefined) return undefined;
    return `${known.name}:${known.line + 1}:${known.column + 1}`;
  }

  /**
   * What makes a function impossible to send whatever its variables are.
   *
   * @param {Member} member
   */
  check(member) {
    const { flags, error, form } = member.analysis;
    const { node } = member;
    const refuse = (/** @type {string} */ what, /** @type {string} */ way) =>
      this.refuse(node, null, what, way);
    if (error !== undefined) {
      if (member.text.startsWith('#')) return;
      refuse(`cannot be read as a function (${error})`, 'Load it in the task from a module');
    }
    if (!isWellFormed(member.text))
      refuse('has text that is not well-formed Unicode', 'Write such characters as escapes');
    if (flags & FLAG.EVAL)
      refuse('calls `eval`, which can see every variable', 'Pass what it needs as `args`');
    if (form !== FORM.ARROW) return;
    if (flags & FLAG.OUTER_SUPER) {
      refuse(
        'uses `super` of the code around it',
        'Send the object or class, and call the method in the task',
      );
    }
    if (flags & FLAG.OUTER_NEW_TARGET)
      refuse('uses `new.target` of the code around it', 'Pass it as an argument');
  }
}

exports.Graph = Graph;
