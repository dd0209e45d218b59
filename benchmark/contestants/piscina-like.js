'use strict';

/** @typedef {{ run(value: any, options?: any): Promise<any>, destroy(): Promise<unknown> }} Pool */

/**
 * piscina and tinypool, which began as a copy of it, take the same options and calls.
 *
 * @template L
 * @param {(library: L, options: { filename: string, name: string, minThreads: number, maxThreads: number }) => Pool} make
 * @param {string} filename of the worker
 * @returns {(library: L, setup: { task: string, workers: number }) => import('./index.js').Opened}
 */
function opener(make, filename) {
  return (library, { task, workers }) => {
    const pool = make(library, { filename, name: task, minThreads: workers, maxThreads: workers });
    return {
      run: (value, transferList) => (transferList ? pool.run(value, { transferList }) : pool.run(value)),
      call: (name, value) => pool.run(value, { name }),
      close: () => pool.destroy(),
    };
  };
}

module.exports = { opener };
