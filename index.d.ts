/// <reference types="node" />
/// <reference lib="esnext.disposable" />

/**
 * `tasklets` runs JavaScript functions in parallel on worker isolates, under a scheduler written in Rust.
 *
 * ```js
 * import tasklets, { run } from 'tasklets';
 * const { run } = require('tasklets');
 * ```
 *
 * Both give the same singletons. Loading the package starts no thread.
 *
 * These hold for the whole page:
 *
 * - All times are milliseconds unless a name says otherwise.
 * - An option that is `undefined` is an option that was not given. Options are read as own properties only, and
 *   an unknown one is a `ConfigError` that names the nearest known one.
 * - Verbs that return a promise never throw: what is wrong with their arguments rejects.
 *   `config`, `configFromFile`, `configFromEnv`, `wrap`, `module`, `new Pool` and `graph().add` throw.
 */
declare namespace tasklets {
  // ------------------------------------------------------------------------------------------------ tasks

  /**
   * What can be run: a function, what {@link module} returned, or what {@link wrap} returned (whose function then runs
   * on the pool of the verb, as it was when it was wrapped).
   *
   * A function may be an arrow, a function, a method, async, bound, or a named built-in (`Math.max`). Its free
   * variables travel with it, by value. Classes are no tasks, and generator functions only work with `stream`:
   * both are refused by type, and rejected with `ERR_TASKLETS_INVALID_TASK` where types are not looked at.
   */
  export type Task<Args extends unknown[] = never, Result = unknown, This = never> =
    TaskFunction<Args, Result, This> | ModuleTask<Args, Result>;

  /** A function that can be run, with the parameters `Args`. */
  export type TaskFunction<Args extends unknown[] = never, Result = unknown, This = never> = (
    this: This,
    ...args: Args
  ) => Result;

  /** An export of a module, as {@link module} gives it. Opaque: it can be handed to the verbs, and nothing else. */
  export interface ModuleTask<Args extends unknown[] = never, Result = unknown> {
    /** Exists in the types only: the function that will be called. */
    readonly [exported]: (...args: Args) => Result;
  }

  /** `'critical'` tasks start before `'high'` ones, and so on down; waiting raises a task, so none starves. */
  export type Priority = 'low' | 'normal' | 'high' | 'critical';

  /**
   * Bytes, as a number or with a unit: `'256MB'`, `'1.5 gb'`. `KB`, `MB`, `GB` and `TB` are powers of 1024.
   */
  export type Size = number | `${number}${'' | ' '}${SizeUnit | Lowercase<SizeUnit>}`;

  // ---------------------------------------------------------------------------------------------- options

  /** How a task is to run. All verbs that start tasks take these. */
  export interface TaskOptions<Result = unknown> {
    /**
     * How the task is called in errors, metrics, logs and traces.
     *
     * @default the function's name, or the name of the module's export
     * @example run(() => resize(file), { name: 'resize' });
     */
    name?: string | undefined;

    /**
     * The run time allowed, in milliseconds, 0 or more. `0` and `Infinity`: no limit.
     *
     * The clock starts when the task starts, not when it is submitted (see `queueTimeout`), and starts again
     * with every attempt. At its end the handle rejects with a `TimeoutError` whose `phase` is `'run'`; what the
     * task still does is then given `grace` to stop.
     *
     * @default `config.timeout.default`, which is 0: no limit
     * @example run(fib, { args: [45], timeout: 2_000 });
     */
    timeout?: number | undefined;

    /**
     * The waiting time allowed before the task starts, in milliseconds, above 0. `Infinity`: no limit.
     *
     * The clock starts at submission, and stops for good when the first attempt starts. At its end the task is
     * taken from the queue and rejects with a `TimeoutError` whose `phase` is `'queue'`.
     *
     * @default none
     * @example run(render, { args: [page], queueTimeout: 500 });
     */
    queueTimeout?: number | undefined;

    /**
     * Which waiting task goes first. Equal ones go in order of submission.
     *
     * @default 'normal'
     * @example run(thumbnail, { args: [file], priority: 'high' });
     */
    priority?: Priority | undefined;

    /**
     * Aborting it cancels the task: the handle rejects with a `CancelledError` whose `cause` is `signal.reason`. A
     * signal that is aborted already cancels before anything starts.
     *
     * @default none
     * @example run(search, { args: [text], signal: AbortSignal.timeout(1_000) });
     */
    signal?: AbortSignal | undefined;

    /**
     * `false`: once submitted, the task runs to its end. `cancel` answers `false`, and giving a `signal`
     * as well is a `ConfigError`. Timeouts still hold.
     *
     * @default true
     * @example run(writeLedger, { args: [entry], cancellable: false });
     */
    cancellable?: boolean | undefined;

    /**
     * How long a running task that was cancelled or timed out has to stop by itself, in milliseconds, 0 or more.
     *
     * The clock starts at the cancellation or the timeout, when the handle has already settled. A task stops by
     * listening to `current().signal`, or by `current().throwIfCancelled()` in a loop. At the clock's end its
     * worker is replaced; other tasks that had started there reject with a `WorkerExitError`.
     *
     * @default 100
     * @example run(copyTree, { args: [from, to], timeout: 60_000, grace: 2_000 });
     */
    grace?: number | undefined;

    /**
     * Variables given explicitly, by name. They come before any variable that would be read from the function's
     * surroundings, for the task and for the helpers that travel with it. With `config({ capture: 'explicit' })`,
     * and where the runtime has no inspector, they are the only ones.
     *
     * @default {}
     * @example run(() => rows.length * factor, { captures: { factor: 2 } });
     */
    captures?: Readonly<Record<string, unknown>> | undefined;

    /**
     * What `this` is in the function; for an arrow, what the `this` around it is. Copied like an argument.
     *
     * @default undefined
     * @example run(function () { return this.width * this.height; }, { this: { width: 3, height: 4 } });
     */
    this?: unknown;

    /**
     * What is moved into the worker instead of copied: `ArrayBuffer`, `MessagePort`, and whatever else Node can
     * move. Afterwards it is empty here. Views are not moved, their buffers are: `[bytes.buffer]`.
     *
     * @default []
     * @example run(checksum, { args: [bytes], transfer: [bytes.buffer] });
     */
    transfer?: readonly Transferable[] | undefined;

    /**
     * Kept on the handle and on the error that rejects it; the task sees a copy as `current().metadata`.
     *
     * @default {}
     * @example run(handle, { args: [body], metadata: { requestId } });
     */
    metadata?: object | undefined;

    /**
     * What the task may use. Beyond it the task fails with a `ResourceLimitError`, whose `limit` and `used` are bytes
     * or milliseconds; `retry` may try it again. Nothing else begins on a worker beside a task with limits, except
     * what that task itself waits for.
     *
     * @default none of its own; the limits of `config.memory` hold for all
     * @example run(parse, { args: [text], limits: { memory: '256MB', cpuTime: 5_000 } });
     */
    limits?: Limits | undefined;

    /**
     * Hears of the task's `reportProgress`: `percent` from 0 to 100, never after the task has settled. Of reports
     * that come faster than they are read, the newest wins.
     *
     * @default none
     * @example run(transcode, { args: [file], onProgress: (percent) => bar.update(percent) });
     */
    onProgress?: ProgressListener | undefined;

    /**
     * Called once, as soon as the task is fulfilled, whether or not anyone awaits it. If it throws, that is
     * reported with `process.emitWarning`.
     *
     * @default none
     * @example run(build, { onComplete: (files) => console.log(files.length) });
     */
    onComplete?: ((result: Result) => void) | undefined;

    /**
     * Called once, as soon as the task is rejected or cancelled. It does not count as handling the rejection: a
     * handle that rejects and that nobody looks at stays an unhandled rejection. If it throws, that is reported
     * with `process.emitWarning`.
     *
     * @default none
     * @example run(build, { onError: (error) => log.error(error) });
     */
    onError?: ((error: unknown) => void) | undefined;

    /**
     * Called when a worker has begun the task: once per attempt. If it throws, that is reported with
     * `process.emitWarning`.
     *
     * @default none
     * @example run(build, { onStart: ({ attempt }) => console.log(`attempt ${attempt}`) });
     */
    onStart?: ((info: StartInfo) => void) | undefined;
  }

  /** {@link TaskOptions}, and what happens after a failure. */
  export interface RepeatableTaskOptions<Result = unknown> extends TaskOptions<Result> {
    /**
     * How often and after what waits the task is tried again when it fails: a number of attempts (1 or more,
     * or `Infinity`; the first included), or all of {@link RetryOptions}. Attempts and waits happen in the scheduler.
     *
     * @default 1 attempt: a failure is final
     * @example run(download, { args: [url], retry: { attempts: 5, delay: 100 } });
     */
    retry?: number | RetryOptions | undefined;
  }

