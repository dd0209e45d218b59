'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { program } = require('./fixtures/pools');

test('loading the package starts no thread and ends by itself', async () => {
  const { code, stdout } = await program(`
    const fs = require('node:fs');
    console.log(fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length < 16 : true, tasklets.version);
  `);
  assert.strictEqual(code, 0);
  assert.match(stdout, /^true \d+\.\d+\.\d+/);
});

test('a process with an idle pool ends by itself', async () => {
  const { code, stdout, stderr } = await program(`
    tasklets.config({ workers: { min: 2, max: 2 } });
    tasklets.run(() => 42).then(console.log);
  `);
  assert.deepStrictEqual([code, stdout, stderr], [0, '42\n', '']);
});

test('a process waits for its pending tasks, also for those that await and those that are tried again', async () => {
  const { code, stdout } = await program(`
    tasklets.run(() => new Promise((resolve) => { setTimeout(resolve, 100, 'awaited'); })).then(console.log);
    tasklets.run((words) => { if (Atomics.add(words, 0, 1) === 0) throw new Error('x'); return 'retried'; },
      { args: [new Int32Array(new SharedArrayBuffer(4))], retry: { attempts: 2, delay: 200 } }).then(console.log);
    tasklets.map((n) => n, [1, 2]).then((all) => console.log(all.length));
  `);
  assert.strictEqual(code, 0);
  assert.deepStrictEqual(stdout.trim().split('\n').sort(), ['2', 'awaited', 'retried']);
});

test('a handle that rejects and that nobody looks at is an unhandled rejection', async () => {
  for (const source of [
    `tasklets.run(() => { throw new RangeError('nobody looks'); });`,
    `tasklets.run(() => { throw new RangeError('nobody looks'); }, { onError: () => {} });`,
    `tasklets.run(() => { throw new RangeError('nobody looks'); }).onError(() => {});`,
  ]) {
    const { code, stderr } = await program(source);
    assert.strictEqual(code, 1, source);
    assert.match(stderr, /RangeError: nobody looks/);
  }
});

test('a handle that is only cancelled is one as well', async () => {
  const { code, stderr } = await program(`tasklets.run(() => 1).cancel('unheard');`);
  assert.strictEqual(code, 1);
  assert.match(stderr, /unheard/);
});

test('Ctrl-C ends a process whose workers are busy', async () => {
  const { signal } = await program(
    `tasklets.run(() => { for (;;); }, { onStart: () => console.log('busy') }); setInterval(() => {}, 1000);`,
    { on: (child, text) => text.includes('busy') && child.kill('SIGINT') },
  );
  assert.strictEqual(signal, 'SIGINT');
});

test('gracefulSignals lets what runs finish, and then does what the signal would have done', async () => {
  const { signal, stdout } = await program(
    `
    tasklets.config({ workers: 1, gracefulSignals: true });
    tasklets.onShutdown(() => console.log('hook'));
    tasklets.run(() => new Promise((resolve) => { setTimeout(resolve, 300, 'finished'); }), { onStart: () => console.log('busy') })
      .then(console.log);
    setInterval(() => {}, 1000);
    `,
    { on: (child, text) => text.endsWith('busy\n') && child.kill('SIGTERM') },
  );
  assert.strictEqual(signal, 'SIGTERM');
  assert.deepStrictEqual(stdout.trim().split('\n'), ['busy', 'hook', 'finished']);
});

test('process.exit of the program ends it while workers are busy', async () => {
  const { code } = await program(`
    for (let i = 0; i < 4; i++) tasklets.run(() => { for (;;); }, { onStart: () => process.exit(5) }).catch(() => {});
  `);
  assert.strictEqual(code, 5);
});

test('an uncaught error of the program ends it while workers are busy', async () => {
  const { code, stderr } = await program(`
    tasklets.run(() => { for (;;); }, { onStart: () => setImmediate(() => { throw new Error('uncaught'); }) });
  `);
  assert.strictEqual(code, 1);
  assert.match(stderr, /uncaught/);
});

