'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const autocannon = require('autocannon');
const express = require('express');

const { offload } = require('../express');
const { createApp } = require('../examples/server/app');
const { Gate, poolFor, stand } = require('./fixtures/pools');
const { ask, listen, until } = require('./fixtures/servers');

/** How long a client waits for an answer, in seconds: its own 10 are few on a busy machine. */
const timeout = 600;

/** @param {import('node:http').Server} server */
const originOf = (server) => `http://127.0.0.1:${/** @type {any} */ (server.address()).port}`;

test('a light route answers while heavy ones hold all workers and fill the queue', async (t) => {
  const gate = new Gate();
  const { words } = gate;
  const pool = poolFor(t, { workers: 2 });
  const app = express();
  app.get(
    '/heavy',
    offload(() => stand(words, 'done'), { pool }),
  );
  app.get('/light', (req, res) => res.json(1));
  const server = await listen(t, app);
  const heavy = Array.from({ length: 6 }, () => ask(server, '/heavy'));
  await gate.entered(2);
  await until(() => pool.getStats().queue.depth === 4);
  const result = await autocannon({ url: `${originOf(server)}/light`, connections: 4, amount: 500, timeout });
  assert.deepEqual([result['2xx'], result.errors, result.non2xx], [500, 0, 0]);
  assert.equal(pool.getStats().counts.completed, 0);
  gate.open();
  for (const { text } of await Promise.all(heavy)) assert.equal(text, 'done');
});

test('under load every request is answered, by all workers', async (t) => {
  const pool = poolFor(t, { workers: 2 });
  const server = await listen(t, createApp(pool));
  const origin = originOf(server);
  const [light, heavy] = await Promise.all([
    autocannon({ url: `${origin}/`, connections: 4, amount: 400, timeout }),
    autocannon({
      url: `${origin}/primes/20000`,
      connections: 8,
      amount: 200,
      timeout,
      expectBody: '{"count":2262}',
    }),
  ]);
  for (const [{ errors, mismatches, non2xx, ...result }, amount] of [
    [light, 400],
    [heavy, 200],
  ]) {
    assert.deepEqual([result['2xx'], errors, mismatches, non2xx], [amount, 0, 0, 0]);
  }
  const { counts, workers } = pool.getStats();
  assert.equal(counts.completed, 200);
  assert.equal(workers.length, 2);
  for (const { completed } of workers) assert.ok(completed > 0);
  assert.equal(pool.getActiveTaskCount(), 0);
});

test('clients that come and go leave nothing behind', async (t) => {
  const pool = poolFor(t, { workers: 2 });
  const server = await listen(t, createApp(pool));
  // They leave with their requests unanswered: those that run and those that wait.
  const url = `${originOf(server)}/primes/3000000`;
  const clients = autocannon({ url, connections: 20, duration: 3600, timeout }, () => {});
  await until(() => pool.getStats().queue.depth >= 10);
  clients.stop();
  await once(clients, 'done');
  await until(() => pool.getActiveTaskCount() === 0);
  const { counts } = pool.getStats();
  assert.ok(counts.cancelled > 0);
  assert.equal(counts.failed, 0);
  assert.equal((await ask(server, '/primes/10')).text, '{"count":4}');
});
