'use strict';

/**
 * The ways to answer the heavy route. Each gives a handler for Express, and a function that ends it.
 *
 * @typedef {{ title: string, open: (workers: number) => { handler: (req: any, res: any, next: any) => unknown, close: () => unknown } }} Way
 */

const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { fibonacci } = require('./heavy.js');

/** @type {Record<string, Way>} */
const ways = {
  inline: {
    title: 'on the event loop',
    open: () => ({
      handler: (req, res) => res.json(fibonacci(Number(req.params.n))),
      close: () => {},
    }),
  },

  tasklets: {
    title: 'tasklets',
    open(workers) {
      const { Pool } = require('../../index.js');
      const { offload } = require('../../express.js');
      const pool = new Pool({ workers });
      return {
        handler: offload(({ params }) => fibonacci(Number(params.n)), { pool }),
        close: () => pool.shutdown(),
      };
    },
  },

  piscina: {
    title: 'piscina',
    open(workers) {
      const { Piscina } = require('piscina');
      const filename = path.join(__dirname, 'heavy.js');
      const name = 'fibonacci';
      const pool = new Piscina({ filename, name, minThreads: workers, maxThreads: workers });
      return {
        handler: (req, res, next) => pool.run(Number(req.params.n)).then((value) => res.json(value), next),
        close: () => pool.close(),
      };
    },
  },

  workers: {
    title: 'raw `worker_threads`',
    open(workers) {
      // What one writes by hand: workers in turn, answers matched by id.
      /** @type {Map<number, (value: number) => void>} */
      const waiting = new Map();
      const crew = Array.from({ length: workers }, () => {
        const worker = new Worker(path.join(__dirname, 'raw-worker.js'));
        return worker.on('message', ({ id, value }) => {
          waiting.get(id)?.(value);
          waiting.delete(id);
        });
      });
      let last = 0;
      return {
        handler(req, res) {
          const id = ++last;
          waiting.set(id, (value) => res.json(value));
          crew[id % crew.length].postMessage({ id, n: Number(req.params.n) });
        },
        close: () => Promise.all(crew.map((worker) => worker.terminate())),
      };
    },
  },
};

module.exports = { ways };
