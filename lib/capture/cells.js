'use strict';

const { NODE } = require('./kinds');
const { writtenNames } = require('./names');

// A variable that one captured function writes and another one uses must stay one variable. It becomes a cell: an
// object that both refer to.
//
// The inspector shows copies of scopes, not which functions share one. Of a file there is one scope; other scopes are
// different if their variables are. If they are alike, functions of different places share one: `{ increment, get }` of
// one call. What remains are alike scopes of several functions of the same place: two counters of one factory, or
// closures made in a loop. A heap snapshot tells these apart.

/** @typedef {import('./graph').Member} Member */
/** @typedef {{ member: Member, index: number, name: string, scope: import('./reader').Scope }} Use */
/** @typedef {{ script: string, kind: string, names: string[], values: any[], places: Map<string, Member> }} Cluster */

/** With a heap beyond this a snapshot takes seconds, and soon does not fit into a string. */
const MAX_HEAP = 256 * 1024 * 1024;

/**
 * For each function, the slots of the cells that take the place of its shared variables.
 *
 * @param {import('./graph').Graph} graph
 * @returns {Map<Member, Map<string, number>>}
 */
function shareVariables(graph) {
  /** @type {Map<Member, Map<string, number>>} */
  const result = new Map();
  const uses = usesOf(graph);
  if (uses.length < 2) return result;
  for (const users of groups(graph, uses)) {
    const [{ member, index, name }] = users;
    const isWritten = users.some((use) => writtenNames(use.member).has(name));
    if (users.length < 2 || !isWritten) continue;
    const cell = graph.node(undefined, [NODE.CELL, member.slots[index]], member.node, null);
    for (const user of users) {
      const cells = result.get(user.member) ?? new Map();
      result.set(user.member, cells.set(name, cell));
    }
  }
  return result;
}

/**
 * Where variables are used that some function writes.
 *
 * @param {import('./graph').Graph} graph
 */
function usesOf({ members }) {
  const written = new Set(members.flatMap((member) => [...writtenNames(member)]));
  /** @type {Use[]} */
  const uses = [];
  if (written.size === 0) return uses;
  for (const member of members) {
    member.names.forEach((name, index) => {
      const scope = member.holders[index];
      if (written.has(name) && scope !== null && scope.variables !== null)
        uses.push({ member, index, name, scope });
    });
  }
  return uses;
}

/**
 * Uses of the same variable.
 *
 * @param {import('./graph').Graph} graph
 * @param {Use[]} uses
 * @returns {Use[][]}
 */
function groups(graph, uses) {
  /** @type {Cluster[]} */
  const clusters = [];
  /** @type {Map<any, Map<string, Use[]>>} */
  const byScope = new Map();
  const inner = uses.filter((use) => !isWhole(graph, use));
  const doubt = unclear(inner);
  const contexts = doubt === undefined ? undefined : contextsOf(graph, inner, doubt);
  for (const use of uses) {
    const { member, scope } = use;
    const context = contexts?.get(member.fn)?.[scope.depth];
    const key = context !== undefined && inner.includes(use) ? context : clusterOf(graph, clusters, use);
    const byName = byScope.get(key) ?? new Map();
    byScope.set(key, byName);
    byName.set(use.name, [...(byName.get(use.name) ?? []), use]);
  }
  return [...byScope.values()].flatMap((byName) => [...byName.values()]);
}

/**
 * Whether it is the one scope of a file.
 *
 * @param {import('./graph').Graph} graph
 * @param {Use} use
 */
function isWhole(graph, { member, scope }) {
  if (scope.kind === 'Module' || scope.kind === 'Script' || scope.kind === 'Global') return true;
  return graph.tools.scripts.isOutermost(member.known?.script ?? '', scope);
}

/**
 * A use of which nobody can tell whether it shares its variable with another function of the same place: their scopes
 * are alike, and so is that of a function that writes the variable.
 *
 * @param {Use[]} uses
 */
