'use strict';

/**
 * A pool as this isolate uses it: tasks go out in frames, and what the scheduler says of them comes back.
 *
 * Submitting costs no native call: a task is written into the outbox, and all of a microtask turn are
 * handed over together. The isolate that made the pool *owns* it: it starts and ends the workers. A
 * worker that submits tasks has an engine of its own for the same pool, and owns nothing.
 */

const binding = require('./native');
const { Encoder } = require('./codec');
const { capture } = require('./capture-host');
const {
  decorate,
  fromNative,
  CancelledError,
  InvalidTaskError,
  ShutdownError,
  describe,
} = require('./errors');
const { DEFAULTS } = require('./options');
const { FORM, KIND, MAIL, SUBMIT, TERMS, aligned } = require('./frames');
const {
  TaskHandle,
  call,
  extrasOf,
  fulfil,
  isSettled,
  onStart,
  progressed,
  refuse,
  attempted,
  started,
} = require('./handle');
const { here } = require('./isolate');
const { moduleOf } = require('./verbs/module');
const { NO_USAGE, cancelled, factsOf, libraryStack } = require('./failure');
const { Places } = require('./places');
const { stackOf } = require('./stacks');
const { lazy } = require('./lazy');

/** What only some tasks need. */
const aborts = lazy(() => require('./aborts'), ['follow']);
const dependencies = lazy(() => require('./dependencies'), ['follow', 'inputIds', 'wanted']);
const retries = lazy(() => require('./retry'), ['worthRetrying']);
const attached = lazy(() => require('./attached-content'), ['fetcher']);
const terms = lazy(() => require('./terms'), ['writeTerms']);

/**
 * An outbox that has grown to this is handed over at once, so that workers begin while a loop still submits: some 50
 * small tasks. With 32 KiB instead, whoever keeps 256 small tasks in flight waits for the workers, and they for him.
 */
const FLUSH_BYTES = 4 * 1024;
/** An outbox that had to grow beyond this is given back afterwards. */
const KEEP_BYTES = 1024 * 1024;

/**
 * @typedef {import('./options').RunOptions} RunOptions
 * @typedef {import('./capture').Prepared} Prepared
 * @typedef {import('./handle').Usage} Usage
 * @typedef {typeof import('../binding')} Binding
 * @typedef {Pick<Binding, 'state' | 'cancel' | 'forsake' | 'decide' | 'supply' | 'grant' | 'hangUp' | 'idles' |
 *   'drainPool' | 'abandon' | 'restPool' | 'reopen' | 'poolStats' | 'poolHealth' | 'activeTasks'>} Edge
 */

const settledPromise = Promise.resolve();

class Engine {
  #isolate;
  #outbox = new Encoder(4096);
  /** Where the frame begins that is written last, and up to where frames have been handed over. */
  #frame = 0;
  #handed = 0;
  /** For tasks that getters submit while another one is being written. @type {Encoder[]} */
  #others = [];
  #flushing = false;
  #now = 0;
  /** @type {Map<string, number>} */
  #names = new Map();
  #lastName = '';
  #lastNameId = 0;
  /** The task that was submitted last in this turn, and the number of its name. @type {unknown} */
  #lastTask = undefined;
  #lastTaskNameId = 0;
  #flush = () => this.flush();
  #places = new Places();
  /** @type {import('./parcels').Parcels | undefined} */
  #parcels = undefined;

  /**
   * What is said to the scheduler of tasks that it has. `tasklets/testing` has a scheduler of its own.
   *
   * @type {Edge}
   */
  edge = binding;
  /** The config in force, as far as submitting needs it. @type {any} */
  config;
  /** Where this is a worker: hears of each task that is submitted. @type {((handle: TaskHandle<any>) => void) | undefined} */
  onSubmitted = undefined;
  /**
   * Acts on what has come through a worker's port, whatever it is.
   *
   * @type {(worker: number, message: any) => void}
   */
  pass = (worker, message) => this.staff?.hear(worker, message);
  /** Why no task is taken, if none is. */
  closed = false;
  /** @type {import('./staff').Staff | undefined} the workers, where this isolate owns the pool */
  staff = undefined;
  /** @type {import('node:worker_threads').MessagePort | undefined} the way to the owner, where this is a worker of the pool */
  port = undefined;

