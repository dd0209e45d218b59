'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');

const parse = require('parse-prometheus-text-format');

const { version } = require('../package.json');
const { healthRoute, metricsRoute } = require('../express');
const { metricsText } = require('../lib/servers/metrics');
const { retryAfter } = require('../lib/servers/drain');
const { Gate, outcome, poolFor, stand } = require('./fixtures/pools');
const { ask, listen } = require('./fixtures/servers');

/** The families of a page, by name. The parser checks the syntax; what it lets pass is checked here. */
function families(text) {
  assert.ok(text.endsWith('\n'));
  checkOrder(text);
  return Object.fromEntries(parse(text).map((family) => [family.name, family]));
}

/** Each family once, its HELP and TYPE before its samples, each sample once, each value a number. */
function checkOrder(text) {
  const [declared, samples] = [new Set(), new Set()];
  let family = '';
  for (const line of text.trimEnd().split('\n')) {
    const help = /^# HELP (\S+) \S/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge|summary)$/.exec(line);
    if (help) {
      assert.ok(!declared.has(help[1]), line);
      declared.add((family = help[1]));
    } else if (type) {
      assert.equal(type[1], family);
      assert.equal(type[2] === 'counter', family.endsWith('_total'), line);
    } else {
      const sample = /^([a-z_]+)((?:\{[^\n]*\})?) (NaN|[+-]?\d[\d.e+-]*)$/.exec(line);
      assert.ok(sample, line);
      assert.match(sample[1], new RegExp(`^${family}(_sum|_count)?$`), line);
      assert.ok(!samples.has(sample[1] + sample[2]), `twice: ${line}`);
      samples.add(sample[1] + sample[2]);
    }
  }
}

/** The value of the sample with these labels. */
function valueOf(family, labels = {}) {
  const found = family.metrics.find((metric) => {
    const own = Object.entries(metric.labels ?? {});
    return own.length === Object.keys(labels).length && own.every(([name, value]) => labels[name] === value);
  });
  return found === undefined ? undefined : Number(found.value);
}

describe('metricsRoute', () => {
  it('tells what has become of tasks, as a real parser reads it', async (t) => {
    const pool = poolFor(t);
    const server = await listen(t, metricsRoute({ pool }));
    await pool.run(() => 1, { name: 'one' });
    await pool.run(() => 2, { name: 'two' });
    const failing = () => {
      throw new RangeError('no');
    };
    await outcome(pool.run(failing, { name: 'two', retry: { attempts: 2, delay: 0 } }));
    const endless = () => {
      for (;;);
    };
    await outcome(pool.run(endless, { timeout: 10, grace: 0 }));
    const controller = new AbortController();
    const aborted = outcome(pool.run(endless, { signal: controller.signal, grace: 0 }));
    controller.abort();
    await aborted;
    const { status, headers, text } = await ask(server, '/');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-store');
    const all = families(text);
    const tasks = (state) => valueOf(all.tasklets_tasks_total, { state });
    assert.deepEqual(['completed', 'failed', 'timed_out', 'cancelled'].map(tasks), [2, 1, 1, 1]);
    assert.equal(valueOf(all.tasklets_tasks_submitted_total), 5);
    assert.equal(valueOf(all.tasklets_tasks_retried_total), 1);
    assert.equal(valueOf(all.tasklets_tasks_rejected_total), 0);
    assert.equal(valueOf(all.tasklets_task_errors_total, { name: 'RangeError' }), 1);
    assert.equal(valueOf(all.tasklets_named_tasks_total, { task: 'two', state: 'failed' }), 1);
    assert.equal(valueOf(all.tasklets_build_info, { version }), 1);
    assert.equal(valueOf(all.tasklets_queue_tasks), 0);
  });

  it('gives times in seconds, as summaries whose sum never falls', async (t) => {
    const pool = poolFor(t);
    const server = await listen(t, metricsRoute({ pool, byTask: false }));
    const empty = families((await ask(server, '/')).text).tasklets_task_run_seconds;
    assert.deepEqual([empty.type, empty.metrics[0].count, empty.metrics[0].sum], ['SUMMARY', '0', '0']);
    assert.equal(empty.metrics[0].quantiles['0.99'], 'NaN');
    const ms = 20;
    await pool.run(() => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    });
    let last = 0;
    for (let i = 0; i < 20; i++) {
      const all = families((await ask(server, '/')).text);
      assert.equal(all.tasklets_named_tasks_total, undefined);
      const [{ count, sum, quantiles }] = all.tasklets_task_run_seconds.metrics;
      assert.equal(Number(count), i + 1);
      assert.ok(Number(sum) >= last && Number(sum) >= ms / 1000 && Number(sum) < 60, sum);
      assert.ok(Number(quantiles['0.999']) >= ms / 1000 && Number(quantiles['0.999']) < 60);
      last = Number(sum);
      await pool.run(() => 1);
    }
  });

  it('counts workers by what they do, and what waits', async (t) => {
    const pool = poolFor(t, { workers: 1, queue: { maxSize: 1 } });
    const server = await listen(t, metricsRoute({ pool }));
    const gate = new Gate();
    const tasks = [pool.run(stand, { args: [gate.words] })];
    await gate.entered();
    tasks.push(pool.run(stand, { args: [gate.words] }));
    await outcome(pool.run(() => 1));
    const all = families((await ask(server, '/')).text);
    assert.equal(valueOf(all.tasklets_workers, { state: 'busy' }), 1);
    assert.equal(valueOf(all.tasklets_workers, { state: 'idle' }), 0);
    assert.equal(valueOf(all.tasklets_queue_tasks), 1);
    assert.ok(valueOf(all.tasklets_queue_bytes) > 0);
    assert.ok(valueOf(all.tasklets_queue_oldest_seconds) > 0);
    assert.equal(valueOf(all.tasklets_tasks_rejected_total), 1);
    assert.equal(valueOf(all.tasklets_health, { status: 'healthy' }), 1);
    gate.open();
    await Promise.all(tasks);
  });

  it('escapes what names are made of', async (t) => {
    const pool = poolFor(t);
    const name = 'back\\slash "quote"\nline, {brace} = é \u2028 #';
    const label = 'my "images"\\\n';
    const server = await listen(t, metricsRoute({ pool, labels: { where: label } }));
    await pool.run(() => 1, { name });
    const { text } = await ask(server, '/');
    const all = families(text);
    const labels = { where: label, task: name, state: 'completed' };
    assert.equal(valueOf(all.tasklets_named_tasks_total, labels), 1, text);
  });

  it('refuses wrong options', () => {
    for (const [options, option] of [
      [{ label: {} }, 'label'],
      [{ labels: [] }, 'labels'],
      [{ labels: { 'a-b': 'x' } }, 'labels.a-b'],
      [{ labels: { state: 'x' } }, 'labels.state'],
      [{ labels: { __name: 'x' } }, 'labels.__name'],
      [{ labels: { a: 5 } }, 'labels.a'],
      [{ byTask: 1 }, 'byTask'],
      [{ pool: 5 }, 'pool'],
      [null, 'options'],
    ]) {
      assert.throws(() => metricsRoute(options), { code: 'ERR_TASKLETS_CONFIG', option });
    }
    assert.throws(() => healthRoute({ labels: {} }), { code: 'ERR_TASKLETS_CONFIG', option: 'labels' });
  });

  it('writes very large and very small numbers so that they can be read', () => {
    const pool = poolFor({ after: () => {} });
    const stats = pool.getStats();
    stats.counts.submitted = 2 ** 60;
    stats.queue.oldest = 1e-7;
    const all = families(metricsText(stats, pool.getHealth(), { labels: {}, byTask: true, version }));
    assert.equal(valueOf(all.tasklets_tasks_submitted_total), 2 ** 60);
    assert.equal(valueOf(all.tasklets_queue_oldest_seconds), 1e-7 / 1000);
  });
});

