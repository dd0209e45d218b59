'use strict';

const { FLAG, FORM, USAGE } = require('./kinds');
const { References } = require('./references');
const { NoInspector } = require('./reader');
const { NOTHING, lookUp } = require('./scopes');
const { STANDARD } = require('./globals');
const { know, placeOf } = require('./locations');
const { refusal } = require('./refusal');

/** @typedef {import('./graph').Member} Member */

/** The variables of the functions in a graph: what their names mean. */
class Variables {
  #graph;
  #references;

  /** @param {import('./graph').Graph} graph */
  constructor(graph) {
    this.#graph = graph;
    this.#references = new References(graph);
  }

  /**
   * @param {Member[]} members
   * @returns {Member[]} those that travel by value
   */
  read(members) {
    const { memory, reader } = this.#graph.tools;
    const unread = [];
    for (const member of members) {
      const known = memory.functions.get(member.fn) ?? this.#place(member);
      if (known !== undefined) member.known = known;
      if (known?.values === undefined) unread.push(member);
    }
    /** @type {Map<Member, import('./reader').Reading>} */
    const readings = new Map();
    if (unread.length > 0 && !this.#graph.options.explicit) {
      const read = reader.functions(unread.map(({ fn }) => fn));
      unread.forEach((member, index) => readings.set(member, read[index]));
    }
    return members.filter((member) => this.#member(member, readings.get(member)));
  }

  /**
   * Where variables are not to be read, and strict code does something else than other code: where the function stands
   * says which it is.
   *
   * @param {Member} member
   */
  #place({ fn, analysis }) {
    const { options, tools } = this.#graph;
    if (!options.explicit || !(analysis.flags & FLAG.SENSITIVE)) return undefined;
    try {
      return placeOf(tools, fn);
    } catch (error) {
      if (!(error instanceof NoInspector)) throw error;
      return undefined;
    }
  }

  /**
   * @param {Member} member
   * @param {import('./reader').Reading | undefined} reading
   */
  #member(member, reading) {
    const graph = this.#graph;
    if (reading !== undefined && member.known === undefined) {
      member.known = know(graph.tools, member.fn, member.text, member.analysis, reading);
      graph.tools.memory.functions.set(member.fn, member.known);
    }
    if (this.#references.take(member, reading)) return false;
    graph.check(member);
    if (member.analysis.form === FORM.CLASS) graph.objects.classes.before(member);
    this.#names(member, reading);
    this.#surroundings(member, reading);
    graph.objects.functionProperties(member);
    return true;
  }

