'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { Gate, echo, outcome, poolFor, spin, spinForever, stand } = require('./fixtures/pools');

test('counts what became of the tasks', async (t) => {
  const pool = poolFor(t, { workers: 1, queue: { maxSize: 100 } });
  const cancelled = pool.run(echo);
  cancelled.cancel();
  await outcome(cancelled);
  await pool.runAll([echo, echo, echo]);
  await outcome(
    pool.run(() => {
      throw new RangeError('x');
    }),
  );
  await outcome(pool.run(spinForever, { timeout: 10, grace: 0 }));
  await outcome(
    pool.run(
      () => {
        throw new TypeError('again');
      },
      { retry: { attempts: 3, delay: 0 } },
    ),
  );
  const { counts, errorsByName } = pool.getStats();
  assert.deepStrictEqual(
    { ...counts },
    { submitted: 7, completed: 3, failed: 2, cancelled: 1, timedOut: 1, retried: 2, rejected: 0 },
  );
  assert.strictEqual(errorsByName.RangeError, 1);
  assert.ok(errorsByName.TypeError >= 1);
  assert.strictEqual(errorsByName.TimeoutError, 1);
});

test('has histograms for all and for each name', async (t) => {
  const pool = poolFor(t);
  await pool.runAll(Array.from({ length: 50 }, () => ({ task: spin, args: [2], name: 'spinner' })));
  await pool.run(echo);
  const stats = pool.getStats();
  for (const name of ['queueTime', 'runTime', 'cpuTime']) {
    const { count, min, mean, max, p50, p90, p95, p99, p999 } = stats[name];
    assert.strictEqual(count, 51);
    assert.ok(
      min <= p50 && p50 <= p90 && p90 <= p95 && p95 <= p99 && p99 <= p999 && p999 <= max * 1.01,
      name,
    );
    assert.ok(mean >= min && mean <= max);
  }
  assert.ok(stats.runTime.p50 >= 1.9 && stats.runTime.p50 < 1_000);
  assert.ok(stats.byTask.spinner !== undefined && stats.byTask.echo !== undefined);
});

test('shows the queue and the workers as they are', async (t) => {
  const pool = poolFor(t, { workers: 1 });
  const gate = new Gate();
  const held = pool.run(stand, { args: [gate.words] });
  await gate.entered();
  const waiting = Array.from({ length: 5 }, () => pool.run(echo, { args: ['x'.repeat(100)] }));
  const { queue, workers } = pool.getStats();
  assert.strictEqual(queue.depth, 5);
  assert.ok(queue.bytes >= 500);
  assert.strictEqual(workers.length, 1);
  assert.strictEqual(workers[0].state, 'busy');
  assert.strictEqual(workers[0].id, held.worker);
  assert.strictEqual(pool.getActiveTaskCount(), 6);
  gate.open();
  await Promise.all([held, ...waiting]);
  const after = pool.getStats();
  assert.strictEqual(after.queue.depth, 0);
  assert.strictEqual(after.queue.bytes, 0);
  assert.strictEqual(after.workers[0].completed, 6);
  assert.strictEqual(pool.getActiveTaskCount(), 0);
});

test('tells of its health', async (t) => {
  const pool = poolFor(t);
  const health = pool.getHealth();
  assert.strictEqual(health.status, 'healthy');
  assert.deepStrictEqual(health.workers, { active: 0, idle: 0, crashed: 0 });
  assert.match(health.memory.used, /^[\d.]+(KB|MB|GB)$/);
  assert.match(health.memory.available, /^[\d.]+(KB|MB|GB)$/);
  await outcome(
    pool.run(
      () => {
        throw new RangeError('told');
      },
      { name: 'teller' },
    ),
  );
  await outcome(pool.run(() => process.exit(1)));
  const { errors, workers, latency, uptime } = pool.getHealth();
  assert.ok(errors.rate > 0 && errors.rate <= 1);
  const told = errors.recent.find(({ name }) => name === 'RangeError');
  assert.strictEqual(told.message, 'told');
  assert.strictEqual(told.taskName, 'teller');
  assert.ok(Math.abs(Date.now() - new Date(told.at).getTime()) < 60_000);
  assert.strictEqual(workers.crashed, 1);
  for (const key of ['p50', 'p95', 'p99']) assert.ok(latency[key] >= 0);
  assert.ok(uptime >= 0);
});

test('names without number do not grow the memory of names without bound', async (t) => {
  const pool = poolFor(t);
  const handles = Array.from({ length: 5000 }, (_, i) => pool.run(echo, { name: `name ${i}` }));
  await Promise.all(handles);
  assert.ok(Object.keys(pool.getStats().byTask).length <= 5000);
  const odd = ['__proto__', 'constructor', 'toString', '', '\0', '😀'.repeat(1000)];
  await Promise.all(odd.map((name) => pool.run(echo, { name })));
  assert.doesNotThrow(() => JSON.stringify(pool.getStats()));
});
