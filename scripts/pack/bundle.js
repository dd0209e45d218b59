'use strict';

/**
 * The form of the library that bundlers take in: one ES module that has all of it as text. So it does not matter what a
 * bundler does to code, and a worker's thread can begin with a text where there is no file.
 *
 * The functions here go into it as text: they may use nothing from outside but what is said.
 */

const { registry } = require('../../lib/open');

/**
 * Opens the pack that comes as text. It uses `registry`.
 *
 * @param {any} require
 * @param {{ texts: Record<string, string>, folder: string }} data the sections, and where the bundle is
 * @param {any} first the section that is needed at once, as functions; without it, the first of the others is
 * @param {string[]} order the others
 * @returns {(id: string) => any}
 */
function open(require, data, first, order) {
  const { compileFunction } = require('node:vm');
  const library = 'tasklets-in-a-bundle/';
  const sections = order.map((name) => () => {
    const text = `'use strict';return ${data.texts[name]}`;
    return compileFunction(text, ['require'], { filename: `${library}${name}.js` })(require);
  });
  const modules = first ?? /** @type {() => any} */ (sections.shift())();
  modules['lib/home'] = (/** @type {any} */ home) => {
    home.exports = {
      library,
      face: library,
      root: undefined,
      folders: () => [data.folder],
      worker: () => ({ entry: data.texts.start, eval: true, data }),
    };
  };
  return registry(modules, () => /** @type {() => any} */ (sections.shift())());
}

/** The file that this stands in, which is that of the bundle. */
function here() {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName();
    const file = String(/** @type {unknown} */ (new Error().stack));
    return file.startsWith('file:')
      ? decodeURI(new URL(file).pathname).replace(/^\/([A-Za-z]:)/, '$1')
      : file;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/**
 * What a worker's thread begins with. The section is code of its own here: an `import()` in it is Node's own then.
 *
 * @param {string} task
 */
function start(task) {
  return `'use strict';
{
  const { data } = require('node:worker_threads').workerData.tasklets;
  ${registry}
  ${open}
  open(require, data, ${task}, ['pool', 'run', 'rest'])('lib/worker/bootstrap');
}
//# sourceURL=tasklets-in-a-bundle/worker.js
`;
}

/**
 * The library.
 *
 * @param {Record<'pool' | 'run' | 'task' | 'rest', string>} sections objects of functions, as text
 */
function libraryOf({ task, ...sections }) {
  const texts = JSON.stringify({ ...sections, start: start(task) }, undefined, 1);
  // Some bundlers take a plain `createRequire()` for their own.
  return `import nodeModule from 'node:module';
import { dirname, join } from 'node:path';
const texts = ${texts};
${registry}
${open}
${here}
const { createRequire: requireFrom } = nodeModule;
const nodes = requireFrom(join(process.cwd(), 'tasklets.js'));
const data = { texts, folder: dirname(here()) };
export const load = open(nodes, data, undefined, ['pool', 'run', 'rest']);
`;
}

/**
 * One of its public faces.
 *
 * @param {string} id
 * @param {string[]} exported
 */
function faceOf(id, exported) {
  // Not all names may be those of variables.
  const names = exported.filter((name) => name !== 'default');
  const variables = names.map((name) => `const ${name}Export = face.${name};`);
  return `import { load } from './library.mjs';
const face = load('${id}');
${variables.join('\n')}
export { ${names.map((name) => `${name}Export as ${name}`).join(', ')} };
export default face;
`;
}

module.exports = { faceOf, libraryOf };