function unclear(uses) {
  return uses.find(({ member, name, scope }, at) => {
    const isTwin = (/** @type {Use} */ other) =>
      other.member !== member && placeOf(other.member) === placeOf(member) && isAlike(other.scope, scope);
    const writes = (/** @type {Use} */ other) =>
      other.name === name && writtenNames(other.member).has(name) && isAlike(other.scope, scope);
    return uses.slice(0, at).some(isTwin) && uses.some(writes);
  });
}

/** Snapshots of the heap that were taken: numbers of one say nothing about those of another. */
let snapshots = 0;

/**
 * Which scopes functions have. That never changes, so it is asked once.
 *
 * @param {import('./graph').Graph} graph
 * @param {Use[]} uses
 * @param {Use} doubt
 * @returns {Map<Function, number[]>}
 */
function contextsOf(graph, uses, doubt) {
  const { memory, reader } = graph.tools;
  const fns = [...new Set(uses.map(({ member }) => member.fn))];
  const first = memory.contexts.get(fns[0]);
  if (!fns.every((fn) => first !== undefined && memory.contexts.get(fn)?.snapshot === first.snapshot)) {
    if (process.memoryUsage().heapUsed > MAX_HEAP) refuseUnclear(graph, doubt);
    const snapshot = ++snapshots;
    reader.contexts(fns).forEach((ids, at) => memory.contexts.set(fns[at], { snapshot, ids }));
  }
  return new Map(fns.map((fn) => [fn, memory.contexts.get(fn)?.ids ?? []]));
}

/**
 * @param {import('./graph').Graph} graph
 * @param {Use} doubt
 * @returns {never}
 */
function refuseUnclear(graph, { member, name }) {
  const step = /** @type {const} */ ({ kind: 'variable', name });
  const what =
    'may be shared by several functions that were made at the same place, and this heap is too large to look which';
  return graph.refuse(member.node, step, what, 'Keep it in an object, and let them use that');
}

/**
 * @param {import('./reader').Scope} a
 * @param {import('./reader').Scope} b
 */
function isAlike(a, b) {
  const names = Object.keys(a.variables);
  const others = Object.keys(b.variables);
  if (a.kind !== b.kind || names.length !== others.length) return false;
  return names.every(
    (name, at) => name === others[at] && Object.is(read(a.variables, name), read(b.variables, name)),
  );
}

/** @param {Member} member */
function placeOf({ known, text }) {
  return `${known?.script}:${known?.line}:${known?.column}:${text.length}`;
}

/**
 * @param {import('./graph').Graph} graph
 * @param {Cluster[]} clusters
 * @param {Use} use
 * @returns {Cluster}
 */
function clusterOf(graph, clusters, use) {
  const { member, scope } = use;
  // Globals are the same for all files.
  const script = scope.kind === 'Global' ? '' : (member.known?.script ?? '');
  const whole = isWhole(graph, use);
  const place = placeOf(member);
  const names = whole ? [] : Object.keys(scope.variables);
  const values = names.map((name) => read(scope.variables, name));
  const found = clusters.find(
    (cluster) =>
      cluster.script === script &&
      cluster.kind === scope.kind &&
      (whole || (cluster.places.get(place) ?? member) === member) &&
      cluster.names.length === names.length &&
      cluster.names.every(
        (name, index) => name === names[index] && Object.is(cluster.values[index], values[index]),
      ),
  );
  if (found !== undefined) {
    found.places.set(place, member);
    return found;
  }
  const cluster = { script, kind: scope.kind, names, values, places: new Map([[place, member]]) };
  clusters.push(cluster);
  return cluster;
}

/**
 * @param {any} variables
 * @param {string} name
 */
function read(variables, name) {
  try {
    return variables[name];
  } catch {
    // Not initialised yet, in every copy of the scope.
    return undefined;
  }
}

exports.shareVariables = shareVariables;