  /** The options of `run`: {@link TaskOptions}, `retry`, `args` and `dependsOn`. */
  export interface RunOptions<
    Args extends readonly unknown[] = [],
    Result = unknown,
    Handles extends Dependencies | undefined = undefined,
  > extends RepeatableTaskOptions<Result> {
    /**
     * The function's arguments. They are copied as `structuredClone` would copy them; functions among them travel
     * as tasks do. What cannot be copied rejects with a `SerializationError` that names the path to it.
     *
     * @default []
     * @example run((a, b) => a ** b, { args: [2, 10] });
     */
    args?: readonly [...Args] | undefined;

    /**
     * The task starts when these handles are fulfilled, and gets their results as its first arguments, before
     * `args`: as data, so an instance of a class of yours is a plain object here. If one of them fails, the task rejects
     * with a `DependencyError` and never starts.
     *
     * @default none
     * @example
     * const user = run(loadUser, { args: [id] });
     * const page = run((user, theme) => render(user, theme), { dependsOn: user, args: ['dark'] });
     */
    dependsOn?: Handles | undefined;
  }

  /** What one task may use. */
  export interface Limits {
    /**
     * Heap of the worker that runs this task, which is started for it alone and leaves after it: that takes some
     * 35 ms. For many such tasks, a `Pool` with `memory.perWorker` is better. What V8 itself needs is in it: less than
     * `'16MB'` has the effect of that. Memory outside of the heap (the contents of buffers) is not counted. A task that
     * goes past it, also by a single large object, fails with a `ResourceLimitError`. Above 0. `Infinity`: no limit.
     *
     * @default none
     * @example run(parse, { args: [text], limits: { memory: '256MB' } });
     */
    memory?: Size | undefined;
    /**
     * CPU time of the task's thread, in milliseconds, above 0. The clock starts when the task is handed to its worker
     * and does not run while the thread sleeps; it runs for all that the thread does, so also for tasks that awaited
     * something on the same worker when this one began. What goes beyond it is ended as by a `timeout`. It is read
     * every few milliseconds at least. Linux only: elsewhere it is refused with a `ConfigError`.
     *
     * @default none
     * @example run(parse, { args: [text], limits: { cpuTime: 5_000 } });
     */
    cpuTime?: number | undefined;
  }

  /** How often a failed task is tried again. After attempt n it waits `min(maxDelay, delay * factor^(n-1))`. */
  export interface RetryTiming {
    /**
     * Attempts in all, the first included; an integer from 1 up, or `Infinity`.
     *
     * @default 3
     * @example retry(download, { attempts: 5 });
     */
    attempts?: number | undefined;
    /**
     * The wait after the first attempt, in milliseconds, 0 or more. The clock starts when the attempt has failed.
     *
     * @default 200
     * @example retry(download, { delay: 50 });
     */
    delay?: number | undefined;
    /**
     * How waits grow: a factor (1 or more), or `'constant'` (the same as 1), `'linear'` (`delay` times the number of
     * the attempt), `'exponential'` (the same as 2).
     *
     * @default 2
     * @example retry(download, { backoff: 1.5 });
     */
    backoff?: number | 'constant' | 'linear' | 'exponential' | undefined;
    /**
     * No wait is longer than this; milliseconds, 0 or more. `Infinity`: no limit.
     *
     * @default 30_000
     * @example retry(download, { attempts: 20, maxDelay: 5_000 });
     */
    maxDelay?: number | undefined;
    /**
     * How much of each wait is left to chance, so that tasks that failed together do not all come back together:
     * a fraction from 0 to 1; `true` is 1 ("full jitter"), `false` is 0.
     *
     * @default false
     * @example retry(download, { jitter: 0.25 });
     */
    jitter?: boolean | number | undefined;
  }

  /** When and how a failed task is tried again. */
  export interface RetryOptions extends RetryTiming {
    /**
     * Which failures are worth another attempt: error classes, codes or names, of which one must match, or a
     * function that decides at once: one that throws, or returns a promise, means no, with a warning. Timeouts and
     * deaths of workers are failures like others; a cancelled task is never tried again.
     *
     * @default every failure
     * @example retry(download, { retryOn: ['ECONNRESET', errors.TimeoutError] });
     */
    retryOn?: readonly (ErrorClass | string)[] | ((error: unknown, attempt: number) => boolean) | undefined;
    /**
     * Hears of each failed attempt (from 1) that will be followed by another, and of the wait until then in
     * milliseconds.
     *
     * @default none
     * @example retry(download, { onRetry: (error, attempt, wait) => log.warn({ error, attempt, wait }) });
     */
    onRetry?: ((error: unknown, attempt: number, wait: number) => void) | undefined;
  }

  /** The options of `retry`: those of `run`, with {@link RetryOptions} beside them instead of inside `retry`. */
  export interface RetryTaskOptions<
    Args extends readonly unknown[] = [],
    Result = unknown,
    Handles extends Dependencies | undefined = undefined,
  >
    extends Omit<RunOptions<Args, Result, Handles>, 'retry'>, RetryOptions {}

  /** The options of `runAll`: {@link TaskOptions} for all its tasks, which an item's own options override. */
  export interface RunAllOptions extends RepeatableTaskOptions {
    /**
     * `true`: the first failure rejects, and cancels what has not finished. `false`: waits for all of them, then
     * rejects with an `AggregateError` of all failures, in the order of the tasks.
     *
     * @default true
     * @example await runAll(uploads, { failFast: false }).catch(({ errors }) => report(errors));
     */
    failFast?: boolean | undefined;
  }

  /**
   * The options of `map`: {@link TaskOptions} for each chunk of items, and how items are dealt out. `onComplete` hears of
   * each item, `onStart` and `onProgress` of each chunk, `onError` of each chunk that fails.
   */
  export interface MapOptions<Result = unknown> extends RepeatableTaskOptions<Result> {
    /**
     * How many items travel together; an integer from 1 up. `'auto'` grows chunks until one lasts about a
     * millisecond. A `timeout` is for one chunk.
     *
     * @default 'auto'
     * @example map(parse, lines, { chunkSize: 1_000 });
     */
    chunkSize?: 'auto' | number | undefined;
    /**
     * How many chunks may be under way at once; an integer from 1 up, or `Infinity`: as many as the pool can run.
     *
     * @default as many as the pool can run
     * @example map(fetchPage, urls, { chunkSize: 1, concurrency: 4 });
     */
    concurrency?: number | undefined;
  }

  /** The options of `stream` over a source: {@link TaskOptions} for each item, order and flow. */
  export interface StreamOptions<Result = unknown> extends RepeatableTaskOptions<Result> {
    /**
     * `true`: results come in the order of the source. `false`: as they finish.
     *
     * @default true
     * @example for await (const hit of stream(search, files, { ordered: false })) show(hit);
     */
    ordered?: boolean | undefined;
    /**
     * How many items may be read and not yet taken as results; an integer from 1 up.
     *
     * @default twice the number of workers
     * @example stream(render, pages, { concurrency: 4 });
     */
    concurrency?: number | undefined;
  }

  /** The options of `stream` for a generator: {@link TaskOptions} and `args`. */
  export interface GeneratorOptions<Args extends readonly unknown[] = []> extends TaskOptions {
    /**
     * The generator function's arguments, copied as those of `run`.
     *
     * @default []
     * @example stream(function* (n) { for (let i = 0; i < n; i++) yield i; }, { args: [3] });
     */
    args?: readonly [...Args] | undefined;
  }

  /**
   * The options of `wrap`: {@link TaskOptions} for each of the later calls. Where what `wrap` gives is itself run by
   * another verb (`run`, `map`, `graph().add` ...), they hold below the options of that.
   */
  export type WrapOptions<Result = unknown> = RepeatableTaskOptions<Result>;

  /** The options of `batch`. What concerns one task stands beside that task. */
  export interface BatchOptions {
    /**
     * How many of its tasks may be under way at once; an integer from 1 up, or `Infinity`.
     *
     * @default as many as the pool can run
     * @example batch(items, { concurrency: 4 });
     */
    concurrency?: number | undefined;
    /**
     * Called when a task has settled, successfully or not.
     *
     * @default none
     * @example batch(items, { onProgress: ({ percentage, name }) => console.log(`${percentage} % (${name})`) });
     */
    onProgress?: ((progress: BatchProgress) => void) | undefined;
    /**
     * `true`: after the first failure, what has not finished is cancelled, and its results say so.
     *
     * @default false
     * @example batch(migrations, { concurrency: 1, stopOnError: true });
     */
    stopOnError?: boolean | undefined;
  }

  /**
   * The options of `shutdown`. What was taken before is waited for: tasks that run or wait, all items of a `map`, a
   * `batch`, a `runAll` or a graph, and what tasks that run submit themselves. A `stream` over a source reads no more of
   * it: its results end with a `ShutdownError`.
   */
  export interface ShutdownOptions {
    /**
     * How long running and queued tasks may take to finish, in milliseconds, 0 or more. `Infinity`: as long as they
     * take. The clock starts with the call. At its end what is left is cancelled.
     *
     * @default 30_000
     * @example await shutdown({ timeout: 5_000 });
     */
    timeout?: number | undefined;
    /**
     * `true`: queued tasks are cancelled at once; only the running ones are waited for.
     *
     * @default false
     * @example await shutdown({ cancelPending: true });
     */
    cancelPending?: boolean | undefined;
    /**
     * `true`: nothing is waited for; running tasks are cancelled at once too.
     *
     * @default false
     * @example await shutdown({ force: true });
     */
    force?: boolean | undefined;
  }

