import testing, { deterministic, flush, inline, injectFailure, restoreAll } from 'tasklets/testing';
import { exactly } from './exactly.js';

exactly<() => void>()(() => inline()());
const restore = inline();
restore();
restore[Symbol.dispose]();
const seeded: testing.Restore = deterministic(5);
deterministic('text');
deterministic();
seeded();
injectFailure();
injectFailure({ probability: 0.5, error: TypeError, task: /^up/, times: 2 });
injectFailure({
  error: ({ name, attempt }: testing.AttemptInfo) => new Error(`${name} ${attempt}`),
  task: 'upload',
});
exactly<Promise<void>>()(flush());
exactly<void>()(restoreAll());

// @ts-expect-error seeds are numbers or texts
deterministic({});
// @ts-expect-error a probability is a number
injectFailure({ probability: '1' });
// @ts-expect-error there is no such option
injectFailure({ propability: 1 });
