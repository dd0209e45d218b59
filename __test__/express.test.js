'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');

const tasklets = require('..');
const { healthRoute, offload } = require('../express');
const { Gate, poolFor, stand } = require('./fixtures/pools');
const { ask, listen, until } = require('./fixtures/servers');

describe('offload', () => {
  it('throws for what is no handler, and for wrong options, where the route is defined', () => {
    for (const wrong of [undefined, null, 5, 'x', {}, class {}]) {
      assert.throws(() => offload(wrong), { code: 'ERR_TASKLETS_INVALID_TASK' });
    }
    const handler = () => 1;
    for (const [options, option] of [
      [{ timout: 5 }, 'timout'],
      [{ args: [1] }, 'args'],
      [{ pool: {} }, 'pool'],
      [{ pick: 5 }, 'pick'],
      [{ fallback: true }, 'fallback'],
      [{ timeout: -1 }, 'timeout'],
    ]) {
      assert.throws(() => offload(handler, options), { code: 'ERR_TASKLETS_CONFIG', option });
    }
    assert.throws(() => offload(handler, { timout: 5 }), /did you mean `timeout`\?/);
    assert.throws(() => offload(handler, { pol: 5 }), /did you mean `pool`\?/);
    assert.throws(() => offload(function* () {}, { retry: 3 }), {
      code: 'ERR_TASKLETS_CONFIG',
      option: 'retry',
    });
    const socket = new WeakRef({});
    assert.throws(() => offload(() => socket.deref()), { code: 'ERR_TASKLETS_CAPTURE' });
  });

  it('is there by name for `import` too', async () => {
    const namespace = await import('../express.js');
    const face = require('../express');
    for (const name of Object.keys(face)) assert.equal(namespace[name], face[name], name);
  });

  it('runs on the default pool where none is given', async (t) => {
    const app = require('express')();
    app.get(
      '/',
      offload(function theDefault() {
        return 1;
      }),
    );
    const server = await listen(t, app);
    await ask(server, '/');
    assert.equal(tasklets.getStats().byTask.theDefault.completed, 1);
  });
});