  // ---------------------------------------------------------------------------------------------- handles

  /** `'waiting'`: for its dependencies, or for the next attempt. The last three are final. */
  export type TaskState = 'waiting' | 'queued' | 'running' | 'fulfilled' | 'rejected' | 'cancelled';

  /**
   * A task that was submitted: a real promise of its result (`handle instanceof Promise`) that knows its task.
   *
   * It always settles, whatever dies. One that rejects and that nobody looks at is an unhandled rejection, as
   * with any promise. `then`, `catch` and `finally` return plain promises.
   *
   * @example
   * const handle = run(fib, { args: [42], timeout: 5_000 });
   * setTimeout(() => handle.cancel('took too long'), 100);
   * const result = await handle;
   * console.log(handle.usage.runTime);
   */
  export interface TaskHandle<Result = unknown> extends Promise<Result> {
    /** A positive integer, unique in the process. {@link cancel} takes it. */
    readonly id: number;
    readonly name: string;
    readonly state: TaskState;
    /** From 0 to 1, as the task reported last; 1 once it is fulfilled. */
    readonly progress: number;
    /** How many attempts have begun. */
    readonly attempts: number;
    /** The id of the worker that runs it or ran it last; `null` before. */
    readonly worker: number | null;
    /** The run time allowed in milliseconds; `0`: no limit. */
    readonly timeout: number;
    /** Milliseconds since submission; fixed once settled. */
    readonly elapsed: number;
    readonly metadata: Readonly<Record<string, unknown>>;
    /** What the task took; `null` until it has settled. */
    readonly usage: TaskUsage | null;

    /**
     * Cancels the task. A waiting one never starts. A running one rejects at once, and has `grace` milliseconds to
     * stop by itself.
     *
     * @param reason becomes the `cause` of the `CancelledError`
     * @returns whether that cancelled it: `false` if it had settled, or is not `cancellable`
     */
    cancel(reason?: unknown): boolean;
    /** As the option of that name. May be called several times; each listener is called. */
    onProgress(listener: ProgressListener): this;
    /** As the option of that name; called soon if the task is fulfilled already. */
    onComplete(listener: (result: Result) => void): this;
    /** As the option of that name; called soon if the task is rejected already. */
    onError(listener: (error: unknown) => void): this;
    /** Sets one entry of `metadata`. The task does not see it if it has started. */
    setMetadata(key: string, value: unknown): this;
    /** All of `metadata`. */
    getMetadata(): Readonly<Record<string, unknown>>;
    /** One entry of `metadata`; `undefined` if there is none. */
    getMetadata(key: string): unknown;
  }

  /** What a task took, in milliseconds. */
  export interface TaskUsage {
    /** From submission to the start of the last attempt. */
    readonly queueTime: number;
    /** From the start of the last attempt to its end. */
    readonly runTime: number;
    /** CPU time of the worker's thread meanwhile. */
    readonly cpuTime: number;
  }

  export interface StartInfo {
    readonly taskId: number;
    readonly name: string;
    /** Which attempt has begun, from 1. */
    readonly attempt: number;
  }

  export type ProgressListener = (percent: number, info: ProgressInfo) => void;

  export interface ProgressInfo {
    /** From 0 to 1. */
    readonly fraction: number;
    /** What the task gave as second argument of `reportProgress`. */
    readonly detail: unknown;
    readonly taskId: number;
    readonly name: string;
  }

  // ----------------------------------------------------------------------------------------------- results

  /** How one task of a `batch` ended: look at `success` first. */
  export type BatchResult<Result = unknown> = BatchSuccess<Result> | BatchFailure;

  export interface BatchSuccess<Result = unknown> {
    readonly name: string;
    readonly success: true;
    readonly result: Result;
    readonly error?: undefined;
    /** Milliseconds that its last attempt ran; 0 if it never started. */
    readonly duration: number;
    /** How many attempts there were. */
    readonly attempts: number;
  }

  export interface BatchFailure {
    readonly name: string;
    readonly success: false;
    readonly result?: undefined;
    /** What the task threw, or an error of section {@link errors}. */
    readonly error: unknown;
    /** Milliseconds that its last attempt ran; 0 if it never started. */
    readonly duration: number;
    /** How many attempts there were; 0 if it never started. */
    readonly attempts: number;
  }

  export interface BatchProgress {
    /** How many tasks have succeeded. */
    readonly completed: number;
    /** How many tasks have failed. */
    readonly failed: number;
    readonly total: number;
    /** Of `total`, how many have settled, from 0 to 100. */
    readonly percentage: number;
    /** The task that has just settled. */
    readonly name: string;
  }

  export interface ShutdownReport {
    /** Whether nothing had to be given up: all that was waited for came to an end of its own within the timeout. */
    readonly graceful: boolean;
    /** Tasks that finished while it waited. */
    readonly completed: number;
    /** Tasks that were cancelled before they had started. */
    readonly cancelled: number;
    /** Tasks that were given up at the timeout, or by `force`: those that ran, and those that still waited. */
    readonly abandoned: number;
    /** How long the shutdown took, in milliseconds. */
    readonly duration: number;
  }

  /** What {@link explain} found. Sizes are bytes on the way to a worker. */
  export interface Explanation {
    readonly name: string;
    /** File, line and column, as stacks have them; `undefined` where the runtime does not say. */
    readonly location: string | undefined;
    /** Whether workers keep the function from one task to the next: all that it uses is constant. */
    readonly stateless: boolean;
    /** In the order of the text, those of helpers after those of the task itself. */
    readonly variables: readonly ExplainedVariable[];
    /** What is loaded in the worker: Node's own modules and files of packages. */
    readonly modules: readonly string[];
    /** How many functions travel by value, the task included. */
    readonly functions: number;
    readonly objects: number;
    /** All that would be sent, the texts of functions included. */
    readonly bytes: number;
    /** Why it cannot travel; `null` if it can. */
    readonly refused: {
      readonly message: string;
      readonly variable: string | undefined;
      readonly path: string;
    } | null;
  }

  export interface ExplainedVariable {
    readonly name: string;
    /** From the task: `helper.cache`. */
    readonly path: string;
    /** What it holds: `'number'`, `'object'`, `'array'`, `'function'`, `'class'`, `'Map'` and so on. */
    readonly kind: string;
    /** `'value'`: as a copy. `'module'`: loaded in the worker. `'reference'`: what is there anyway, such as a global. */
    readonly via: 'value' | 'reference' | 'module';
    /** The module or global that a reference names. */
    readonly from?: string | undefined;
    /** Whether one function writes it and another one uses it. */
    readonly shared: boolean;
    /** Of its own value, nested ones included; 0 for references. */
    readonly size: number;
  }

  // ------------------------------------------------------------------------------------------ inside a task

  /** The task on whose behalf the code runs; see {@link current}. */
  export interface TaskContext {
    readonly id: number;
    readonly name: string;
    /** Which attempt this is, from 1. */
    readonly attempt: number;
    readonly priority: Priority;
    readonly metadata: Readonly<Record<string, unknown>>;
    /** When the timeout of this attempt strikes, as `Date.now()` counts; `null` without one. */
    readonly deadline: number | null;
    /**
     * Aborted when the task is cancelled or timed out. `reason` is a `TimeoutError` if its time is over by the worker's
     * clock, and otherwise a `CancelledError`.
     */
    readonly signal: AbortSignal;
    /** Whether the task was cancelled or timed out. Turns true during a synchronous loop too. */
    readonly cancelled: boolean;
    /** The same as {@link reportProgress}. */
    reportProgress(fraction: number, detail?: unknown): void;
    /**
     * Does nothing, until the task was cancelled or timed out.
     *
     * @throws the `reason` of `signal`
     */
    throwIfCancelled(): void;
  }

  // ------------------------------------------------------------------------------------------ configuration

