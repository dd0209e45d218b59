'use strict';

/**
 * The workers of a pool, seen from the isolate that owns it: it starts them, ends them when the
 * scheduler says so, and reports how each of them ended.
 */

const { types } = require('node:util');
const { receiveMessageOnPort } = require('node:worker_threads');
const binding = require('./native');
const { clearTimeout, setTimeout } = require('./clock');
const { KIND, MAIL } = require('./frames');
const { file: addon } = require('./addon');
const output = require('./output');
const { Spares } = require('./spares');
const { heapMegabytes, startThread } = require('./thread');

/** How long a worker that may leave has for its own `exit` handlers, in milliseconds. */
const LEAVE_TIME = 1000;
/** How long a worker has to hand over what it has printed, in milliseconds: it may be in a loop. */
const PRINT_TIME = 1000;
const MEBIBYTE = 1024 * 1024;
/** Milliseconds after a worker has come, in which it has answered what waited for it. */
const SPARE_AFTER = 10;
/** The least heap that a worker starts with, in MiB: V8 itself takes half of it. */
const LEAST_HEAP = 16;

/**
 * @typedef {{ thread: import('node:worker_threads').Worker, port: import('node:worker_threads').MessagePort, isolate: number, cause: Uint8Array | undefined, outOfMemory: boolean, printing: (() => void)[], gone: Promise<void> }} Member
 */

class Staff {
  #pool;
  #log;
  #config;
  /** @type {Map<number, Member>} */
  #members = new Map();
  #spares = new Spares(addon);
  /** @type {NodeJS.Timeout | undefined} */
  #filling = undefined;
  /** Called when the last task of a pool that shuts down is settled. @type {() => void} */
  onDrained = () => {};

  /** What a worker has for a submitter. @type {(message: any) => void} */
  onParcel = () => {};

  /**
   * @param {number} pool
   * @param {any} config the config in force; it changes
   * @param {(level: 'error' | 'warn' | 'info' | 'debug', message: string, fields: Record<string, string | number | boolean>) => void} log
   */
  constructor(pool, config, log) {
    this.#pool = pool;
    this.#config = config;
    this.#log = log;
  }

  get config() {
    return this.#config;
  }

  /** The config has changed: workers hear what concerns them. */
  set config(config) {
    this.#config = config;
    this.#spares.trim(config.workers.spare, heapMegabytes(this.#config));
    if (this.#members.size > 0) this.#fillSpares();
    for (const { port } of this.#members.values()) port.postMessage({ config: plain(config) });
  }

  get size() {
    return this.#members.size;
  }

  /** @param {number} worker */
  portOf(worker) {
    return this.#members.get(worker)?.port;
  }

  /** @param {number} isolate */
  portOfIsolate(isolate) {
    for (const member of this.#members.values()) if (member.isolate === isolate) return member.port;
    return undefined;
  }

  /**
   * @param {number} kind
   * @param {number} id
   * @param {any} letter
   */
  obey(kind, id, letter) {
    if (kind === KIND.START_WORKER) this.#startFor(id, letter.view.getUint32(letter.at + MAIL.ATTEMPT, true));
    else if (kind === KIND.RETIRE_WORKER) this.#retire(id);
    else if (kind === KIND.KILL_WORKER) this.#members.get(id)?.thread.terminate();
    else if (kind === KIND.DRAINED) this.onDrained();
    else if (kind === KIND.NOTICE) this.#notice(letter);
  }

  /** @param {any} letter */
  #notice({ at, bytes, view }) {
    const start = at + MAIL.HEADER;
    const { crowded } = JSON.parse(
      Buffer.from(bytes.subarray(start, start + view.getUint32(at + MAIL.BODY, true))).toString(),
    );
    this.#log('warn', `${crowded} tasks are waiting; submit fewer at a time, or set \`queue.maxSize\``, {
      crowded,
    });
  }

