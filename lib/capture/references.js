'use strict';

const path = require('node:path');
const { pathToFileURL } = require('node:url');

const { FREE } = require('./classes');
const { NODE } = require('./kinds');
const { one } = require('./refusal');
const { lookUp } = require('./scopes');
const { library } = require('../home');

/** @typedef {import('./graph').Member} Member */

const LIBRARY_URL = pathToFileURL(library).href;

/** @param {string} name of a script */
function isOfLibrary(name) {
  return name.startsWith(library) || name.startsWith(LIBRARY_URL);
}

/** Functions of Node and of packages: they are not copied. */
class References {
  #graph;

  /** @param {import('./graph').Graph} graph */
  constructor(graph) {
    this.#graph = graph;
  }

  /**
   * @param {Member} member
   * @param {import('./reader').Reading | undefined} reading
   * @returns {boolean} whether it is one
   */
  take(member, reading) {
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
      ? `is ${one(fn.name)} of \`tasklets\``
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
    const what = `is ${one(fn.name)}, which is tied to this thread`;
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
}

exports.References = References;
