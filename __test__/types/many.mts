import { batch, map, module, run, runAll, stream, type BatchResult } from 'tasklets';
import { exactly } from './exactly.js';

declare function add(a: number, b: number): number;
declare function mode(mode: 'fast' | 'slow', weights: number[]): Promise<Date>;
declare function identity<T>(value: T): T;
declare const names: string[];
declare function lines(): AsyncIterable<string>;
const resize = module<typeof import('./fixture.js'), 'resize'>('/resize.js', 'resize');
const image = new Uint8Array(1);

// runAll: a tuple in, a tuple out.
exactly<Promise<[number, string]>>()(runAll([() => 1, async () => 'x']));
exactly<Promise<[]>>()(runAll([]));
exactly<Promise<[number, Date]>>()(
  runAll([
    { task: add, args: [1, 2], priority: 'high' },
    { task: mode, args: ['fast', [1]] },
  ]),
);
exactly<Promise<[Uint8Array, number]>>()(
  runAll([{ task: resize, args: [image, 5] }, () => 1], { failFast: false, timeout: 5 }),
);
exactly<Promise<number[]>>()(runAll(names.map((name) => () => name.length)));
exactly<Promise<number[]>>()(runAll(names.map((name) => ({ task: () => name.length, name }))));
exactly<Promise<boolean[]>>()(
  runAll(
    names.map((name) => ({ task: (text: string, end: string) => text.endsWith(end), args: [name, 'x'] })),
  ),
);
// @ts-expect-error a string is no number
runAll(names.map((name) => ({ task: (n: number) => n, args: [name] })));
// @ts-expect-error a generator function
runAll(names.map((name) => ({ task: function* (text: string) {}, args: [name] })));
// @ts-expect-error a task that needs arguments
runAll(names.map(() => ({ task: add })));
exactly<Promise<[any, never]>>()(runAll([() => JSON.parse(''), (): never => process.exit()]));
exactly<Promise<[string]>>()(runAll([{ task: (n: number) => String(n), dependsOn: run(() => 1) }]));
runAll([{ task: () => 1, onComplete: (result) => exactly<number>()(result) }]);
// @ts-expect-error a task that needs arguments
runAll([add]);
// @ts-expect-error a task that needs arguments
runAll([{ task: add }]);
// @ts-expect-error a string is no number
runAll([{ task: add, args: [1, '2'] }]);
// @ts-expect-error one argument is too many
runAll([{ task: add, args: [1, 2, 3] }]);
// @ts-expect-error arguments of a module's export
runAll([{ task: resize, args: [image, 'wide'] }]);
// @ts-expect-error a generator function
runAll([function* () {}]);
// @ts-expect-error a generator function
runAll([{ task: function* () {} }]);
// @ts-expect-error a class
runAll([class {}]);
// @ts-expect-error a number
runAll([5]);
// @ts-expect-error a misspelt option
runAll([{ task: () => 1, timeuot: 5 }]);
// @ts-expect-error an option of the wrong type
runAll([{ task: () => 1, timeout: '5' }]);
// @ts-expect-error a misspelt option
runAll([() => 1], { failfast: false });

// batch: each result by itself.
const results = await batch(
  [
    { name: 'one', task: () => 1 },
    { name: 'add', task: add, args: [1, 2], retry: 3 },
    { task: mode, args: ['slow', []] },
  ],
  {
    concurrency: 2,
    stopOnError: true,
    onProgress: ({ percentage, name }) => [percentage.toFixed(), name.trim()],
  },
);
exactly<[BatchResult<number>, BatchResult<number>, BatchResult<Date>]>()(results);
if (results[2].success) exactly<Date>()(results[2].result);
else exactly<unknown>()(results[2].error);
exactly<Promise<BatchResult<string>[]>>()(batch(names.map((name) => ({ name, task: async () => name }))));
exactly<Promise<BatchResult<string>[]>>()(
  batch(names.map((name) => ({ name, task: async (text: string) => text, args: [name] }))),
);
const asArray: BatchResult<number>[] = await batch([{ name: 'one', task: () => 1 }]);
exactly<BatchResult<number>[]>()(asArray);
// @ts-expect-error a string is no number
batch(names.map((name) => ({ name, task: (n: number) => n, args: [name] })));
// @ts-expect-error an item is an object
batch(names.map((name) => () => name));
// @ts-expect-error an item is an object
batch([() => 1]);
// @ts-expect-error arguments are missing
batch([{ name: 'add', task: add }]);
// @ts-expect-error not a task
batch([{ name: 'five', task: 5 }]);

// map: the item and its index.
exactly<Promise<number[]>>()(map((n) => n * 2, [1, 2]));
exactly<Promise<string[]>>()(map(async (n: number, index: number) => `${n} ${index}`, new Set([1])));
exactly<Promise<boolean[]>>()(
  map((entry) => entry[1], new Map([['a', true]]), { chunkSize: 10, concurrency: 2 }),
);
exactly<Promise<(string | number)[]>>()(map((value: string | number) => value, [1]));
exactly<Promise<number[]>>()(map(module<(name: string) => number>('/work.js'), names));
exactly<Promise<number[]>>()(map(identity, [1]));
// @ts-expect-error items are numbers
map((text: string) => text, [1]);
// @ts-expect-error there is no third argument
map((_item: number, _index: number, all: number[]) => all, [1]);
declare function digits(n: number): Generator<number>;
// @ts-expect-error a generator function
map(digits, [1]);
// @ts-expect-error not iterable
map((n) => n, 5);
// @ts-expect-error an async source is for stream
map((line: string) => line, lines());

// stream: over a source, or what a generator yields.
exactly<AsyncIterableIterator<number>>()(stream((n) => n * 2, [1, 2], { ordered: false }));
exactly<AsyncIterableIterator<string>>()(stream(async (line) => line.trim(), lines(), { concurrency: 4 }));
exactly<AsyncIterableIterator<number>>()(
  stream(function* () {
    yield 1 as number;
  }),
);
exactly<AsyncIterableIterator<string>>()(
  stream(
    async function* (n: number) {
      yield String(n);
    },
    { args: [1], priority: 'low' },
  ),
);
const rows = module<typeof import('./fixture.js'), 'rows'>('/rows.js', 'rows');
exactly<AsyncIterableIterator<string[]>>()(stream(rows, { args: ['a.csv'] }));
for await (const row of stream(rows, { args: ['a.csv'] })) exactly<string[]>()(row);
// @ts-expect-error neither a source nor a generator function
stream((n: number) => n);
// @ts-expect-error arguments are missing
stream(function* (n: number) {
  yield n;
});
// @ts-expect-error arguments, but not a generator function
stream((n: number) => n, { args: [1] });
// @ts-expect-error items are numbers
stream((text: string) => text, [1]);
