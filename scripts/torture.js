'use strict';

/**
 * Does to workers, pools and threads what should never be done to them, and demands that every handle
 * settles and that the process lives:
 *
 *     node scripts/torture.js [--quick] [--kills=300] [--pools=100] [--owners=50]
 *
 * The cycles run in a child process. Where it crashes, or gets no further for a minute, this one says in
 * which cycle, shows what it wrote, and the stacks of its threads if there is a gdb.
 */

const { spawn, spawnSync } = require('node:child_process');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { parseArgs } = require('node:util');
const { Worker } = require('node:worker_threads');

const FULL = { kills: 300, pools: 100, owners: 50 };
const QUICK = { kills: 30, pools: 20, owners: 10 };
/** A cycle takes some 100 ms; one that takes so long hangs, on whatever machine. */
const PATIENCE = 5 * 60_000;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    inner: { type: 'boolean', default: false },
    kills: { type: 'string' },
    pools: { type: 'string' },
    owners: { type: 'string' },
  },
});
const wanted = values.quick ? { ...QUICK } : { ...FULL };
for (const name of /** @type {const} */ (['kills', 'pools', 'owners'])) {
  if (values[name] !== undefined) wanted[name] = Number(values[name]);
}

/** Watches the child, and says how it ended. */
function watch() {
  const args = [
    __filename,
    '--inner',
    ...Object.entries(wanted).map(([name, count]) => `--${name}=${count}`),
  ];
  const child = spawn(process.execPath, ['--expose-gc', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let last = 'the start';
  let errors = '';
  const hangs = () => {
    const trace = spawnSync('gdb', ['-batch', '-p', String(child.pid), '-ex', 'thread apply all bt 20']);
    console.error(`No progress since ${last}\n${trace.stdout ?? '(there is no gdb)'}`);
    child.kill('SIGKILL');
  };
  let timer = setTimeout(hangs, PATIENCE);
  child.stdout.setEncoding('utf8').on('data', (text) => {
    clearTimeout(timer);
    timer = setTimeout(hangs, PATIENCE);
    for (const line of text.split('\n').filter(Boolean)) {
      if (line.startsWith('cycle ')) last = line;
      else console.log(line);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    const crashed = /FATAL ERROR|panicked|Assertion .* failed|Segmentation/.test(errors);
    if (code === 0 && signal === null && !crashed) return;
    console.error(`Node.js ${process.version}: ${signal ?? `exit code ${code}`} after ${last}\n${errors}`);
    process.exitCode = 1;
  });
}

/** @param {any} error */
function isExpected(error) {
  return (
    ['ERR_TASKLETS_WORKER_EXIT', 'ERR_TASKLETS_CANCELLED', 'ERR_TASKLETS_TIMEOUT'].includes(error?.code) ||
    ['ERR_TASKLETS_MEMORY_LIMIT', 'ERR_TASKLETS_SHUTDOWN'].includes(error?.code)
  );
}

const echo = (/** @type {any} */ value) => value;
const later = async (/** @type {number} */ ms) => {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
  return ms;
};
const bytes = (/** @type {number} */ size) => new Uint8Array(size).fill(7);
const count = (/** @type {Int32Array} */ words) => Atomics.add(words, 0, 1);
const fail = (/** @type {number} */ n) => {
  throw Object.assign(new RangeError(`failed ${n}`), { n });
};

/**
 * A bit of everything; each handle with what may come of it.
 *
 * @param {any} pool
 * @param {number} size
 */
function load(pool, size) {
  const words = new Int32Array(new SharedArrayBuffer(4));
  /** @type {any[]} */
  const handles = [];
  /** @param {any} handle @param {(value: any) => boolean} isRight */
  const expect = (handle, isRight) => {
    handles.push(
      handle.then(
        (/** @type {any} */ value) => {
          if (!isRight(value)) throw new Error(`a wrong result: ${value}`);
        },
        (/** @type {any} */ error) => {
          if (!isExpected(error) && !(error instanceof RangeError)) throw error;
        },
      ),
    );
  };
  for (let i = 0; i < size; i++) {
    expect(pool.run(echo, { args: [i] }), (value) => value === i);
    if (i % 10 === 0) expect(pool.run(later, { args: [i % 7] }), (value) => value === i % 7);
    if (i % 16 === 1) expect(pool.run(bytes, { args: [100_000] }), (value) => value.length === 100_000);
    if (i % 16 === 2) expect(pool.run(count, { args: [words] }), (value) => value >= 0);
    if (i % 16 === 3) expect(pool.run(fail, { args: [i] }), () => false);
    if (i % 16 === 4) {
      const handle = pool.run(later, { args: [5], grace: 0 });
      expect(handle, (value) => value === 5);
      setImmediate(() => handle.cancel('torture'));
    }
    if (i % 16 === 5) {
      expect(pool.run(echo, { args: [i], retry: { attempts: 3, delay: 1 } }), (value) => value === i);
    }
  }
  return Promise.all(handles);
}

/** Ways to kill a worker. @type {((pool: any) => Promise<any>)[]} */
const KILLS = [
  (pool) => pool.run(() => process.exit(1)),
  (pool) =>
    pool.run(
      () => {
        for (;;);
      },
      { timeout: 5, grace: 0 },
    ),
  (pool) =>
    pool.run(async () => {
      await null;
      process.exit(0);
    }),
  (pool) => {
    const handle = pool.run(
      () => {
        for (;;);
      },
      { grace: 0, onStart: () => handle.cancel() },
    );
    return handle;
  },
  (pool) =>
    pool.run(() => {
      setTimeout(() => {
        throw new Error('uncaught');
      });
      return new Promise(() => {});
    }),
  (pool) =>
    pool.run(
      async () => {
        for (;;) await null;
      },
      { timeout: 5, grace: 1 },
    ),
  (pool) =>
    pool.run(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), { timeout: 5, grace: 0 }),
  (pool) =>
    pool.run(() => {
      Promise.reject(new Error('unhandled'));
      return new Promise(() => {});
    }),
  (pool) =>
    pool.run(() => {
      const kept = [];
      for (;;) kept.push({ list: [1, 2, 3], text: `x${kept.length}` });
    }),
];

/** @param {number} cycles */
async function killWorkers(cycles) {
  const { Pool } = require('..');
  const pool = new Pool({ workers: 2, memory: { perWorker: '32MB' }, logging: 'silent' });
  for (let cycle = 1; cycle <= cycles; cycle++) {
    console.log(`cycle ${cycle} of killing workers`);
    // Running out of memory takes half a second: seldom enough.
    const kinds = cycle % 10 === 0 ? KILLS.length : KILLS.length - 1;
    const kill = KILLS[cycle % 10 === 0 ? kinds - 1 : cycle % kinds];
    const work = load(pool, 60);
    const died = kill(pool).then(
      () => assert(false, 'a killer gave a result'),
      (/** @type {any} */ error) => assert(isExpected(error), error),
    );
    await Promise.all([work, load(pool, 20), died]);
    assert(pool.getActiveTaskCount() === 0, 'tasks are left');
  }
  const { counts } = pool.getStats();
  const { submitted, completed, failed, cancelled, timedOut } = counts;
  assert(submitted === completed + failed + cancelled + timedOut, `counts: ${JSON.stringify(counts)}`);
  await pool.shutdown({ timeout: 10_000 });
}

/** @param {number} cycles */
async function dropPools(cycles) {
  const { Pool } = require('..');
  for (let cycle = 1; cycle <= cycles; cycle++) {
    console.log(`cycle ${cycle} of dropping pools`);
    const pool = new Pool({ workers: 1 + (cycle % 2), logging: 'silent' });
    const other = new Pool({ logging: 'silent' });
    const ends = [
      async () => {
        await load(pool, 20);
        await pool.shutdown();
      },
      async () => {
        const work = load(pool, 40);
        await pool.shutdown({ force: true });
        await work;
      },
      async () => {
        const work = load(pool, 40);
        await Promise.all([work, pool.shutdown({ timeout: 5 }), pool.shutdown()]);
        pool.start();
        await load(pool, 5);
        await pool.shutdown();
      },
      // No shutdown: it is dropped while its tasks run, and collected after them.
      () => load(pool, 20),
      async () => {
        const work = pool.run(echo, { args: [1] });
        await sleep(cycle % 40);
        await Promise.all([pool.shutdown({ force: true }), work.catch(() => {})]);
      },
      () => other.getStats(),
    ];
    await ends[cycle % ends.length]();
    if (cycle % 5 === 0) globalThis.gc?.();
  }
}

/** What a user's own thread does: it has a pool, and keeps it busy until it is ended. */
const OWNER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { Pool } = require(workerData.package);
  const pool = new Pool({ workers: 2, logging: 'silent' });
  const spin = (ms) => { const end = performance.now() + ms; while (performance.now() < end); return new Uint8Array(1000); };
  const nap = async (ms) => { await new Promise((resolve) => setTimeout(resolve, ms)); return 'x'.repeat(50_000); };
  const more = (task, ms) => { pool.run(task, { args: [ms], timeout: 5_000 }).then(() => more(task, ms), () => more(task, ms)); };
  for (let i = 0; i < 30; i++) { more(spin, i % 3); more(nap, i % 5); }
  pool.run(spin, { args: [0] }).then(() => parentPort.postMessage('busy'));
  if (workerData.way === 'exit') setTimeout(() => process.exit(0), workerData.after + 60);
  if (workerData.way === 'throw') setTimeout(() => { throw new Error('own'); }, workerData.after + 60);
`;

/**
 * Resolves with the next event of a name, also where errors come first.
 *
 * @param {Worker} owner
 * @param {string} name
 */
function happens(owner, name) {
  return new Promise((resolve) => {
    owner.once(name, resolve);
  });
}

/** @param {number} cycles */
async function endOwners(cycles) {
  const { Pool } = require('..');
  const mine = new Pool({ workers: 1, logging: 'silent' });
  for (let cycle = 1; cycle <= cycles; cycle++) {
    console.log(`cycle ${cycle} of ending threads that own pools`);
    const way = ['terminate', 'early', 'exit', 'terminate', 'throw'][cycle % 5];
    const after = (cycle * 7) % 30;
    const owner = new Worker(OWNER, {
      eval: true,
      workerData: { package: path.join(__dirname, '..'), way, after },
    });
    owner.on('error', () => {});
    const gone = happens(owner, 'exit');
    const work = load(mine, 10);
    if (way === 'terminate') {
      await Promise.race([happens(owner, 'message'), gone]);
      await sleep(after);
      owner.terminate();
    } else if (way === 'early') {
      await sleep(3 * after);
      owner.terminate();
    }
    await Promise.all([gone, work]);
  }
  await mine.shutdown();
}

/**
 * @param {unknown} truth
 * @param {unknown} otherwise
 */
function assert(truth, otherwise) {
  if (!truth) throw otherwise instanceof Error ? otherwise : new Error(String(otherwise));
}

async function torture() {
  for (const [what, cycles, run] of /** @type {const} */ ([
    ['killing workers under load', wanted.kills, killWorkers],
    ['creating and dropping pools', wanted.pools, dropPools],
    ['ending threads that own a pool', wanted.owners, endOwners],
  ])) {
    const begun = performance.now();
    await run(cycles);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`Node.js ${process.version}: ${cycles} cycles of ${what} in ${seconds} s`);
  }
}

if (values.inner) torture();
else watch();
