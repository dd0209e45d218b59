'use strict';

const path = require('node:path');
const tasks = /** @type {Record<string, (value: any) => any>} */ (require('../tasks.js'));

const WORKER = path.join(__dirname, '../workers/workerpool.js');
// Its promises are thenables of its own. They are used as they come: wrapping them would be charged to it.
const load = () => /** @type {any} */ (require('workerpool'));

/** @type {import('./index.js').Contestant[]} */
module.exports = [
  {
    name: 'workerpool',
    package: 'workerpool',
    kind: 'pool',
    about: 'by default: the function travels as text with each task',
    skips: { transfer: 'a function sent as text has no way to move its result' },
    load,
    open(library, { task, workers }) {
      const pool = library.pool({ maxWorkers: workers });
      return {
        run: (value) => pool.exec(tasks[task], [value]),
        call: (name, value) => pool.exec(tasks[name], [value]),
        close: () => pool.terminate(),
      };
    },
  },
  {
    name: 'workerpool-tuned',
    package: 'workerpool',
    kind: 'pool',
    about: "a dedicated worker script, minWorkers: 'max', workerType: 'thread'",
    load,
    open(library, { task, workers }) {
      const pool = library.pool(WORKER, { minWorkers: 'max', maxWorkers: workers, workerType: 'thread' });
      return {
        run: (value, transfer) => pool.exec(task, [value], transfer && { transfer }),
        call: (name, value) => pool.exec(name, [value]),
        close: () => pool.terminate(),
      };
    },
  },
];