test('what a task prints is printed', async () => {
  const { code, stdout, stderr } = await program(`
    tasklets.run(() => { console.log('out'); console.error('err'); }).then(() => console.log('done'));
  `);
  assert.strictEqual(code, 0);
  assert.match(stdout, /out/);
  assert.match(stderr, /err/);
});

test('ES modules import it by name and as a whole', async () => {
  const { code, stdout, stderr } = await program(
    `
    import tasklets, { run, map, Pool, errors, module, config, version } from 'tasklets';
    import * as all from 'tasklets';
    console.log(run === tasklets.run, all.map === map, typeof Pool, typeof errors.TimeoutError, typeof module, typeof config, version === tasklets.version);
    console.log(await run((a, b) => a + b, { args: [1, 2] }));
    `,
    { type: 'module' },
  );
  assert.strictEqual(stderr, '');
  assert.strictEqual(code, 0);
  assert.strictEqual(stdout, 'true true function function function function true\n3\n');
});

test('--require and --import are inherited by workers', async () => {
  const hook = path.join(__dirname, 'fixtures', 'preload.js');
  for (const flags of [
    ['--require', hook],
    ['--import', pathToFileURL(hook).href],
  ]) {
    const { code, stdout, stderr } = await program(
      `tasklets.run(() => globalThis.preloaded).then(console.log);`,
      { flags },
    );
    assert.deepStrictEqual([code, stdout], [0, 'preloaded\n'], stderr);
  }
});

test('a preloaded file that fails in workers fails the tasks with the reason', async () => {
  const hook = path.join(__dirname, 'fixtures', 'preload-fails.js');
  const { code, stdout } = await program(
    `tasklets.run(() => 1).catch((error) => console.log(error.code, error.cause?.message));`,
    { flags: ['--require', hook] },
  );
  assert.strictEqual(code, 0);
  assert.strictEqual(stdout, 'ERR_TASKLETS_WORKER_EXIT not in a worker\n');
});

test('nothing that is put on Object.prototype is taken for an option', async () => {
  const { code, stdout, stderr } = await program(`
    const names = ['args', 'name', 'timeout', 'queueTimeout', 'priority', 'cancellable', 'grace', 'retry', 'dependsOn',
      'captures', 'this', 'transfer', 'metadata', 'limits', 'onProgress', 'onComplete', 'onError', 'onStart', 'failFast', 'chunkSize',
      'concurrency', 'stopOnError', 'attempts', 'delay', 'force', 'cancelPending', 'workers', 'queue', 'memory', 'logging'];
    for (const name of names) Object.prototype[name] = 0;
    Object.assign(Object.prototype, { eval: true, execArgv: ['--no-such-flag'], argv: ['x'], trackUnmanagedFds: 5,
      refused: 'no' });
    (async () => {
      console.log(await tasklets.run((a) => a + 1, { ['args']: [1] }));
      console.log(await tasklets.map((a) => a, [1, 2]), (await tasklets.batch([{ ['task']: () => 3 }]))[0].result);
      console.log(await tasklets.runAll([() => 4]), await tasklets.run((v) => v.x, { args: [{ x: new Int32Array(new SharedArrayBuffer(4)) }] }).then((x) => x[0]));
      console.log((await tasklets.run(() => { throw new TypeError('t'); }).catch((e) => e)) instanceof TypeError);
      await tasklets.shutdown();
      process.exit(0);
    })().catch((e) => { console.error(e.stack); process.exit(1); });
  `);
  assert.strictEqual(code, 0, stderr);
  assert.match(stdout, /^2\n/);
});

