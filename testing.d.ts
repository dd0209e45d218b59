/// <reference types="node" />
/// <reference lib="esnext.disposable" />

/**
 * For tests of code that uses `tasklets`: tasks on the calling thread, in an order that can be repeated, with failures
 * on request.
 *
 * ```js
 * import { inline, deterministic, injectFailure, flush, restoreAll } from 'tasklets/testing';
 * ```
 *
 * Functions, arguments, results and errors take the way that they always take, as copies; handles are the same. What
 * needs a thread of its own is not there: a synchronous task cannot be interrupted, and what would end a worker
 * (`process.exit()`, an uncaught error, too much memory) happens to the process of the test. `docs/testing.md` has the
 * whole list.
 *
 * All pools are concerned, those that exist and those that are made meanwhile. Each request is taken back on its own, in
 * any order; when the last one is, new tasks go to workers again. Tasks that are pending then come to their end here.
 */
declare namespace testing {
  /**
   * Takes back what was asked for, once. As it looks at none of its arguments, it can be handed to any hook:
   * `t.after(inline())`. Where the language has it, `using` calls it at the end of the block.
   */
  export type Restore = (() => void) & Disposable;

  /**
   * Tasks run on the calling thread, as soon as they are submitted: a synchronous one has ended when `run` returns. None
   * begins inside another one; what a task submits begins when it has returned, or awaits.
   *
   * @example
   * test('resizes', async (t) => {
   *   t.after(inline());
   *   assert.equal(await resizeAll(['a.png']), 1);
   * });
   */
  export function inline(): Restore;

  /**
   * Tasks run on the calling thread, one at the end of each turn of the microtask queue. Which of those with the highest
   * priority is next is decided by `seed`: the same program has the same order every time, and another seed gives
   * another one. `jitter` and {@link injectFailure} use the same numbers.
   *
   * @param seed a finite number or any text
   * @default 1
   * @example
   * for (const seed of [1, 2, 3, 4, 5]) {
   *   using _ = deterministic(seed);
   *   await importOrders(orders);
   * }
   */
  export function deterministic(seed?: number | string): Restore;

  /** What {@link injectFailure} lets fail, and how. */
  export interface FailureOptions {
    /**
     * How many of the attempts fail, from 0 to 1. Drawn for each attempt, from the numbers of {@link deterministic},
     * or else from `Math.random`.
     *
     * @default 1
     * @example injectFailure({ probability: 0.1 });
     */
    probability?: number | undefined;
    /**
     * What attempts fail with: a class of errors, a function that makes one for each, or a value that is thrown as it
     * is.
     *
     * @default an `Error`
     * @example injectFailure({ error: ({ attempt }) => Object.assign(new Error(`no. ${attempt}`), { code: 'ECONNRESET' }) });
     */
    error?: unknown;
    /**
     * Only tasks of this name, or of a name that matches.
     *
     * @default all tasks
     * @example injectFailure({ task: /^upload/ });
     */
    task?: string | RegExp | undefined;
    /**
     * No more than so many attempts; an integer from 1 up, or `Infinity`.
     *
     * @default Infinity
     * @example injectFailure({ times: 2 }); // `retry` succeeds with the third
     */
    times?: number | undefined;
  }

  /** Which attempt is about to fail. */
  export interface AttemptInfo {
    readonly taskId: number;
    readonly name: string;
    /** From 1. */
    readonly attempt: number;
    readonly metadata: Readonly<Record<string, unknown>>;
  }

  /**
   * Lets attempts of tasks fail instead of calling their functions. Tasks run on the calling thread meanwhile, as with
   * {@link inline}. Of several, the latest is asked first.
   *
   * @throws ConfigError for an option that is unknown or wrong
   * @example
   * injectFailure({ times: 2 });
   * const handle = retry(download);
   * await flush(); // does not wait between attempts
   * assert.equal(handle.attempts, 3);
   */
  export function injectFailure(options?: FailureOptions): Restore;

  /**
   * Begins all tasks that wait, before it returns, without waits between attempts, and resolves when no task is pending
   * any more, those included that were submitted meanwhile. It does not wait for tasks on workers.
   *
   * @example
   * service.start();
   * await flush();
   * assert.deepEqual(service.results, [1, 2, 3]);
   */
  export function flush(): Promise<void>;

  /** Takes back all that was asked for: for `afterEach(restoreAll)`. */
  export function restoreAll(): void;
}

export = testing;