  /** What `config` and `new Pool` take; what is not given stays as it is. */
  export interface ConfigOptions {
    /**
     * How many workers: a count from 1 up is both least and most; `'auto'` is from none up to as many as the process
     * may really use (container quotas included).
     *
     * @default 'auto'
     * @example config({ workers: { max: 'cpu_count * 2', idleTimeout: 60_000 } });
     */
    workers?: 'auto' | CountExpression | WorkersOptions | undefined;
    /**
     * The run time allowed to tasks that say nothing of their own, in milliseconds, 0 or more; `0` and
     * `Infinity`: no limit.
     *
     * @default 0
     * @example config({ timeout: 30_000 });
     */
    timeout?: number | TimeoutOptions | undefined;
    /**
     * What may wait.
     *
     * @default { maxSize: Infinity, maxBytes: Infinity }
     * @example config({ queue: { maxSize: 10_000 } });
     */
    queue?: QueueOptions | undefined;
    /**
     * What may be used up.
     *
     * @default { limit: Infinity, cleanup: 'lazy' }, and Node's own heap limit for each worker
     * @example config({ memory: { limit: '2GB', perWorker: '512MB' } });
     */
    memory?: MemoryOptions | undefined;
    /**
     * The same as `memory.limit`; both at once must agree.
     *
     * @default Infinity
     * @example config({ maxMemory: '2GB' });
     */
    maxMemory?: Size | undefined;
    /**
     * Defaults for `retry`, the verb and the option. They make no task be tried again that did not ask for it.
     *
     * @default { attempts: 3, delay: 200, backoff: 2, maxDelay: 30_000, jitter: false }
     * @example config({ retry: { jitter: true } });
     */
    retry?: RetryTiming | undefined;
    /**
     * `'explicit'`: functions get free variables only through `captures`; one that needs more rejects with the
     * complete list of names.
     *
     * @default 'auto'
     * @example config({ capture: 'explicit' });
     */
    capture?: 'auto' | 'explicit' | undefined;
    /**
     * `true`: SIGINT and SIGTERM shut the pool down before they end the process.
     *
     * @default false
     * @example config({ gracefulSignals: true });
     */
    gracefulSignals?: boolean | undefined;
    /**
     * Milliseconds for which a worker that has run out of tasks stays awake, so that the next one need not wake it:
     * 0 or more. `true` is 100, `Infinity` as long as the worker is there. Tasks that come within that time are back after
     * some 5 µs if they come one after the other, and some 10 µs if they come now and then, instead of 50 µs and more.
     *
     * It costs one core: one worker of the pool keeps it busy, whatever the number of workers, and the submitting thread
     * keeps its own busy while it waits for an answer, for at most a millisecond. Errors do not say where their task was
     * submitted, as that takes longer than the task. Where there is only one core, or all cores have work to do, nobody
     * stays awake.
     *
     * @default false, shown as 0
     * @example config({ lowLatency: true });
     */
    lowLatency?: boolean | number | undefined;
    /**
     * What is logged and where; a level alone leaves the rest.
     *
     * @default 'warn'
     * @example config({ logging: 'info' });
     */
    logging?: LogLevel | LoggingOptions | undefined;
  }

  export interface WorkersOptions {
    /**
     * Workers that stay, however idle: an integer from 0 up, or an {@link CountExpression expression}.
     *
     * @default 0
     * @example config({ workers: { min: 2 } });
     */
    min?: CountExpression | undefined;
    /**
     * Workers there may be: an integer from 1 up, or an {@link CountExpression expression}. Beyond it there may be one
     * for a task with a memory limit, and up to two for nested tasks with a timeout, limits or a signal, where the
     * workers themselves are held by parents that wait: so a late child never takes its parent along.
     *
     * @default 'cpu_count'
     * @example config({ workers: { max: 'cpu_count - 1' } });
     */
    max?: 'auto' | CountExpression | undefined;
    /**
     * `'adaptive'`: between `min` and `max`, as the queue asks for. `'fixed'`: `max` workers, all of them, so a
     * `min` that differs is a `ConfigError`. Those that no task waits for are started some 10 ms after the first has come.
     *
     * @default 'adaptive'
     * @example config({ workers: { max: 4, scaling: 'fixed' } });
     */
    scaling?: 'adaptive' | 'fixed' | undefined;
    /**
     * How long a worker above `min` may be idle before it leaves, in milliseconds, 0 or more. `Infinity`: it
     * stays. The clock starts when its last task has ended.
     *
     * @default 10_000
     * @example config({ workers: { idleTimeout: 60_000 } });
     */
    idleTimeout?: number | undefined;
    /**
     * How many tasks may be under way in one worker at once: further ones start while the others await something.
     * An integer from 1 up; `'auto'` lets the scheduler decide.
     *
     * @default 'auto'
     * @example config({ workers: { concurrency: 1 } }); // one task at a time in each
     */
    concurrency?: 'auto' | number | undefined;
    /**
     * From this part of the workers being busy on (0 to 1, not below `scaleDownThreshold`) tasks that have waited for
     * 10 ms without a break start another worker, up to `max`. Tasks that find no worker idle never wait for that: they
     * start one at once.
     *
     * @default 0.8
     * @example config({ workers: { scaleUpThreshold: 0.5 } });
     */
    scaleUpThreshold?: number | undefined;
    /**
     * Below this part of the workers being busy (0 to 1) all those that have been idle for `idleTimeout` leave at once;
     * from it on they leave one at a time, with `idleTimeout` between them, because they may soon be needed.
     *
     * @default 0.2
     * @example config({ workers: { scaleDownThreshold: 0.1 } });
     */
    scaleDownThreshold?: number | undefined;
    /**
     * Threads that have started and wait, beside the workers, to take the place of one that is ended or replaced, or
     * that of a new one: an integer from 0 up to `max`, or an expression. With one, the next result comes some 4 ms after
     * a kill instead of 40; it takes some 10 MB and no CPU time. Spares count neither as workers nor for `max`.
     *
     * @default 0
     * @example config({ workers: { spare: 1 } });
     */
    spare?: CountExpression | undefined;
    /**
     * A worker that has finished this many tasks is replaced; an integer from 1 up, or `Infinity`.
     *
     * @default Infinity
     * @example config({ workers: { maxTasksPerWorker: 10_000 } });
     */
    maxTasksPerWorker?: number | undefined;
  }

  /**
   * A count, or how to compute it from the machine: integers, `cpu_count`, `+ - * /` and parentheses, rounded
   * down.
   *
   * @example 'cpu_count - 1'
   */
  export type CountExpression = number | (string & {});

  export interface TimeoutOptions {
    /**
     * For tasks that say nothing of their own; milliseconds, 0 or more. `0` and `Infinity`: no limit.
     *
     * @default 0
     * @example config({ timeout: { default: 30_000 } });
     */
    default?: number | undefined;
    /**
     * `false`: a task that brings a `timeout` of its own is refused with a `ConfigError`.
     *
     * @default true
     * @example config({ timeout: { default: 30_000, perTask: false } });
     */
    perTask?: boolean | undefined;
  }

  export interface QueueOptions {
    /**
     * How many tasks may wait; an integer from 0 up, or `Infinity`. Beyond it, new ones reject with a
     * `QueueFullError`.
     *
     * @default Infinity, with a warning at 100 000
     * @example config({ queue: { maxSize: 10_000 } });
     */
    maxSize?: number | undefined;
    /**
     * How many bytes of arguments and captures may wait. Beyond it, new tasks reject with a `QueueFullError`.
     *
     * @default Infinity
     * @example config({ queue: { maxBytes: '1GB' } });
     */
    maxBytes?: Size | undefined;
  }

  export interface MemoryOptions {
    /**
     * For the pool: the heaps in use and the bytes that wait. Above it, new tasks reject with a `QueueFullError`.
     *
     * @default Infinity
     * @example config({ memory: { limit: '2GB' } });
     */
    limit?: Size | undefined;
    /**
     * For the heap of one worker. One that goes past it fails its tasks with a `ResourceLimitError` and is
     * replaced; the process lives on. At least `'16MB'`. A change reaches workers as they are replaced.
     *
     * @default Node's own limit
     * @example config({ memory: { perWorker: '512MB' } });
     */
    perWorker?: Size | undefined;
    /**
     * When an idle worker gives memory back. `'lazy'`: once, when it is idle for the first time, for what its start
     * has left; `'aggressive'`: each time that it has run tasks and then been idle for 25 to 50 ms. It takes 10 to 20 ms.
     *
     * @default 'lazy'
     * @example config({ memory: { cleanup: 'aggressive' } });
     */
    cleanup?: 'lazy' | 'aggressive' | undefined;
  }

  export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

  export interface LoggingOptions {
    /**
     * What is below this level is not logged.
     *
     * @default 'warn'
     * @example config({ logging: { level: 'debug' } });
     */
    level?: LogLevel | undefined;
    /**
     * `'json'`: one object per line.
     *
     * @default 'text'
     * @example config({ logging: { format: 'json' } });
     */
    format?: 'text' | 'json' | undefined;
    /**
     * Where to: a stream, a file's path (`'file'` is `./tasklets.log`; written by a thread of its own, never by the
     * event loop), or a logger.
     *
     * @default 'stderr'
     * @example config({ logging: { destination: '/var/log/tasklets.log' } });
     */
    destination?: 'stderr' | 'stdout' | 'file' | (string & {}) | Logger | undefined;
  }

  /** Any object with these methods: `console`, pino, winston ... */
  export interface Logger {
    debug(message: string, ...details: unknown[]): void;
    info(message: string, ...details: unknown[]): void;
    warn(message: string, ...details: unknown[]): void;
    error(message: string, ...details: unknown[]): void;
  }

