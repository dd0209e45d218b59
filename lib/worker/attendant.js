'use strict';

/**
 * What a worker does: it asks for tasks, runs them, and reports.
 *
 * One native call (`exchange`) reports everything finished and brings the next batch. A task is begun only
 * after its *claim*, a compare-and-swap on a word that the scheduler sees too, so that what has not begun
 * can be taken away. Between batches the worker goes back to its event loop whenever anything may be
 * waiting there: tasks that await something, or simply its turn after a while.
 */

const binding = require('../native');
const { Decoder, Encoder, describeError } = require('../codec');
const { FORM, REPORT, TASK, WORDS, aligned } = require('../frames');
const { SerializationError } = require('../errors');
const { here } = require('../isolate');
const { getHeapStatistics } = require('node:v8');
const { fetcher } = require('../attached-content');
const { attach, attachedEngine } = require('./attached');
const { Tasks } = require('./tasks');
const { Progress } = require('./progress');
const {
  Promise,
  breakOff,
  exit,
  guarded,
  nextTick,
  reportTo,
  resolved,
  setImmediate,
  then,
} = require('./guard');
const { callFor, presentTask } = require('./present');
const { SpareFrames } = require('./spare-frames');
const { speak } = require('./speaker');
const { cleanStack } = require('./stack');
const { transfersOf } = require('./transfers');

/** @typedef {import('./context').TaskContext} TaskContext */
/** @typedef {{ section: unknown[], args: unknown[], inputs?: unknown[][] }} Parcel */

/** Set in what `exchange` returns where there is mail. */
const HAS_MAIL = 2 ** 40;
/** Milliseconds after which finished tasks are reported although the batch goes on. */
const REPORT_AFTER = 1;
/** Milliseconds that a worker runs tasks without a look at its event loop. */
const LOOP_AFTER = 10;
const NO_CLEANER = { Cleaner: undefined };
/** Milliseconds between two words about the heap. */
const WEIGH_AFTER = 100;
const INBOX_BYTES = 64 * 1024;
const KEEP_BYTES = 4 * 1024 * 1024;
/** Tasks that one worker has begun and that await something, where the config leaves it to us. */
const AUTO_CONCURRENCY = 32;

const now = performance.now.bind(performance);
const { compareExchange, load, store } = Atomics;
const { hasOwn } = Object;

class Attendant {
  #isolate = here();
  #pool;
  #worker;
  #port;
  #concurrency = AUTO_CONCURRENCY;
  /** @type {any} */
  #config;
  /** Where idle workers are to give memory back. @type {InstanceType<typeof import('./cleaner').Cleaner> | undefined} */
  #cleaner = undefined;
  /** For tasks that tasks of this worker submit. @type {import('../engine').Engine | undefined} */
  #engine = undefined;
  #tasks = new Tasks();
  #frames = new SpareFrames();
  #decoder = new Decoder();
  #outbox = new Encoder(INBOX_BYTES);
  /** The memory of the outbox that the scheduler can read, where there is any. @type {Uint8Array | null} */
  #shared = null;
  /** @type {Uint8Array} */
  #inbox = new Uint8Array(INBOX_BYTES);
  /** @type {DataView} */
  #view = new DataView(this.#inbox.buffer);
  /** @type {Int32Array | null} */
  #words = null;
  #clock = 0;

  /** The present batch: how much of the inbox it fills, where its next task is, and which one that is. */
  #length = 0;
  #at = 0;
  #index = 0;
  #word = 0;

