// `tasklets/fastify`, as a plugin and as handlers.
import fastify, { type FastifyRequest } from 'fastify';
import { Pool } from 'tasklets';
import plugin, { healthRoute, metricsRoute, offload, tasklets } from 'tasklets/fastify';
import type { OffloadedRequest } from 'tasklets/fastify';
import { exactly } from './exactly.js';

exactly<typeof plugin>()(tasklets);

const app = fastify();
const pool = new Pool();
app.register(plugin);
app.register(tasklets, { workers: 4, timeout: 1000 });
await app.register(plugin, { pool });
// @ts-expect-error a pool has its own config
app.register(plugin, { pool, workers: 4 });
// @ts-expect-error no such option
app.register(plugin, { worker: 4 });

// The server has the verbs.
exactly<number>()(await app.tasklets.run((a: number) => a + 1, { args: [1] }));
exactly<Pool>()(app.tasklets.pool);
app.get('/x', async (request) => request.server.tasklets.run(() => 1));

// The request is typed by the generics of the route.
app.get(
  '/fib/:n',
  offload<{ Params: { n: string }; Querystring: { page: number } }>(({ params, query }) => {
    exactly<string>()(params.n);
    exactly<number>()(query.page);
    return params.n;
  }),
);
app.get<{ Params: { n: string }; Reply: string }>(
  '/y/:n',
  app.tasklets.offload(({ params }) => params.n, { timeout: 5 }),
);
app.get(
  '/z',
  offload(function* ({ path }) {
    yield path;
  }),
);
const named = (request: OffloadedRequest<{ Body: { a: number } }>) => request.body.a;
app.post('/body', offload(named));
app.get(
  '/user',
  offload(
    ({ user }) => {
      exactly<number>()(user);
      return user;
    },
    { pick: (request: FastifyRequest) => ({ user: Number(request.headers['x-user']) }) },
  ),
);

// @ts-expect-error an unknown option
offload(() => 1, { timout: 5 });
// @ts-expect-error errors go to Fastify's error handling
offload(() => 1, { fallback: () => 1 });

app.get('/health', healthRoute());
app.get('/metrics', metricsRoute({ pool, labels: { pool: 'images' } }));
fastify({ http2: true }).get('/health', healthRoute());
