'use strict';

const { BASE, NODE } = require('./kinds');

/**
 * What a function would take along.
 *
 * @typedef {object} Explanation
 * @property {string} name
 * @property {string | undefined} location file:line:column
 * @property {boolean} stateless the worker keeps the function from one task to the next
 * @property {Explained[]} variables in the order of the text, those of helpers after those of the task
 * @property {string[]} modules that are loaded in the worker
 * @property {number} functions that travel by value, the task included
 * @property {number} objects
 * @property {number} bytes that are sent, the texts of functions included
 * @property {{ message: string, variable: string | undefined, path: string } | null} refused why it cannot travel
 * @typedef {object} Explained
 * @property {string} name
 * @property {string} path from the task: `helper.cache`
 * @property {string} kind 'function', 'class', 'object', 'string' ...
 * @property {'value' | 'reference' | 'module'} via
 * @property {string | undefined} from the module or global that a reference names
 * @property {boolean} shared written by one function and used by another
 * @property {number} size bytes of its own value, nested ones included; 0 for references
 */

const VIA = new Map([
  [NODE.INTRINSIC, 'reference'],
  [NODE.BUILTIN, 'module'],
  [NODE.PACKAGE, 'module'],
  [NODE.REQUIRE, 'reference'],
  [NODE.OWN, 'reference'],
]);

/**
 * The variables of all functions in a graph that is finished.
 *
 * @param {import('./graph').Graph} graph
 * @param {any[]} codes
 * @param {(value: any) => number} sizeOf
 */
function describe(graph, codes, sizeOf) {
  /** @type {Explained[]} */
  const variables = [];
  /** @type {Set<string>} */
  const modules = new Set();
  for (const node of graph.nodes) {
    if (node[0] === NODE.BUILTIN || node[0] === NODE.PACKAGE) modules.add(node[1]);
  }
  for (const member of graph.members) {
    const prefix = pathTo(graph, member.node);
    const slots = graph.nodes[member.node][3];
    [...new Set(member.names)].forEach((name, index) => {
      const slot = member.slots[member.names.indexOf(name)];
      const node = slot < 0 ? undefined : graph.nodes[slot];
      const value = member.values[member.names.indexOf(name)];
      const via = node === undefined ? 'value' : (VIA.get(node[0]) ?? 'value');
      variables.push({
        name,
        path: prefix === '' ? name : `${prefix}.${name}`,
        kind: kindOf(value, node),
        via: /** @type {Explained['via']} */ (via),
        from: via === 'value' ? undefined : referenceOf(/** @type {any[]} */ (node)),
        shared: slots[index] >= 0 && graph.nodes[slots[index]]?.[0] === NODE.CELL,
        size: via === 'value' ? sizeFrom(graph, codes, slot, sizeOf) : 0,
      });
    });
  }
  const objects =
    graph.nodes.filter(([kind]) => kind === NODE.OBJECT).length + graph.data.filter(isObject).length;
  return { variables, modules: [...modules], functions: graph.members.length, objects };
}

/** @param {any} value */
function isObject(value) {
  return typeof value === 'object' && value !== null;
}

/**
 * @param {import('./graph').Graph} graph
 * @param {number} node
 */
function pathTo(graph, node) {
  const names = [];
  for (let at = node; at >= 0; at = graph.origins[at].from) {
    const { step } = graph.origins[at];
    if (step !== null && step.kind !== 'other' && step.kind !== 'class') names.unshift(step.name);
  }
  return names.join('.').replaceAll('.[', '[');
}

/**
 * @param {any} value
 * @param {any[] | undefined} node
 */
function kindOf(value, node) {
  if (value === null) return 'null';
  if (typeof value === 'function') return node?.[0] === NODE.CLASS ? 'class' : 'function';
  if (typeof value !== 'object') return typeof value;
  if (node?.[0] === NODE.OBJECT && node[1] === BASE.NAMESPACE) return 'module members';
  if (Array.isArray(value)) return 'array';
  const { constructor } = value;
  return typeof constructor === 'function' && constructor !== Object ? constructor.name : 'object';
}

/** @param {any[]} node */
function referenceOf([kind, first, steps]) {
  if (kind === NODE.OWN) return ['tasklets', ...(first === '' ? [] : [first])].join('.');
  return Array.isArray(steps) && steps.length > 0 ? `${first}#${steps.join('.')}` : first;
}

/**
 * The size of what a slot leads to.
 *
 * @param {import('./graph').Graph} graph
 * @param {any[]} codes
 * @param {number} slot
 * @param {(value: any) => number} sizeOf
 */
function sizeFrom(graph, codes, slot, sizeOf) {
  const seen = new Set([slot]);
  const data = [];
  let size = 0;
  for (const at of seen) {
    if (at < 0) {
      data.push(graph.data[-1 - at]);
      continue;
    }
    const node = graph.nodes[at];
    if (node[0] === NODE.FUNCTION || node[0] === NODE.CLASS) size += codes[node[2]].source.length;
    for (const inner of slotsIn(node)) seen.add(inner);
  }
  return size + (data.length === 0 ? 0 : sizeOf(data));
}

/**
 * Slots that a node refers to.
 *
 * @param {any[]} node
 * @returns {number[]}
 */
function slotsIn(node) {
  switch (node[0]) {
    case NODE.FUNCTION:
    case NODE.CLASS: {
      const more = node[4] ?? {};
      const lists = [...propertySlots(more.properties ?? []), ...propertySlots(more.prototype ?? [])];
      return [...node[3], ...lists, ...(more.heritage === undefined ? [] : [more.heritage])];
    }
    case NODE.BOUND:
      return [node[1], node[2], ...node[3]];
    case NODE.OBJECT: {
      const inner = Array.isArray(node[5]) && (node[1] === BASE.MAP || node[1] === BASE.SET) ? node[5] : [];
      const data = node[1] === BASE.DATA ? [node[5]] : [];
      const prototype = typeof node[2] === 'number' ? [node[2]] : [];
      return [...prototype, ...propertySlots(node[3]), ...inner, ...data];
    }
    case NODE.PROTOTYPE:
    case NODE.MEMBER:
    case NODE.CELL:
      return [node[1]];
    default:
      return [];
  }
}

/** @param {any[]} properties */
function propertySlots(properties) {
  /** @type {number[]} */
  const slots = [];
  for (let at = 0; at < properties.length;) {
    const accessor = properties[at + 1] & 8;
    for (const slot of properties.slice(at + 2, at + (accessor ? 4 : 3)))
      if (typeof slot === 'number') slots.push(slot);
    at += accessor ? 4 : 3;
  }
  return slots;
}

exports.describe = describe;