  /**
   * @param {number} pool
   * @param {any} config
   */
  constructor(pool, config) {
    this.#isolate = here();
    this.pool = pool;
    this.config = config;
    this.#isolate.engines.set(pool, new WeakRef(this));
  }

  /**
   * This isolate owns the pool: its workers.
   *
   * @param {import('./staff').Staff} staff
   */
  employ(staff) {
    this.staff = staff;
    // The threads hold the staff, and must not hold a pool that nobody uses any more.
    const engine = new WeakRef(this);
    staff.onParcel = (message) => engine.deref()?.parcels.deliver(message);
  }

  get isolate() {
    return this.#isolate;
  }

  /** What only `postMessage` can carry; most pools never see any. */
  get parcels() {
    return (this.#parcels ??= new (require('./parcels').Parcels)(this));
  }

  /** @param {RunOptions} options */
  timeoutOf(options) {
    return options.timeout ?? this.config.timeout.default;
  }

  /**
   * Submits a task.
   *
   * @param {any} task what the user gave
   * @param {RunOptions} options
   * @param {Prepared} [prepared] where the captures have been read already
   * @param {number} [form] more bits of the form
   * @param {readonly unknown[]} [args] where they are not among the options, which many calls share then
   * @returns {TaskHandle<any>}
   */
  submit(task, options, prepared, form = 0, args = options.args) {
    const isolate = this.#isolate;
    if (!this.#flushing) this.#begin();
    const handle = new TaskHandle(
      this,
      isolate.nextId(),
      task,
      options.plain ? DEFAULTS : options,
      this.#now,
    );
    if (this.#places.affordable(this.#now)) handle.place = this.#places.here();
    const outbox = this.#outbox.busy ? this.#other() : this.#outbox;
    const before = outbox.position;
    if (outbox === this.#outbox) this.#frame = before;
    try {
      if (this.closed)
        throw new ShutdownError('The pool is shut down and takes no tasks; call `start()` to use it again');
      if (!options.plain) this.#attach(handle, options);
      if (isSettled(handle)) return handle;
      this.#write(outbox, handle, options, args, prepared ?? this.prepare(task, options), form);
    } catch (error) {
      outbox.position = before;
      refuse(handle, error, NO_USAGE, false);
      return handle;
    }
    isolate.handles.add(handle.id, handle);
    if (!options.plain && options.dependsOn.length > 0) dependencies.follow(handle);
    this.onSubmitted?.(handle);
    if (outbox.position >= FLUSH_BYTES) this.flush(true);
    return handle;
  }

  /** An outbox that nothing is being written to. */
  #other() {
    let free = this.#others.find((other) => !other.busy);
    if (free === undefined) this.#others.push((free = new Encoder(4096)));
    return free;
  }

  #begin() {
    this.#flushing = true;
    this.#now = performance.now();
    settledPromise.then(this.#flush);
  }

  /**
   * What travels for a task: a definition, and what of it differs from one submission to the next.
   *
   * @param {any} task
   * @param {RunOptions} options
   * @returns {Prepared}
   */
  prepare(task, options) {
    if (typeof task === 'function') {
      if (options.plain && this.config.capture !== 'explicit') return capture().prepare(task, undefined);
      return capture().prepare(task, this.captureOptions(options));
    }
    const module = moduleOf(task);
    if (module !== undefined) return module;
    throw new InvalidTaskError(
      `Expected the task to be a function or what \`module()\` gives, got ${describe(task)}; ` +
        'pass a function, such as `run(() => work(42))` or `run(work, { args: [42] })`',
    );
  }

  /**
   * What travels for a task that is called many times as it is now.
   *
   * @param {any} task
   * @param {RunOptions} options
   * @returns {Prepared}
   */
  prepareToKeep(task, options) {
    if (typeof task !== 'function') return this.prepare(task, options);
    return capture().prepare(task, { ...this.captureOptions(options), keep: true });
  }

  /** @param {RunOptions} options */
  captureOptions(options) {
    const explicit = this.config.capture === 'explicit';
    if (options.captures === undefined && options.this === undefined && !explicit) return undefined;
    return { captures: options.captures, this: options.this, mode: this.config.capture };
  }

  /**
   * Registers what only some tasks have: callbacks, a signal, metadata.
   *
   * @param {TaskHandle<any>} handle
   * @param {RunOptions} options
   */
  #attach(handle, options) {
    this.#checkLimits(options);
    if (options.timeout !== undefined && !this.config.timeout.perTask) {
      const { configError } = require('./errors');
      throw configError(
        'timeout',
        'left out, because `timeout.perTask` is `false` in the config',
        options.timeout,
      );
    }
    if (options.onComplete !== undefined) handle.onComplete(/** @type {any} */ (options.onComplete));
    if (options.onError !== undefined) handle.onError(/** @type {any} */ (options.onError));
    if (options.onProgress !== undefined) handle.onProgress(/** @type {any} */ (options.onProgress));
    if (options.onStart !== undefined) onStart(handle, /** @type {any} */ (options.onStart));
    const { signal } = options;
    if (signal === undefined) return;
    if (signal.aborted) {
      refuse(handle, cancelled(handle, signal.reason), NO_USAGE, true);
      return;
    }
    extrasOf(handle).release = aborts.follow(handle, signal);
  }

  /** @param {RunOptions} options */
  #checkLimits({ limits }) {
    if (limits?.cpuTime === undefined || binding.hasThreadClocks()) return;
    const { ConfigError } = require('./errors');
    const expected = 'left out on this platform, where the CPU time of a thread cannot be read from outside';
    throw new ConfigError(`Expected \`limits.cpuTime\` to be ${expected}`, {
      option: 'limits.cpuTime',
      expected,
      received: limits.cpuTime,
    });
  }

  /**
   * Writes a task's frame.
   *
   * @param {Encoder} outbox
   * @param {TaskHandle<any>} handle
   * @param {RunOptions} options
   * @param {readonly unknown[]} args
   * @param {Prepared} prepared
   * @param {number} verbForm bits of the form that the verb asks for
   */
  #write(outbox, handle, options, args, prepared, verbForm) {
    let form = verbForm;
    if (prepared.isGenerator && (form & FORM.STREAM) === 0) throw refuseGenerator(handle.name);
    handle.hold = prepared.hold;
    const start = outbox.position;
    outbox.ensure(SUBMIT.HEADER + TERMS.SIZE + 16);
    let flags = options.priority;
    let body = start + SUBMIT.HEADER;
    const timeout = options.timeout ?? this.config.timeout.default;
    if (timeout > 0 || !options.plain) {
      flags |= SUBMIT.HAS_TERMS;
      terms.writeTerms(outbox.view, body, options, timeout, this.config);
      body += TERMS.SIZE;
      if (options.dependsOn.length > 0) body = this.#writeInputs(outbox, body, handle);
    }
    outbox.position = body;
    form |= prepared.form ?? 0;
    if (options.metadata !== undefined) {
      form |= FORM.METADATA;
      outbox.ensure(8);
      outbox.position += 4;
      outbox.writeValue(options.metadata, { root: 'metadata' });
      outbox.view.setUint32(body, outbox.position - body - 4, true);
    }
    const { section } = prepared;
    if (section !== null) {
      form |= FORM.SECTION | (prepared.hasArgs ? FORM.ARGS_INSIDE : 0);
      if (prepared.extras !== null) form |= FORM.SECTION_PARCEL;
      outbox.ensure(section.length + 16);
      const at = outbox.position;
      outbox.view.setUint32(at, section.length, true);
      outbox.bytes.set(section, at + 4);
      outbox.position = at + 4 + section.length;
    }
    const isPlain = options.plain && prepared.extras === null;
    if (prepared.hasArgs) {
      if (this.#pack(handle, options, prepared, NO_EXTRAS)) form |= FORM.PARCEL;
    } else if (isPlain && PLAIN_ONLY.has(args)) {
      outbox.writeArgs(args);
    } else {
      const hasParcel = this.#writeArgs(outbox, handle, options, args, prepared);
      if (hasParcel === undefined) {
        // Functions, or instances of classes that travel, are among them: all go as one section.
        outbox.position = start;
        this.#write(outbox, handle, options, args, this.#prepareArgs(handle.task, options, args), verbForm);
        return;
      }
      if (hasParcel) form |= FORM.PARCEL;
    }
    const end = outbox.position;
    outbox.ensure(8);
    outbox.position = aligned(end);
    const { view } = outbox;
    view.setUint32(start + SUBMIT.LENGTH, outbox.position - start, true);
    view.setUint32(start + SUBMIT.FLAGS, flags | (form << 8), true);
    view.setFloat64(start + SUBMIT.ID, handle.id, true);
    view.setUint32(start + SUBMIT.DEFINITION, prepared.definition, true);
    view.setUint32(start + SUBMIT.NAME, this.#nameOf(handle, options), true);
    view.setUint32(start + SUBMIT.PAYLOAD, end - body, true);
  }

  /**
   * Writes which tasks are to be fulfilled first.
   *
   * @param {Encoder} outbox
   * @param {number} at
   * @param {TaskHandle<any>} handle
   * @returns {number} where that ends
   */
  #writeInputs(outbox, at, handle) {
    const ids = dependencies.inputIds(handle);
    outbox.position = at;
    outbox.ensure(8 + 8 * ids.length + 16);
    outbox.view.setUint32(at, ids.length, true);
    ids.forEach((id, index) => outbox.view.setFloat64(at + 8 + 8 * index, id, true));
    return at + 8 + 8 * ids.length;
  }

  /**
   * Writes arguments that may hold what bytes cannot carry.
   *
   * @param {Encoder} outbox
   * @param {TaskHandle<any>} handle
   * @param {RunOptions} options
   * @param {readonly unknown[]} args
   * @param {Prepared} prepared
   * @returns {boolean | undefined} whether a parcel goes with them; `undefined` if they need a section
   */
  #writeArgs(outbox, handle, options, args, prepared) {
    const context = capture().encodeContext(prepared, {
      extras: /** @type {unknown[]} */ ([]),
      transfer: options.transfer,
      root: 'args',
    });
    const { id } = handle;
    const kept = options.retry !== undefined;
    const attach = (/** @type {Uint8Array} */ content) => binding.attach(id, false, content, kept);
    try {
      outbox.writeArgs(
        /** @type {unknown[]} */ (args),
        /** @type {any} */ (Object.assign(context, { attach })),
      );
    } catch (error) {
      if (!context.needsGraph || typeof handle.task !== 'function') throw error;
      return undefined;
    }
    return this.#pack(handle, options, prepared, context.extras);
  }