  /** All that is in force, frozen: every option, expressions evaluated, sizes in bytes, `Infinity` where nothing limits. */
  export interface Config {
    readonly workers: {
      readonly min: number;
      readonly max: number;
      readonly scaling: 'adaptive' | 'fixed';
      readonly idleTimeout: number;
      readonly concurrency: 'auto' | number;
      readonly scaleUpThreshold: number;
      readonly scaleDownThreshold: number;
      readonly spare: number;
      readonly maxTasksPerWorker: number;
    };
    readonly timeout: {
      readonly default: number;
      readonly perTask: boolean;
    };
    readonly queue: {
      readonly maxSize: number;
      readonly maxBytes: number;
    };
    readonly memory: {
      readonly limit: number;
      readonly perWorker: number;
      readonly cleanup: 'lazy' | 'aggressive';
    };
    readonly retry: {
      readonly attempts: number;
      readonly delay: number;
      readonly backoff: number | 'constant' | 'linear' | 'exponential';
      readonly maxDelay: number;
      readonly jitter: boolean | number;
    };
    readonly capture: 'auto' | 'explicit';
    readonly gracefulSignals: boolean;
    readonly lowLatency: number;
    readonly logging: {
      readonly level: LogLevel;
      readonly format: 'text' | 'json';
      readonly destination: string | Logger;
    };
  }

  // --------------------------------------------------------------------------------------------- looking in

  /** How a pool is doing. */
  export interface Health {
    readonly status: 'healthy' | 'degraded' | 'unhealthy';
    readonly workers: {
      readonly active: number;
      readonly idle: number;
      readonly crashed: number;
    };
    /** As text with a unit: `'245MB'`. */
    readonly memory: {
      readonly used: string;
      readonly available: string;
    };
    /** From submission to the end, in milliseconds. */
    readonly latency: {
      readonly p50: number;
      readonly p95: number;
      readonly p99: number;
    };
    readonly errors: {
      /** Of the tasks that ended lately, the part that failed: 0 to 1. */
      readonly rate: number;
      readonly recent: readonly RecentError[];
    };
    /** Milliseconds since the pool was started. */
    readonly uptime: number;
  }

  export interface RecentError {
    readonly name: string;
    readonly message: string;
    readonly taskName: string;
    /** As `Date.now()` counts. */
    readonly at: number;
  }

  /** What a pool has done. */
  export interface Stats {
    readonly counts: TaskCounts;
    readonly queue: {
      readonly depth: number;
      readonly bytes: number;
      /** How long the oldest task in it has waited, in milliseconds; 0 if there is none. */
      readonly oldest: number;
    };
    readonly workers: readonly WorkerStats[];
    /** Milliseconds, of all tasks that have ended. */
    readonly queueTime: Histogram;
    /** Milliseconds, of those that had started. */
    readonly runTime: Histogram;
    /** Milliseconds, of those that had started. */
    readonly cpuTime: Histogram;
    /** How often errors of each `name` ended a task. */
    readonly errorsByName: Readonly<Record<string, number>>;
    /** By the tasks' names. */
    readonly byTask: Readonly<Record<string, TaskStats>>;
  }

  /** How tasks ended. */
  export interface OutcomeCounts {
    readonly completed: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly timedOut: number;
  }

  export interface TaskCounts extends OutcomeCounts {
    /** Tasks that were taken; never less than the sum of the four outcomes. */
    readonly submitted: number;
    /** Attempts beyond the first. */
    readonly retried: number;
    /** Tasks that were not taken, and are in no other count: a full queue, a pool that is shut down. */
    readonly rejected: number;
  }

  export interface WorkerStats {
    readonly id: number;
    /** `'leaving'`: takes no more tasks and will be gone. */
    readonly state: 'starting' | 'idle' | 'busy' | 'leaving';
    readonly completed: number;
    readonly failed: number;
    /** The part of its life that it was busy: 0 to 1. */
    readonly utilization: number;
    /** Bytes. */
    readonly heapUsed: number;
    /** Milliseconds. */
    readonly cpuTime: number;
  }

  export interface Histogram {
    readonly count: number;
    /** Of all values; never falls. */
    readonly sum: number;
    readonly min: number;
    readonly mean: number;
    readonly max: number;
    readonly p50: number;
    readonly p90: number;
    readonly p95: number;
    readonly p99: number;
    readonly p999: number;
  }

  /** The tasks of one name. */
  export interface TaskStats extends OutcomeCounts {
    readonly queueTime: Histogram;
    readonly runTime: Histogram;
    readonly cpuTime: Histogram;
  }

  // -------------------------------------------------------------------------------------------------- graph

  /**
   * Tasks that need each other's results, by name.
   *
   * The type knows the results of all tasks added so far. A graph that is put together in a loop, or whose tasks name
   * later ones, is a `graph<Record<string, unknown>>()`.
   *
   * @example
   * const { page } = await graph()
   *   .add('user', loadUser, { args: [id] })
   *   .add('theme', loadTheme, { args: [id] })
   *   .add('page', (user, theme) => render(user, theme), { dependsOn: ['user', 'theme'] })
   *   .run();
   */
  export interface Graph<Results extends object = {}> {
    /**
     * Adds a task and returns the graph. `dependsOn` names the tasks whose results come as the first arguments,
     * before `args`.
     *
     * @throws ConfigError for a name that is taken; InvalidTaskError for what is no task
     */
    add<Name extends string, R, This>(
      name: Name & NewName<Name, Results>,
      task: Task<[], R, This> & Supported<R>,
      options?: GraphTaskOptions<[], NoInfer<Awaited<R>>> & { dependsOn?: undefined; this?: This },
    ): Graph<Results & { [K in Name]: Awaited<R> }>;
    /** Adds a task that gets the results of others as its first arguments. */
    add<
      Name extends string,
      const Names extends readonly (keyof Results & string)[],
      R,
      This,
      Args extends any[] = [],
    >(
      name: Name & NewName<Name, Results>,
      task: Task<[...ResultsOf<Results, Names>, ...Args], R, This> & Supported<R>,
      options: GraphTaskOptions<Args, NoInfer<Awaited<R>>> & { dependsOn: Names; this?: This },
    ): Graph<Results & { [K in Name]: Awaited<R> }>;
    /** Adds a task with arguments. */
    add<Name extends string, Args extends any[], R, This>(
      name: Name & NewName<Name, Results>,
      task: Task<Args, R, This> & Supported<R>,
      options: GraphTaskOptions<Args, NoInfer<Awaited<R>>> & {
        args: readonly [...Args];
        dependsOn?: undefined;
        this?: This;
      },
    ): Graph<Results & { [K in Name]: Awaited<R> }>;

    /**
     * Runs all tasks, each as soon as its dependencies are fulfilled, and resolves to the results by name.
     *
     * @returns rejects with the first failure, and cancels the rest; with a `DependencyError` whose code is
     * `ERR_TASKLETS_CYCLE`, before anything runs, if tasks wait for each other
     */
    run(): Promise<{ [K in keyof Results]: Results[K] }>;
    /** The graph in Graphviz' language. */
    toDot(): string;
    /** The graph as a Mermaid flowchart. */
    toMermaid(): string;
  }

  /** The options of one task in a {@link Graph}: those of `run`, with names in `dependsOn`. */
  export interface GraphTaskOptions<Args extends readonly unknown[] = [], Result = unknown> extends Omit<
    RunOptions<Args, Result>,
    'dependsOn'
  > {
    /**
     * The names of the tasks whose results this one gets as its first arguments.
     *
     * @default none
     * @example graph().add('a', load).add('b', (a) => a.length, { dependsOn: ['a'] });
     */
    dependsOn?: readonly string[] | undefined;
  }

  // -------------------------------------------------------------------------------------------------- verbs

  /** What a pool can do. The functions of the package are these, of a default pool that starts with its first task. */
  export interface Verbs {
    /**
     * Runs one task on a worker.
     *
     * @returns a {@link TaskHandle}: a promise of the result that can also be cancelled and watched. It rejects with
     * what the task throws, or with one of {@link errors}:
     * `InvalidTaskError`, `CaptureError`, `SerializationError`, `ConfigError`, `ModuleError` before anything runs,
     * `QueueFullError`, `ShutdownError` if the pool does not take it,
     * `TimeoutError`, `CancelledError`, `WorkerExitError`, `ResourceLimitError`, `DependencyError` later.
     *
     * @example
     * const n = 35;
     * await run(() => fibonacci(n));             // free variables travel along
     * await run(fibonacci, { args: [n] });       // the fast path for repeated work
     */
    run<R, This>(
      task: Task<[], R, This> & Supported<R>,
      options?: RunOptions<[], NoInfer<Awaited<R>>> & { this?: This },
    ): TaskHandle<Awaited<R>>;
    /** Runs one task when others are fulfilled, with their results as its first arguments. */
    run<const Handles extends Dependencies, R, This, Args extends any[] = []>(
      task: Task<[...DependencyResults<Handles>, ...Args], R, This> & Supported<R>,
      options: RunOptions<Args, NoInfer<Awaited<R>>, Handles> & { dependsOn: Handles; this?: This },
    ): TaskHandle<Awaited<R>>;
    /** Runs an export of a module on a worker, with arguments. */
    run<Args extends unknown[], R>(
      task: ModuleTask<Args, R>,
      options: RunOptions<Args, NoInfer<Awaited<R>>> & { args: readonly [...Args] } & Supported<R>,
    ): TaskHandle<Awaited<R>>;
    /** Runs one task on a worker, with arguments. What it rejects with is said at the form without. */
    run<Args extends any[], R, This>(
      task: TaskFunction<Args, R, This>,
      options: RunOptions<Args, NoInfer<Awaited<R>>> & {
        args: readonly [...Args];
        this?: This;
      } & Supported<R>,
    ): TaskHandle<Awaited<R>>;

