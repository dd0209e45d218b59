'use strict';

const path = require('node:path');
const { pathToFileURL } = require('node:url');

const { FLAG, FORM, NODE, USAGE } = require('./kinds');
const { FREE } = require('./classes');
const { STANDARD } = require('./globals');
const { isPackageFile } = require('./modules');
const { NoInspector } = require('./reader');
const { globalIn } = require('./names');
const { textOf } = require('./originals');
const { pathOf } = require('./scripts');
const { bounded } = require('./texts');
const { refusal } = require('./refusal');
const { library } = require('../home');

/** @typedef {import('./graph').Member} Member */

const LIBRARY_URL = pathToFileURL(library).href;

/** @param {string} name of a script */
function isOfLibrary(name) {
  return name.startsWith(library) || name.startsWith(LIBRARY_URL);
}

/** Nothing was found under a name. */
const NOTHING = Symbol('nothing');

/** The variables of the functions in a graph: where they stand, what their names mean. */
class Variables {
  #graph;

  /** @param {import('./graph').Graph} graph */
  constructor(graph) {
    this.#graph = graph;
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
    if (this.#byReference(member, reading)) return false;
    graph.check(member);
    if (member.analysis.form === FORM.CLASS) graph.objects.classes.before(member);
    this.#names(member, reading);
    this.#surroundings(member, reading);
    graph.objects.functionProperties(member);
    return true;
  }

  /**
   * Functions of Node and of packages are not copied.
   *
   * @param {Member} member
   * @param {import('./reader').Reading | undefined} reading
   */
  #byReference(member, reading) {
    const { fn, known, node } = member;
    const graph = this.#graph;
    if (known === undefined) return false;
    const drop = (/** @type {any[]} */ reference) => {
      graph.nodes[node] = reference;
      graph.byFunction.delete(fn);
      return true;
    };
    if (known.home === 'node') {
      const requiring = this.#requireOf(fn);
      if (requiring !== undefined) return drop([NODE.REQUIRE, requiring]);
      const intrinsic = graph.tools.intrinsics.pathOf(fn);
      if (intrinsic !== undefined) return drop([NODE.INTRINSIC, intrinsic]);
      const found = graph.tools.builtins.find(fn, known.name);
      const isClass = graph.origins[node].step?.kind === 'class';
      if (found !== undefined && (!isClass || FREE.has(fn.name))) {
        return drop([NODE.BUILTIN, found.module, found.path]);
      }
      const [original] = known.name === 'node:internal/util' ? lookUp(reading?.scopes ?? [], 'original') : [];
      if (typeof original === 'function' && fn.name === original.name) {
        const step = /** @type {const} */ ({ kind: 'other', name: 'the function that was promisified' });
        return drop([NODE.PROMISIFIED, graph.slot(original, node, step)]);
      }
      this.#refuseNode(member, known.name);
    }
    if (isOfLibrary(known.name)) this.#refuseOwn(member);
    if (known.home === 'package') {
      const file = graph.tools.scripts.fileOf(/** @type {string} */ (known.script));
      const found = file === undefined ? undefined : graph.tools.packages.findIn(fn, file);
      if (found !== undefined) return drop([NODE.PACKAGE, found.module, found.path]);
    }
    return false;
  }