  /**
   * @param {Member} member
   * @param {import('./reader').Reading | undefined} reading
   */
  #names(member, reading) {
    const { analysis, known, node } = member;
    const graph = this.#graph;
    /** @type {string[]} */
    const missing = [];
    const names = ownNameIsFree(member, reading)
      ? [
          ...analysis.names,
          { name: /** @type {string} */ (analysis.own), usage: analysis.ownUsage, members: undefined },
        ]
      : analysis.names;
    // The name of a declaration may hold another function next time.
    if (known?.declaration && analysis.ownUsage !== 0 && !known.constant.has(String(analysis.own)))
      member.settled = false;
    const values = known?.values;
    /** @type {Map<string, any>} */
    const lasting = new Map();
    for (const { name, usage, members } of names) {
      const [value, holder] = this.#look(member, name, reading, values, missing);
      if (value === NOTHING) {
        // The program may add a global later.
        if (!STANDARD.has(name)) member.settled = false;
        lasting.set(name, NOTHING);
        continue;
      }
      if (known?.constant.has(name) && value !== undefined && holder !== null) lasting.set(name, value);
      else member.settled = false;
      member.names.push(name);
      member.values.push(value);
      member.holders.push(holder);
      const only = usage === USAGE.MEMBER || usage === (USAGE.MEMBER | USAGE.TYPEOF) ? members : undefined;
      const step = /** @type {const} */ ({ kind: 'variable', name });
      member.slots.push(graph.objects.namespaces.variable(value, only, node, step));
    }
    if (missing.length > 0) this.#refuseMissing(member, missing);
    if (
      member.settled &&
      known !== undefined &&
      values === undefined &&
      graph.options.captures === undefined
    ) {
      known.values = lasting;
    }
  }

  /**
   * @param {Member} member
   * @param {string} name
   * @param {import('./reader').Reading | undefined} reading
   * @param {Map<string, any> | undefined} values
   * @param {string[]} missing
   * @returns {[any, import('./reader').Scope | null]}
   */
  #look(member, name, reading, values, missing) {
    const { captures, explicit } = this.#graph.options;
    if (member.given && captures !== undefined && Object.hasOwn(captures, name))
      return [captures[name], null];
    // Ahead of what is known from a time when variables were read.
    if (explicit) {
      if (!STANDARD.has(name) && !(name in globalThis)) missing.push(name);
      return [NOTHING, null];
    }
    if (values !== undefined) return [values.get(name), LASTING];
    const found = lookUp(reading?.scopes ?? [], name);
    const isHidden = found[0] === NOTHING && member.known?.hidden.includes(name);
    return isHidden ? [this.#hidden(member, name), LASTING] : found;
  }

  /**
   * The function expression around a function, by its own name: the function itself sees it, so it is called, and ended
   * before it does anything.
   *
   * @param {Member} member
   * @param {string} name
   */
  #hidden({ fn, analysis, node }, name) {
    const { memory, reader } = this.#graph.tools;
    const known = memory.hidden.get(fn) ?? new Map();
    memory.hidden.set(fn, known);
    if (known.has(name)) return known.get(name);
    if (analysis.form === FORM.CLASS || !(analysis.flags & FLAG.OPEN)) {
      const step = /** @type {const} */ ({ kind: 'variable', name });
      const what = 'is the name of a function expression around it, which cannot be read';
      this.#graph.refuse(node, step, what, `Pass it: { captures: { ${name} } }`);
    }
    const [value] = reader.inside([fn], (breakAt) =>
      breakAt(fn, name)(() => Reflect.apply(fn, undefined, [])),
    );
    known.set(name, value);
    return value;
  }

  /**
   * @param {Member} member
   * @param {string[]} missing
   * @returns {never}
   */
  #refuseMissing({ node }, missing) {
    const graph = this.#graph;
    const steps = [];
    for (let at = node; at >= 0; at = graph.origins[at].from) {
      const { step } = graph.origins[at];
      if (step !== null) steps.unshift(step);
    }
    const reason = graph.options.asked
      ? 'variables are only taken from `captures` here'
      : 'this runtime does not let the variables of a function be read (no inspector, or no permission to use it)';
    const list = missing.map((name) => `\`${name}\``).join(', ');
    throw refusal({
      steps: [...steps, { kind: 'variable', name: missing[0] }],
      what: `cannot be read: the function needs ${list}, and ${reason}`,
      way: `Pass them: { captures: { ${missing.join(', ')} } }`,
    });
  }

  /**
   * What an arrow function takes from the code around it besides variables, and what a function knows of its file.
   *
   * @param {Member} member
   * @param {import('./reader').Reading | undefined} reading
   */
  #surroundings(member, reading) {
    const { analysis, known, node } = member;
    const graph = this.#graph;
    const more = (member.more ??= {});
    if (analysis.flags & FLAG.OUTER_THIS && analysis.form === FORM.ARROW && !('self' in more)) {
      if (!known?.bare) graph.checks.push(() => this.#needThis(member));
    }
    if (analysis.flags & FLAG.OUTER_ARGUMENTS) {
      const scope = reading?.scopes.find(
        ({ kind, variables }) => kind !== 'Global' && Object.hasOwn(variables, 'arguments'),
      );
      if (scope !== undefined) {
        const step = /** @type {const} */ ({ kind: 'variable', name: 'arguments' });
        more.args = Array.from(scope.variables.arguments, (value) => graph.slot(value, node, step));
        member.settled = false;
        if (known !== undefined) known.values = undefined;
      }
    }
    if (analysis.flags & FLAG.IMPORT_META) more.meta = this.#meta(member);
  }

  /** @param {Member} member */
  #needThis(member) {
    if ('self' in member.more) return;
    this.#graph.refuse(
      member.node,
      null,
      'uses `this` of the code around it, which cannot be read',
      'Pass it: { this: value }, or write a function that takes what it needs',
    );
  }

  /** @param {Member} member */
  #meta({ known }) {
    const name = known?.name ?? '';
    const file = known?.script === undefined ? undefined : this.#graph.tools.scripts.fileOf(known.script);
    return this.#graph.primitive(name.startsWith('file:') || file === undefined ? name : `file://${file}`);
  }
}

/** Stands for the scope of variables that were read before and keep their value. */
const LASTING = Object.freeze({ kind: 'lasting', variables: null, depth: -1 });

/**
 * The name of a declaration is a variable of the code around it, which may hold something else by now. The name of a
 * function expression is its own.
 *
 * @param {Member} member
 * @param {import('./reader').Reading | undefined} reading
 */
function ownNameIsFree({ fn, analysis, known, given }, reading) {
  const { own, ownUsage, form } = analysis;
  if (own === undefined || ownUsage === 0 || form !== FORM.FUNCTION || !known?.declaration || given)
    return false;
  if (known.values !== undefined) return known.values.has(own);
  if (ownUsage & USAGE.WRITE) return true;
  const scope = reading?.scopes.find(
    ({ kind, variables }) => kind !== 'Global' && Object.hasOwn(variables, own),
  );
  // As long as it holds the function itself, both come to the same.
  return scope !== undefined && scope.variables[own] !== fn;
}

exports.Variables = Variables;