    /**
     * Runs many tasks and resolves to their results, in order. Items are tasks, or `{ task, ...RunOptions }`.
     *
     * The first failure rejects and cancels the rest. Its twins: `batch` never rejects for a failing task and tells of
     * each how it ended; `map` is for one function and many inputs, and far cheaper per item.
     *
     * @returns rejects with the first failure; with `{ failFast: false }`, when all have ended, with an
     * `AggregateError` of all of them
     *
     * @example
     * const [user, posts] = await runAll([() => loadUser(id), { task: loadPosts, args: [id], timeout: 500 }]);
     */
    runAll<Tasks extends readonly unknown[]>(
      tasks: readonly [...{ [K in keyof Tasks]: RunAllItem<Tasks[K]> }],
      options?: RunAllOptions,
    ): Promise<{ -readonly [K in keyof Tasks]: ResultOf<Tasks[K]> }>;
    /** Runs as many tasks as there happen to be, as in `runAll(files.map((file) => ({ task: hash, args: [file] })))`. */
    runAll<List extends readonly unknown[] | []>(
      tasks: List & Listed<List, ListedItem<List[number]>>,
      options?: RunAllOptions,
    ): Promise<ListedResult<List[number]>[]>;

    /**
     * Runs one task over many inputs and resolves to the results, in order. The task gets `(item, index)`. Items
     * travel in chunks, so this is the verb for many small pieces of work.
     *
     * @returns rejects with the first failure, and cancels the rest
     *
     * @example
     * const hashes = await map((file) => hash(file), files);
     */
    map<Item, R>(
      task: ModuleTask<[item: Item, index: number], R>,
      iterable: Iterable<Item> & Supported<R>,
      options?: MapOptions<NoInfer<Awaited<R>>>,
    ): Promise<Awaited<R>[]>;
    /** Runs one task over many inputs and resolves to the results, in order. The task gets `(item, index)`. */
    map<Item, R, This>(
      task: TaskFunction<[item: Item, index: number], R, This>,
      iterable: Iterable<Item> & Supported<R>,
      options?: MapOptions<NoInfer<Awaited<R>>> & { this?: This },
    ): Promise<Awaited<R>[]>;

    /**
     * Yields what a generator task yields, as it is yielded. The worker waits when nobody takes its values. Leaving
     * the loop ends the generator there too: its `finally` blocks run.
     *
     * @example
     * for await (const row of stream(function* (file) { yield* parse(file); }, { args: ['big.csv'] })) save(row);
     */
    stream<Yielded, This>(
      task: Task<[], AnyGenerator<Yielded>, This>,
      options?: GeneratorOptions & { this?: This },
    ): AsyncIterableIterator<Awaited<Yielded>>;
    /** Yields what a generator task with arguments yields, as it is yielded. */
    stream<Args extends unknown[], Yielded, This>(
      task: Task<Args, AnyGenerator<Yielded>, This>,
      options: GeneratorOptions<Args> & { args: readonly [...Args]; this?: This },
    ): AsyncIterableIterator<Awaited<Yielded>>;
    /**
     * Runs one task over a source and yields the results in order, or as they finish with `{ ordered: false }`. The
     * task gets `(item, index)`. Reads its source only as results are taken, so the source may be endless. Leaving the
     * loop cancels what runs and closes the source.
     *
     * @example
     * for await (const page of stream(render, urls, { concurrency: 8 })) await write(page);
     */
    stream<Item, R>(
      task: ModuleTask<[item: Item, index: number], R>,
      source: (Iterable<Item> | AsyncIterable<Item>) & Supported<R>,
      options?: StreamOptions<NoInfer<Awaited<R>>>,
    ): AsyncIterableIterator<Awaited<R>>;
    /** Runs one task over a source and yields the results. The task gets `(item, index)`. */
    stream<Item, R, This>(
      task: TaskFunction<[item: Item, index: number], R, This>,
      source: (Iterable<Item> | AsyncIterable<Item>) & Supported<R>,
      options?: StreamOptions<NoInfer<Awaited<R>>> & { this?: This },
    ): AsyncIterableIterator<Awaited<R>>;

    /** Begins a {@link Graph} of tasks that need each other's results. Nothing runs before its `run()`. */
    graph<Results extends Record<string, unknown> = {}>(): Graph<Results>;

    /**
     * Says what a function would take along: names, kinds, sizes, modules. Runs nothing. For a function that cannot
     * travel, `refused` says why.
     *
     * @throws InvalidTaskError for what is no function
     * @example console.table(explain(handler).variables);
     */
    explain(fn: (...args: never) => unknown, options?: Pick<TaskOptions, 'captures' | 'this'>): Explanation;

    /**
     * Runs many tasks and tells of each how it ended, in order. Items are `{ task, name, ...RunOptions }`.
     *
     * Its twin `runAll` resolves to the bare results and rejects at the first failure. This one never rejects for a
     * failing task; it rejects with a `ConfigError` if the list or the options are wrong.
     *
     * @example
     * const results = await batch([
     *   { name: 'users', task: loadUsers, timeout: 1_000 },
     *   { name: 'posts', task: loadPosts, args: [10], retry: 3 },
     * ]);
     * for (const { name, success, error } of results) if (!success) console.error(name, error);
     */
    batch<Tasks extends readonly unknown[]>(
      items: readonly [...{ [K in keyof Tasks]: BatchItem<Tasks[K]> }],
      options?: BatchOptions,
    ): Promise<BatchResults<Tasks>>;
    /** Runs as many tasks as there happen to be, as in `batch(files.map((file) => ({ name: file, task: hash, args: [file] })))`. */
    batch<List extends readonly unknown[] | []>(
      items: List & Listed<List, ListedTask<List[number]>>,
      options?: BatchOptions,
    ): Promise<BatchResult<ListedResult<List[number]>>[]>;

    /**
     * Runs a task again and again until it works. The same as `run` with the option `retry`, flat.
     *
     * @returns rejects with the error of the last attempt, whose `attempts` says how many there were. Cancelling ends
     * it.
     *
     * @example
     * await retry(() => download(url), { attempts: 5, delay: 100, jitter: true, retryOn: ['ECONNRESET'] });
     */
    retry<R, This>(
      task: Task<[], R, This> & Supported<R>,
      options?: RetryTaskOptions<[], NoInfer<Awaited<R>>> & { this?: This },
    ): TaskHandle<Awaited<R>>;
    /** Runs, until it works, one task when others are fulfilled, with their results as its first arguments. */
    retry<const Handles extends Dependencies, R, This, Args extends any[] = []>(
      task: Task<[...DependencyResults<Handles>, ...Args], R, This> & Supported<R>,
      options: RetryTaskOptions<Args, NoInfer<Awaited<R>>, Handles> & { dependsOn: Handles; this?: This },
    ): TaskHandle<Awaited<R>>;
    /** Runs, until it works, an export of a module on a worker, with arguments. */
    retry<Args extends unknown[], R>(
      task: ModuleTask<Args, R>,
      options: RetryTaskOptions<Args, NoInfer<Awaited<R>>> & { args: readonly [...Args] } & Supported<R>,
    ): TaskHandle<Awaited<R>>;
    /** Runs, until it works, one task on a worker, with arguments. What it rejects with is said at the form without. */
    retry<Args extends any[], R, This>(
      task: TaskFunction<Args, R, This>,
      options: RetryTaskOptions<Args, NoInfer<Awaited<R>>> & {
        args: readonly [...Args];
        this?: This;
      } & Supported<R>,
    ): TaskHandle<Awaited<R>>;

    /**
     * Makes a function that runs the task with its arguments, and returns the handle. Parameters are those of the
     * task. Its free variables are read once, here.
     *
     * @throws InvalidTaskError, CaptureError, ConfigError
     * @example
     * const fast = wrap(fib, { timeout: 500 });
     * await fast(35);
     */
    wrap<F extends Function>(
      task: F & Concrete<F>,
      options?: WrapOptions<NoInfer<ResultOf<F>>> & { this?: undefined },
    ): Wrapped<F>;
    /** The same for a generic function, which stays generic, and for one that is given its `this`. */
    wrap<Args extends any[], R, This>(
      task: TaskFunction<Args, R, This>,
      options?: WrapOptions<NoInfer<Awaited<R>>> & { this?: This },
    ): (...args: Args) => WrappedResult<R>;
    /** Makes a function that runs an export of a module with its arguments, and returns the handle. */
    wrap<Args extends unknown[], R>(
      task: ModuleTask<Args, R>,
      options?: WrapOptions<NoInfer<Awaited<R>>>,
    ): (...args: Args) => WrappedResult<R>;