describe('healthRoute', () => {
  it('gives getHealth() as JSON, in a bare server too, and nothing for HEAD', async (t) => {
    const pool = poolFor(t);
    const server = await listen(t, healthRoute({ pool }));
    await pool.run(() => 1);
    const { status, headers, json } = await ask(server, '/');
    assert.deepEqual([status, headers['content-type']], [200, 'application/json; charset=utf-8']);
    assert.deepEqual(Object.keys(json()), Object.keys(pool.getHealth()));
    const head = await ask(server, '/', { method: 'HEAD' });
    assert.deepEqual([head.status, head.text], [200, '']);
  });

  it('is 503 while the pool is unhealthy', async (t) => {
    const pool = poolFor(t);
    const server = await listen(t, healthRoute({ pool }));
    const failing = () => {
      throw new Error('always');
    };
    await Promise.all(Array.from({ length: 30 }, () => outcome(pool.run(failing))));
    const { status, json } = await ask(server, '/');
    assert.deepEqual([status, json().status], [503, 'unhealthy']);
  });
});

describe('Retry-After', () => {
  /** A pool in numbers. */
  const poolOf = (stats) => ({
    looks: 0,
    getStats() {
      this.looks++;
      return stats;
    },
  });
  const counts = (completed) => ({ completed, failed: 0, cancelled: 0, timedOut: 0 });

  it('is the time in which the queue is worked off, by what tasks took so far', () => {
    const stats = {
      counts: counts(10),
      queue: { depth: 100, oldest: 5 },
      workers: [{}, {}],
      runTime: { mean: 200 },
    };
    assert.equal(retryAfter(poolOf(stats), 0), 10);
  });

  it('goes by the rate since the last look once there is one, and looks once a second', () => {
    const stats = {
      counts: counts(10),
      queue: { depth: 100, oldest: 5 },
      workers: [{}],
      runTime: { mean: 1 },
    };
    const pool = poolOf(stats);
    assert.equal(retryAfter(pool, 0), 1);
    stats.counts.completed = 30;
    assert.equal(retryAfter(pool, 999), 1);
    assert.equal(pool.looks, 1);
    assert.equal(retryAfter(pool, 2000), 10, '20 tasks in 2 s, 100 to go');
  });

  it('is never 0, never beyond two minutes, and known where no task has ended yet', () => {
    const of = (depth, mean, oldest) =>
      retryAfter(
        poolOf({ counts: counts(0), queue: { depth, oldest }, workers: [{}], runTime: { mean } }),
        0,
      );
    assert.deepEqual([of(0, 1, 0), of(1e9, 1000, 0), of(5, 0, 7500)], [1, 120, 8]);
  });
});
