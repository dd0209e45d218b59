'use strict';

const { NODE } = require('./kinds');
const { writtenNames } = require('./names');

// A variable that one captured function writes and another one uses must stay one variable. It becomes a cell: an
// object that both refer to.
//
// The inspector shows copies of scopes, not which functions share one. Of a module there is one scope per script; other
// scopes count as one when all their variables are the same, and never for two closures of the same place in a file:
// two counters of one factory stay apart, `{ increment, get }` of one call stay together.

/** @typedef {import('./graph').Member} Member */
/** @typedef {{ script: string, kind: string, names: string[], values: any[], places: Set<string> }} Cluster */

/**
 * For each function, the slots of the cells that take the place of its shared variables.
 *
 * @param {import('./graph').Graph} graph
 * @returns {Map<Member, Map<string, number>>}
 */
function shareVariables(graph) {
  const written = new Set(graph.members.flatMap((member) => [...writtenNames(member)]));
  /** @type {Map<Member, Map<string, number>>} */
  const result = new Map();
  if (written.size === 0) return result;
  /** @type {Cluster[]} */
  const clusters = [];
  /** @type {Map<any, Map<string, Array<{ member: Member, index: number }>>>} */
  const uses = new Map();
  for (const member of graph.members) {
    member.names.forEach((name, index) => {
      const holder = member.holders[index];
      if (!written.has(name) || holder === null || holder.variables === null) return;
      const cluster = clusterOf(graph, clusters, member, holder);
      const byName = uses.get(cluster) ?? new Map();
      uses.set(cluster, byName);
      byName.set(name, [...(byName.get(name) ?? []), { member, index }]);
    });
  }
  for (const byName of uses.values()) {
    for (const [name, users] of byName) {
      const isWritten = users.some(({ member }) => writtenNames(member).has(name));
      if (users.length < 2 || !isWritten) continue;
      const [{ member, index }] = users;
      const cell = graph.node(undefined, [NODE.CELL, member.slots[index]], member.node, null);
      for (const user of users) {
        const cells = result.get(user.member) ?? new Map();
        result.set(user.member, cells.set(name, cell));
      }
    }
  }
  return result;
}

/**
 * @param {import('./graph').Graph} graph
 * @param {Cluster[]} clusters
 * @param {Member} member
 * @param {import('./reader').Scope} holder
 * @returns {Cluster}
 */
function clusterOf(graph, clusters, { known, text }, holder) {
  const script = known?.script ?? '';
  const whole =
    holder.kind === 'Module' || holder.kind === 'Script' || graph.tools.scripts.isOutermost(script, holder);
  const place = whole ? '' : `${known?.line}:${known?.column}:${text.length}`;
  const names = whole ? [] : Object.keys(holder.variables);
  const values = names.map((name) => read(holder.variables, name));
  const found = clusters.find(
    (cluster) =>
      cluster.script === script &&
      cluster.kind === holder.kind &&
      (whole || !cluster.places.has(place)) &&
      cluster.names.length === names.length &&
      cluster.names.every(
        (name, index) => name === names[index] && Object.is(cluster.values[index], values[index]),
      ),
  );
  if (found !== undefined) {
    if (!whole) found.places.add(place);
    return found;
  }
  const cluster = { script, kind: holder.kind, names, values, places: new Set([place]) };
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
