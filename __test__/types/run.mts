import {
  run,
  retry,
  type RunOptions,
  type Task,
  type TaskHandle,
  type TaskState,
  type TaskUsage,
} from 'tasklets';
import { exactly } from './exactly.js';

interface Point {
  x: number;
  y: number;
}
declare function add(a: number, b: number): number;
declare function load(id: string, deep?: boolean): Promise<Point>;
declare function sum(...values: number[]): number;
declare function mode(mode: 'fast' | 'slow'): void;
declare function parse(text: string): string[];
declare function parse(bytes: Uint8Array): number[];
declare function nested(rows: number[][], options: { deep: { tags: string[] } }): boolean;
declare function identity<T>(value: T): T;
declare function pair<A, B>(a: A, b: B): Promise<[A, B]>;
declare const list: number[];
declare const signal: AbortSignal;

// Results are awaited, and as wide as the function says.
exactly<TaskHandle<number>>()(run(() => 1));
exactly<TaskHandle<string>>()(run(async () => 'x'));
exactly<TaskHandle<void>>()(run(async () => {}));
exactly<TaskHandle<undefined>>()(run(() => undefined));
exactly<TaskHandle<{ kind: 'a'; n: number }>>()(run(() => ({ kind: 'a' as const, n: 1 })));
exactly<TaskHandle<never>>()(
  run(() => {
    throw new Error('no');
  }),
);
exactly<TaskHandle<any>>()(run(() => JSON.parse('1')));
exactly<TaskHandle<number>>()(run(() => run(() => 1)));
exactly<Promise<[number, string]>>()(Promise.all([run(() => 1), run(() => 'x')]));
exactly<number>()(await run(add, { args: [1, 2] }));
// A parameter with a default has the argument's type, or none in particular where there is no argument for it.
exactly<number>()(await run((n: number, factor = 2) => n * factor, { args: [1, 3] }));
exactly<string>()(await run((text: string, count = 2) => text.repeat(count), { args: ['x'] }));
exactly<string>()(await retry((text: string, count = 2) => text.repeat(count), { args: ['x'] }));
exactly<string>()(
  await run((n: number, text = 'x') => text.repeat(n) as string, { dependsOn: run(() => 1) }),
);

// Arguments are those of the function.
exactly<TaskHandle<number>>()(run(add, { args: [1, 2] }));
exactly<TaskHandle<Point>>()(run(load, { args: ['a'] }));
exactly<TaskHandle<Point>>()(run(load, { args: ['a', true] }));
exactly<TaskHandle<number>>()(run(sum));
exactly<TaskHandle<number>>()(run(sum, { args: [1, 2, 3] }));
exactly<TaskHandle<number>>()(run(sum, { args: list }));
exactly<TaskHandle<number>>()(run(Math.max, { args: [1, 2] }));
exactly<TaskHandle<void>>()(run(mode, { args: ['fast'] }));
exactly<TaskHandle<number[]>>()(run(parse, { args: [new Uint8Array(1)] }));
exactly<TaskHandle<boolean>>()(run(nested, { args: [[[1]], { deep: { tags: ['t'] } }] }));
exactly<TaskHandle<string>>()(run((a: number, b: string) => b.repeat(a), { args: [1, 'x'] as const }));
exactly<TaskHandle<number>>()(run(identity, { args: [1] }));
exactly<TaskHandle<[number, string]>>()(run(pair, { args: [1, 'x'] }));
// @ts-expect-error arguments are missing
run(add);
// @ts-expect-error arguments are missing
run(add, { timeout: 5 });
// @ts-expect-error one argument is missing
run(add, { args: [1] });
// @ts-expect-error one argument is too many
run(add, { args: [1, 2, 3] });
// @ts-expect-error a string is no number
run(add, { args: [1, '2'] });
// @ts-expect-error a function without parameters takes no arguments
run(() => 1, { args: [1] });
// @ts-expect-error not one of the two words
run(mode, { args: ['medium'] });
// @ts-expect-error only the last overload counts
run(parse, { args: ['text'] });

// Parameters without types get them from the arguments.
exactly<TaskHandle<[number, string]>>()(run((a, b) => [a, b] as [number, string], { args: [1, 'x'] }));
run((point) => exactly<{ x: number; y: number }>()(point), { args: [{ x: 1, y: 2 }] });

// `this` comes from the option.
exactly<TaskHandle<number>>()(
  run(
    function (scale: number) {
      return this.x * scale;
    },
    { this: { x: 1 }, args: [2] },
  ),
);
exactly<TaskHandle<number>>()(
  run(
    function () {
      return this.width * this.height;
    },
    { this: { width: 3, height: 4 } },
  ),
);
declare function length(this: Point): number;
run(length, { this: { x: 1, y: 2 } });
// @ts-expect-error y is missing
run(length, { this: { x: 1 } });