  /**
   * @param {number} id
   * @param {import('./thread').Thread} [started] one that has been started ahead
   */
  start(id, started) {
    const heap = heapMegabytes(this.#config);
    this.#start(id, heap, () => started ?? this.#spares.take(heap) ?? startThread(heap));
  }

  /**
   * @param {number} id
   * @param {number} megabytes the limit of its heap, if it has one of its own, or 0
   */
  #startFor(id, megabytes) {
    if (megabytes === 0) return this.start(id);
    const heap = Math.max(LEAST_HEAP, Math.min(megabytes, heapMegabytes(this.#config) ?? Infinity));
    this.#start(id, heap, () => startThread(heap));
  }

  /**
   * @param {number} id
   * @param {number | undefined} heap
   * @param {() => import('./thread').Thread} make
   */
  #start(id, heap, make) {
    const pool = this.#pool;
    let thread;
    try {
      thread = make();
    } catch (error) {
      binding.workerExited(pool, id, 1, 0, false, encodeError(error));
      return;
    }
    this.#employ(id, thread, heap);
    thread.port.postMessage({ seat: { addon, pool, worker: id, config: plain(this.config) } });
    this.#log('debug', `worker ${id} starts`, { worker: id });
  }

  /** Starting a thread takes milliseconds of this one: not before what is waited for now has come. */
  #fillSpares() {
    if (this.#config.workers.spare === 0 || this.#filling !== undefined) return;
    this.#filling = setTimeout(() => {
      this.#filling = undefined;
      if (this.#members.size > 0) this.#spares.fill(this.#config.workers.spare, heapMegabytes(this.#config));
    }, SPARE_AFTER);
    this.#filling.unref();
  }

  /**
   * @param {number} id
   * @param {import('./thread').Thread} started
   * @param {number | undefined} heap the limit of its heap in MiB
   */
  #employ(id, { worker: thread, port: port1 }, heap) {
    const pool = this.#pool;
    let gone = () => {};
    /** @type {Member} */
    const member = {
      thread,
      port: port1,
      isolate: -1,
      cause: undefined,
      outOfMemory: false,
      printing: [],
      gone: new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
        gone = resolve;
      }),
    };
    this.#members.set(id, member);
    output.watch(this);
    port1.on('message', (message) => this.hear(id, message));
    thread.on('error', (error) => {
      member.cause = encodeError(error);
      member.outOfMemory = /** @type {any} */ (error)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    });
    thread.once('exit', (code) => {
      // What it has sent is not lost with it: results may point to it.
      for (let last; (last = receiveMessageOnPort(port1)) !== undefined;) this.hear(id, last.message);
      this.#members.delete(id);
      if (this.#members.size === 0) output.unwatch(this);
      port1.close();
      const { outOfMemory } = member;
      // Node's own limit is looked up only where it is needed: it takes a module that most programs do not.
      const limit = outOfMemory || heap !== undefined ? heapLimit(heap) : 0;
      binding.workerExited(pool, id, code, limit, outOfMemory, member.cause);
      if (code !== 0) this.#log('debug', `worker ${id} ended with code ${code}`, { worker: id, code });
      gone();
    });
    // After the listeners: adding one references what was unreferenced before.
    port1.unref();
    thread.unref();
  }

  /**
   * What a worker has sent.
   *
   * @param {number} id
   * @param {any} message
   */
  hear(id, message) {
    const member = this.#members.get(id);
    if (Object.hasOwn(message, 'joined')) {
      if (member !== undefined) member.isolate = message.joined;
      this.#fillSpares();
    } else if (Object.hasOwn(message, 'broken')) {
      if (member !== undefined) member.cause = encodeError(message.broken);
    } else if (Object.hasOwn(message, 'printed')) {
      member?.printing.shift()?.();
    } else {
      this.onParcel(message);
    }
  }

  /** @param {number} id */
  #retire(id) {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.port.postMessage({ leave: true });
    const late = setTimeout(() => member.thread.terminate(), LEAVE_TIME);
    late.unref();
    member.gone.then(() => clearTimeout(late));
  }

  /** Resolves once what tasks have printed has come, or has taken too long. It keeps the process until then. */
  async printed() {
    const members = [...this.#members.values()].filter(({ isolate }) => isolate >= 0);
    const all = members.map((member) => {
      const heard = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
        // Answers come in the order of the questions: a shutdown may ask while the end of the process does.
        member.printing.push(resolve);
      });
      member.port.postMessage({ print: true });
      return Promise.race([heard, member.gone]);
    });
    /** @type {NodeJS.Timeout | undefined} */
    let late;
    const enough = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      late = setTimeout(resolve, PRINT_TIME);
    });
    await Promise.race([Promise.all(all), enough]);
    clearTimeout(late);
  }

  /**
   * Ends all workers; resolves when their threads are gone.
   *
   * @param {boolean} inPeace none of them is in a task that has been given up
   */
  async dismiss(inPeace) {
    if (inPeace) await this.printed();
    binding.dismiss(this.#pool);
    clearTimeout(this.#filling);
    this.#filling = undefined;
    const spares = this.#spares.end();
    const members = [...this.#members.values()];
    for (const { thread } of members) {
      // Whoever waits for the shutdown keeps the process for as long.
      thread.ref();
      thread.terminate();
    }
    await Promise.all([...members.map((member) => member.gone), ...spares]);
  }

  /** Nobody uses the pool any more: its threads end. */
  leave() {
    clearTimeout(this.#filling);
    this.#spares.end();
    for (const { thread } of this.#members.values()) thread.terminate();
  }
}

/** @param {number | undefined} megabytes */
function heapLimit(megabytes) {
  if (megabytes === undefined) return require('node:v8').getHeapStatistics().heap_size_limit;
  return Math.floor(megabytes * MEBIBYTE);
}

/**
 * The config as a worker may have it: without the user's logger.
 *
 * @param {any} config
 */
function plain({ logging, ...config }) {
  return { ...config, logging: { ...logging, destination: 'stderr' } };
}

/**
 * An error that came out of a worker, as a real one: Node 20 gives an object that only has its prototype.
 *
 * @param {unknown} error
 * @returns {unknown}
 */
function real(error) {
  if (!(error instanceof Error) || /** @type {boolean} */ (types.isNativeError(error))) return error;
  const made = Object.setPrototypeOf(new Error(error.message), Object.getPrototypeOf(error));
  Object.defineProperties(made, Object.getOwnPropertyDescriptors(error));
  if (error.cause !== undefined && error.cause !== error) made.cause = real(error.cause);
  return made;
}

/** @param {unknown} given */
function encodeError(given) {
  // Not needed until something has gone wrong.
  const { Encoder } = require('./codec');
  const encoder = new Encoder();
  encoder.writeError(real(given));
  return encoder.bytes.slice(0, encoder.position);
}

exports.Staff = Staff;
