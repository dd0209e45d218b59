'use strict';

/* global given -- comes as a capture */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http2 = require('node:http2');
const { describe, it } = require('node:test');

const fastify = require('fastify');

const tasklets = require('..');
const plugin = require('../fastify');
const { Gate, poolFor, stand } = require('./fixtures/pools');
const { ask, send, until } = require('./fixtures/servers');

const { offload } = plugin;

/**
 * A server that ends with its test.
 *
 * @param {import('node:test').TestContext} t
 * @param {any} [options] of the plugin
 * @param {any} [serverOptions]
 */
async function serve(t, options = { workers: 2 }, serverOptions = { forceCloseConnections: true }) {
  const app = fastify(serverOptions);
  t.after(() => app.close());
  await app.register(plugin, options);
  return app;
}

/** @param {any} app resolves to the port */
async function listen(app) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server.address().port;
}

describe('the plugin', () => {
  it('gives the server a pool, its verbs, and the routes', async (t) => {
    const app = await serve(t);
    assert.equal(await app.tasklets.run((a, b) => a + b, { args: [1, 2] }), 3);
    assert.deepEqual(await app.tasklets.map((n) => n * n, [1, 2]), [1, 4]);
    assert.ok(app.tasklets.pool instanceof tasklets.Pool);
    assert.equal(app.tasklets.pool.config().workers.max, 2);
    assert.ok(app.hasPlugin('tasklets'));
    assert.equal(await app.tasklets.run.call(undefined, () => 'without this'), 'without this');
  });

  it('is there by all the names that one would import', async () => {
    const namespace = await import('../fastify.js');
    for (const name of ['default', 'tasklets']) assert.equal(namespace[name], plugin, name);
    for (const name of ['offload', 'healthRoute', 'metricsRoute'])
      assert.equal(namespace[name], plugin[name], name);
  });

  it('shuts its own pool down with the server, after the requests that are under way', async (t) => {
    const gate = new Gate();
    const { words } = gate;
    const app = await serve(t, { workers: 1 }, {});
    app.get(
      '/',
      offload(() => stand(words, 'done')),
    );
    const port = await listen(app);
    const { pool } = app.tasklets;
    const answer = ask(port, '/');
    await gate.entered();
    const closing = app.close();
    gate.open();
    assert.equal((await answer).text, 'done');
    await closing;
    await assert.rejects(
      pool.run(() => 1),
      { code: 'ERR_TASKLETS_SHUTDOWN' },
    );
  });

  it('leaves a pool that it was given to whoever made it', async (t) => {
    const pool = poolFor(t);
    const app = await serve(t, { pool });
    assert.equal(app.tasklets.pool, pool);
    await app.close();
    assert.equal(await pool.run(() => 1), 1);
  });

  it('takes the config of its pool, and refuses what it does not know', async (t) => {
    const pool = poolFor(t);
    for (const [options, option] of [
      [{ worker: 2 }, 'worker'],
      [{ workers: -1 }, 'workers'],
      [{ pool, workers: 2 }, 'workers'],
      [{ pool: {} }, 'pool'],
    ]) {
      const app = fastify();
      await assert.rejects(async () => app.register(plugin, options), {
        code: 'ERR_TASKLETS_CONFIG',
        option,
      });
    }
    const app = await serve(t, { prefix: '/x', logLevel: 'warn', queue: { maxSize: 7 } });
    assert.equal(app.tasklets.pool.config().queue.maxSize, 7);
  });

  it('belongs to the scope that registers it, and to those inside, which may have their own', async (t) => {
    const [outer, inner] = [poolFor(t), poolFor(t)];
    const app = await serve(t, { pool: outer });
    const where = offload(function where() {
      return 1;
    });
    app.get('/outer', where);
    await app.register(async (scope) => {
      assert.equal(scope.tasklets.pool, outer);
      scope.get('/inherits', where);
    });
    await app.register(async (scope) => {
      await scope.register(plugin, { pool: inner });
      assert.equal(scope.tasklets.pool, inner);
      scope.get('/inner', where);
    });
    for (const url of ['/outer', '/inherits', '/inner']) assert.equal((await app.inject(url)).body, '1');
    const completed = (pool) => pool.getStats().byTask.where.completed;
    assert.deepEqual([completed(outer), completed(inner)], [2, 1]);
    assert.equal(app.tasklets.pool, outer);
  });

  it('can be done without: then handlers run on the pool given, or the default one', async (t) => {
    const pool = poolFor(t);
    const app = fastify();
    t.after(() => app.close());
    app.get(
      '/given',
      offload(
        function given() {
          return 1;
        },
        { pool },
      ),
    );
    app.get(
      '/default',
      offload(function theDefaultOne() {
        return 2;
      }),
    );
    assert.equal((await app.inject('/given')).body, '1');
    assert.equal((await app.inject('/default')).body, '2');
    assert.equal(pool.getStats().byTask.given.completed, 1);
    assert.equal(tasklets.getStats().byTask.theDefaultOne.completed, 1);
  });
});