    /**
     * Names an export of a module as a task. Each worker loads the module once, by `import()`: CommonJS, ES modules,
     * and `.ts` where Node itself runs it. Nothing is loaded here.
     *
     * The type comes from the module, or is given as a function's; without either, arguments are not checked and the
     * result is `unknown`.
     *
     * @param url an absolute path or a `file:` URL
     * @param exportName the export to call; `'default'` if not given
     * @throws ConfigError if these are no such things. That the module or its export cannot be loaded shows when it is
     * run: `ModuleError`.
     *
     * @example
     * const resize = module<typeof import('./work.js'), 'resize'>(new URL('./work.js', import.meta.url), 'resize');
     * await run(resize, { args: [image, 640] });
     */
    module<F extends (...args: never) => unknown = (...args: unknown[]) => unknown>(
      url: string | URL,
      exportName?: string,
    ): ModuleTask<Parameters<F>, ReturnType<F>>;
    /** Names an export of a module as a task, typed by the module. */
    module<Module extends object, Name extends FunctionNames<Module>>(
      url: string | URL,
      exportName: Name,
    ): ModuleTask<ParametersOf<Module[Name]>, ReturnOf<Module[Name]>>;

    /**
     * Cancels the task of that id; see {@link TaskHandle.cancel}.
     *
     * @returns whether that cancelled it: `false` if it is unknown, had settled, or is not `cancellable`
     */
    cancel(id: number, reason?: unknown): boolean;

    /**
     * Sets what is given and returns all that is in force. Changes take effect at once, running tasks go on; what
     * needs a new worker (heap limits) reaches workers as they are replaced. Without an argument it only returns.
     *
     * @throws ConfigError with the option, what was expected and what came; then nothing has changed
     * @example config({ workers: 4, timeout: 30_000, logging: 'info' });
     */
    config(options?: ConfigOptions): Config;

    /**
     * Sets what a `.json`, `.yaml` or `.yml` file says; its keys are those of {@link ConfigOptions}.
     *
     * @throws ConfigError if it cannot be read or is wrong; then nothing has changed
     */
    configFromFile(path: string | URL): Config;

    /**
     * Sets what environment variables say: `TASKLETS_WORKERS`, `TASKLETS_MIN_WORKERS`, `TASKLETS_MAX_WORKERS`,
     * `TASKLETS_TIMEOUT`, `TASKLETS_MAX_MEMORY`, `TASKLETS_MAX_QUEUE`, `TASKLETS_LOG_LEVEL`, `TASKLETS_LOG_FORMAT`,
     * `TASKLETS_LOG_DESTINATION`.
     *
     * @param env `process.env` if not given
     * @throws ConfigError if one is wrong; then nothing has changed
     */
    configFromEnv(env?: Readonly<Record<string, string | undefined>>): Config;

    /**
     * Ends the pool. New tasks reject with a `ShutdownError` from now on. Runs what `onShutdown` registered, waits for
     * running and queued tasks, and at the timeout rejects what is left with a `ShutdownError`. Afterwards no thread of
     * the pool is left.
     *
     * Idempotent: further calls give the same report.
     *
     * @example process.on('SIGTERM', () => shutdown({ timeout: 10_000 }));
     */
    shutdown(options?: ShutdownOptions): Promise<ShutdownReport>;

    /** Allows tasks again after `shutdown`. */
    start(): void;

    /**
     * Registers a function that `shutdown` runs, and awaits, in reverse order of registration.
     *
     * @returns a function that takes it back
     */
    onShutdown(fn: () => unknown): () => void;

    /** How the pool is doing, as a snapshot. Costs no message to a worker. */
    getHealth(): Health;
    /** What the pool has done, as a snapshot. Costs no message to a worker. */
    getStats(): Stats;
    /** How many tasks were submitted and have not settled. */
    getActiveTaskCount(): number;
  }

  // The verbs of the default pool. What they do is said once, above.
  export const run: Verbs['run'];
  export const runAll: Verbs['runAll'];
  export const map: Verbs['map'];
  export const stream: Verbs['stream'];
  export const graph: Verbs['graph'];
  export const explain: Verbs['explain'];
  export const batch: Verbs['batch'];
  export const retry: Verbs['retry'];
  export const wrap: Verbs['wrap'];
  export const module: Verbs['module'];
  export const cancel: Verbs['cancel'];
  export const config: Verbs['config'];
  export const configFromFile: Verbs['configFromFile'];
  export const configFromEnv: Verbs['configFromEnv'];
  export const shutdown: Verbs['shutdown'];
  export const start: Verbs['start'];
  export const onShutdown: Verbs['onShutdown'];
  export const getHealth: Verbs['getHealth'];
  export const getStats: Verbs['getStats'];
  export const getActiveTaskCount: Verbs['getActiveTaskCount'];

  /**
   * Inside a task: the task on whose behalf this code runs, also after an `await` and with several tasks in one
   * worker. Elsewhere `undefined`.
   *
   * @example
   * await run(async (url) => (await fetch(url, { signal: current()?.signal })).text(), { args: [url] });
   */
  export function current(): TaskContext | undefined;

  /**
   * Inside a task: says how far it is, from 0 to 1. Elsewhere it does nothing.
   *
   * @param detail anything that can be copied; comes to the listeners as `info.detail`
   * @example reportProgress(done / total, { file });
   */
  export function reportProgress(fraction: number, detail?: unknown): void;

  /**
   * Inside a task: marks what is to be moved instead of copied when `value` is returned.
   *
   * @returns `value`
   * @example return transfer(pixels, [pixels.buffer]);
   */
  export function transfer<T>(value: T, list: readonly Transferable[]): T;

  /**
   * A pool of its own: its own workers, queue, limits and configuration, and all the verbs as methods.
   *
   * @example
   * await using pool = new Pool({ workers: 2 });
   * await pool.run(() => 6 * 7);
   */
  export class Pool implements AsyncDisposable {
    /** @throws ConfigError */
    constructor(config?: ConfigOptions);
    /** `shutdown()`: waits for its tasks. */
    [Symbol.asyncDispose](): Promise<void>;
  }
  export interface Pool extends Verbs {}

  /** The version of the package. */
  export const version: string;

  // -------------------------------------------------------------------------------------------------- errors

  /**
   * What is added, not enumerable, to errors that concern a task: the package's own, and those that tasks throw.
   *
   * @example
   * try { await run(work); } catch (error) { console.error((error as TaskError).taskName, error); }
   */
  export interface TaskErrorDetails {
    readonly taskId?: number;
    readonly taskName?: string;
    /** The task's `metadata`, where it has any. */
    readonly metadata?: Readonly<Record<string, unknown>>;
    /** The id of the worker it ran on; absent if it never started. */
    readonly workerThread?: number;
    /** Milliseconds that its last attempt ran. */
    readonly duration?: number;
    /** How many attempts there were. */
    readonly attempts?: number;
    /** The task's stack, followed by the place that submitted it, where known. */
    readonly stackTrace?: string;
    readonly nativeTrace?: string | null;
  }

  /** An error that a task threw, as it comes out of a handle: the same built-in or captured class, and the details. */
  export type TaskError<E extends Error = Error> = E & TaskErrorDetails;

  /** The classes of the package's own errors. `code` is the contract; match it, or use `instanceof`. */
  export namespace errors {
    /** What all of them are. They are made by the package alone. */
    class TaskletsError extends Error implements TaskErrorDetails {
      protected constructor(message: string, details?: object);
      readonly code: Code;
      readonly taskId?: number;
      readonly taskName?: string;
      readonly metadata?: Readonly<Record<string, unknown>>;
      readonly workerThread?: number;
      readonly duration?: number;
      readonly attempts?: number;
      readonly stackTrace?: string;
      readonly nativeTrace?: string | null;
    }

    /** The task ran longer than `timeout` (`phase: 'run'`) or waited longer than `queueTimeout` (`phase: 'queue'`). */
    class TimeoutError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_TIMEOUT';
      readonly phase: 'run' | 'queue';
    }

    /** The task was cancelled; `cause` is the reason. Its `name` is `'AbortError'`, as the platform has it. */
    class CancelledError extends TaskletsError {
      readonly name: 'AbortError';
      readonly code: 'ERR_TASKLETS_CANCELLED';
    }