for (const version of ['express4', 'express']) {
  const express = require(version);
  const label = `Express ${require(`${version}/package.json`).version}`;

  /**
   * An app with a pool of its own, and what its error handling saw.
   *
   * @param {import('node:test').TestContext} t
   * @param {(app: any, pool: any) => void} routes
   * @param {any} [config]
   */
  const serve = async (t, routes, config) => {
    const pool = poolFor(t, config);
    const app = express();
    app.set('env', 'test');
    /** @type {any[]} */
    const errors = [];
    routes(app, pool);
    app.use((error, req, res, next) => {
      errors.push(error);
      next(error);
    });
    return { app, errors, pool, server: await listen(t, app) };
  };

  describe(`${label}: what the handler gets`, () => {
    it('has the paths as they are inside a router', async (t) => {
      const { server } = await serve(t, (app, pool) => {
        const router = express.Router();
        const where = ({ url, path, params }) => [url, path, params];
        router.get('/items/:id', offload(where, { pool }));
        app.use('/shop', router);
      });
      const answer = await ask(server, '/shop/items/5?x=1');
      assert.deepEqual(answer.json(), ['/items/5?x=1', '/items/5', { id: '5' }]);
    });

    it('has cookies as middleware has parsed them, and a body of bytes as a Buffer', async (t) => {
      const { server } = await serve(t, (app, pool) => {
        app.use((req, res, next) => {
          req.cookies = { parsed: { deep: true } };
          next();
        });
        app.use(express.raw({ type: '*/*' }));
        app.post(
          '/',
          offload(({ cookies, body }) => [cookies, Buffer.isBuffer(body), body.length], { pool }),
        );
      });
      const answer = await ask(server, '/', {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: Buffer.alloc(1000),
      });
      assert.deepEqual(answer.json(), [{ parsed: { deep: true } }, true, 1000]);
    });

    it('has what `pick` adds', async (t) => {
      const { errors, server } = await serve(t, (app, pool) => {
        app.use((req, res, next) => {
          req.user = { name: 'Ada', session: new WeakMap() };
          next();
        });
        const pick = (req) => ({ user: req.user.name, protocol: req.protocol });
        const hostile = () => JSON.parse('{"__proto__":{"path":"other"},"url":"mine"}');
        app.get(
          '/hostile',
          offload(({ path, url }) => [path, url], { pool, pick: hostile }),
        );
        app.get(
          '/',
          offload(({ user, protocol }) => [user, protocol], { pool, pick }),
        );
        app.get(
          '/nothing',
          offload(({ path }) => path, { pool, pick: () => undefined }),
        );
        app.get(
          '/session',
          offload(() => 1, { pool, pick: (req) => ({ user: req.user }) }),
        );
        app.get(
          '/later',
          offload(() => 1, { pool, pick: async () => ({}) }),
        );
        app.get(
          '/fails',
          offload(() => 1, {
            pool,
            pick: () => {
              throw new RangeError('picky');
            },
          }),
        );
      });
      assert.deepEqual((await ask(server, '/')).json(), ['Ada', 'http']);
      assert.equal((await ask(server, '/nothing')).text, '/nothing');
      assert.deepEqual((await ask(server, '/hostile')).json(), ['/hostile', 'mine']);
      for (const path of ['/session', '/later', '/fails'])
        assert.equal((await ask(server, path)).status, 500);
      assert.equal(errors[0].code, 'ERR_TASKLETS_UNSERIALIZABLE');
      assert.match(errors[0].path, /args\[0\]\.user\.session/);
      assert.equal(errors[1].code, 'ERR_TASKLETS_CONFIG');
      assert.equal(errors[2].message, 'picky');
    });
  });

  describe(`${label}: what the handler returns`, () => {
    it('may be status, headers and body, and leaves what middleware has set', async (t) => {
      const { server } = await serve(t, (app, pool) => {
        app.use((req, res, next) => {
          res.append('Set-Cookie', 'session=1');
          res.vary('Origin');
          res.set('X-Before', 'kept');
          next();
        });
        app.get(
          '/',
          offload(
            () => ({
              status: 201,
              headers: {
                'Set-Cookie': ['a=1', 'b=2'],
                Vary: 'Accept',
                'Content-Type': 'text/csv',
                'X-Number': 7,
                'X-None': undefined,
              },
              body: 'a,b',
            }),
            { pool },
          ),
        );
      });
      const { status, headers, text } = await ask(server, '/');
      assert.deepEqual([status, text], [201, 'a,b']);
      assert.deepEqual(headers['set-cookie'], ['session=1', 'a=1', 'b=2']);
      assert.equal(headers.vary, 'Origin, Accept');
      assert.equal(headers['content-type'], 'text/csv; charset=utf-8');
      assert.deepEqual(
        [headers['x-number'], headers['x-none'], headers['x-before']],
        ['7', undefined, 'kept'],
      );
    });

    it('is no response if a part of it is wrong: an error, and nothing of it is sent', async (t) => {
      const { errors, server } = await serve(t, (app, pool) => {
        app.use((req, res, next) => {
          res.set('X-Before', 'kept');
          next();
        });
        app.get(
          '/status',
          offload(() => ({ status: 999, body: 1 }), { pool }),
        );
        app.get(
          '/value',
          offload(() => ({ headers: { 'x-a': 'a', 'x-b': {} } }), { pool }),
        );
        app.get(
          '/split',
          offload(() => ({ headers: { 'x-a': 'a\r\nx-b: c' } }), { pool }),
        );
        app.get(
          '/big',
          offload(() => ({ status: 201, headers: { 'x-a': 'a' }, body: { n: 1n } }), { pool }),
        );
        app.use((error, req, res, next) => {
          errors.push(error);
          res.send('mine');
          void next;
        });
      });
      for (const path of ['/status', '/value', '/split', '/big']) {
        const { status, headers, text } = await ask(server, path);
        assert.deepEqual(
          [status, headers['x-a'], headers['x-before'], text],
          [200, undefined, 'kept', 'mine'],
          path,
        );
      }
      const [code, value, split, big] = errors;
      assert.deepEqual([code.option, value.option], ['response.status', 'response.headers.x-b']);
      assert.equal(split.code, 'ERR_INVALID_CHAR');
      assert.match(big.message, /BigInt/);
    });

    it('has an ETag: 304 for whoever has it, no body for HEAD', async (t) => {
      const { server } = await serve(t, (app, pool) =>
        app.get(
          '/',
          offload(() => ({ a: 1 }), { pool }),
        ),
      );
      const { headers } = await ask(server, '/');
      const again = await ask(server, '/', { headers: { 'if-none-match': headers.etag } });
      assert.deepEqual([again.status, again.text], [304, '']);
      const head = await ask(server, '/', { method: 'HEAD' });
      assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '7']);
      assert.equal(head.headers.etag, headers.etag);
    });
  });

  describe(`${label}: what goes wrong`, () => {
    it('is 503 and the end of the connection once the pool is shut down', async (t) => {
      const { pool, server } = await serve(t, (app, pool) => {
        app.get(
          '/',
          offload(() => 1, { pool }),
        );
        app.get('/health', healthRoute({ pool }));
      });
      assert.equal((await ask(server, '/health')).status, 200);
      await pool.shutdown();
      const { status, headers, json } = await ask(server, '/', { headers: { connection: 'keep-alive' } });
      assert.deepEqual([status, headers.connection, json().code], [503, 'close', 'ERR_TASKLETS_SHUTDOWN']);
      const health = await ask(server, '/health');
      assert.deepEqual([health.status, health.json().status], [503, 'unhealthy']);
    });

    it('can be answered by `fallback`, or passed on by it', async (t) => {
      const { errors, pool, server } = await serve(t, (app, pool) => {
        app.get(
          '/mine',
          offload(() => 1, { pool, fallback: (error, req, res) => res.send(`cached ${error.code}`) }),
        );
        app.get(
          '/next',
          offload(() => 1, { pool, fallback: (error, req, res, next) => next(error) }),
        );
        app.get(
          '/fails',
          offload(() => 1, {
            pool,
            fallback: async () => {
              throw new Error('worse');
            },
          }),
        );
      });
      await pool.shutdown();
      const mine = await ask(server, '/mine');
      assert.deepEqual([mine.status, mine.text], [503, 'cached ERR_TASKLETS_SHUTDOWN']);
      const next = await ask(server, '/next');
      assert.deepEqual([next.status, next.headers.connection], [503, 'close']);
      await ask(server, '/fails');
      assert.deepEqual(
        errors.map(({ code, message }) => code ?? message),
        ['ERR_TASKLETS_SHUTDOWN', 'worse'],
      );
    });
  });

  describe(`${label}: somebody else who answers`, () => {
    it('before the handler: nothing starts; meanwhile: the task is cancelled and its result is not sent', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const seen = [];
      const { errors, pool, server } = await serve(t, (app, pool) => {
        app.use('/before', (req, res, next) => {
          res.send('before');
          next();
        });
        app.use('/while', (req, res, next) => {
          gate.entered().then(() => res.status(503).send('too slow'));
          next();
        });
        const handler = offload(() => stand(words), {
          pool,
          grace: 0,
          onError: ({ code }) => seen.push(code),
        });
        app.get(['/before', '/while'], handler);
      });
      assert.equal((await ask(server, '/before')).text, 'before');
      assert.equal(pool.getStats().counts.submitted, 0);
      assert.equal((await ask(server, '/while')).text, 'too slow');
      await until(() => seen.length === 1);
      assert.deepEqual([seen, errors], [['ERR_TASKLETS_CANCELLED'], []]);
    });
  });
}
