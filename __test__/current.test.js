'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const tasklets = require('..');
const { Gate, outcome, poolFor } = require('./fixtures/pools');

/** The program waits for no task that was cancelled; a test may want to. @param {import('node:test').TestContext} t */
function stayAlive(t) {
  const timer = setInterval(() => {}, 60_000);
  t.after(() => clearInterval(timer));
}

const { current, errors, reportProgress } = tasklets;

test('outside of a task there is none, and progress goes nowhere', () => {
  assert.strictEqual(current(), undefined);
  assert.strictEqual(reportProgress(0.5), undefined);
});

test('says what the task is called, and how it runs', async (t) => {
  const pool = poolFor(t);
  const options = { name: 'mine', priority: 'high', metadata: { request: 7 }, timeout: 60_000 };
  const before = Date.now();
  const handle = pool.run(() => {
    const { id, name, attempt, priority, metadata, deadline, cancelled, signal } = current();
    return { id, name, attempt, priority, metadata, deadline, cancelled, aborted: signal.aborted };
  }, options);
  const { deadline, ...seen } = await handle;
  assert.deepStrictEqual(seen, {
    id: handle.id,
    name: 'mine',
    attempt: 1,
    priority: 'high',
    metadata: { request: 7 },
    cancelled: false,
    aborted: false,
  });
  assert.ok(deadline > before + 59_000 && deadline < Date.now() + 61_000, `${deadline}`);
});

test('has no deadline without a timeout, and empty metadata where none was given', async (t) => {
  const pool = poolFor(t);
  const seen = await pool.run(() => [current().deadline, current().metadata, current().metadata.request]);
  assert.deepStrictEqual(seen, [null, {}, undefined]);
});

test('counts attempts', async (t) => {
  const pool = poolFor(t);
  const attempts = await pool.run(
    () => {
      if (current().attempt < 3) throw new Error('again');
      return current().attempt;
    },
    { retry: { attempts: 5, delay: 0 } },
  );
  assert.strictEqual(attempts, 3);
});

test('is that of the task on whose behalf the code runs, also behind an await, with several tasks in one worker', async (t) => {
  const pool = poolFor(t, { workers: { min: 1, max: 1, concurrency: 8 } });
  const names = Array.from({ length: 8 }, (_, index) => `task ${index}`);
  const later = async () => {
    const first = current();
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    await null;
    const seen = await new Promise((resolve) => {
      setImmediate(() => resolve(current().name));
    });
    return [seen, first === current()];
  };
  const seen = await Promise.all(names.map((name) => pool.run(later, { name })));
  assert.deepStrictEqual(
    seen,
    names.map((name) => [name, true]),
  );
});

test('what it can do needs no `this`', async (t) => {
  const pool = poolFor(t);
  const heard = [];
  await pool.run(
    () => {
      const { reportProgress: report, throwIfCancelled } = current();
      throwIfCancelled();
      report(1, 'all of it');
    },
    { onProgress: (percent, { detail }) => heard.push([percent, detail]) },
  );
  assert.deepStrictEqual(heard, [[100, 'all of it']]);
});

test('turns cancelled in the middle of a synchronous loop, with the reason that the handle rejects with', async (t) => {
  stayAlive(t);
  const pool = poolFor(t);
  const gate = new Gate();
  const handle = pool.run(
    (words) => {
      const { throwIfCancelled } = current();
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
      try {
        for (;;) throwIfCancelled();
      } catch (error) {
        Atomics.store(words, 1, error.code === 'ERR_TASKLETS_CANCELLED' && current().signal.aborted ? 1 : 2);
        Atomics.add(words, 0, 1);
        Atomics.notify(words, 0);
      }
    },
    { args: [gate.words], grace: 60_000 },
  );
  const ended = outcome(handle);
  await gate.entered();
  assert.ok(handle.cancel('enough'));
  await gate.entered(2);
  assert.strictEqual(Atomics.load(gate.words, 1), 1);
  const { error } = await ended;
  assert.ok(error instanceof errors.CancelledError);
});

test('tells a task that is late that it is, in a loop and by its signal', async (t) => {
  stayAlive(t);
  const pool = poolFor(t);
  const spins = (/** @type {Int32Array} */ words) => {
    try {
      for (;;) current().throwIfCancelled();
    } catch (error) {
      const { signal } = current();
      Atomics.store(
        words,
        1,
        error.phase === 'run' && error.timeout === 20 && signal.reason === error ? 1 : 2,
      );
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
    }
  };
  let said = 0;
  // A worker that was kept from running may know of its task's begin too late to tell, or not at all.
  for (let tries = 0; tries < 20 && said !== 1; tries++) {
    const gate = new Gate();
    const ended = outcome(pool.run(spins, { args: [gate.words], timeout: 20, grace: 60_000 }));
    await gate.entered();
    assert.ok((await ended).error instanceof errors.TimeoutError);
    said = Atomics.load(gate.words, 1);
  }
  assert.strictEqual(said, 1);
});

test('shows itself as what it is', async (t) => {
  const pool = poolFor(t);
  const shown = () => process.getBuiltinModule('node:util').inspect(current(), { breakLength: Infinity });
  const text = await pool.run(shown, { name: 'mine', metadata: { request: 7 } });
  assert.match(
    text,
    /^TaskContext \{ id: \d+, name: 'mine', attempt: 1, priority: 'normal', metadata: \{ request: 7 \}, deadline: null, cancelled: false \}$/,
  );
});

test('aborts its signal when the task is cancelled while it awaits', async (t) => {
  stayAlive(t);
  const pool = poolFor(t);
  const gate = new Gate();
  const handle = pool.run(
    async (words) => {
      const { signal } = current();
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
    },
    { args: [gate.words], grace: 60_000 },
  );
  const ended = outcome(handle);
  await gate.entered();
  handle.cancel();
  await gate.entered(2);
  assert.strictEqual((await ended).error.code, 'ERR_TASKLETS_CANCELLED');
});

test('refuses a fraction that is none', async (t) => {
  const pool = poolFor(t);
  for (const fraction of [-0.1, 1.1, NaN, '0.5', null, 50]) {
    const { error } = await outcome(pool.run((value) => reportProgress(value), { args: [fraction] }));
    assert.ok(error instanceof errors.ConfigError, `${fraction}: ${error}`);
    assert.strictEqual(error.option, 'fraction');
  }
});
