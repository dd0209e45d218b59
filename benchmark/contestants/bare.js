'use strict';

const path = require('node:path');

const WORKER = path.join(__dirname, '../workers/bare.js');

/** Messages to one worker, answered in the order they were sent: matching them needs no ids. */
class Line {
  #port;
  /** @type {((value: any) => void)[]} */
  #waiting = [];
  #next = 0;

  /** @param {import('node:worker_threads').Worker | import('node:worker_threads').MessagePort} port */
  constructor(port) {
    this.#port = port;
    port.on('message', (/** @type {any} */ value) => this.#settle(value));
  }

  /** @param {any} value @param {any} [transfer] @returns {Promise<any>} */
  send(value, transfer) {
    return new Promise((resolve) => {
      this.#port.postMessage(value, transfer);
      this.#waiting.push(resolve);
    });
  }

  /** @param {any} value */
  #settle(value) {
    const resolve = this.#waiting[this.#next++];
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
    resolve(value);
  }
}

/** @param {any[]} list */
function inTurn(list) {
  let next = 0;
  return () => {
    next = next + 1 < list.length ? next + 1 : 0;
    return list[next];
  };
}

/**
 * What one writes by hand in twenty lines: a number of workers, a task for each in turn.
 *
 * @param {typeof import('node:worker_threads')} library
 * @param {{ task: string, workers: number }} setup
 * @returns {import('./index.js').Opened}
 */
function open({ Worker, MessageChannel }, { task, workers }) {
  const crew = Array.from({ length: workers }, () => {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(WORKER, { workerData: { task, calls: port2 }, transferList: [port2] });
    return { worker, port: port1, line: new Line(worker), calls: new Line(port1) };
  });
  const line = inTurn(crew.map((member) => member.line));
  const calls = inTurn(crew.map((member) => member.calls));
  return {
    run: (value, transfer) => line().send(value, transfer),
    call: (name, value) => calls().send([name, value]),
    map: async (items) => {
      // By hand one would not send items one by one: four chunks per worker balance well enough.
      const size = Math.ceil(items.length / (workers * 4));
      const chunks = [];
      for (let i = 0; i < items.length; i += size)
        chunks.push(calls().send(['trivialAll', items.slice(i, i + size)]));
      return (await Promise.all(chunks)).flat();
    },
    close: () => {
      for (const member of crew) member.port.close();
      return Promise.all(crew.map((member) => member.worker.terminate()));
    },
  };
}

/** @type {import('./index.js').Contestant[]} */
module.exports = [
  {
    name: 'bare',
    kind: 'bare',
    about: 'worker_threads and postMessage by hand, workers in turn',
    load: () => require('node:worker_threads'),
    open,
  },
];
