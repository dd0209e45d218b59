import {
  batch,
  graph,
  map,
  module,
  retry,
  run,
  runAll,
  stream,
  wrap,
  type Graph,
  type TaskHandle,
} from 'tasklets';
import { exactly } from './exactly.js';

declare function identity<T>(value: T): T;
declare function add(a: number, b: number): number;

// wrap keeps the parameters.
const plain = wrap(add);
exactly<(a: number, b: number) => TaskHandle<number>>()(plain);
const several = wrap(async (a: number, _b?: string, ..._rest: boolean[]) => a, { timeout: 5, retry: 2 });
exactly<(a: number, b?: string, ...rest: boolean[]) => TaskHandle<number>>()(several);
const now = wrap(() => new Date(), { onComplete: (date) => exactly<Date>()(date) });
exactly<() => TaskHandle<Date>>()(now);
exactly<TaskHandle<number>[]>()([1, 2].map(wrap((n: number) => n * 2)));
const scaled = wrap(
  function (scale: number) {
    return this.x * scale;
  },
  { this: { x: 1 } },
);
exactly<(scale: number) => TaskHandle<number>>()(scaled);
const same = wrap(identity);
exactly<TaskHandle<number>>()(same<number>(5));
exactly<TaskHandle<string>>()(same('x' as string));
exactly<TaskHandle<number>>()(run(wrap(add), { args: [1, 2] }));

// A wrapped task is a task for every verb.
const doubled = wrap((n: number) => n * 2, { timeout: 500 });
exactly<TaskHandle<number>>()(retry(doubled, { args: [1] }));
exactly<Promise<number[]>>()(map(doubled, [1, 2]));
exactly<AsyncIterableIterator<number>>()(stream(doubled, [1, 2]));
exactly<Promise<[number, Date]>>()(runAll([wrap(() => 1), wrap(() => new Date())]));
exactly<TaskHandle<number>>()(wrap(doubled, { retry: 2 })(1));
exactly<Promise<{ a: number; b: number }>>()(
  graph()
    .add(
      'a',
      wrap(() => 1),
    )
    .add('b', doubled, { dependsOn: ['a'] })
    .run(),
);
batch([{ name: 'x', task: doubled, args: [1] }]).then(([one]) => {
  if (one.success) exactly<number>()(one.result);
});
// @ts-expect-error -- the items are no strings
map(doubled, ['1']);
// @ts-expect-error a string is no number
wrap(add)(1, '2');
// @ts-expect-error a class
wrap(class {});
// @ts-expect-error arguments come with the call
wrap(add, { args: [1, 2] });
// @ts-expect-error nothing to call: a generator function
wrap(function* () {})().id;

// wrap: a parameter with a default has the default's type.
const withDefault = wrap((n: number, factor = 2) => n * factor);
exactly<(n: number, factor?: number | undefined) => TaskHandle<number>>()(withDefault);
const named = wrap((name = 'x') => name, { timeout: 5 });
exactly<(name?: string | undefined) => TaskHandle<string>>()(named);
exactly<TaskHandle<string>>()(wrap(({ a = 1, b = 'x' } = {}, n = 1) => `${a}${b}${n}`)());
wrap((n = 1) => String(n), { onComplete: (text) => exactly<string>()(text) });
exactly<TaskHandle<'k'>>()(wrap(<T extends string>(value: T) => value)('k'));
exactly<TaskHandle<number>>()(wrap(Math.max)(1, 2));
wrap(null! as any);
// @ts-expect-error a string is no number
withDefault(1, 'x');
// @ts-expect-error a misspelt option
wrap((n = 1) => n, { timeuot: 5 });
// @ts-expect-error a number
wrap(5);
graph()
  .add('one', () => 1)
  .add('sum', (one: number, other = 3) => one + other, { dependsOn: ['one'] });

// module: by the module's type, by a function's type, or unchecked.
const resize = module<typeof import('./fixture.js'), 'resize'>(new URL('file:///resize.js'), 'resize');
exactly<TaskHandle<Uint8Array>>()(run(resize, { args: [new Uint8Array(1), 640] }));
exactly<TaskHandle<Uint8Array>>()(run(resize, { args: [new Uint8Array(1), 640, 'webp'] }));
exactly<TaskHandle<Uint8Array>>()(wrap(resize)(new Uint8Array(1), 640, 'webp'));
// @ts-expect-error no such format
wrap(resize)(new Uint8Array(1), 640, 'bmp');
const main = module<typeof import('./fixture.js'), 'default'>('/resize.js', 'default');
exactly<TaskHandle<number>>()(run(main));
exactly<TaskHandle<Date>>()(run(module<(at: number) => Promise<Date>>('/date.js'), { args: [1] }));
exactly<TaskHandle<unknown>>()(run(module('/any.js', 'thing'), { args: [1, 'x'] }));
exactly<TaskHandle<unknown>>()(run(module('/any.js')));
// @ts-expect-error arguments are missing
run(resize);
// @ts-expect-error a string is no number
run(resize, { args: [new Uint8Array(1), '640'] });
// @ts-expect-error no such export
module<typeof import('./fixture.js'), 'rotate'>('/resize.js', 'rotate');
// @ts-expect-error an export, but no function
module<typeof import('./fixture.js'), 'version'>('/resize.js', 'version');
// @ts-expect-error two different names
module<typeof import('./fixture.js'), 'resize'>('/resize.js', 'rows');
// @ts-expect-error a generator function only works with stream
run(module<typeof import('./fixture.js'), 'rows'>('/rows.js', 'rows'), { args: ['a.csv'] });

// graph: results gather under their names.
exactly<Promise<{ a: number; b: string; c: readonly [number, string]; d: boolean }>>()(
  graph()
    .add('a', () => 1)
    .add('b', async (a: number) => String(a), { dependsOn: ['a'], timeout: 5 })
    .add('c', (a, b) => [a, b] as const, { dependsOn: ['a', 'b'] })
    .add('d', (c: readonly [number, string], flag: boolean) => flag, { dependsOn: ['c'], args: [true] })
    .run(),
);
exactly<Promise<{ sum: number }>>()(
  graph()
    .add('sum', add, { args: [1, 2] })
    .run(),
);
exactly<string>()(graph().toDot() + graph().toMermaid());
let dynamic: Graph<Record<string, unknown>> = graph<Record<string, unknown>>();
for (const name of ['a', 'b']) dynamic = dynamic.add(name, () => 1, { dependsOn: ['later'] });
exactly<Promise<{ [x: string]: unknown }>>()(dynamic.run());
const start = graph().add('a', () => 1);
// @ts-expect-error the name is taken
start.add('a', () => 2);
// @ts-expect-error no such task
start.add('b', () => 2, { dependsOn: ['q'] });
// @ts-expect-error the result of a is a number
start.add('b', (a: string) => a, { dependsOn: ['a'] });
// @ts-expect-error nothing gives it a
start.add('b', (a: number) => a);
// @ts-expect-error one argument is missing
start.add('b', add, { args: [1] });
// @ts-expect-error a generator function
start.add('b', function* () {});