  /**
   * Packs what only `postMessage` can carry.
   *
   * @param {TaskHandle<any>} handle
   * @param {RunOptions} options
   * @param {Prepared} prepared
   * @param {unknown[]} extras those of the arguments
   * @returns {boolean} whether some of it belongs to the arguments
   */
  #pack(handle, options, prepared, extras) {
    const rare = (prepared.extras?.length ?? 0) + extras.length + options.transfer.length;
    if (rare === 0) return false;
    const { Parcels } = require('./parcels');
    const parcel = Parcels.pack(prepared.extras, extras, options.transfer);
    if (parcel === undefined) return false;
    extrasOf(handle).parcel = parcel;
    return extras.length > 0;
  }

  /**
   * @param {any} task
   * @param {RunOptions} options
   * @param {readonly unknown[]} args
   */
  #prepareArgs(task, options, args) {
    return capture().prepare(task, { ...this.captureOptions(options), args: [...args] });
  }

  /**
   * The number of a task's name. That of a function is looked up once for all that it is submitted for in a turn.
   *
   * @param {TaskHandle<any>} handle
   * @param {RunOptions} options
   */
  #nameOf(handle, options) {
    if (options.name !== undefined) return this.#nameId(handle.name);
    if (handle.task !== this.#lastTask) {
      this.#lastTaskNameId = this.#nameId(handle.name);
      this.#lastTask = handle.task;
    }
    return this.#lastTaskNameId;
  }

  /** @param {string} name */
  #nameId(name) {
    if (name === this.#lastName) return this.#lastNameId;
    let id = this.#names.get(name);
    if (id === undefined) {
      id = binding.nameId(this.pool, name);
      // Names are bounded over there; so is what is remembered of them here.
      if (this.#names.size > 2000) this.#names.clear();
      this.#names.set(name, id);
    }
    this.#lastName = name;
    this.#lastNameId = id;
    return id;
  }

  /**
   * Hands over what has been written.
   *
   * @param {boolean} [more] the turn goes on
   */
  flush(more = false) {
    if (!more) {
      this.#flushing = false;
      this.#lastTask = undefined;
    }
    if (this.#outbox.busy) this.#handOverBefore();
    else this.#handOver(this.#outbox);
    if (this.#others.length > 0) this.#flushOthers();
    if (this.#outbox.bytes.length > KEEP_BYTES && !this.#outbox.busy) this.#outbox = new Encoder(4096);
  }

  /** @param {Encoder} outbox */
  #handOver(outbox) {
    if (outbox.position === 0) return;
    const length = outbox.position;
    outbox.position = 0;
    if (this.#handed > 0 && outbox === this.#outbox) {
      const rest = outbox.bytes.subarray(this.#handed, length);
      this.#handed = 0;
      if (rest.length > 0) this.handOver(rest, rest.length);
    } else {
      this.handOver(outbox.bytes, length);
    }
  }

  /** Hands over what is whole of an outbox that is being written: a getter looks at tasks, or ends them. */
  #handOverBefore() {
    const rest = this.#outbox.bytes.subarray(this.#handed, this.#frame);
    this.#handed = this.#frame;
    if (rest.length > 0) this.handOver(rest, rest.length);
  }

  /** What getters have submitted meanwhile. One that is being written itself waits for the turn's own flush. */
  #flushOthers() {
    for (const other of this.#others) if (!other.busy) this.#handOver(other);
  }

  /**
   * Frames go to the scheduler.
   *
   * @param {Uint8Array} bytes
   * @param {number} length
   */
  handOver(bytes, length) {
    binding.submit(this.#isolate.id, this.pool, bytes, length);
    if (this.#isolate.onTasks === undefined) this.#isolate.watch.begin(this.#isolate.handles.size);
    // The first worker is wanted at once, not by way of the event loop.
    if (this.staff !== undefined && this.staff.size === 0) this.#isolate.drain();
  }

  /**
   * A task is done with.
   *
   * @param {TaskHandle<any>} handle
   * @param {number} kind
   * @param {number} form
   * @param {any} letter
   */
  settle(handle, kind, form, letter) {
    const { at, now, view } = letter;
    const usage = {
      queueTime: view.getFloat64(at + MAIL.QUEUE, true),
      runTime: view.getFloat64(at + MAIL.RUN, true),
      cpuTime: view.getFloat64(at + MAIL.CPU, true),
      attempts: view.getUint32(at + MAIL.ATTEMPT, true),
      worker: view.getInt32(at + MAIL.WORKER, true),
    };
    if (kind === KIND.FULFILLED) {
      const { id } = handle;
      if (form === 0) {
        letter.decoder.reset(letter.bytes, at + MAIL.HEADER);
        this.#fulfil(handle, letter.decoder, undefined, usage, now);
        return;
      }
      const detach = attached.fetcher(() => id, true);
      const hooked = form & FORM.HOOKED ? capture().decodeContext(handle.task, { detach }) : { detach };
      if (form & FORM.PARCEL) {
        this.parcels.receive(id, usage.worker, letter, (context, decoder) => {
          this.#fulfil(handle, decoder, { ...context, ...hooked }, usage, performance.now());
        });
      } else {
        letter.decoder.reset(letter.bytes, at + MAIL.HEADER);
        this.#fulfil(handle, letter.decoder, hooked, usage, now);
      }
      return;
    }
    const error = this.errorOf(handle, kind, letter, usage);
    refuse(handle, error, usage, error instanceof CancelledError);
  }

  /**
   * @param {TaskHandle<any>} handle
   * @param {any} decoder
   * @param {any} context
   * @param {Usage} usage
   * @param {number} now
   */
  #fulfil(handle, decoder, context, usage, now) {
    let value;
    try {
      value = decoder.readValue(context);
    } catch (error) {
      refuse(handle, error, usage, false);
      return;
    }
    fulfil(handle, value, usage, now);
  }

  /**
   * The error that a message speaks of, with what is known about the task.
   *
   * @param {TaskHandle<any>} handle
   * @param {number} kind
   * @param {any} letter
   * @param {Usage} usage
   */
  errorOf(handle, kind, letter, usage) {
    try {
      return this.#readError(handle, kind, letter, usage);
    } catch (error) {
      // What cannot be read fails the task all the same.
      return error;
    }
  }

  /**
   * @param {TaskHandle<any>} handle
   * @param {number} kind
   * @param {any} letter
   * @param {Usage} usage
   */
  #readError(handle, kind, letter, usage) {
    const { at, bytes, decoder, view } = letter;
    const start = at + MAIL.HEADER;
    const context = capture().decodeContext(handle.task, { mapStack: stackOf(handle.task) });
    let error;
    if (kind === KIND.REJECTED || kind === KIND.REJECTED_UNDECIDED) {
      decoder.reset(bytes, start);
      error = decoder.readError(context);
    } else {
      const length = view.getUint32(at + MAIL.BODY, true);
      const facts = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString());
      if (view.getUint32(at + MAIL.LENGTH, true) > aligned(MAIL.HEADER + length)) {
        decoder.reset(bytes, start + length);
        facts.cause = decoder.readError(context);
      }
      error = libraryStack(fromNative(facts), handle);
    }
    return decorate(error, factsOf(handle, usage, error));
  }

  /**
   * An attempt has begun, or has failed and may be followed by another.
   *
   * @param {TaskHandle<any>} handle
   * @param {number} kind
   * @param {number} _form
   * @param {any} letter
   */
  hear(handle, kind, _form, letter) {
    const { at, view } = letter;
    const attempt = view.getUint32(at + MAIL.ATTEMPT, true);
    const worker = view.getInt32(at + MAIL.WORKER, true);
    if (kind === KIND.BEGUN) {
      started(handle, attempt, worker);
      return;
    }
    attempted(handle, attempt);
    const wait = view.getFloat64(at + MAIL.QUEUE, true);
    const runTime = view.getFloat64(at + MAIL.RUN, true);
    const usage = {
      queueTime: 0,
      runTime,
      cpuTime: view.getFloat64(at + MAIL.CPU, true),
      attempts: attempt,
      worker,
    };
    const error = this.errorOf(handle, kind, letter, usage);
    const again = retries.worthRetrying(handle.options.retry, error, attempt);
    if (again) {
      const onRetry = handle.options.retry?.onRetry;
      if (onRetry !== undefined) call(extrasOf(handle), onRetry, [error, attempt, wait]);
    }
    // The callback may have cancelled it.
    if (isSettled(handle)) return;
    if (!again && this.#isolate.handles.take(handle.id) !== undefined) refuse(handle, error, usage, false);
    this.edge.decide(this.#isolate.id, this.pool, handle.id, again ? wait : -1);
  }

  /**
   * What the scheduler wants of the pool's owner, or a worker of a submitter.
   *
   * @param {number} kind
   * @param {number} id
   * @param {any} letter
   */
  obey(kind, id, letter) {
    if (kind === KIND.PROGRESS) {
      const handle = this.#isolate.handles.get(id);
      if (handle !== undefined) progressed(handle, letter);
    } else if (kind === KIND.YIELDED) {
      const handle = this.#isolate.handles.get(id);
      if (handle !== undefined) extrasOf(handle).listener?.hear(letter);
    } else if (kind === KIND.INPUT_WANTED) {
      const handle = this.#isolate.handles.get(id);
      if (handle !== undefined)
        dependencies.wanted(handle, letter.view.getUint32(letter.at + MAIL.ATTEMPT, true));
    } else if (kind === KIND.PARCEL_WANTED) {
      const handle = this.#isolate.handles.get(id);
      const parcel = handle === undefined ? undefined : extrasOf(handle).parcel;
      const again = handle?.options.retry !== undefined;
      this.parcels.send(id, letter.view.getInt32(letter.at + MAIL.WORKER, true), parcel, again);
    } else {
      this.staff?.obey(kind, id, letter);
    }
  }

  /**
   * Ends a task that waits for others and will never begin.
   *
   * @param {TaskHandle<any>} handle
   * @param {any} error
   */
  forsake(handle, error) {
    if (isSettled(handle)) return;
    this.flush(true);
    // Where it waits no more it has been settled over there, and what became of it is on its way.
    if (!this.edge.forsake(this.#isolate.id, this.pool, handle.id)) return;
    this.#isolate.handles.take(handle.id);
    const usage = { ...NO_USAGE, queueTime: handle.elapsed };
    libraryStack(error, handle);
    refuse(handle, decorate(error, factsOf(handle, usage, error)), usage, false);
  }

  /**
   * Cancels a task of this isolate.
   *
   * @param {TaskHandle<any>} handle
   * @param {unknown} [reason]
   * @returns {boolean}
   */
  cancel(handle, reason) {
    if (isSettled(handle) || !handle.options.cancellable) return false;
    this.flush(true);
    if (!this.edge.cancel(this.#isolate.id, this.pool, handle.id, true)) return false;
    this.#isolate.handles.take(handle.id);
    const usage = { ...NO_USAGE, queueTime: handle.elapsed };
    refuse(handle, cancelled(handle, reason), usage, true);
    return true;
  }
}

/** @param {string} name */
function refuseGenerator(name) {
  return new InvalidTaskError(
    `Expected the task \`${name}\` to be no generator function: only \`stream\` takes those; ` +
      'call it there, or let a function use it and return what it gives, as in `() => [...values()]`',
  );
}

/** @type {unknown[]} */
const NO_EXTRAS = [];

/** Argument lists that are known to hold nothing but what bytes carry. */
const PLAIN_ONLY = {
  /** @param {readonly unknown[]} args */
  has(args) {
    for (let i = 0; i < args.length; i++) {
      const kind = typeof args[i];
      if (kind === 'object' ? args[i] !== null : kind === 'function' || kind === 'symbol') return false;
    }
    return true;
  },
};

exports.Engine = Engine;
exports.refuseGenerator = refuseGenerator;