    /** More than `queue.maxSize` tasks or `queue.maxBytes` bytes would wait, or `memory.limit` is reached. */
    class QueueFullError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_QUEUE_FULL';
    }

    /** The task was submitted during or after `shutdown`, or abandoned by it. */
    class ShutdownError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_SHUTDOWN';
    }

    /** The worker died under the task; `cause` says of what (an uncaught error, `process.exit()`). */
    class WorkerExitError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_WORKER_EXIT';
      readonly exitCode: number;
    }

    /** The task used more memory (bytes) or CPU time (milliseconds) than it may. */
    class ResourceLimitError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_MEMORY_LIMIT' | 'ERR_TASKLETS_CPU_LIMIT';
      readonly limit: number;
      readonly used: number;
    }

    /** An argument, result or thrown value that cannot be copied; `path` leads to it: `args[0].user.socket`. */
    class SerializationError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_UNSERIALIZABLE';
      readonly path: string;
    }

    /** A free variable that cannot travel. */
    class CaptureError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_CAPTURE';
      readonly variable: string;
      /** From the task to the thing. */
      readonly path: string;
      /** File, line and column of the function that uses it; `undefined` where the runtime does not say. */
      readonly location: string | undefined;
    }

    /** A task that this one waited for failed (`cause` is its error), or tasks wait for each other. */
    class DependencyError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_DEPENDENCY' | 'ERR_TASKLETS_CYCLE';
      /** The name of the task that failed. */
      readonly dependency: string;
    }

    /** What was given is no task. Its `name` is `'TypeError'`. */
    class InvalidTaskError extends TaskletsError {
      readonly name: 'TypeError';
      readonly code: 'ERR_TASKLETS_INVALID_TASK';
    }

    /** The module or its export cannot be loaded; `cause` says why. */
    class ModuleError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_MODULE';
    }

    /** An option is unknown or wrong. */
    class ConfigError extends TaskletsError {
      readonly code: 'ERR_TASKLETS_CONFIG';
      /** The dotted path: `workers.max`. */
      readonly option: string;
      readonly expected: string;
      readonly received: unknown;
    }

    /** All codes. */
    type Code =
      | 'ERR_TASKLETS_TIMEOUT'
      | 'ERR_TASKLETS_CANCELLED'
      | 'ERR_TASKLETS_QUEUE_FULL'
      | 'ERR_TASKLETS_SHUTDOWN'
      | 'ERR_TASKLETS_WORKER_EXIT'
      | 'ERR_TASKLETS_MEMORY_LIMIT'
      | 'ERR_TASKLETS_CPU_LIMIT'
      | 'ERR_TASKLETS_UNSERIALIZABLE'
      | 'ERR_TASKLETS_CAPTURE'
      | 'ERR_TASKLETS_DEPENDENCY'
      | 'ERR_TASKLETS_CYCLE'
      | 'ERR_TASKLETS_INVALID_TASK'
      | 'ERR_TASKLETS_MODULE'
      | 'ERR_TASKLETS_CONFIG';
  }

  /** One handle or several, as `dependsOn` takes them. */
  export type Dependencies = TaskHandle<unknown> | readonly TaskHandle<unknown>[];

  /** The results of handles, as a list of parameters. */
  export type DependencyResults<Handles> =
    Handles extends TaskHandle<infer R>
      ? [R]
      : Handles extends readonly unknown[]
        ? { -readonly [K in keyof Handles]: Handles[K] extends TaskHandle<infer R> ? R : never }
        : never;

  /** What can be moved. Of a view (a typed array, a `Buffer`, a `DataView`) that is its `buffer`. */
  export type Transferable = object & { readonly buffer?: never };

  /** A class of errors, as `instanceof` takes it. */
  export type ErrorClass = Function & { readonly prototype: Error };

  // ------------------------------------------------------------------ what the types above are made of

  // These are not exported.

  const exported: unique symbol;

  type SizeUnit = 'B' | 'KB' | 'MB' | 'GB' | 'TB';

  type AnyFunction = (...args: any) => unknown;

  type AnyGenerator<Yielded = any> = Generator<Yielded, any, any> | AsyncGenerator<Yielded, any, any>;

  /** Whether `R` is what a generator function returns. `any` and `never` are not. */
  type IsGenerator<R> = 0 extends 1 & R
    ? false
    : [R] extends [never]
      ? false
      : [R] extends [AnyGenerator]
        ? true
        : false;

  /**
   * Refuses generator functions, in words that end up in the compiler's message. Intersected with the task, or, where
   * a task may be generic, with the parameter after it: an intersected parameter makes a generic function's `T` unknown.
   */
  type Supported<R> =
    IsGenerator<R> extends true ? { readonly 'generator functions only work with `stream`': never } : unknown;

  /** The handle that a wrapped task returns. A conditional type here lets generic tasks stay generic. */
  type WrappedResult<R> = IsGenerator<R> extends true ? never : TaskHandle<Awaited<R>>;

  /** What TypeScript itself has since 5.4: a place from which nothing is inferred. */
  type NoInfer<T> = [T][T extends unknown ? 0 : never];

  /**
   * Refuses generic functions, which are not what their parameters and result make of them. A task that is inferred as
   * a whole lets a parameter have the type of its default, as in `(a: number, b = 2) => a + b`.
   */
  type Concrete<F> = Function extends F
    ? unknown
    : F extends (this: infer This, ...args: infer Args) => infer R
      ? ((this: This, ...args: Args) => R) extends F
        ? unknown
        : never
      : never;

  /** What `wrap` makes of a function. */
  type Wrapped<F> = F extends (this: never, ...args: infer Args) => infer R
    ? (...args: Args) => WrappedResult<R>
    : never;

  /** The function behind a task. */
  type FunctionOf<F> = F extends AnyFunction
    ? F
    : F extends ModuleTask<infer Args, infer R>
      ? (...args: Args) => R
      : never;

  type ParametersOf<F> = Parameters<FunctionOf<F>>;
  type ReturnOf<F> = ReturnType<FunctionOf<F>>;

  /** What a task comes to. Of a union only the tasks count: see `RunAllItem`. */
  type ResultOf<F> = F extends AnyFunction | ModuleTask ? Awaited<ReturnOf<F>> : never;

  /** `F` where it is a task at all. */
  type TaskIn<F> = F extends AnyFunction | ModuleTask ? F & Supported<ReturnOf<F>> : never;

  /** `F` where it is a task that needs no arguments. */
  type BareItem<F> = F extends AnyFunction | ModuleTask
    ? F &
        (FunctionOf<F> extends () => unknown
          ? Supported<ReturnOf<F>>
          : 'a task that needs arguments is given as `{ task, args }`')
    : never;

  /** A task with its options. What its dependencies give it is not checked. */
  type TaskItem<F> = { task: TaskIn<F> } & RepeatableTaskOptions<NoInfer<ResultOf<F>>> &
    ItemArgs<ParametersOf<F>>;

  type ItemArgs<Args extends readonly unknown[]> =
    | ((readonly [] extends Readonly<Args>
        ? { args?: Readonly<Args> | undefined }
        : { args: Readonly<Args> }) & {
        dependsOn?: undefined;
      })
    | { args?: readonly unknown[] | undefined; dependsOn: Dependencies };

  /** An item of `runAll`. From an object both `F` and its `task` are inferred; only the tasks are looked at. */
  type RunAllItem<F> = BareItem<F> | TaskItem<F>;

  /** An item of `batch`. `F` stands there by itself so that it is inferred before anybody asks what the task comes to. */
  type BatchItem<F> =
    (F extends AnyFunction | ModuleTask ? never : F extends never ? F : never) | TaskItem<F>;

  /** A conditional type: a type that is expected of the results says nothing about the tasks. */
  type BatchResults<Tasks> = Tasks extends readonly unknown[]
    ? { -readonly [K in keyof Tasks]: BatchResult<ResultOf<Tasks[K]>> }
    : never;

  /** A list of as many items as there happen to be, as `map` makes one: what `Item` says of each. A tuple is none. */
  type Listed<List extends readonly unknown[], Item> = number extends List['length']
    ? readonly Item[]
    : never;

  /** An item of such a list. The array that its `args` are may have no known length either. */
  type ListedItem<Item> = Item extends AnyFunction | ModuleTask ? BareItem<Item> : ListedTask<Item>;
  type ListedTask<Item> = Item extends { readonly task: infer F }
    ? { task: TaskIn<F> } & RepeatableTaskOptions<ResultOf<F>> & ListedArgs<Item, ParametersOf<F>>
    : never;
  type ListedArgs<Item, Args extends readonly unknown[]> = Item extends { readonly args: infer Given }
    ? Given extends { readonly length: infer Length }
      ? number extends Length
        ? { args: readonly Args[number][]; dependsOn?: undefined }
        : ItemArgs<Args>
      : never
    : ItemArgs<Args>;

  type ListedResult<Item> = Item extends AnyFunction | ModuleTask
    ? ResultOf<Item>
    : Item extends { readonly task: infer F }
      ? ResultOf<F>
      : never;

  /** Refuses a name that the graph has, where the names are known. */
  type NewName<Name, Results> = string extends keyof Results
    ? unknown
    : Name extends keyof Results
      ? 'the graph has a task of this name'
      : unknown;

  /** The results of the named tasks, as a list of parameters. */
  type ResultsOf<Results, Names extends readonly (keyof Results)[]> = {
    -readonly [K in keyof Names]: Results[Names[K]];
  };

  /** The exports of a module that can be called. */
  type FunctionNames<Module> = {
    [K in keyof Module]: Module[K] extends AnyFunction ? K & string : never;
  }[keyof Module];

  // `import tasklets from`, `require('tasklets').default` and `require('tasklets')` are the same object.
  export { tasklets as default };
}

export = tasklets;