  /**
   * Exports travel by name. What else is of this library belongs to its thread: pools, handles, wrapped tasks.
   *
   * @param {Member} member
   * @returns {never}
   */
  #refuseOwn({ fn, node }) {
    const graph = this.#graph;
    const { from, step } = graph.origins[node];
    const isClass = step?.kind === 'class';
    const owner = isClass ? graph.origins[from] : { from, step };
    const what = isClass
      ? `is a ${fn.name} of \`tasklets\``
      : 'is a function of `tasklets` such as `wrap` gives';
    const way = 'Send the function that it runs, and call `run` or `wrap` inside the task';
    return graph.refuse(owner.from, owner.step, `${what}, which is tied to this thread`, way);
  }

  /**
   * @param {Member} member
   * @param {string} script
   * @returns {never}
   */
  #refuseNode({ fn, node }, script) {
    const graph = this.#graph;
    const { from, step } = graph.origins[node];
    if (step?.kind !== 'class') {
      return graph.refuse(from, step, `is a function of Node itself (${script})`, 'Make it inside the task');
    }
    const owner = graph.origins[from];
    const what = `is a ${fn.name}, which is tied to this thread`;
    return graph.refuse(
      owner.from,
      owner.step,
      what,
      'Make it inside the task, or pass the data it was made from',
    );
  }

  /**
   * The directory that a `require` looks from, as a file in it.
   *
   * @param {any} fn
   */
  #requireOf(fn) {
    if (typeof fn.resolve?.paths !== 'function' || !('cache' in fn)) return undefined;
    const [first] = fn.resolve.paths('a') ?? [];
    return typeof first === 'string' ? path.join(path.dirname(first), 'tasklets.js') : undefined;
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
        if (!STANDARD.has(globalIn(name) ?? name)) member.settled = false;
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
      member.slots.push(graph.objects.variable(value, only, node, step));
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
      if (globalIn(name) !== undefined) return [NOTHING, null];
      if (!STANDARD.has(name) && !(name in globalThis)) missing.push(name);
      return [NOTHING, null];
    }
    if (values !== undefined) return [values.get(name), LASTING];
    const scopes = reading?.scopes ?? [];
    const property = globalIn(name);
    if (property === undefined) {
      const found = lookUp(scopes, name);
      const isHidden = found[0] === NOTHING && member.known?.hidden.includes(name);
      return isHidden ? [this.#hidden(member, name), LASTING] : found;
    }
    // Unless it is another `globalThis`.
    const [other] = lookUp(scopes, 'globalThis');
    return other === NOTHING ? lookUp(scopes.slice(-1), property) : [NOTHING, null];
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
 * What a name means, and the scope that says so.
 *
 * @param {import('./reader').Scope[]} scopes
 * @param {string} name
 * @returns {[any, import('./reader').Scope | null]}
 */
function lookUp(scopes, name) {
  for (const scope of scopes) {
    const { kind, variables } = scope;
    if (kind === 'Global') {
      const value = globalValue(variables, name);
      return [value, value === NOTHING ? null : scope];
    }
    if (kind === 'With Block' ? !(name in variables) : !Object.hasOwn(variables, name)) continue;
    try {
      return [variables[name], scope];
    } catch {
      // Not initialised yet: the name stays free, and using it is the ReferenceError that it would be at home.
      return [NOTHING, null];
    }
  }
  return [NOTHING, null];
}

/**
 * Globals that every isolate has stay free; those of the program are captured.
 *
 * @param {any} global
 * @param {string} name
 */
function globalValue(global, name) {
  if (STANDARD.has(name)) return NOTHING;
  const descriptor = Object.getOwnPropertyDescriptor(global, name);
  return descriptor !== undefined && 'value' in descriptor ? descriptor.value : NOTHING;
}

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

/**
 * @param {any} fn
 * @param {import('./texts').Analysis} analysis
 */
function isStrict(fn, { form, flags }) {
  if (flags & FLAG.STRICT) return true;
  if (form !== FORM.FUNCTION || flags & (FLAG.ASYNC | FLAG.GENERATOR)) return false;
  try {
    return fn.caller === undefined;
  } catch {
    return true;
  }
}

/**
 * What is known of a function for ever, from one reading.
 *
 * @param {import('./graph').Tools} tools
 * @param {Function} fn
 * @param {string} text
 * @param {import('./texts').Analysis} analysis
 * @param {import('./reader').Reading} reading
 * @returns {import('./memory').Known}
 */
function know({ scripts, memory }, fn, text, analysis, reading) {
  const { script, line, column } = reading;
  const key = `${script}:${line}:${column}`;
  let place = memory.places.get(key);
  if (place === undefined || place.text !== text) {
    place = { text, ...look(scripts, fn, text, analysis, reading) };
    bounded(memory.places, key, place);
  }
  return { ...place, text: undefined, values: undefined, kept: undefined };
}

/**
 * What is the same for all functions that are made at one place.
 *
 * @param {import('./scripts').Scripts} scripts
 * @param {Function} fn
 * @param {string} text
 * @param {import('./texts').Analysis} analysis
 * @param {import('./reader').Reading} reading
 */
function look(scripts, fn, text, analysis, { script, line, column, scopes }) {
  const module = scopes.some(({ kind }) => kind === 'Module');
  // What `new Function` makes has a script of its own each time, and no file.
  const isMade = scopes.length === 1 && /^(async )?function\*? anonymous\(/.test(text);
  const url = script === undefined || isMade ? '' : scripts.nameOf(script);
  // Frames show modules by URL and scripts by path, whatever the inspector says.
  const name = module ? url : (pathOf(url) ?? url);
  const before = text.slice(0, analysis.anchor);
  const lines = before.split(/\r\n|[\n\r\u2028\u2029]/).length - 1;
  const home = name.startsWith('node:') ? 'node' : isPackageFile(name) ? 'package' : 'program';
  const known = {
    script,
    name,
    home,
    line: Math.max(0, line - lines),
    column: lines === 0 ? Math.max(0, column - analysis.anchor) : 0,
    strict: module || analysis.form === FORM.CLASS,
    module,
    declaration: analysis.form === FORM.FUNCTION,
    bare: false,
    constant: /** @type {ReadonlySet<string>} */ (new Set()),
    hidden: /** @type {string[]} */ ([]),
  };
  if (script !== undefined && home === 'program') {
    const place = scripts.placeOf(script, line, column, text, module);
    if (place !== undefined) {
      known.line = place.line;
      if (analysis.form !== FORM.METHOD) known.column = place.column;
      known.strict ||= place.strict;
      known.declaration = place.declaration;
      known.bare = module && place.bare;
      known.constant = new Set(place.constant);
      known.hidden = place.hidden;
      return known;
    }
  }
  known.strict ||= isStrict(fn, analysis);
  return known;
}

/**
 * Where a function's text begins; `undefined` for native ones.
 *
 * @param {import('./graph').Tools} tools
 * @param {Function} fn
 * @returns {import('./memory').Known | undefined}
 */
function placeOf(tools, fn) {
  let known = tools.memory.functions.get(fn);
  if (known === undefined) {
    const text = textOf(fn);
    known = tools.reader.session(() => {
      const [reading] = tools.reader.functions([fn]);
      const target = reading.bound?.target;
      if (typeof target === 'function') return placeOf(tools, target);
      return reading.script === undefined
        ? undefined
        : know(tools, fn, text, tools.texts.analysis(text), reading);
    });
    if (known !== undefined) tools.memory.functions.set(fn, known);
  }
  return known;
}

exports.NOTHING = NOTHING;
exports.Variables = Variables;
exports.isStrict = isStrict;
exports.lookUp = lookUp;
exports.placeOf = placeOf;
