'use strict';

/** What handlers off the event loop do is the same in Express 4, Express 5 and Fastify 5: each is asked. */

/* eslint-disable require-yield -- generators that only fail or only return are what some tests are about */
/* global given -- comes as a capture */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { describe, it } = require('node:test');

const tasklets = require('..');
const { Gate, linger, poolFor, spinForever, stand } = require('./fixtures/pools');
const { ask, listen, send, until } = require('./fixtures/servers');

/**
 * @typedef {[handler: any, options?: any]} Route
 * @typedef {{ pool: any, server: any, errors: any[], seen: any[] }} Served
 * @typedef {{ workers?: number, queue?: { maxSize: number } }} Config
 * @typedef {(t: import('node:test').TestContext, routes: Record<string, Route>, config?: Config, before?: any) => Promise<Served>} Serve
 */

/** @param {string} version @returns {Serve} */
const withExpress = (version) => async (t, routes, config, before) => {
  const { offload } = require('../express');
  const [app, pool] = [require(version)(), poolFor(t, config)];
  const served = { pool, errors: /** @type {any[]} */ ([]), seen: /** @type {any[]} */ ([]) };
  app.set('env', 'test');
  app.set('trust proxy', true);
  app.use(require(version).json());
  if (before !== undefined) app.use((req, res, next) => before({ req, res, next, served }));
  for (const [path, [handler, options]] of Object.entries(routes))
    app.all(path, offload(handler, { pool, ...options }));
  app.use((error, req, res, next) => {
    served.errors.push(error);
    next(error);
  });
  return Object.assign(served, { server: await listen(t, app) });
};

/** @type {Serve} */
const withFastify = async (t, routes, config, before) => {
  const plugin = require('../fastify');
  const [app, pool] = [require('fastify')({ trustProxy: true }), poolFor(t, config)];
  const served = { pool, errors: /** @type {any[]} */ ([]), seen: /** @type {any[]} */ ([]) };
  await app.register(plugin, { pool });
  app.addHook('onError', async (request, reply, error) => served.errors.push(error));
  if (before !== undefined)
    app.addHook('preHandler', (request, reply, next) =>
      before({ req: request.raw, res: reply.raw, next, served }),
    );
  for (const [url, [handler, options]] of Object.entries(routes))
    app.route({ method: ['GET', 'POST'], url, handler: plugin.offload(handler, options) });
  await app.ready();
  t.after(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => app.server.closeAllConnections());
  return Object.assign(served, { server: app.server });
};

const KINDS = {
  'Express 4': withExpress('express4'),
  'Express 5': withExpress('express'),
  'Fastify 5': withFastify,
};
const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';

/** A stream that the caller may move, of what it is given. */
function webStream(...chunks) {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  return require('..').transfer(body, [body]);
}

/** What a handler returns, and how it is sent. @type {Record<string, [handler: any, type: string | undefined, text: string, status?: number]>} */
const VALUES = {
  object: [() => ({ a: [1, 'ä'] }), JSON_TYPE, '{"a":[1,"ä"]}'],
  status: [() => ({ status: 'ok' }), JSON_TYPE, '{"status":"ok"}'],
  body: [() => ({ body: 'x' }), JSON_TYPE, '{"body":"x"}'],
  more: [() => ({ status: 201, text: '' }), JSON_TYPE, '{"status":201,"text":""}'],
  number: [async () => 404, JSON_TYPE, '404'],
  truth: [() => false, JSON_TYPE, 'false'],
  null: [() => null, JSON_TYPE, 'null'],
  date: [() => new Date(0), JSON_TYPE, '"1970-01-01T00:00:00.000Z"'],
  promise: [() => Promise.resolve([1]), JSON_TYPE, '[1]'],
  text: [() => '<b>é</b>', TEXT, '<b>é</b>'],
  empty: [() => '', TEXT, ''],
  buffer: [() => Buffer.from('abc'), BYTES, 'abc'],
  view: [() => new Uint16Array([0x6261]), BYTES, 'ab'],
  arraybuffer: [() => new Uint8Array([97]).buffer, BYTES, 'a'],
  blob: [() => new Blob(['abc'], { type: 'image/x-test' }), 'image/x-test', 'abc'],
  web: [() => webStream(new Uint8Array([97, 98]), 'c'), BYTES, 'abc'],
  returned: [function* () { return { status: 404, body: 'no' }; }, TEXT, 'no', 404], // prettier-ignore
  chunks: [function* () { yield 'a'; yield ''; yield Buffer.from('b'); }, TEXT, 'ab'], // prettier-ignore
  bytes: [async function* () { yield new Uint8Array([97]); yield 'b'; }, BYTES, 'ab'], // prettier-ignore
  lines: [function* ({ query }) { yield { n: Number(query.n) }; yield 'x'; }, 'application/x-ndjson', '{"n":3}\n"x"\n'], // prettier-ignore
  csv: [() => ({ headers: { 'content-type': 'text/csv; charset=utf-8' }, body: 'a,b' }), 'text/csv; charset=utf-8', 'a,b'], // prettier-ignore
  nothing: [() => undefined, undefined, '', 204],
  none: [function* () {}, undefined, '', 204],
};

