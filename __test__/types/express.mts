// `tasklets/express`, with the types of Express 5; tsconfig.express4.json has those of Express 4.
import express, { type Request } from 'express';
import { module, Pool } from 'tasklets';
import * as namespace from 'tasklets/express';
import { healthRoute, metricsRoute, offload, type OffloadedRequest } from 'tasklets/express';
import { exactly } from './exactly.js';

exactly<'healthRoute' | 'metricsRoute' | 'offload'>()(null! as Exclude<keyof typeof namespace, 'default'>);

const app = express();
const pool = new Pool();

// The request is typed; its parameters are strings, or what one says.
app.get(
  '/fib/:n',
  offload(({ params }) => Number(params.n)),
);
app.get(
  '/fib/:n',
  offload<{ n: string }>(({ params, method, query, headers, ip, cookies, body }) => {
    exactly<string>()(params.n);
    exactly<string>()(method);
    exactly<string | undefined>()(ip);
    exactly<string | undefined>()(headers.host);
    return [Number(params.n), query.page, cookies.session, body];
  }),
);
// @ts-expect-error no such parameter
offload<{ n: string }>(({ params }) => params.m);

// Any kind of handler, with the options of tasks.
app.get(
  '/a',
  offload(async () => ({ status: 201, headers: { 'x-a': ['b'] }, body: 1 }), { timeout: 5, pool }),
);
app.get(
  '/b',
  offload(
    function* ({ path }) {
      yield path;
    },
    { priority: 'high' },
  ),
);
app.get('/c', offload(module('./work.js', 'resize') as any, { retry: 3, name: 'resize' }));
const named = (request: OffloadedRequest<{ id: string }>) => request.params.id;
app.get('/d/:id', offload(named));
app.get(
  '/e',
  offload(() => 1, { fallback: (error, req, res, next) => (req.ip ? next(error) : res.json(error.code)) }),
);

// What `pick` adds is there.
app.get(
  '/f',
  offload(
    ({ user, params }) => {
      exactly<number>()(user);
      return [user, params];
    },
    { pick: (req: Request) => ({ user: Number(req.get('x-user')) }) },
  ),
);

// @ts-expect-error an unknown option
offload(() => 1, { timout: 5 });
// @ts-expect-error the argument is the request
offload(() => 1, { args: [1] });
// @ts-expect-error no function
offload(5);
// @ts-expect-error no pool
offload(() => 1, { pool: {} });

app.get('/health', healthRoute());
app.get('/metrics', metricsRoute({ pool, labels: { pool: 'images' }, byTask: false }));
// @ts-expect-error no such option
metricsRoute({ label: {} });
