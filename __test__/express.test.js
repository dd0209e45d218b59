'use strict';

/* eslint-disable require-yield -- generators that only fail or only return are what some tests are about */
/* global given -- comes as a capture */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, it } = require('node:test');

const tasklets = require('..');
const { healthRoute, offload } = require('../express');
const { Gate, linger, poolFor, spinForever, stand } = require('./fixtures/pools');
const { ask, listen, send, until } = require('./fixtures/servers');

const { Pool } = tasklets;

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

  it('reads what the handler uses once, where the route is defined', async (t) => {
    const app = require('express')();
    const pool = poolFor(t);
    let captured = 'then';
    app.get(
      '/',
      offload(() => captured, { pool }),
    );
    captured = 'now';
    const server = await listen(t, app);
    assert.equal((await ask(server, '/')).text, 'then');
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
    it('is a plain copy of the request', async (t) => {
      const { server } = await serve(t, (app, pool) => {
        app.set('trust proxy', true);
        app.use(express.json());
        const router = express.Router();
        router.post(
          '/items/:id',
          offload((request) => request, { pool }),
        );
        app.use('/shop', router);
      });
      const answer = await ask(server, '/shop/items/a%20b?x=1&y=2&y=3', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': '203.0.113.7',
          cookie: 'a=1; b="two%20words"; a=2; c=%; d',
        },
        body: '{"deep":{"list":[1,null]}}',
      });
      const { headers, ...rest } = answer.json();
      assert.deepEqual(rest, {
        method: 'POST',
        url: '/items/a%20b?x=1&y=2&y=3',
        path: '/items/a%20b',
        params: { id: 'a b' },
        query: { x: '1', y: ['2', '3'] },
        body: { deep: { list: [1, null] } },
        ip: '203.0.113.7',
        cookies: { a: '1', b: 'two words', c: '%' },
      });
      assert.equal(headers['x-forwarded-for'], '203.0.113.7');
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
    it('is sent as JSON, text or bytes by its kind', async (t) => {
      const cases = {
        object: [() => ({ a: [1, 'ä'] }), 'application/json; charset=utf-8', '{"a":[1,"ä"]}'],
        status: [() => ({ status: 'ok' }), 'application/json; charset=utf-8', '{"status":"ok"}'],
        body: [() => ({ body: 'x' }), 'application/json; charset=utf-8', '{"body":"x"}'],
        more: [
          () => ({ status: 201, text: '' }),
          'application/json; charset=utf-8',
          '{"status":201,"text":""}',
        ],
        number: [async () => 404, 'application/json; charset=utf-8', '404'],
        truth: [() => false, 'application/json; charset=utf-8', 'false'],
        null: [() => null, 'application/json; charset=utf-8', 'null'],
        text: [() => '<b>é</b>', 'text/plain; charset=utf-8', '<b>é</b>'],
        empty: [() => '', 'text/plain; charset=utf-8', ''],
        buffer: [() => Buffer.from('abc'), 'application/octet-stream', 'abc'],
        view: [() => new Uint16Array([0x6261]), 'application/octet-stream', 'ab'],
        arraybuffer: [() => new Uint8Array([97]).buffer, 'application/octet-stream', 'a'],
        blob: [() => new Blob(['abc'], { type: 'image/x-test' }), 'image/x-test', 'abc'],
        web: [
          () => {
            const body = new ReadableStream({
              start(controller) {
                controller.enqueue(new Uint8Array([97, 98]));
                controller.close();
              },
            });
            return require('..').transfer(body, [body]);
          },
          'application/octet-stream',
          'ab',
        ],
      };
      const { server } = await serve(t, (app, pool) => {
        for (const [name, [handler]] of Object.entries(cases))
          app.get(`/${name}`, offload(handler, { pool }));
      });
      for (const [name, [, type, text]] of Object.entries(cases)) {
        const answer = await ask(server, `/${name}`);
        assert.deepEqual(
          [answer.status, answer.headers['content-type'], answer.text],
          [200, type, text],
          name,
        );
      }
    });

    it('may be nothing: 204, or the status that it says', async (t) => {
      const { server } = await serve(t, (app, pool) => {
        app.get(
          '/',
          offload(() => undefined, { pool }),
        );
        const headers = { location: '/elsewhere' };
        app.get(
          '/moved',
          offload(() => ({ status: 302, headers }), { pool }),
        );
      });
      const answer = await ask(server, '/');
      assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [204, '', undefined]);
      const moved = await ask(server, '/moved');
      assert.deepEqual([moved.status, moved.headers.location, moved.text], [302, '/elsewhere', '']);
    });

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

  describe(`${label}: a generator handler`, () => {
    it('streams its chunks as text, bytes or lines of JSON', async (t) => {
      const { server } = await serve(t, (app, pool) => {
        app.get(
          '/text',
          offload(
            function* () {
              yield 'a';
              yield '';
              yield Buffer.from('b');
            },
            { pool },
          ),
        );
        app.get(
          '/bytes',
          offload(
            async function* () {
              yield new Uint8Array([97]);
              yield 'b';
            },
            { pool },
          ),
        );
        app.get(
          '/lines',
          offload(
            function* ({ query }) {
              yield { n: Number(query.n) };
              yield 'x';
            },
            { pool },
          ),
        );
        app.get(
          '/none',
          offload(function* () {}, { pool }),
        );
        app.get(
          '/other',
          offload(
            function* () {
              return { status: 404, body: 'no' };
            },
            { pool },
          ),
        );
      });
      for (const [path, type, text] of [
        ['/text', 'text/plain; charset=utf-8', 'ab'],
        ['/bytes', 'application/octet-stream', 'ab'],
        ['/lines?n=3', 'application/x-ndjson', '{"n":3}\n"x"\n'],
      ]) {
        const answer = await ask(server, path);
        assert.deepEqual([answer.status, answer.headers['content-type'], answer.text], [200, type, text]);
        assert.equal(answer.headers['transfer-encoding'], 'chunked');
      }
      assert.equal((await ask(server, '/none')).status, 204);
      const other = await ask(server, '/other');
      assert.deepEqual([other.status, other.text], [404, 'no']);
    });

    it('may yield a head first, which goes out before the first chunk is there', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const { server } = await serve(t, (app, pool) => {
        app.get(
          '/events',
          offload(
            async function* () {
              yield { status: 202, headers: { 'content-type': 'text/event-stream' } };
              await linger(words);
              yield 'data: 1\n\n';
            },
            { pool },
          ),
        );
        app.get(
          '/body',
          offload(
            function* () {
              yield { status: 203, headers: {}, body: { a: 1 } };
              yield 2;
            },
            { pool },
          ),
        );
        app.get(
          '/bare',
          offload(
            function* () {
              yield { status: 203 };
              yield 'text';
            },
            { pool },
          ),
        );
      });
      const request = send(server, '/events').end();
      const [response] = await once(request, 'response');
      assert.equal(response.statusCode, 202);
      assert.match(response.headers['content-type'], /^text\/event-stream/);
      gate.open();
      assert.equal(String(await once(response, 'data')), 'data: 1\n\n');
      const body = await ask(server, '/body');
      assert.deepEqual([body.status, body.text], [203, '{"a":1}\n2\n']);
      const bare = await ask(server, '/bare');
      assert.deepEqual(
        [bare.status, bare.headers['content-type'], bare.text],
        [203, 'text/plain; charset=utf-8', 'text'],
      );
    });

    it('goes on only as fast as the client reads, and ends when it leaves', async (t) => {
      const words = new Int32Array(new SharedArrayBuffer(8));
      const { pool, server } = await serve(t, (app, pool) => {
        app.get(
          '/',
          offload(
            function* () {
              try {
                for (;;) {
                  Atomics.add(words, 0, 1);
                  yield Buffer.alloc(1024 * 1024, 97);
                }
              } finally {
                Atomics.store(words, 1, 1);
                Atomics.notify(words, 1);
              }
            },
            { pool },
          ),
        );
      });
      const request = send(server, '/').end();
      const [response] = await once(request, 'response');
      await once(response, 'readable');
      // Nothing is read: it comes to a halt.
      let made = -1;
      while (made !== Atomics.load(words, 0)) {
        made = Atomics.load(words, 0);
        await new Promise((resolve) => {
          setTimeout(resolve, 200);
        });
      }
      assert.ok(made < 200, `${made} MB were made for nobody`);
      request.destroy();
      const { async, value } = Atomics.waitAsync(words, 1, 0, 10_000);
      if (async) assert.equal(await value, 'ok');
      await until(() => pool.getActiveTaskCount() === 0);
    });

    it('has no body for HEAD, and does not go on', async (t) => {
      const { pool, server } = await serve(t, (app, pool) => {
        app.get(
          '/',
          offload(
            function* () {
              for (;;) yield 'x';
            },
            { pool },
          ),
        );
      });
      const head = await ask(server, '/', { method: 'HEAD' });
      assert.deepEqual(
        [head.status, head.text, head.headers['content-type']],
        [200, '', 'text/plain; charset=utf-8'],
      );
      await until(() => pool.getActiveTaskCount() === 0);
    });

    it('that fails before its first chunk is an error; one that fails later breaks the response off', async (t) => {
      const { errors, server } = await serve(t, (app, pool) => {
        app.get(
          '/first',
          offload(
            function* () {
              throw Object.assign(new Error('early'), { status: 409 });
            },
            { pool },
          ),
        );
        app.get(
          '/chunk',
          offload(
            function* () {
              yield 'a';
              yield {};
            },
            { pool },
          ),
        );
        app.get(
          '/later',
          offload(
            function* () {
              yield 'a';
              throw new Error('late');
            },
            { pool },
          ),
        );
      });
      assert.equal((await ask(server, '/first')).status, 409);
      await assert.rejects(ask(server, '/later'), { code: 'ECONNRESET' });
      await assert.rejects(ask(server, '/chunk'), { code: 'ECONNRESET' });
      assert.deepEqual(
        errors.map(({ message }) => message.slice(0, 8)),
        ['early', 'late', 'Expected'],
      );
    });
  });

  describe(`${label}: what goes wrong`, () => {
    it('goes to the error handling as it was thrown', async (t) => {
      class Teapot extends Error {
        status = 418;
        detail = { short: true };
      }
      const { errors, server } = await serve(t, (app, pool) => {
        app.get(
          '/class',
          offload(
            () => {
              throw new Teapot('short and stout');
            },
            { pool },
          ),
        );
        app.get(
          '/code',
          offload(
            () => {
              throw Object.assign(new TypeError('x'), { statusCode: 422 });
            },
            { pool },
          ),
        );
        app.get(
          '/text',
          offload(
            () => {
              throw 'just text';
            },
            { pool },
          ),
        );
        app.get(
          '/nothing',
          offload(
            () => {
              throw undefined;
            },
            { pool },
          ),
        );
      });
      const statuses = [];
      for (const path of ['/class', '/code', '/text', '/nothing'])
        statuses.push((await ask(server, path)).status);
      assert.deepEqual(statuses, [418, 422, 500, 500]);
      const [teapot, code, text, nothing] = errors;
      assert.ok(teapot instanceof Teapot);
      assert.deepEqual(teapot.detail, { short: true });
      assert.match(teapot.stack, /express\.test\.js/);
      assert.ok(code instanceof TypeError);
      assert.equal(text, 'just text');
      assert.ok(nothing instanceof Error);
    });

    it('is 503 with Retry-After if the queue is full', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const { errors, pool, server } = await serve(
        t,
        (app, pool) =>
          app.get(
            '/',
            offload(() => stand(words, 'done'), { pool }),
          ),
        { workers: 1, queue: { maxSize: 1 } },
      );
      const first = ask(server, '/');
      await gate.entered();
      const second = ask(server, '/');
      await until(() => pool.getStats().queue.depth === 1);
      const { status, headers, json } = await ask(server, '/');
      assert.equal(status, 503);
      assert.match(headers['retry-after'], /^[1-9]\d*$/);
      const { statusCode, code, error } = json();
      assert.deepEqual([statusCode, code, error], [503, 'ERR_TASKLETS_QUEUE_FULL', 'Service Unavailable']);
      gate.open();
      assert.deepEqual([(await first).text, (await second).text], ['done', 'done']);
      assert.equal(errors.length, 0);
    });

    it('is 504 after a timeout, running or waiting', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const { server } = await serve(
        t,
        (app, pool) => {
          app.get(
            '/run',
            offload(() => spinForever(), { pool, timeout: 30, grace: 0 }),
          );
          app.get(
            '/stand',
            offload(() => stand(words), { pool }),
          );
          app.get(
            '/queue',
            offload(() => 1, { pool, queueTimeout: 30 }),
          );
        },
        { workers: 1 },
      );
      const run = await ask(server, '/run');
      assert.deepEqual([run.status, run.json().code], [504, 'ERR_TASKLETS_TIMEOUT']);
      const standing = ask(server, '/stand');
      await gate.entered();
      const queue = await ask(server, '/queue');
      assert.equal(queue.status, 504);
      assert.match(queue.headers['retry-after'], /^[1-9]\d*$/);
      gate.open();
      await standing;
    });

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

  describe(`${label}: a client that goes away`, () => {
    it('cancels its task while it runs, and while it waits', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const seen = [];
      const { errors, pool, server } = await serve(
        t,
        (app, pool) => {
          app.get(
            '/',
            offload(() => stand(words), { pool, grace: 0, onError: (error) => seen.push(error) }),
          );
        },
        { workers: 1 },
      );
      const running = send(server, '/')
        .end()
        .on('error', () => {});
      await gate.entered();
      const waiting = send(server, '/')
        .end()
        .on('error', () => {});
      await until(() => pool.getStats().queue.depth === 1);
      waiting.destroy();
      await until(() => pool.getStats().queue.depth === 0);
      running.destroy();
      await until(() => seen.length === 2);
      assert.equal(Atomics.load(words, 0), 1, 'the one that waited has not begun');
      for (const error of seen) {
        assert.deepEqual([error.code, error.cause], ['ERR_TASKLETS_CANCELLED', 'the client has gone away']);
      }
      assert.equal(errors.length, 0);
    });

    it('does not cancel what is not to be cancelled', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const done = [];
      const { server } = await serve(t, (app, pool) => {
        const onComplete = (value) => done.push(value);
        app.get(
          '/',
          offload(() => stand(words, 'written'), { pool, cancellable: false, onComplete }),
        );
      });
      const request = send(server, '/')
        .end()
        .on('error', () => {});
      await gate.entered();
      const closed = once(server, 'connection').catch(() => {});
      request.destroy();
      void closed;
      gate.open();
      await until(() => done.length === 1);
      assert.deepEqual(done, ['written']);
    });

    it('that has gone before the handler is reached starts nothing', async (t) => {
      let reached;
      const isReached = new Promise((resolve) => {
        reached = resolve;
      });
      const { pool, server } = await serve(t, (app, pool) => {
        app.use((req, res, next) => {
          res.once('close', () =>
            setImmediate(() => {
              next();
              reached();
            }),
          );
        });
        app.get(
          '/',
          offload(() => 1, { pool }),
        );
      });
      const request = send(server, '/')
        .end()
        .on('error', () => {});
      const [socket] = await once(server, 'connection');
      await once(server, 'request');
      request.destroy();
      void socket;
      await isReached;
      assert.equal(pool.getStats().counts.submitted, 0);
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

  it(`${label}: tasks have the route for a name where the handler has none`, async (t) => {
    const { pool, server } = await serve(t, (app, pool) => {
      app.get(
        '/items/:id',
        offload(() => 1, { pool }),
      );
      app.get(
        '/named',
        offload(
          function mine() {
            return 1;
          },
          { pool },
        ),
      );
      app.get(
        '/given',
        offload(() => 1, { pool, name: 'given' }),
      );
    });
    for (const path of ['/items/1', '/items/2', '/named', '/given']) await ask(server, path);
    assert.deepEqual(Object.keys(pool.getStats().byTask).sort(), ['GET /items/:id', 'given', 'mine']);
  });

  it(`${label}: the options of tasks hold for handlers`, async (t) => {
    const { server } = await serve(t, (app, pool) => {
      const { current } = tasklets;
      const words = new Int32Array(new SharedArrayBuffer(4));
      app.get(
        '/retry',
        offload(
          () => {
            if (Atomics.add(words, 0, 1) < 2) throw new Error('not yet');
            return current().attempt;
          },
          { pool, retry: { attempts: 3, delay: 0 } },
        ),
      );
      app.get(
        '/captures',
        offload(() => [given, current().metadata], { pool, captures: { given: 5 }, metadata: { a: 1 } }),
      );
      app.get(
        '/explicit',
        offload(() => given, { pool: new Pool({ capture: 'explicit' }), captures: { given: 6 } }),
      );
    });
    assert.equal((await ask(server, '/retry')).text, '3');
    assert.deepEqual((await ask(server, '/captures')).json(), [5, { a: 1 }]);
    assert.equal((await ask(server, '/explicit')).text, '6');
  });

  it(`${label}: a handler may be a module's export, and a pool may be what only looks like one`, async (t) => {
    const { server } = await serve(t, (app, pool) => {
      const handler = tasklets.module(require.resolve('./fixtures/handlers.js'), 'greet');
      app.get('/module/:name', offload(handler, { pool }));
      const bind =
        (verb) =>
        (...args) =>
          verb(...args);
      const verbs = ['run', 'stream', 'wrap', 'getHealth', 'getStats'];
      const similar = Object.fromEntries(verbs.map((verb) => [verb, bind(tasklets[verb])]));
      app.get(
        '/verbs',
        offload(({ path }) => path, { pool: similar, timeout: 5000 }),
      );
      function ofTheFace() {
        return 'face';
      }
      app.get('/face', offload(ofTheFace, { pool: tasklets }));
      app.get(
        '/chunks',
        offload(
          function* () {
            yield 'a';
          },
          { pool: similar },
        ),
      );
    });
    assert.equal((await ask(server, '/module/Ada')).text, 'hello Ada');
    assert.equal((await ask(server, '/verbs')).text, '/verbs');
    assert.equal((await ask(server, '/face')).text, 'face');
    assert.ok(tasklets.getStats().byTask.ofTheFace.completed > 0);
    assert.equal((await ask(server, '/chunks')).text, 'a');
  });
}