  /** Tasks that have begun and await something. */
  #running = 0;
  /**
   * Tasks that have begun and whose parcel is on its way. Nothing else begins meanwhile: what follows would
   * stand behind them, however long they take, and could not be taken back any more.
   */
  #fetching = 0;
  /** How many of those that await have limits of their own. */
  #limited = 0;
  #scheduled = false;
  #lastLoop = 0;
  #lastReport = 0;
  #lastWeighed = -Infinity;
  /** Where in the outbox the value stands that was yielded last. */
  #lastYield = 0;
  #leaving = false;
  /** Tasks that await something, by id: those that can be told of a cancellation. @type {Map<number, Task>} */
  #live = new Map();
  /** How many tasks had been cancelled at the last look. */
  #seen = 0;
  /** Tasks under way whose children are not settled: they await them, and give their places up. */
  #parents = 0;
  /** The task that runs synchronously. @type {Task | undefined} */
  #present = undefined;
  /** How large arguments of the present task are taken over. */
  #taking = {
    detach: fetcher(() => this.#present?.id ?? 0, false),
  };
  progress = new Progress(this.#isolate.id);
  /** What waits for its parcel, by task. @type {Map<number, (content: any, refused?: string) => void>} */
  #parcels = new Map();

  /**
   * @param {number} pool
   * @param {number} worker
   * @param {import('node:worker_threads').MessagePort} port
   * @param {any} config
   */
  constructor(pool, worker, port, config) {
    this.#pool = pool;
    this.#worker = worker;
    this.#port = port;
    reportTo(port);
    this.#configure(config);
    attach(() => {
      const { Engine } = require('../engine');
      const engine = new Engine(pool, this.#config);
      this.#engine = engine;
      engine.port = port;
      engine.pass = (_worker, message) => this.#receive(message);
      engine.onSubmitted = (handle) => {
        const task = presentTask();
        if (task !== undefined) this.adopt(task, handle);
      };
      return engine;
    });
  }

  start() {
    const words = binding.join(this.#isolate.id, this.#pool, this.#worker);
    // The pool has gone meanwhile: nothing is to be done here.
    if (words === undefined) exit(0);
    this.#clock = now();
    this.#words = /** @type {Int32Array | null} */ (words);
    const memory = binding.outbox(this.#isolate.id);
    if (memory !== null) {
      this.#outbox.writeInto(memory);
      this.#shared = this.#outbox.bytes;
    }
    this.#port.on(
      'message',
      guarded((message) => this.#receive(message)),
    );
    this.#port.postMessage({ joined: this.#isolate.id });
    this.#isolate.onTasks = this.#turn;
    this.#isolate.onAnswer = (id, taken) => this.#live.get(id)?.speaker?.answer(taken);
    // What has ended in the turn that ends the worker is reported all the same.
    process.on('exit', () => {
      if (!this.#outbox.busy) this.#report(false);
    });
    this.#turn(undefined);
  }

  /** @param {any} config the config in force */
  #configure(config) {
    const { concurrency } = config.workers;
    this.#concurrency = concurrency === 'auto' ? AUTO_CONCURRENCY : concurrency;
    this.#cleaner?.stop();
    const { Cleaner } = config.memory.cleanup === 'aggressive' ? require('./cleaner') : NO_CLEANER;
    this.#cleaner = Cleaner && new Cleaner(() => this.#weigh());
    this.#config = config;
    const engine = this.#engine;
    if (engine !== undefined) engine.config = config;
  }

  #receive(/** @type {any} */ message) {
    // Own properties only: somebody may have put others on `Object.prototype`.
    if (hasOwn(message, 'config')) {
      this.#configure(message.config);
    } else if (hasOwn(message, 'leave')) {
      this.#leaving = true;
      if (this.#running === 0) exit(0);
    } else if (message.worker === this.#worker) {
      const waiting = this.#parcels.get(message.id);
      this.#parcels.delete(message.id);
      waiting?.(message.content, message.refused);
    } else {
      attachedEngine()?.parcels.deliver(message);
    }
  }

  /** The event loop has come round to us. */
  #turn = guarded(() => {
    this.#scheduled = false;
    this.#lastLoop = now();
    if (this.#live.size > 0) this.look();
    this.#work();
  });

  /** Reports, fetches and runs until there is nothing left, or the event loop should have its turn. */
  #work() {
    for (;;) {
      if (this.#at < this.#length) {
        if (!this.#hasRoom()) {
          // Also where there is nothing to report: mail may be there, and whoever has called must be answered.
          this.#exchange(false);
          return;
        }
        this.#runBatch();
        if (this.#at < this.#length) continue;
      }
      const hungry = !this.#leaving && this.#hasRoom();
      if (!this.#exchange(hungry)) {
        if (this.#leaving && this.#running === 0) exit(0);
        return;
      }
      if (this.#running > 0 || now() - this.#lastLoop > LOOP_AFTER) {
        this.#later();
        return;
      }
    }
  }

  /** Says how much of the heap is in use, now and then: whoever wants to know need not ask. */
  #weigh() {
    this.#lastWeighed = this.#lastReport;
    binding.weigh(this.#isolate.id, getHeapStatistics().used_heap_size);
  }

  /** Goes on when the event loop has had its turn. */
  #later() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  #hasRoom() {
    // Beside a task with limits nothing else begins, but what it waits for.
    const most = this.#limited > 0 ? 1 : this.#concurrency;
    return this.#fetching === 0 && this.#running - this.#parents < most;
  }

  /**
   * @param {boolean} hungry
   * @returns {boolean} whether there is a new batch
   */
  #exchange(hungry) {
    const outbox = this.#outbox;
    const length = outbox.position;
    outbox.position = 0;
    this.#lastReport = now();
    // With nothing else under way the next task may be waited for awake, which is sooner than to be woken.
    const waiting = hungry && this.#running === 0;
    let result = binding.exchange(this.#isolate.id, outbox.bytes, length, hungry, waiting, this.#inbox);
    if (outbox.bytes !== this.#shared) this.#writeAnew(outbox);
    const mail = result >= HAS_MAIL / 2;
    if (mail) result -= HAS_MAIL;
    if (result < 0) {
      this.#inbox = new Uint8Array(2 ** Math.ceil(Math.log2(-result)));
      this.#view = new DataView(this.#inbox.buffer);
      result = binding.refill(this.#isolate.id, this.#inbox);
    } else if (hungry && result === 0 && this.#inbox.length > KEEP_BYTES) {
      this.#inbox = new Uint8Array(INBOX_BYTES);
      this.#view = new DataView(this.#inbox.buffer);
    }
    if (this.#lastReport - this.#lastWeighed > WEIGH_AFTER) this.#weigh();
    if (mail) this.#isolate.drain();
    if (!hungry) return false;
    if (result === 0) {
      if (this.#running === 0) this.#cleaner?.rest();
      return false;
    }
    this.#cleaner?.stop();
    this.#length = result;
    this.#at = 0;
    this.#index = 0;
    this.#word = this.#words === null ? 0 : load(this.#words, WORDS.CLAIM);
    return true;
  }

  /**
   * A result did not fit into the shared memory, or there is none.
   *
   * @param {Encoder} outbox
   */
  #writeAnew(outbox) {
    if (this.#shared !== null) outbox.writeInto(this.#shared);
    else if (outbox.bytes.length > KEEP_BYTES) this.#outbox = new Encoder(INBOX_BYTES);
  }

  /** What has been written can be collected from now on, however long the next task takes. */
  #publish() {
    const { bytes, position } = this.#outbox;
    if (bytes === this.#shared) store(/** @type {Int32Array} */ (this.#words), WORDS.PUBLISHED, position);
    else this.#exchange(false);
  }

  /** @param {boolean} hungry */
  #report(hungry) {
    if (this.#outbox.position > 0) this.#exchange(hungry);
  }

  /** Whether the next task of the batch is ours to begin. */
  #claim() {
    const words = this.#words;
    if (words === null) return binding.claim(this.#isolate.id) >= 0;
    for (;;) {
      const word = this.#word;
      if ((word & 0xffff) >= word >>> 16) return false;
      const seen = compareExchange(words, WORDS.CLAIM, word, word + 1);
      if (seen === word) {
        this.#word = word + 1;
        return true;
      }
      this.#word = seen;
    }
  }

  /** Runs the tasks of the batch, as far as there is room. */
  #runBatch() {
    let start = now();
    while (this.#at < this.#length && this.#hasRoom()) {
      if (!this.#claim()) {
        // The rest has been taken back.
        this.#at = this.#length;
        return;
      }
      const at = this.#at;
      const index = this.#index++;
      this.#at = at + this.#view.getUint32(at + TASK.LENGTH, true);
      start = this.#run(at, index, start);
      if (start - this.#lastReport > REPORT_AFTER && this.#outbox.position > 0) this.#exchange(false);
    }
  }

  /**
   * Begins a task.
   *
   * @param {number} at
   * @param {number} index
   * @param {number} start
   * @returns {number} the time afterwards
   */
  #run(at, index, start) {
    const view = this.#view;
    const flags = view.getUint32(at + TASK.FLAGS, true);
    const form = ((flags >>> 8) & 0xff) | ((flags & TASK.INPUTS) << INPUTS_SHIFT);
    const task = new Task(this, view.getFloat64(at + TASK.ID, true), view.getUint32(at + TASK.OWNER, true));
    this.#present = task;
    if (flags & (TASK.TIMED | TASK.ANNOUNCED)) this.#announce(flags, task.id, index, start);
    if (flags & TASK.LIMITED) task.limited = true;
    let result;
    try {
      if (form & NOT_HERE_YET && !this.#isLoaded(at, form)) {
        this.#await(task, this.#runLater(task, at, form), start);
        return now();
      }
      const callable = this.#load(task, at, form, null);
      task.callable = callable;
      const args = callable.args ?? this.#decoder.readArgs(this.#taking);
      result = form & ODD ? begin(task, form, args) : callFor(task, callable.fn, callable.thisValue, args);
      if (isThenable(result)) {
        this.#await(task, result, start);
        return now();
      }
    } catch (error) {
      const end = now();
      this.#rejected(task, error, end - start);
      return end;
    }
    const end = now();
    this.#fulfilled(task, result, end - start);
    return end;
  }

  /**
   * Whether the task at `at` is of a module that has been loaded, and brings all else along: it begins like any
   * other. Were it put off for a moment, those behind it would have begun as well by then, and could not go elsewhere.
   *
   * @param {number} at
   * @param {number} form
   */
  #isLoaded(at, form) {
    if ((form & NOT_HERE_YET) !== FORM.MODULE) return false;
    return this.#tasks.loaded(this.#view.getUint32(at + TASK.DEFINITION, true)) !== undefined;
  }

  /**
   * @param {number} flags
   * @param {number} id
   * @param {number} index
   * @param {number} start
   */
  #announce(flags, id, index, start) {
    if (flags & TASK.TIMED && this.#words !== null) {
      const stamp = Math.max(1, Math.floor((start - this.#clock) * 1000)) | 0;
      store(this.#words, WORDS.FIRST_STAMP + index, stamp);
    }
    if (flags & TASK.ANNOUNCED) binding.begun(this.#isolate.id, id);
  }

  /**
   * The function of the task at `at`; the decoder stands at its arguments then.
   *
   * @param {Task} task
   * @param {number} at
   * @param {number} form
   * @param {Parcel | null} parcel
   */
  #load(task, at, form, parcel) {
    let body = at + TASK.HEADER;
    let section = null;
    if (form & AHEAD) body = this.#readAhead(task, body, form, parcel);
    if (form & FORM.SECTION) {
      const length = this.#view.getUint32(body, true);
      section = this.#inbox.subarray(body + 4, body + 4 + length);
      body += 4 + length;
    }
    const definition = this.#view.getUint32(at + TASK.DEFINITION, true);
    const callable =
      form & FORM.MODULE
        ? this.#tasks.loaded(definition)
        : this.#tasks.revive(definition, section, parcel === null ? null : parcel.section);
    this.#decoder.reset(this.#inbox, body);
    return callable;
  }

  /**
   * What comes ahead of captured values and arguments: results of other tasks, metadata.
   *
   * @param {Task} task
   * @param {number} at
   * @param {number} form
   * @param {Parcel | null} parcel
   * @returns {number} where that ends
   */
  #readAhead(task, at, form, parcel) {
    const [decoder, view] = [this.#decoder, this.#view];
    const next = (/** @type {any} */ context) => {
      decoder.reset(this.#inbox, at + 4);
      at += 4 + view.getUint32(at, true);
      return decoder.readValue(context);
    };
    if (form & HAS_INPUTS) {
      const count = view.getUint32(at, true);
      at += 4;
      task.inputs = [];
      for (let i = 0; i < count; i++) task.inputs.push(next({ extras: parcel?.inputs?.[i] ?? [] }));
    }
    if (form & FORM.METADATA) task.metadata = next(undefined);
    return at;
  }

  /**
   * A task whose parts are not all here yet: a module to be loaded, a parcel to be fetched.
   *
   * @param {Task} task
   * @param {number} at
   * @param {number} form
   */
  async #runLater(task, at, form) {
    // The inbox is filled anew before the parts have come.
    const frame = this.#frames.copy(this.#inbox, at, at + this.#view.getUint32(at + TASK.LENGTH, true));
    const hasParcel = (form & (FORM.PARCEL | FORM.SECTION_PARCEL)) !== 0;
    const parcel = hasParcel ? await this.#fetch(task) : NO_PARCEL;
    // Behind what the task does in this very moment.
    if (hasParcel) this.#soon();
    const definition = new DataView(frame.buffer).getUint32(TASK.DEFINITION, true);
    const module = form & FORM.MODULE ? await this.#tasks.module(definition) : undefined;
    const callable = this.#loadFrom(task, frame, form, parcel, module);
    task.callable = callable;
    const args =
      callable.args ??
      this.#decoder.readArgs({
        extras: parcel.args,
        detach: fetcher(() => task.id, false),
      });
    this.#frames.free(frame);
    return begin(task, form, args);
  }

  /**
   * @param {Task} task
   * @param {Uint8Array} frame
   * @param {number} form
   * @param {Parcel} parcel
   * @param {any} module where the function is a module's
   */
  #loadFrom(task, frame, form, parcel, module) {
    const [inbox, view] = [this.#inbox, this.#view];
    this.#inbox = frame;
    this.#view = new DataView(frame.buffer);
    try {
      if (module === undefined) return this.#load(task, 0, form, parcel);
      this.#decoder.reset(frame, this.#readAhead(task, TASK.HEADER, form, parcel));
      return module;
    } finally {
      this.#inbox = inbox;
      this.#view = view;
    }
  }

  /**
   * What there is to know of a task, as JSON.
   *
   * @param {Task} task
   */
  describe(task) {
    const gone = { name: '', priority: 1, attempt: 1, timeout: null, elapsed: 0 };
    return binding.describeTask(this.#isolate.id, task.id) ?? JSON.stringify(gone);
  }

  /** Finds out which tasks have been cancelled since the last look. */
  look() {
    if (this.#words === null) return;
    const count = load(this.#words, WORDS.CANCELLED);
    if (count === this.#seen) return;
    this.#seen = count;
    for (const id of binding.cancellations(this.#isolate.id)) {
      const task = this.#present?.id === id ? this.#present : this.#live.get(id);
      if (task === undefined) continue;
      task.cancelled = true;
      task.context?.abort();
      task.speaker?.stop();
    }
  }

  /**
   * A task has submitted another one: while it awaits that, it gives its place up.
   *
   * @param {Task} task
   * @param {Promise<unknown>} child
   */
  adopt(task, child) {
    if (task.children++ === 0 && task.awaits) {
      this.#parents++;
      // The scheduler believes that there is no room here: nobody else would ask for the child.
      this.#soon();
    }
    const settled = () => {
      if (--task.children === 0 && task.awaits) this.#parents--;
    };
    child.then(settled, settled);
  }

  /**
   * Asks the submitter for what could not travel as bytes.
   *
   * @param {Task} task
   * @returns {Promise<Parcel>}
   */
  #fetch({ id, owner }) {
    this.#fetching++;
    return new Promise((resolve, reject) => {
      const arrived = (/** @type {any} */ content, reason = 'the task has ended') => {
        this.#fetching--;
        if (content !== undefined) resolve(content);
        else reject(new SerializationError(`What was to be moved to the task cannot be: ${reason}`));
      };
      if (binding.wantParcel(this.#isolate.id, owner, id)) this.#parcels.set(id, arrived);
      else arrived(undefined);
    });
  }

  /**
   * Waits for an asynchronous task without standing in the way of others.
   *
   * @param {Task} task
   * @param {PromiseLike<unknown>} promise
   * @param {number} start
   */
  #await(task, promise, start) {
    // Ahead of all else: it reads a property of the user's, which may throw.
    const settling = resolved(promise);
    this.#running++;
    if (task.limited) this.#limited++;
    this.#live.set(task.id, task);
    task.awaits = true;
    if (task.children > 0) this.#parents++;
    then(
      settling,
      (value) => this.#ended(task, start, true, value),
      (error) => this.#ended(task, start, false, error),
    );
  }

  /**
   * What an asynchronous task gave a promise of is there.
   *
   * @param {Task} task
   * @param {number} start
   * @param {boolean} fulfilled
   * @param {unknown} value
   */
  #ended(task, start, fulfilled, value) {
    try {
      if (fulfilled) this.#fulfilled(task, value, now() - start);
      else this.#rejected(task, value, now() - start);
      this.#running--;
      if (task.limited) this.#limited--;
      this.#live.delete(task.id);
      task.awaits = false;
      if (task.children > 0) this.#parents--;
      // Something else may hold the thread before this moment ends; nobody looks where nothing else is under way.
      const alone = this.#running === 0 && this.#at === this.#length;
      if (alone || now() - this.#lastReport > REPORT_AFTER) this.#exchange(false);
      this.#soon();
    } catch (error) {
      breakOff(error);
    }
  }

  /** Reports when everything that goes on at this moment has come to rest. */
  #soon() {
    if (this.#scheduled) return;
    if (now() - this.#lastLoop > LOOP_AFTER) {
      this.#later();
      return;
    }
    this.#scheduled = true;
    // Behind all microtasks, ahead of the event loop.
    nextTick(this.#resume);
  }

  /** What has been put off to the end of this moment. */
  #resume = guarded(() => {
    this.#scheduled = false;
    this.#work();
  });

  /**
   * @param {Task} task
   * @param {unknown} value
   * @param {number} run
   */
  #fulfilled(task, value, run) {
    if (task.progressSent !== 0) this.progress.settle(task);
    const outbox = this.#outbox;
    const start = outbox.position;
    outbox.ensure(REPORT.HEADER);
    outbox.position = start + REPORT.HEADER;
    let form = 0;
    try {
      if (typeof value === 'object' && value !== null) form = this.#writeResult(outbox, task, value);
      else outbox.writeValue(value);
    } catch (error) {
      outbox.position = start;
      this.#rejected(task, error, run);
      return;
    }
    finishReport(outbox, start, task.id, form << 8, run, outbox.position - start - REPORT.HEADER, 0);
    if (task.callable !== undefined) this.#tasks.finish(task.callable);
    this.#publish();
  }

  /**
   * A task has yielded a value: it goes out with the next report.
   *
   * @param {Task} task
   * @param {unknown} value
   * @returns {number} how many bytes it takes
   */
  yielded(task, value) {
    const outbox = this.#outbox;
    const start = outbox.position;
    outbox.ensure(REPORT.HEADER + 8);
    const body = start + REPORT.HEADER;
    outbox.position = body;
    const transfer = typeof value === 'object' && value !== null ? transfersOf(value) : [];
    const context = { extras: /** @type {any[]} */ ([]), transfer, root: 'yielded' };
    this.#tasks.hook(context);
    try {
      outbox.writeValue(value, context);
      if (context.extras.length > 0) this.#writeYieldedParcel(task, value, body, context);
    } catch (error) {
      outbox.position = start;
      throw error;
    }
    const length = outbox.position - body;
    const form = context.extras.length > 0 ? FORM.PARCEL : 0;
    finishReport(outbox, start, task.id, YIELDED | (form << 8), 0, length, 0);
    this.#lastYield = start;
    return length;
  }

  /**
   * A value of which a part goes as a parcel: that has a number of its own, which comes first.
   *
   * @param {Task} task
   * @param {unknown} value
   * @param {number} at
   * @param {{ extras: any[], transfer: any[] }} context
   */
  #writeYieldedParcel(task, value, at, context) {
    const outbox = this.#outbox;
    const id = this.#isolate.nextId();
    context.extras = [];
    outbox.position = at + 8;
    outbox.writeValue(value, context);
    outbox.view.setFloat64(at, id, true);
    const { extras: content, transfer } = context;
    this.#port.postMessage({ id, of: task.id, isolate: task.owner, content, transfer }, transfer);
  }

  /**
   * Sends what has been yielded, and hears whether any more is wanted.
   *
   * @param {boolean} isStalled there is no more before some has been taken
   */
  hurry(isStalled) {
    if (isStalled) this.#outbox.bytes[this.#lastYield + REPORT.STATUS + 2] = 1;
    this.look();
    this.#exchange(false);
  }

  /**
   * @param {Encoder} outbox
   * @param {Task} task
   * @param {object} value
   * @returns {number} the form
   */
  #writeResult(outbox, task, value) {
    const transfer = transfersOf(value);
    let attached = 0;
    const attachBytes = (/** @type {Uint8Array} */ content) => {
      attached = FORM.ATTACHED;
      return binding.attach(task.id, true, content, false);
    };
    const context = { extras: /** @type {any[]} */ ([]), transfer, root: 'result', attach: attachBytes };
    const hook = this.#tasks.hook(context);
    outbox.writeValue(value, context);
    if (hook.used) attached |= FORM.HOOKED;
    if (context.extras.length === 0) return attached;
    this.#port.postMessage({ id: task.id, isolate: task.owner, content: context.extras, transfer }, transfer);
    return FORM.PARCEL | attached;
  }

  /**
   * @param {Task} task
   * @param {unknown} error
   * @param {number} run
   */
  #rejected(task, error, run) {
    if (task.progressSent !== 0) this.progress.settle(task);
    const outbox = this.#outbox;
    const start = outbox.position;
    outbox.ensure(REPORT.HEADER);
    outbox.position = start + REPORT.HEADER;
    cleanStack(error);
    const context = {};
    this.#tasks.hook(context);
    outbox.writeError(error, context);
    const body = outbox.position - start - REPORT.HEADER;
    const { name, message } = describeError(error);
    const note = Buffer.from(`${name}\0${message}`);
    outbox.ensure(note.length + 8);
    outbox.bytes.set(note, outbox.position);
    outbox.position += note.length;
    finishReport(outbox, start, task.id, 1, run, body, note.length);
    if (task.callable !== undefined) this.#tasks.finish(task.callable);
    this.#publish();
  }
}

/** A task under way. */
class Task {
  /**
   * @param {Attendant} attendant
   * @param {number} id
   * @param {number} owner the isolate that submitted it
   */
  constructor(attendant, id, owner) {
    this.attendant = attendant;
    this.id = id;
    this.owner = owner;
    /** @type {any} */
    this.callable = undefined;
    this.cancelled = false;
    /** Whether it has limits of its own. */
    this.limited = false;
    /** Whether its function has given a promise that is not settled. */
    this.awaits = false;
    /** Tasks that it has submitted and that are not settled. */
    this.children = 0;
    /** When progress of it was sent last. */
    this.progressSent = 0;
    /** @type {TaskContext | undefined} */
    this.context = undefined;
    /** @type {unknown} */
    this.metadata = undefined;
    /** Results of other tasks, which come before its arguments. @type {unknown[]} */
    this.inputs = NO_INPUTS;
    /** @type {import('./speaker').Speaker | undefined} */
    this.speaker = undefined;
  }
}

/** Forms of tasks that cannot begin in this very moment. */
const NOT_HERE_YET = FORM.PARCEL | FORM.SECTION_PARCEL | FORM.MODULE;
/** @type {Parcel} */
const NO_PARCEL = Object.freeze({ section: [], args: [] });
/** @type {any[]} */
const NO_INPUTS = [];
/** Set in the form of a task whose payload begins with results of others; a flag of its frame. */
const HAS_INPUTS = 256;
const INPUTS_SHIFT = Math.log2(HAS_INPUTS / TASK.INPUTS);
/** Forms with something ahead of the captured values, and forms whose function is not simply called. */
const AHEAD = FORM.METADATA | HAS_INPUTS;
const ODD = FORM.CHUNK | FORM.STREAM | HAS_INPUTS;
/** In the status of a report: the task has yielded a value, and goes on. */
const YIELDED = 2;

/** @param {any} value */
function isThenable(value) {
  if (typeof value !== 'object' && typeof value !== 'function') return false;
  return value !== null && typeof value.then === 'function';
}

/**
 * Calls the function of a task in the way that its form asks for.
 *
 * @param {Task} task
 * @param {number} form
 * @param {any[]} args
 */
function begin(task, form, args) {
  const { fn, thisValue } = task.callable;
  if (form & FORM.CHUNK) return runChunk(task, args);
  if (form & FORM.STREAM) return speak(task, args);
  const all = task.inputs.length === 0 ? args : [...task.inputs, ...args];
  task.inputs = NO_INPUTS;
  return callFor(task, fn, thisValue, all);
}

/**
 * One call for each item of a chunk: an array of results, or a promise of it where a call gives a promise.
 *
 * @param {Task} task
 * @param {any[]} args the index of the first item, then the items
 */
function runChunk(task, args) {
  const { fn, thisValue } = task.callable;
  const results = new Array(args.length - 1);
  for (let i = 1; i < args.length; i++) {
    const result = callFor(task, fn, thisValue, [args[i], args[0] + i - 1]);
    if (isThenable(result)) return finishChunk(task, args, results, i, result);
    results[i - 1] = result;
  }
  return results;
}

/**
 * @param {Task} task
 * @param {any[]} args
 * @param {unknown[]} results
 * @param {number} at
 * @param {PromiseLike<unknown>} first
 */
async function finishChunk(task, args, results, at, first) {
  const { fn, thisValue } = task.callable;
  results[at - 1] = await first;
  for (let i = at + 1; i < args.length; i++) {
    results[i - 1] = await callFor(task, fn, thisValue, [args[i], args[0] + i - 1]);
  }
  return results;
}

/**
 * Writes the header of a report.
 *
 * @param {Encoder} outbox
 * @param {number} start
 * @param {number} id
 * @param {number} status
 * @param {number} run
 * @param {number} body
 * @param {number} note
 */
function finishReport(outbox, start, id, status, run, body, note) {
  outbox.ensure(8);
  outbox.position = aligned(outbox.position);
  const { view } = outbox;
  view.setUint32(start + REPORT.LENGTH, outbox.position - start, true);
  view.setUint32(start + REPORT.STATUS, status, true);
  view.setFloat64(start + REPORT.ID, id, true);
  view.setFloat64(start + REPORT.RUN, run, true);
  view.setUint32(start + REPORT.BODY, body, true);
  view.setUint32(start + REPORT.NOTE, note, true);
}

exports.Attendant = Attendant;
exports.begin = begin;
exports.isThenable = isThenable;
exports.Task = Task;