test('a user’s own worker thread may have a pool; when it ends in the middle of work nothing is left', async () => {
  const index = JSON.stringify(path.join(__dirname, '..', 'index.js'));
  const { code, stdout, stderr } = await program(`
    const { Worker } = require('node:worker_threads');
    const source = \`
      const tasklets = require(${index});
      // As many as the machine has cores would be its affair alone.
      tasklets.config({ workers: 2 });
      const { parentPort } = require('node:worker_threads');
      tasklets.run((a) => a * 2, { args: [21] }).then((value) => {
        for (let i = 0; i < 100; i++) tasklets.run(() => { for (;;); }).catch(() => {});
        tasklets.run(() => 1).catch(() => {});
        setTimeout(() => parentPort.postMessage(value), 20);
      });
    \`;
    (async () => {
      for (let i = 0; i < 5; i++) {
        const worker = new Worker(source, { eval: true });
        console.log(await new Promise((resolve) => worker.once('message', resolve)));
        await worker.terminate();
      }
      console.log(await tasklets.run(() => 'alive'));
    })();
  `);
  assert.strictEqual(code, 0, stderr);
  assert.strictEqual(stdout, '42\n42\n42\n42\n42\nalive\n');
});

test('a user’s worker thread with an idle pool ends by itself', async () => {
  const index = JSON.stringify(path.join(__dirname, '..', 'index.js'));
  const { code, stdout } = await program(`
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(\`require(${index}).run(() => 'inner').then(console.log)\`, { eval: true });
    worker.once('exit', (code) => console.log('ended', code));
  `);
  assert.strictEqual(code, 0);
  assert.deepStrictEqual(stdout.trim().split('\n').sort(), ['ended 0', 'inner']);
});

test('after shutdown no thread of the pool is left', { skip: process.platform !== 'linux' }, async () => {
  const { code, stdout } = await program(`
    const threads = () => require('node:fs').readdirSync('/proc/self/task').length;
    (async () => {
      const before = threads();
      for (let i = 0; i < 3; i++) {
        const pool = new tasklets.Pool({ workers: { min: 2, max: 2 } });
        await pool.runAll([() => 1, () => 2], { timeout: 100_000 });
        await pool.shutdown();
      }
      for (let i = 0; threads() > before && i < 100; i++) await new Promise((resolve) => { setTimeout(resolve, 20); });
      console.log(threads() - before);
    })();
  `);
  assert.strictEqual(code, 0);
  assert.ok(Number(stdout) <= 0, stdout);
});

for (const [what, end] of Object.entries({
  'the program ends by itself': '',
  'the pool is shut down': '.then(() => tasklets.shutdown())',
  'its worker is replaced': '.then(() => tasklets.run(() => 1)).then(() => 0)',
})) {
  test(`all that a task prints is printed, also where ${what}`, async () => {
    const { code, stdout } = await program(`
      tasklets.config({ workers: { max: 1, maxTasksPerWorker: 1 } });
      const print = () => { for (let i = 0; i < 3000; i++) console.log(i, 'x'.repeat(1000)); };
      tasklets.run(print)${end};
    `);
    assert.strictEqual(code, 0);
    const lines = stdout.split('\n').slice(0, -1);
    assert.strictEqual(lines.length, 3000);
    assert.match(lines[2999], /^2999 x{1000}$/);
  });
}

test('a worker that cannot answer any more keeps nobody from ending', async () => {
  const { code, signal } = await program(`
    const handle = tasklets.run(() => { for (;;); }, { grace: 60_000, onStart: () => handle.cancel() });
    handle.catch(() => {});
  `);
  assert.strictEqual(signal, null);
  assert.strictEqual(code, 0);
});

test('a program with many workers may listen to its own output, without a warning', async () => {
  const { code, stdout, stderr } = await program(`
    const pool = new tasklets.Pool({ workers: { min: 12, max: 12 } });
    const limits = () => [process.stdout, process.stderr].map((stream) => stream.getMaxListeners());
    const before = limits();
    (async () => {
      await pool.run(() => 0);
      while (pool.getStats().workers.length < 12) await new Promise((resolve) => { setTimeout(resolve, 10); });
      process.stdout.once('error', () => {});
      process.stderr.once('error', () => {});
      await pool.shutdown();
      console.log(String(limits()) === String(before));
    })();
  `);
  assert.deepStrictEqual([code, stdout, stderr], [0, 'true\n', '']);
});