describe('offload: what the handler gets', () => {
  it('is checked where the route is defined', () => {
    for (const [options, option] of [
      [{ timout: 5 }, 'timout'],
      [{ fallback: () => 1 }, 'fallback'],
      [{ pool: 5 }, 'pool'],
    ]) {
      assert.throws(() => offload(() => 1, options), { code: 'ERR_TASKLETS_CONFIG', option });
    }
    assert.throws(() => offload(5), { code: 'ERR_TASKLETS_INVALID_TASK' });
  });

  it('is checked as much where the server offers it, which has its own pool unless another is given', async (t) => {
    const [app, other] = [await serve(t), poolFor(t)];
    const handler = function handler() {
      return 1;
    };
    for (const wrong of [null, 5, { timout: 5 }]) {
      assert.throws(() => app.tasklets.offload(handler, wrong), { code: 'ERR_TASKLETS_CONFIG' });
      assert.throws(() => app.tasklets.metricsRoute(wrong), { code: 'ERR_TASKLETS_CONFIG' });
    }
    app.get('/own', app.tasklets.offload(handler, { pool: undefined }));
    app.get('/other', app.tasklets.offload(handler, { pool: other }));
    for (const url of ['/own', '/other']) assert.equal((await app.inject(url)).body, '1');
    assert.equal(app.tasklets.getStats().counts.completed, 1);
    assert.equal(other.getStats().counts.completed, 1);
  });

  it('follows the config of the pool that it runs on', async (t) => {
    const app = await serve(t, { capture: 'explicit' });
    app.get(
      '/',
      offload(() => given, { captures: { given: 6 } }),
    );
    let free = 5;
    free = 6;
    app.get(
      '/free',
      offload(() => free),
    );
    assert.equal((await app.inject('/')).body, '6');
    assert.equal((await app.inject('/free')).json().code, 'ERR_TASKLETS_CAPTURE');
  });
});

describe('offload: what the handler returns', () => {
  it('goes through the schema of the response', async (t) => {
    const app = await serve(t);
    const properties = { shown: { type: 'string' } };
    const schema = { response: { 200: { type: 'object', properties } } };
    app.get(
      '/',
      { schema },
      offload(() => ({ shown: 1, hidden: 2 })),
    );
    assert.deepEqual((await app.inject('/')).json(), { shown: '1' });
  });

  it('may be nothing, or status, headers and body', async (t) => {
    const app = await serve(t);
    app.addHook('onRequest', async (request, reply) => {
      reply.header('set-cookie', 'session=1').header('vary', 'origin');
    });
    app.get(
      '/none',
      offload(() => undefined),
    );
    app.get(
      '/all',
      offload(() => ({
        status: 201,
        headers: { 'set-cookie': ['a=1', 'b=2'], vary: 'accept', 'x-n': 7 },
        body: { a: 1 },
      })),
    );
    app.get(
      '/wrong',
      offload(() => ({ status: 999 })),
    );
    const none = await app.inject('/none');
    assert.deepEqual([none.statusCode, none.body], [204, '']);
    const { statusCode, headers, body } = await app.inject('/all');
    assert.deepEqual(
      [statusCode, body, headers['x-n'], headers.vary],
      [201, '{"a":1}', '7', 'origin, accept'],
    );
    assert.deepEqual(headers['set-cookie'], ['session=1', 'a=1', 'b=2']);
    const head = await app.inject({ method: 'HEAD', url: '/all' });
    assert.deepEqual([head.statusCode, head.body, head.headers['content-length']], [201, '', '7']);
    const wrong = await app.inject('/wrong');
    assert.deepEqual([wrong.statusCode, wrong.json().code], [500, 'ERR_TASKLETS_CONFIG']);
  });
});

