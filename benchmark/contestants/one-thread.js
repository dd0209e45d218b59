'use strict';

const tasks = /** @type {Record<string, (value: any) => any>} */ (require('../tasks.js'));

/** @type {import('./index.js').Contestant[]} */
module.exports = [
  {
    name: 'one-thread',
    kind: 'none',
    about: 'no pool: the task called on the main thread',
    only: ['main-thread', 'map', 'fib'],
    load: () => undefined,
    open: (_, { task }) => ({
      run: async (value) => tasks[task](value),
      call: async (name, value) => tasks[name](value),
      map: async (items) => items.map((item) => tasks[task](item)),
      close: async () => {},
    }),
  },
];
