// The rest of the package, from an ES module.
import tasklets, { config, current, errors, explain, Pool, shutdown } from 'tasklets';
import * as namespace from 'tasklets';
import type { Config, Health, ShutdownReport, Stats, TaskContext, TaskError, TaskHandle } from 'tasklets';
import { exactly } from './exactly.js';

// One object, whichever way it came.
exactly<typeof tasklets>()(tasklets.default);
exactly<typeof tasklets.run>()(namespace.run);
exactly<typeof tasklets.errors>()(errors);
exactly<string>()(tasklets.version);

// The names that index.js exports; __test__/types.test.js compares the same list with the package at run time.
exactly<
  | 'Pool'
  | 'batch'
  | 'cancel'
  | 'config'
  | 'configFromEnv'
  | 'configFromFile'
  | 'current'
  | 'default'
  | 'errors'
  | 'explain'
  | 'getActiveTaskCount'
  | 'getHealth'
  | 'getStats'
  | 'graph'
  | 'map'
  | 'module'
  | 'onShutdown'
  | 'reportProgress'
  | 'retry'
  | 'run'
  | 'runAll'
  | 'shutdown'
  | 'start'
  | 'stream'
  | 'transfer'
  | 'version'
  | 'wrap'
>()(null! as keyof typeof tasklets);

// Configuration.
exactly<Config>()(config());
exactly<number>()(config({ workers: 4, timeout: 30_000, logging: 'info' }).workers.max);
config({ workers: 'auto', timeout: { default: 5, perTask: false }, maxMemory: '2GB' });
config({ workers: { min: 0, max: 'cpu_count * 2', scaling: 'fixed', idleTimeout: 1, concurrency: 8 } });
config({
  workers: { scaleUpThreshold: 0.9, scaleDownThreshold: 0.1, spare: 1, maxTasksPerWorker: Infinity },
});
config({
  queue: { maxSize: 10, maxBytes: '1 gb' },
  memory: { limit: 5e9, perWorker: '0.5GB', cleanup: 'aggressive' },
});
config({ workers: 'cpu_count - 1' });
config({ retry: { attempts: 5 }, capture: 'explicit', gracefulSignals: true, lowLatency: 20 });
config({ logging: { level: 'debug', format: 'json', destination: console } });
config({ logging: { destination: '/var/log/tasks.log' } });
exactly<Config>()(tasklets.configFromFile(new URL('tasklets.yaml', import.meta.url)));
exactly<Config>()(tasklets.configFromEnv(process.env));
// @ts-expect-error frozen
config().workers.max = 5;
// @ts-expect-error a misspelt option
config({ wokers: 4 });
// @ts-expect-error a misspelt option, further in
config({ queue: { maxsize: 4 } });
// @ts-expect-error a file has no functions
config({ retry: { onRetry() {} } });
// @ts-expect-error no such level
config({ logging: 'loud' });
// @ts-expect-error a logger has four methods
config({ logging: { destination: { info() {} } } });

// A pool of its own.
await using pool = new Pool({ workers: 2 });
exactly<TaskHandle<number>>()(pool.run((n) => n, { args: [1] }));
exactly<Promise<[number]>>()(pool.runAll([() => 1]));
exactly<Promise<void>>()(pool[Symbol.asyncDispose]());
exactly<Promise<ShutdownReport>>()(pool.shutdown({ timeout: 0, cancelPending: true, force: true }));
class Traced extends Pool {
  traced = 0;
}
exactly<Config>()(new Traced().config());
// @ts-expect-error a misspelt option
new Pool({ worker: 2 });

// Ending and looking in.
exactly<boolean>()((await shutdown()).graceful);
exactly<() => void>()(tasklets.onShutdown(async () => {}));
exactly<void>()(tasklets.start());
exactly<Health>()(tasklets.getHealth());
exactly<Stats>()(tasklets.getStats());
exactly<number>()(tasklets.getStats().runTime.p999);
exactly<number>()(tasklets.getActiveTaskCount());
exactly<boolean>()(tasklets.cancel(1, 'enough'));
exactly<readonly string[]>()(explain(config, { captures: { a: 1 } }).modules);
exactly<string | undefined>()(explain(config).refused?.message);

// Inside a task.
exactly<TaskContext | undefined>()(current());
const context = current()!;
exactly<AbortSignal>()(context.signal);
exactly<number | null>()(context.deadline);
context.reportProgress(0.5, { file: 'a' });
tasklets.reportProgress(0.5);
const pixels = new Uint8Array(1);
exactly<typeof pixels>()(tasklets.transfer(pixels, [pixels.buffer]));
// @ts-expect-error the buffer is what moves
tasklets.transfer(pixels, [pixels]);

// Errors.
try {
  await tasklets.run(() => 1);
} catch (error) {
  if (error instanceof errors.TimeoutError) exactly<'run' | 'queue'>()(error.phase);
  if (error instanceof errors.CancelledError) exactly<'AbortError'>()(error.name);
  if (error instanceof errors.WorkerExitError) exactly<number>()(error.exitCode);
  if (error instanceof errors.ResourceLimitError) exactly<number>()(error.limit + error.used);
  if (error instanceof errors.SerializationError) exactly<string>()(error.path);
  if (error instanceof errors.CaptureError) exactly<string>()(error.variable);
  if (error instanceof errors.DependencyError) exactly<unknown>()(error.cause);
  if (error instanceof errors.ConfigError) exactly<string>()(error.option);
  if (error instanceof errors.TaskletsError) {
    exactly<errors.Code>()(error.code);
    exactly<number | undefined>()(error.taskId);
    // @ts-expect-error no such code
    error.code === 'ERR_TASKLETS_TIMEUOT';
  }
  if (error instanceof TypeError) exactly<string | undefined>()((error as TaskError<TypeError>).stackTrace);
}
exactly<'ERR_TASKLETS_MEMORY_LIMIT' | 'ERR_TASKLETS_CPU_LIMIT'>()(null! as errors.ResourceLimitError['code']);
// @ts-expect-error made by the package alone
new errors.TimeoutError('late');
await tasklets.retry(() => 1, { retryOn: [errors.TimeoutError, DOMException, 'ECONNRESET'] });
