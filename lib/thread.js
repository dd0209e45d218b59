'use strict';

/**
 * Starts the thread of a worker. It depends on little but Node, because the first worker is started
 * before anything else is loaded: the thread takes longer to start than all that takes.
 */

const { MessageChannel, Worker } = require('node:worker_threads');
const home = require('./home');
const { printingLater } = require('./print-later');

/**
 * The young generation of a worker whose heap is limited: it comes on top of the limit. Until a worker has joined, and where the
 * addon cannot watch its heap, Node allows 16 MB more at the limit, so that the worker can be ended; where more than that is
 * still young, V8 aborts the process: without this, every other time on Node 24.
 */
const YOUNG_MEGABYTES = 8;

const MEBIBYTE = 1024 * 1024;

/** @typedef {{ worker: Worker, port: import('node:worker_threads').MessagePort }} Thread */

/**
 * A thread that waits for its seat, which comes through the port.
 *
 * @param {number} [heap] the limit of its heap in MiB; without it, Node's own
 * @returns {Thread}
 */
function startThread(heap) {
  const { port1, port2 } = new MessageChannel();
  try {
    const limits =
      heap === undefined ? {} : { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: YOUNG_MEGABYTES };
    const { entry, eval: isText, data } = home.worker();
    const options = {
      name: 'tasklets',
      workerData: { tasklets: { port: port2, data } },
      eval: isText,
      transferList: [port2],
      execArgv: flags(),
      resourceLimits: bare(limits),
      stdin: true,
    };
    const worker = printingLater(() => new Worker(entry, bare(options)));
    // There is no input. A worker that has none has `process.stdin` made to end it, half a millisecond before its first
    // line; one that may have some is told afterwards that it has ended.
    worker.stdin?.end();
    supply(port1);
    return { worker, port: port1 };
  } catch (error) {
    port1.close();
    throw error;
  }
}

/**
 * The limit of a worker's heap, in MiB; `undefined` where it is Node's own.
 *
 * @param {any} config the config in force; without one, the defaults are
 * @returns {number | undefined}
 */
function heapMegabytes(config) {
  const perWorker = config?.memory.perWorker ?? Infinity;
  return Number.isFinite(perWorker) ? Math.max(1, perWorker / MEBIBYTE) : undefined;
}

/**
 * Reads for a thread that is starting what it would read itself, which would take it half a millisecond: nothing
 * in it has read a file before. It is the first message, also where there is nothing to say; where it comes too late the
 * thread has read that itself.
 *
 * @param {import('node:worker_threads').MessagePort} port
 */
function supply(port) {
  if (home.section === undefined) return;
  const section = home.section();
  if (section === undefined) {
    port.postMessage({ section: null });
    return;
  }
  const { buffer, byteLength } = section.cachedData;
  // Moved, where it has memory of its own.
  const moved = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
  port.postMessage({ section }, moved);
}

/**
 * Options that inherit nothing: what somebody has put on `Object.prototype` is none of them.
 *
 * @template {object} T
 * @param {T} options
 * @returns {T}
 */
function bare(options) {
  return Object.assign(Object.create(null), options);
}

/** Flags of Node that load something into every thread; each may have its value behind it. */
const LOADING = /^(-r|--require|--import|--(experimental-)?loader|-C|--conditions|--enable-source-maps)(=|$)/;

/**
 * The flags that workers are started with: by default Node's own choice, all that the program was started with. But
 * `--input-type` is about a program that comes as text, and a worker, which comes from a file, must not see it.
 *
 * @returns {string[] | undefined}
 */
function flags() {
  const given = process.execArgv;
  if (!given.some((flag) => flag.startsWith('--input-type'))) return undefined;
  return given.filter((flag, index) => {
    if (LOADING.test(flag)) return true;
    const before = given[index - 1] ?? '';
    return (
      !flag.startsWith('-') &&
      LOADING.test(before) &&
      !before.includes('=') &&
      before !== '--enable-source-maps'
    );
  });
}

module.exports = { heapMegabytes, startThread };
