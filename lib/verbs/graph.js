'use strict';

/**
 * `graph()`: tasks that need each other's results, by name.
 *
 * Each is handed to the scheduler with what it depends on, all at once: what can begin does, and results go
 * from worker to worker.
 *
 * @typedef {import('../engine').Engine} Engine
 * @typedef {import('../options').RunOptions} RunOptions
 * @typedef {{ name: string, task: any, options: RunOptions, prepared: import('../capture').Prepared | undefined }} Node
 */

const { DependencyError, InvalidTaskError, configError, describe } = require('../errors');
const { graphOptions, inGraph } = require('../options');
const { moduleOf } = require('./module');
const { prepareAll } = require('./run-all');
const { defaultsOf, unwrap } = require('./wrapped');

class Graph {
  #engineOf;
  /** In the order in which they were added. @type {Map<string, Node>} */
  #nodes = new Map();

  /** @param {() => Engine} engineOf */
  constructor(engineOf) {
    this.#engineOf = engineOf;
  }

  /**
   * @param {string} name
   * @param {any} task
   * @param {unknown} [options]
   * @returns {this}
   */
  add(name, task, options) {
    if (typeof name !== 'string' || name === '')
      throw configError('name', 'a string that is not empty', name);
    if (this.#nodes.has(name)) throw configError('name', 'a name that no other task of the graph has', name);
    if (typeof task !== 'function' && moduleOf(task) === undefined) {
      throw new InvalidTaskError(
        `Expected the task \`${name}\` to be a function or what \`module()\` gives, got ${describe(task)}`,
      );
    }
    this.#nodes.set(name, { name, ...unwrap(task, graphOptions(options, defaultsOf(task))) });
    return this;
  }

  /**
   * Runs everything: the results by name, or the first error.
   *
   * @returns {Promise<any>}
   */
  async run() {
    const nodes = inOrder(this.#nodes);
    const engine = this.#engineOf();
    const handles = submit(engine, nodes);
    try {
      const results = await Promise.all(handles.values());
      const byName = new Map(nodes.map(({ name }, index) => [name, results[index]]));
      return Object.fromEntries([...this.#nodes.keys()].map((name) => [name, byName.get(name)]));
    } catch (error) {
      for (const handle of handles.values()) {
        // What becomes of the others is told by the error that is thrown now.
        handle.catch(() => {});
        handle.cancel(error);
      }
      throw error;
    }
  }

  /** The graph in Graphviz' language. */
  toDot() {
    const { names, edges } = this.#drawing();
    return [
      'digraph {',
      ...names.map((name, index) => `  n${index} [label="${dotText(name)}"];`),
      ...edges.map(([from, to]) => `  n${from} -> n${to};`),
      '}',
      '',
    ].join('\n');
  }

  /** The graph as a Mermaid flowchart. */
  toMermaid() {
    const { names, edges } = this.#drawing();
    return [
      'flowchart TD',
      ...names.map((name, index) => `  n${index}["${mermaidText(name)}"]`),
      ...edges.map(([from, to]) => `  n${from} --> n${to}`),
      '',
    ].join('\n');
  }

  /** Names, those that are only depended on too, and who needs whom, by their places among the names. */
  #drawing() {
    const places = new Map([...this.#nodes.keys()].map((name, index) => [name, index]));
    /** @type {Set<string>} each arrow once */
    const arrows = new Set();
    for (const { name, options } of this.#nodes.values()) {
      for (const dependency of options.dependsOn) {
        if (!places.has(dependency)) places.set(dependency, places.size);
        arrows.add(`${places.get(dependency)} ${places.get(name)}`);
      }
    }
    return { names: [...places.keys()], edges: [...arrows].map((arrow) => arrow.split(' ')) };
  }
}

/**
 * Submits all tasks, each after those that it depends on.
 *
 * @param {Engine} engine
 * @param {Node[]} nodes
 */
function submit(engine, nodes) {
  const prepared = prepareAll(engine, nodes);
  /** @type {Map<string, any>} */
  const handles = new Map();
  nodes.forEach(({ name, task, options }, index) => {
    const dependencies = options.dependsOn.map((dependency) => handles.get(dependency));
    handles.set(name, engine.submit(task, inGraph(options, name, dependencies), prepared[index]));
  });
  return handles;
}

/**
 * The tasks, each behind those that it depends on.
 *
 * @param {ReadonlyMap<string, Node>} nodes
 * @returns {Node[]}
 */
function inOrder(nodes) {
  /** @type {Set<Node>} */
  const done = new Set();
  for (const node of nodes.values()) visit(nodes, node, done);
  return [...done];
}

/**
 * Walks from a task to what it depends on. Without recursion: chains may be long.
 *
 * @param {ReadonlyMap<string, Node>} nodes
 * @param {Node} root
 * @param {Set<Node>} done
 */
function visit(nodes, root, done) {
  if (done.has(root)) return;
  /** The way to the task at hand, and which of its dependencies is next. */
  const way = [{ node: root, next: 0 }];
  const onWay = new Set([root]);
  for (let step = way.at(-1); step !== undefined; step = way.at(-1)) {
    const { node } = step;
    const { dependsOn } = node.options;
    if (step.next === dependsOn.length) {
      way.pop();
      onWay.delete(node);
      done.add(node);
      continue;
    }
    const dependency = find(nodes, node, dependsOn[step.next++]);
    if (onWay.has(dependency)) throw cycle([...way.map((each) => each.node), dependency]);
    if (done.has(dependency)) continue;
    way.push({ node: dependency, next: 0 });
    onWay.add(dependency);
  }
}

/**
 * @param {ReadonlyMap<string, Node>} nodes
 * @param {Node} node
 * @param {string} name
 */
function find(nodes, node, name) {
  const found = nodes.get(name);
  if (found !== undefined) return found;
  throw new DependencyError(
    `The task \`${node.name}\` depends on \`${name}\`, which the graph does not have; ` +
      `its tasks are ${[...nodes.keys()].map((each) => `\`${each}\``).join(', ')}`,
    { dependency: name },
  );
}

/**
 * @param {Node[]} way the last one is among those before it
 */
function cycle(way) {
  const last = /** @type {Node} */ (way.at(-1));
  const names = way.slice(way.indexOf(last)).map(({ name }) => `\`${name}\``);
  return new DependencyError(
    `The tasks of the graph wait for each other: ${names.join(' needs ')}; let one of them do without the other`,
    { code: 'ERR_TASKLETS_CYCLE', dependency: last.name },
  );
}

/**
 * Between the quotes of Graphviz' language.
 *
 * @param {string} text
 */
function dotText(text) {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replace(/\r\n?|\n/g, '\\n');
}

/**
 * Between the quotes of a Mermaid label: what means something there goes as a number.
 *
 * @param {string} text
 */
function mermaidText(text) {
  return text.replace(/[^\p{L}\p{N} .,:_\-/()+*=!?]/gu, (sign) =>
    sign === '\n' ? '<br>' : `#${sign.codePointAt(0)};`,
  );
}

module.exports = { Graph };
