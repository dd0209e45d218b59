'use strict';

const path = require('node:path');
const tasks = /** @type {Record<string, (value: any) => any>} */ (require('../tasks.js'));

/** The row that a goal of its own goes by. */
const LOW_LATENCY = 'tasklets-low-latency';

const load = () => require('../..');

/** The forms of submitting differ for the trivial task alone. */
const TRIVIAL = ['trivial', 'burst', 'main-thread'];

/**
 * @param {any} library
 * @param {{ task: string, workers: number }} setup
 * @returns {import('./index.js').Opened}
 */
function open(library, { task, workers }) {
  library.config({ workers });
  const fn =
    task === 'move' ? library.module(path.join(__dirname, '../workers/tasklets.js'), 'move') : tasks[task];
  return {
    run: (value, transfer) =>
      transfer ? library.run(fn, { args: [value], transfer }) : library.run(fn, { args: [value] }),
    call: (name, value) => library.run(tasks[name], { args: [value] }),
    map: (items) => library.map(fn, items),
    close: () => library.shutdown(),
  };
}

/** @type {import('./index.js').Contestant[]} */
module.exports = [
  { name: 'tasklets', kind: 'tasklets', about: 'run(fn, { args: [value] })', load, open },
  {
    name: 'tasklets-closure',
    kind: 'tasklets',
    about: 'run(() => 1): a new closure for each task',
    only: TRIVIAL,
    constant: true,
    load,
    open: (library, setup) => ({ ...open(library, setup), run: () => library.run(() => 1) }),
  },
  {
    name: 'tasklets-wrap',
    kind: 'tasklets',
    about: 'wrap(fn), then wrapped(value)',
    only: TRIVIAL,
    load,
    open(library, setup) {
      const wrapped = library.wrap(tasks[setup.task]);
      return { ...open(library, setup), run: (value) => wrapped(value) };
    },
  },
  {
    name: LOW_LATENCY,
    kind: 'tasklets',
    about: 'config({ lowLatency: true }): a worker stays awake',
    only: ['latency', 'spaced-latency'],
    load,
    open(library, setup) {
      library.config({ lowLatency: true });
      return open(library, setup);
    },
  },
];