describe('offload: what goes wrong', () => {
  it('goes to the error handling as it was thrown', async (t) => {
    class Teapot extends Error {
      statusCode = 418;
      detail = { short: true };
    }
    const app = await serve(t);
    const seen = [];
    app.get(
      '/class',
      offload(() => {
        throw new Teapot('short and stout');
      }),
    );
    app.get(
      '/nothing',
      offload(() => {
        throw null;
      }),
    );
    await app.register(async (scope) => {
      scope.setErrorHandler((error, request, reply) => {
        seen.push(error);
        reply.code(error.statusCode ?? 500).send('mine');
      });
      scope.get(
        '/handled',
        offload(() => {
          throw new Teapot('again');
        }),
      );
    });
    const { statusCode, message } = (await app.inject('/class')).json();
    assert.deepEqual([statusCode, message], [418, 'short and stout']);
    assert.equal((await app.inject('/nothing')).statusCode, 500);
    const handled = await app.inject('/handled');
    assert.deepEqual([handled.statusCode, handled.body], [418, 'mine']);
    assert.ok(seen[0] instanceof Teapot);
    assert.deepEqual(seen[0].detail, { short: true });
  });

  it('is 503 and the end of the connection once the pool is shut down', async (t) => {
    const app = await serve(t);
    app.get(
      '/',
      offload(() => 1),
    );
    app.get('/health', plugin.healthRoute());
    assert.equal((await app.inject('/health')).statusCode, 200);
    await app.tasklets.pool.shutdown();
    const { statusCode, headers } = await app.inject('/');
    assert.deepEqual([statusCode, headers.connection], [503, 'close']);
    assert.equal((await app.inject('/health')).statusCode, 503);
  });

  it("is nobody's business when the client has gone: the task is cancelled", async (t) => {
    const gate = new Gate();
    const { words } = gate;
    const app = await serve(t);
    const seen = [];
    app.setErrorHandler((error) => seen.push(error));
    app.addHook('onSend', async () => {
      seen.push('sent');
    });
    app.get(
      '/',
      offload(() => stand(words), { grace: 0 }),
    );
    const port = await listen(app);
    const request = send(port, '/')
      .end()
      .on('error', () => {});
    await gate.entered();
    request.destroy();
    await until(() => app.tasklets.getStats().counts.cancelled === 1);
    await new Promise(setImmediate);
    assert.deepEqual(seen, []);
  });

  it('does not send what another has answered or taken over meanwhile', async (t) => {
    const gate = new Gate();
    const { words } = gate;
    const app = await serve(t);
    app.addHook('preHandler', async (request, reply) => {
      const { url } = request;
      gate.entered().then(() => {
        if (url === '/sent') reply.code(503).send('too slow');
        if (url !== '/hijacked') return;
        reply.hijack();
        reply.raw.end('raw');
      });
    });
    const handler = offload(() => stand(words), { grace: 0 });
    for (const url of ['/sent', '/hijacked']) {
      gate.words.fill(0);
      app.get(url, handler);
    }
    const port = await listen(app);
    const sent = await ask(port, '/sent');
    assert.deepEqual([sent.status, sent.text], [503, 'too slow']);
    assert.equal((await ask(port, '/hijacked')).text, 'raw');
    await until(() => app.tasklets.getActiveTaskCount() === 0);
  });
});

describe('offload over HTTP/2', () => {
  it('answers, streams, refuses without headers that HTTP/2 does not have, and cancels', async (t) => {
    const gate = new Gate();
    const { words } = gate;
    const app = await serve(t, { workers: 2 }, { http2: true });
    app.get(
      '/',
      offload(({ headers, method }) => ({ method, path: headers[':path'] })),
    );
    app.get(
      '/lines',
      offload(function* () {
        yield [1];
        yield [2];
      }),
    );
    app.get(
      '/stand',
      offload(() => stand(words), { grace: 0 }),
    );
    /** @type {http2.ClientHttp2Session | undefined} */
    let session;
    app.addHook('preClose', async () => session?.destroy());
    const port = await listen(app);
    session = http2.connect(`http://127.0.0.1:${port}`);
    const get = async (path) => {
      const stream = session.request({ ':path': path });
      const [headers] = await once(stream, 'response');
      let text = '';
      for await (const chunk of stream) text += chunk;
      return { headers, text };
    };
    assert.deepEqual(JSON.parse((await get('/')).text), { method: 'GET', path: '/' });
    assert.equal((await get('/lines')).text, '[1]\n[2]\n');
    const stream = session.request({ ':path': '/stand' }).on('error', () => {});
    await gate.entered();
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => app.tasklets.getStats().counts.cancelled === 1);
    await app.tasklets.pool.shutdown();
    const { headers } = await get('/');
    assert.deepEqual([headers[':status'], headers.connection], [503, undefined]);
  });
});

it('tasks have the route for a name where the handler has none', async (t) => {
  const app = await serve(t);
  await app.register(
    async (scope) =>
      scope.get(
        '/items/:id',
        offload(() => 1),
      ),
    { prefix: '/v1' },
  );
  await app.inject('/v1/items/5');
  assert.deepEqual(Object.keys(app.tasklets.getStats().byTask), ['GET /v1/items/:id']);
});

it('the metrics are those of the pool of the scope', async (t) => {
  const app = await serve(t);
  app.get('/metrics', app.tasklets.metricsRoute({ labels: { pool: 'mine' } }));
  app.get('/health', app.tasklets.healthRoute());
  await app.tasklets.run(() => 1);
  const { headers, body } = await app.inject('/metrics');
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(body, /^tasklets_tasks_total\{pool="mine",state="completed"\} 1$/m);
  assert.equal((await app.inject('/health')).json().status, 'healthy');
});