for (const [kind, serve] of Object.entries(KINDS)) {
  const isFastify = kind.startsWith('Fastify');

  describe(`${kind}: what a handler gets`, () => {
    it('is a plain copy of the request', async (t) => {
      const { server } = await serve(t, { '/items/:id': [(request) => request] });
      const answer = await ask(server, '/items/a%20b?x=1&y=2&y=3', {
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

    it('is what it was where the route was defined, for what the handler captures', async (t) => {
      let captured = 'then';
      const { server } = await serve(t, { '/': [() => captured] });
      captured = 'now';
      assert.equal((await ask(server, '/')).text, 'then');
    });

    it('is given under the options of tasks', async (t) => {
      const { current } = tasklets;
      const words = new Int32Array(new SharedArrayBuffer(4));
      const { server } = await serve(t, {
        '/retry': [
          () => {
            if (Atomics.add(words, 0, 1) < 2) throw new Error('not yet');
            return current().attempt;
          },
          { retry: { attempts: 3, delay: 0 } },
        ],
        '/captures': [() => [given, current().metadata], { captures: { given: 5 }, metadata: { a: 1 } }],
        '/explicit': [() => given, { pool: poolFor(t, { capture: 'explicit' }), captures: { given: 6 } }],
      });
      assert.equal((await ask(server, '/retry')).text, '3');
      assert.deepEqual((await ask(server, '/captures')).json(), [5, { a: 1 }]);
      assert.equal((await ask(server, '/explicit')).text, '6');
    });

    it('may go to an export of a module, and to what only looks like a pool', async (t) => {
      const bind =
        (verb) =>
        (...args) =>
          verb(...args);
      const verbs = ['run', 'stream', 'wrap', 'getHealth', 'getStats'];
      const similar = Object.fromEntries(verbs.map((verb) => [verb, bind(tasklets[verb])]));
      function ofTheFace() {
        return 'face';
      }
      const { server } = await serve(t, {
        '/module/:name': [tasklets.module(require.resolve('./fixtures/handlers.js'), 'greet')],
        '/verbs': [({ path }) => path, { pool: similar, timeout: 500_000 }],
        '/face': [ofTheFace, { pool: tasklets }],
        '/chunks': [function* () { yield 'a'; }, { pool: similar }], // prettier-ignore
      });
      const before = tasklets.getStats().byTask.ofTheFace?.completed ?? 0;
      const texts = [];
      for (const path of ['/module/Ada', '/verbs', '/face', '/chunks'])
        texts.push((await ask(server, path)).text);
      assert.deepEqual(texts, ['hello Ada', '/verbs', 'face', 'a']);
      assert.equal(tasklets.getStats().byTask.ofTheFace.completed, before + 1);
    });

    it('runs under the name of the route where the handler has none', async (t) => {
      const { pool, server } = await serve(t, {
        '/items/:id': [() => 1],
        '/named': [
          function mine() {
            return 1;
          },
        ],
        '/given': [() => 1, { name: 'given' }],
      });
      for (const path of ['/items/1', '/items/2', '/named', '/given']) await ask(server, path);
      assert.deepEqual(Object.keys(pool.getStats().byTask).sort(), ['GET /items/:id', 'given', 'mine']);
    });
  });

  describe(`${kind}: what a handler returns`, () => {
    it('is sent by its kind', async (t) => {
      const routes = Object.entries(VALUES).map(([name, [handler]]) => [`/${name}`, [handler]]);
      const { server } = await serve(t, Object.fromEntries(routes));
      for (const [name, [, type, text, status = 200]] of Object.entries(VALUES)) {
        const answer = await ask(server, `/${name}?n=3`);
        assert.deepEqual(
          [answer.status, answer.headers['content-type'], answer.text],
          [status, type, text],
          name,
        );
      }
    });

    it('may be status, headers and body, and leaves what was set before', async (t) => {
      const before = ({ res, next }) => {
        res.setHeader('X-Before', 'kept');
        next();
      };
      const headers = { 'Set-Cookie': ['a=1', 'b=2'], 'X-Number': 7, 'X-None': undefined };
      const everything = { '/all': [() => ({ status: 201, headers, body: 'a,b' })] };
      const moved = { '/moved': [() => ({ status: 302, headers: { location: '/elsewhere' } })] };
      const { server } = await serve(t, { ...everything, ...moved }, undefined, before);
      const all = await ask(server, '/all');
      assert.deepEqual([all.status, all.text], [201, 'a,b']);
      assert.deepEqual(all.headers['set-cookie'], ['a=1', 'b=2']);
      assert.deepEqual(
        [all.headers['x-number'], all.headers['x-none'], all.headers['x-before']],
        ['7', undefined, 'kept'],
      );
      const { status, headers: sent, text } = await ask(server, '/moved');
      assert.deepEqual([status, sent.location, text], [302, '/elsewhere', '']);
    });

    it('is an error if it is no response, or cannot be written', async (t) => {
      const { errors, server } = await serve(t, {
        '/status': [() => ({ status: 999, body: 1 })],
        '/value': [() => ({ headers: { 'x-a': 'a', 'x-b': {} } })],
        '/split': [() => ({ headers: { 'x-a': 'a\r\nx-b: c' } })],
        '/big': [() => ({ n: 1n })],
        '/circle': [() => { const circle = {}; circle.self = circle; return circle; }], // prettier-ignore
        '/function': [() => () => 1],
        '/unmoved': [() => new ReadableStream()],
      });
      for (const path of ['/status', '/value', '/split', '/big', '/circle', '/function', '/unmoved']) {
        const { status, headers } = await ask(server, path);
        assert.deepEqual([status, headers['x-a']], [500, undefined], path);
      }
      const [code, value, split, big, circle, fn, unmoved] = errors;
      assert.deepEqual([code.option, value.option], ['response.status', 'response.headers.x-b']);
      assert.equal(split.code, 'ERR_INVALID_CHAR');
      assert.match(big.message, /BigInt/);
      assert.match(circle.message, /circular/);
      for (const { code } of [fn, unmoved]) assert.equal(code, 'ERR_TASKLETS_UNSERIALIZABLE');
    });

    it('has no body for HEAD, 204 and 304, and what would have gone on does not', async (t) => {
      const endless = function* ({ query }) {
        if (query.status) yield { status: Number(query.status) };
        for (;;) yield 'x'.repeat(1000);
      };
      const { pool, server } = await serve(t, { '/': [endless], '/value': [() => ({ a: 1 })] });
      for (const status of [204, 304]) {
        const answer = await ask(server, `/?status=${status}`);
        assert.deepEqual([answer.status, answer.text], [status, '']);
      }
      const { status, text, headers } = await ask(server, '/', { method: 'HEAD' });
      assert.deepEqual([status, text, headers['content-type']], [200, '', TEXT]);
      assert.equal(headers['content-length'], undefined, 'nobody knows how long it would be');
      const value = await ask(server, '/value', { method: 'HEAD' });
      assert.deepEqual([value.status, value.text, value.headers['content-length']], [200, '', '7']);
      await until(() => pool.getActiveTaskCount() === 0);
    });
  });

  describe(`${kind}: what a generator handler yields`, () => {
    it('may begin with a head, which goes out before the first chunk is there', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const { server } = await serve(t, {
        '/events': [
          async function* () {
            yield { status: 202, headers: { 'content-type': 'text/event-stream' } };
            await linger(words);
            yield 'data: 1\n\n';
          },
        ],
        '/body': [function* () { yield { status: 203, headers: {}, body: { a: 1 } }; yield 2; }], // prettier-ignore
        '/bare': [function* () { yield { status: 203 }; yield 'text'; }], // prettier-ignore
      });
      const request = send(server, '/events').end();
      // Fastify sends the head with what follows.
      if (isFastify) gate.open();
      const [response] = await once(request, 'response');
      assert.equal(response.statusCode, 202);
      assert.match(response.headers['content-type'], /^text\/event-stream/);
      gate.open();
      assert.equal(String(await once(response, 'data')), 'data: 1\n\n');
      const body = await ask(server, '/body');
      assert.deepEqual([body.status, body.text], [203, '{"a":1}\n2\n']);
      const bare = await ask(server, '/bare');
      assert.deepEqual([bare.status, bare.headers['content-type'], bare.text], [203, TEXT, 'text']);
    });

    it('goes on only as fast as the client reads, and ends when it leaves', async (t) => {
      const words = new Int32Array(new SharedArrayBuffer(8));
      const { pool, server } = await serve(t, {
        '/': [
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
        ],
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

    it('is an error before the first chunk, and breaks the response off later', async (t) => {
      const { errors, server } = await serve(t, {
        '/first': [function* () { throw Object.assign(new Error('early'), { statusCode: 409 }); }], // prettier-ignore
        '/chunk': [function* () { yield 'a'; yield {}; }], // prettier-ignore
        '/later': [function* () { yield 'a'; throw new Error('late'); }], // prettier-ignore
      });
      assert.equal((await ask(server, '/first')).status, 409);
      for (const path of ['/later', '/chunk'])
        await assert.rejects(ask(server, path), { code: 'ECONNRESET' });
      assert.equal(errors[0].message, 'early');
    });
  });

  describe(`${kind}: what goes wrong`, () => {
    it('goes to the error handling as it was thrown', async (t) => {
      class Teapot extends Error {
        statusCode = 418;
        detail = { short: true };
      }
      const { errors, server } = await serve(t, {
        '/class': [() => { throw new Teapot('short and stout'); }], // prettier-ignore
        '/code': [() => { throw Object.assign(new TypeError('x'), { statusCode: 422 }); }], // prettier-ignore
        '/text': [() => { throw 'just text'; }], // prettier-ignore
        '/object': [async () => { throw { message: 'no error' }; }], // prettier-ignore
        '/nothing': [() => { throw undefined; }], // prettier-ignore
        '/zero': [async () => { throw 0; }], // prettier-ignore
        '/route': [() => { throw 'route'; }], // prettier-ignore
      });
      const statuses = [];
      for (const path of ['/class', '/code', '/text', '/object', '/nothing', '/zero', '/route'])
        statuses.push((await ask(server, path)).status);
      assert.deepEqual(statuses, [418, 422, 500, 500, 500, 500, 500]);
      const [teapot, code, text, object, nothing, zero, route] = errors;
      assert.ok(teapot instanceof Teapot);
      assert.deepEqual(teapot.detail, { short: true });
      assert.match(teapot.stack, /servers\.test\.js/);
      assert.ok(code instanceof TypeError);
      assert.equal(text, 'just text');
      assert.deepEqual(object, { message: 'no error' });
      for (const error of [nothing, zero]) assert.ok(error instanceof Error);
      // `next('route')` would have been an order.
      assert.equal(route.cause ?? route, 'route');
    });

    it('is 503 with Retry-After if the queue is full', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const config = { workers: 1, queue: { maxSize: 1 } };
      const { pool, server } = await serve(t, { '/': [() => stand(words, 'done')] }, config);
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
    });

    it('is 504 after a timeout, running or waiting', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const routes = {
        '/run': [() => spinForever(), { timeout: 30, grace: 0 }],
        '/stand': [() => stand(words)],
        '/queue': [() => 1, { queueTimeout: 30 }],
      };
      const { server } = await serve(t, routes, { workers: 1 });
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

    it('is 503 and the end of the connection while the pool shuts down, but what runs is answered', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const { pool, server } = await serve(t, { '/': [() => 1], '/stand': [() => stand(words, 'done')] });
      const standing = ask(server, '/stand');
      await gate.entered();
      const ended = pool.shutdown();
      const { status, headers, json } = await ask(server, '/', { headers: { connection: 'keep-alive' } });
      assert.deepEqual([status, headers.connection, json().code], [503, 'close', 'ERR_TASKLETS_SHUTDOWN']);
      gate.open();
      assert.equal((await standing).text, 'done');
      assert.equal((await ended).graceful, true);
    });
  });

  describe(`${kind}: a client that goes away`, () => {
    it('cancels its task while it runs, and while it waits', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const seen = [];
      const route = [() => stand(words), { grace: 0, onError: (error) => seen.push(error) }];
      const { errors, pool, server } = await serve(t, { '/': route }, { workers: 1 });
      const leaving = () => send(server, '/').end().on('error', () => {}); // prettier-ignore
      const running = leaving();
      await gate.entered();
      const waiting = leaving();
      await until(() => pool.getStats().queue.depth === 1);
      waiting.destroy();
      await until(() => pool.getStats().queue.depth === 0);
      running.destroy();
      await until(() => seen.length === 2);
      assert.equal(Atomics.load(words, 0), 1, 'the one that waited has not begun');
      for (const error of seen)
        assert.deepEqual([error.code, error.cause], ['ERR_TASKLETS_CANCELLED', 'the client has gone away']);
      assert.equal(errors.length, 0);
    });

    it('cancels all its tasks, also those whose turn to be answered has not come', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const warnings = [];
      const warn = (warning) => warnings.push(warning.name);
      process.on('warning', warn);
      t.after(() => process.off('warning', warn));
      const COUNT = 15;
      const { pool, server } = await serve(t, { '/': [() => linger(words), { grace: 0 }] });
      const { port } = server.address();
      const socket = net.connect(port, '127.0.0.1').on('error', () => {});
      socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(COUNT));
      await until(() => pool.getStats().counts.submitted === COUNT);
      socket.destroy();
      await until(() => pool.getActiveTaskCount() === 0);
      assert.equal(pool.getStats().counts.cancelled, COUNT);
      assert.deepEqual(warnings, []);
    });

    it('does not cancel what is not to be cancelled', async (t) => {
      const gate = new Gate();
      const { words } = gate;
      const done = [];
      const onComplete = (value) => done.push(value);
      const { server } = await serve(t, {
        '/': [() => stand(words, 'written'), { cancellable: false, onComplete }],
      });
      const request = send(server, '/')
        .end()
        .on('error', () => {});
      await gate.entered();
      request.destroy();
      gate.open();
      await until(() => done.length === 1);
      assert.deepEqual(done, ['written']);
    });

    it('that has gone before the handler is reached starts nothing', async (t) => {
      const before = ({ res, next, served }) => {
        served.seen.push('reached');
        res.once('close', () =>
          setImmediate(() => {
            next();
            served.seen.push('gone on');
          }),
        );
      };
      const { pool, seen, server } = await serve(t, { '/': [() => 1] }, undefined, before);
      const request = send(server, '/')
        .end()
        .on('error', () => {});
      await until(() => seen.includes('reached'));
      request.destroy();
      await until(() => seen.includes('gone on'));
      assert.equal(pool.getStats().counts.submitted, 0);
    });
  });
}