// Results of dependencies are the first parameters.
const one = run(() => 1);
const text = run(async () => 'x');
exactly<TaskHandle<string>>()(run((n: number, s: string) => s.repeat(n), { dependsOn: [one, text] }));
exactly<TaskHandle<number>>()(run((n) => n, { dependsOn: one }));
exactly<TaskHandle<readonly [number, string, boolean]>>()(
  run((n, s, flag) => [n, s, flag] as const, { dependsOn: [one, text], args: [true] }),
);
exactly<TaskHandle<number>>()(run(sum, { dependsOn: list.map((n) => run(() => n)) }));
exactly<TaskHandle<boolean>>()(run(() => true, { dependsOn: [one, text] }));
// @ts-expect-error the result is a number
run((n: string) => n, { dependsOn: one });
// @ts-expect-error the second result is a string
run((n: number, m: number) => n + m, { dependsOn: [one, text] });
// @ts-expect-error there is no second argument
run(add, { dependsOn: one });
// @ts-expect-error a promise is no handle
run(() => 1, { dependsOn: Promise.resolve(1) });

// `Task` is any of them.
const tasks: Task[] = [() => 1, add, load, sum, length, identity];
exactly<Task>()(tasks[0]!);
// @ts-expect-error a class
tasks.push(Map);

// What is no task is refused.
// @ts-expect-error a generator function
run(function* () {
  yield 1;
});
declare function ticks(count: number): AsyncGenerator<number>;
// @ts-expect-error an async generator function with an argument
run(ticks, { args: [1] });
// @ts-expect-error a class
run(class {});
// @ts-expect-error a class
run(Map);
// @ts-expect-error a number
run(5);
// @ts-expect-error the text of a function
run('() => 1');

// Options.
run(() => 1, {
  name: 'one',
  timeout: Infinity,
  queueTimeout: 100,
  priority: 'critical',
  signal,
  cancellable: true,
  grace: 0,
  retry: { attempts: 5, backoff: 'linear', jitter: 0.5, retryOn: [TypeError, 'ECONNRESET'] },
  captures: { n: 1 },
  transfer: [new ArrayBuffer(1), new MessageChannel().port1],
  metadata: { user: 1 } satisfies Record<string, number>,
  limits: { memory: '256MB', cpuTime: 10 },
  onProgress: (percent, info) => {
    exactly<number>()(percent);
    exactly<unknown>()(info.detail);
  },
  onComplete: (result) => exactly<number>()(result),
  onError: (error) => exactly<unknown>()(error),
  onStart: ({ attempt }) => exactly<number>()(attempt),
});
run(add, { args: [1, 2], onComplete: (result) => exactly<number>()(result) });
run(() => 1, { timeout: undefined, args: undefined, signal: undefined, dependsOn: undefined });
run(() => 1, { metadata: one.usage ?? {} });
const shared: RunOptions = { timeout: 5, onComplete: (result) => exactly<unknown>()(result) };
run(() => 1, shared);
run(add, { ...shared, args: [1, 2] });
// @ts-expect-error a misspelt option
run(() => 1, { timeuot: 5 });
// @ts-expect-error a misspelt option beside arguments
run(add, { args: [1, 2], timeuot: 5 });
// @ts-expect-error no such priority
run(() => 1, { priority: 'urgent' });
// @ts-expect-error milliseconds are a number
run(() => 1, { timeout: '5s' });
// @ts-expect-error no such unit
run(() => 1, { limits: { memory: '256 megs' } });
// @ts-expect-error the buffer is what moves
run(() => 1, { transfer: [new Uint8Array(1)] });
// @ts-expect-error the result is a number
run(() => 1, { onComplete: (result: string) => result });

// The handle.
exactly<number>()(one.id);
exactly<TaskState>()(one.state);
exactly<number | null>()(one.worker);
exactly<TaskUsage | null>()(one.usage);
exactly<boolean>()(one.cancel(new Error('enough')));
exactly<TaskHandle<number>>()(one.onComplete((n) => exactly<number>()(n)).onError(() => {}));
exactly<TaskHandle<number>>()(one.onProgress((percent) => exactly<number>()(percent)).setMetadata('k', 1));
exactly<unknown>()(one.getMetadata('k'));
exactly<Readonly<Record<string, unknown>>>()(one.getMetadata());
exactly<Promise<string>>()(one.then(String));
// @ts-expect-error read only
one.progress = 1;

// `retry` is `run` with the options of retrying beside the others.
exactly<TaskHandle<number>>()(retry(() => 1));
exactly<TaskHandle<Point>>()(
  retry(load, { args: ['a'], attempts: 5, retryOn: (error, attempt) => attempt < 3 }),
);
exactly<TaskHandle<number>>()(
  retry((n) => n, { dependsOn: one, onRetry: (_error, _attempt, wait) => exactly<number>()(wait) }),
);
// @ts-expect-error attempts and the rest are not inside
retry(() => 1, { retry: 5 });
// @ts-expect-error arguments are missing
retry(load);
// @ts-expect-error a generator function
retry(function* () {});
// @ts-expect-error not a class of errors
retry(() => 1, { retryOn: [Map] });
