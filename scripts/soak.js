'use strict';

/**
 * Everything at once, at full load, for as long as is wanted:
 *
 *     npm run soak -- 10m        (or 30s, 2h; one minute without)
 *
 * At the end all handles must have settled as they should, the counts must add up, the memory must be
 * flat, and the pool must answer short tasks as fast as one that has just been made. Ends with code 1 otherwise.
 */

const fs = require('node:fs');
const { setImmediate: nextTurn, setTimeout: sleep } = require('node:timers/promises');
const { Pool, errors } = require('..');

const UNITS = /** @type {Record<string, number>} */ ({ s: 1_000, m: 60_000, h: 3_600_000 });
/** The part of the time that counts as the beginning: caches fill and workers come and go for the first time. */
const BEGINNING = 0.4;
/** Megabytes by which the memory may have grown since the beginning, both times with nothing under way. */
const MAX_GROWTH = 60;
const WORKERS = 2;
/** How much slower the median short task may be than in a pool that has just been made. */
const MAX_SLOWDOWN = 2;
/** Tasks one after the other, now in the one pool, now in the other: what else the machine does befalls both. */
const ROUND = 20;
const ROUNDS = 50;
/** What takes so long hangs, on whatever machine: no task may take that long. */
const PATIENCE = 5 * 60_000;
/** Tasks of a kind that are under way at any time, where it does not say otherwise. */
const SHARE = 4;

/** @param {string | undefined} text @returns {number} milliseconds */
function durationOf(text = '1m') {
  const match = /^(\d+(?:\.\d+)?)([smh])$/.exec(text);
  if (match === null) {
    console.error(`Expected a duration such as \`30s\`, \`10m\` or \`1h\`, got \`${text}\``);
    process.exit(2);
  }
  return Number(match[1]) * UNITS[match[2]];
}

/** @param {number} ms */
const spin = (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
};
/** @param {number} ms */
const nap = async (ms) => {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
  return ms;
};
/**
 * @param {Int32Array} words
 * @param {number} value
 */
const put = (words, value) => {
  Atomics.store(words, 1, value);
  return words;
};
const endless = () => {
  for (;;);
};
const never = () => new Promise(() => {});

/**
 * A kind of task: how it is begun, which outcome is right, how many are under way, and the pause after each.
 *
 * @typedef {{ begin: (pool: any, n: number) => any, isRight: (value: any, n: number) => boolean, mayFail?: string[], pause?: number, share?: number }} Kind
 */

/** Ways to fill a heap: bit by bit, by something that doubles, at once, across turns of the event loop. */
const GREEDY = [
  () => {
    const kept = [];
    for (;;) kept.push({ list: [1, 2, 3], text: `x${kept.length}` });
  },
  () => {
    const map = new Map();
    for (let i = 0; ; i++) map.set(i, i);
  },
  () => {
    const kept = [];
    for (;;) kept.push(new Array(10_000_000).fill(0));
  },
  () => {
    const kept = [];
    for (;;) {
      /** @type {string} */
      const text = 'ab'.repeat(20_000_000) + kept.length;
      kept.push(text, text.indexOf('c'));
    }
  },
  async () => {
    const kept = [];
    for (;;) {
      kept.push(new Array(1_000_000).fill(1.5));
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  },
];

/** What may befall a neighbour of a task that kills its worker. */
const CASUALTY = ['ERR_TASKLETS_WORKER_EXIT', 'ERR_TASKLETS_MEMORY_LIMIT'];

/** @type {Record<string, Kind>} */
const KINDS = {
  short: {
    begin: (pool, n) => pool.run((/** @type {number} */ x) => x + 1, { args: [n] }),
    isRight: (value, n) => value === n + 1,
    mayFail: CASUALTY,
    share: 24,
  },
  retried: {
    begin: (pool, n) =>
      pool.run((/** @type {number} */ x) => x * 2, { args: [n], retry: { attempts: 20, delay: 1 } }),
    isRight: (value, n) => value === n * 2,
  },
  long: {
    begin: (pool, n) => pool.run(spin, { args: [5 + (n % 20)], priority: 'low' }),
    isRight: (value) => value >= 5,
    mayFail: CASUALTY,
    pause: 40,
    share: 2,
  },
  async: {
    begin: (pool, n) => pool.run(nap, { args: [n % 15] }),
    isRight: (value, n) => value === n % 15,
    mayFail: CASUALTY,
  },
  failing: {
    begin: (pool, n) =>
      pool
        .run(
          (/** @type {number} */ number) => {
            throw Object.assign(new RangeError('as it should'), { n: number });
          },
          { args: [n] },
        )
        .catch((/** @type {any} */ error) => {
          if (error instanceof RangeError) return /** @type {any} */ (error).n;
          throw error;
        }),
    isRight: (value, n) => value === n,
    mayFail: CASUALTY,
  },
  cancelled: {
    begin: (pool, n) => {
      const handle = pool.run(nap, { args: [20] });
      if (n % 3 === 0) handle.cancel('soak');
      else setTimeout(() => handle.cancel('soak'), n % 25);
      return handle;
    },
    isRight: (value) => value === 20,
    mayFail: [...CASUALTY, 'ERR_TASKLETS_CANCELLED'],
    pause: 2,
  },
  timedOut: {
    begin: (pool, n) => pool.run(n % 2 ? endless : never, { timeout: 15, grace: 5 }),
    isRight: () => false,
    mayFail: [...CASUALTY, 'ERR_TASKLETS_TIMEOUT'],
    pause: 300,
    share: 2,
  },
  exiting: {
    begin: (pool) => pool.run(() => process.exit(1)),
    isRight: () => false,
    mayFail: CASUALTY,
    pause: 500,
    share: 1,
  },
  greedy: {
    begin: (pool, n) => pool.run(GREEDY[n % GREEDY.length]),
    isRight: () => false,
    mayFail: CASUALTY,
    pause: 3_000,
    share: 1,
  },
  confined: {
    begin: (pool, n) =>
      pool.run(n % 2 === 1 ? GREEDY[(n >> 1) % GREEDY.length] : () => 1, { limits: { memory: '32MB' } }),
    isRight: (value, n) => value === 1 && n % 2 === 0,
    mayFail: CASUALTY,
    pause: 3_000,
    share: 1,
  },
  // Where the CPU time of threads can be read.
  ...(process.platform === 'linux' && {
    burning: {
      begin: (/** @type {any} */ pool) => pool.run(endless, { limits: { cpuTime: 15 }, grace: 5 }),
      isRight: () => false,
      mayFail: [...CASUALTY, 'ERR_TASKLETS_CPU_LIMIT'],
      pause: 400,
      share: 1,
    },
  }),
  large: {
    begin: (pool, n) =>
      pool.run((/** @type {Uint8Array} */ bytes) => bytes, { args: [new Uint8Array(300_000).fill(n)] }),
    isRight: (value, n) => value.length === 300_000 && value[299_999] === (n & 255),
    mayFail: CASUALTY,
    pause: 10,
  },
  shared: {
    begin: (pool, n) => {
      const words = new Int32Array(new SharedArrayBuffer(8));
      return pool
        .run(put, { args: [words, n] })
        .then(
          (/** @type {Int32Array} */ back) => Atomics.load(words, 1) === n && back.buffer.byteLength === 8,
        );
    },
    isRight: (value) => value === true,
    mayFail: CASUALTY,
  },
  mapped: {
    begin: (pool) => pool.map((/** @type {number} */ x) => x * x, [1, 2, 3, 4, 5]),
    isRight: (value) => value.join() === '1,4,9,16,25',
    mayFail: CASUALTY,
    pause: 5,
  },
};

/** One of the streams of tasks: as soon as one has settled, the next one begins. */
class Stream {
  settled = 0;
  failed = 0;
  flows = false;

  /**
   * @param {any} pool
   * @param {string} name
   * @param {(wrong: string) => void} complain
   */
  constructor(pool, name, complain) {
    this.pool = pool;
    this.name = name;
    this.kind = KINDS[name];
    this.complain = complain;
  }

  /** @param {() => boolean} goesOn */
  async flow(goesOn) {
    this.flows = true;
    const { begin, isRight, mayFail = [], pause = 0 } = this.kind;
    for (let n = 0; goesOn(); n++) {
      try {
        const value = await begin(this.pool, n);
        if (!isRight(value, n)) this.complain(`${this.name}: a wrong result, ${String(value).slice(0, 80)}`);
      } catch (error) {
        this.failed++;
        const { code } = /** @type {any} */ (error);
        if (!mayFail.includes(code))
          this.complain(`${this.name}: ${/** @type {any} */ (error)?.stack ?? error}`);
      }
      this.settled++;
      if (pause > 0) await sleep(pause);
      // A burst of answers must not keep the event loop from what measures it.
      else if (n % 100 === 99) await nextTurn();
    }
    this.flows = false;
  }
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

/** Has V8 give back what it can, as where memory is short. */
const collect = () =>
  /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const { Session } = process.getBuiltinModule('node:inspector');
      const session = new Session();
      session.connect();
      session.post('HeapProfiler.collectGarbage', () => {
        setImmediate(() => {
          session.disconnect();
          resolve();
        });
      });
    })
  );

/**
 * The memory with nothing under way and no garbage left: what stays. What is there under load depends on what the tasks of
 * that moment do.
 *
 * @param {any} pool
 */
async function atRest(pool) {
  for (let n = 0; n < 3; n++) {
    const words = new Int32Array(new SharedArrayBuffer(4));
    // One on each worker: they wait for one another.
    const clean = async (/** @type {Int32Array} */ shared, /** @type {number} */ workers) => {
      Atomics.add(shared, 0, 1);
      Atomics.notify(shared, 0);
      while (Atomics.load(shared, 0) < workers) Atomics.wait(shared, 0, 1, 50);
      await collect();
    };
    await Promise.all(Array.from({ length: WORKERS }, () => pool.run(clean, { args: [words, WORKERS] })));
    await collect();
    await sleep(50);
  }
  return process.memoryUsage.rss() / 2 ** 20;
}

/** The sum of what a pool has counted, of whatever became of it. @param {any} counts */
function settledOf({ completed, failed, cancelled, timedOut }) {
  return completed + failed + cancelled + timedOut;
}

async function soak() {
  const duration = durationOf(process.argv[2]);
  const pool = new Pool({ workers: WORKERS, memory: { perWorker: '64MB' }, logging: 'silent' });
  const wrong = /** @type {string[]} */ ([]);
  const complain = (/** @type {string} */ what) => {
    if (wrong.push(what) <= 20) console.error(what);
  };
  const begun = performance.now();
  const passed = () => (performance.now() - begun) / duration;
  const streams = Object.keys(KINDS).flatMap((name) =>
    Array.from({ length: KINDS[name].share ?? SHARE }, () => new Stream(pool, name, complain)),
  );
  // Whatever does not settle is found out, however long it had.
  const late = setTimeout(() => {
    const left = streams.filter((stream) => stream.flows).map(({ name }) => name);
    console.error('tasks that have not settled five minutes after the end:', pool.getActiveTaskCount(), left);
    process.exit(1);
  }, duration + PATIENCE);
  const memory = /** @type {number[]} */ ([]);
  for (const end of [BEGINNING, 1]) {
    await Promise.all(streams.map((stream) => stream.flow(() => passed() < end)));
    memory.push(await atRest(pool));
  }
  clearTimeout(late);
  judge(pool, streams, memory, complain);
  await compare(pool, complain);
  const { graceful } = await pool.shutdown({ timeout: PATIENCE });
  if (!graceful) complain('the shutdown was not graceful');
  if (process.platform === 'linux') {
    // A thread that has been told to end needs a moment for it.
    let left = threads();
    for (const end = performance.now() + PATIENCE / 10; left > 0 && performance.now() < end; left = threads())
      await sleep(20);
    if (left > 0) complain(`${left} threads of the library are left`);
  }
  console.log(wrong.length === 0 ? 'Everything held' : `${wrong.length} things did not hold`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

/** The threads of this process that belong to the library. */
function threads() {
  return fs.readdirSync('/proc/self/task').filter((id) => {
    try {
      return fs.readFileSync(`/proc/self/task/${id}/comm`, 'utf8').startsWith('tasklets');
    } catch {
      // It has ended since.
      return false;
    }
  }).length;
}

/** The time of a task that is awaited before the next one. @param {any} pool */
async function roundTrip(pool) {
  const begun = performance.now();
  for (let n = 0; n < ROUND; n++) await pool.run((/** @type {number} */ x) => x + 1, { args: [n] });
  return (performance.now() - begun) / ROUND;
}

/**
 * Whether the pool has become slower: beside a fresh one, since the machine may have become slower, too.
 *
 * @param {any} pool
 * @param {(wrong: string) => void} complain
 */
async function compare(pool, complain) {
  const fresh = new Pool({ workers: WORKERS, memory: { perWorker: '64MB' }, logging: 'silent' });
  const times = { pool: /** @type {number[]} */ ([]), fresh: /** @type {number[]} */ ([]) };
  for (let n = 0; n < ROUNDS; n++) {
    times.fresh.push(await roundTrip(fresh));
    times.pool.push(await roundTrip(pool));
  }
  await fresh.shutdown();
  const [now, before] = [median(times.pool), median(times.fresh)];
  console.log(`a short task alone ${now.toFixed(3)} ms, in a fresh pool ${before.toFixed(3)} ms`);
  if (now > before * MAX_SLOWDOWN + 1) complain('short tasks became slower');
}

/**
 * @param {any} pool
 * @param {Stream[]} streams
 * @param {number[]} memory at rest, in megabytes
 * @param {(wrong: string) => void} complain
 */
function judge(pool, streams, memory, complain) {
  const { counts, queue } = pool.getStats();
  const rows = Object.keys(KINDS).map((name) => {
    const own = streams.filter((stream) => stream.name === name);
    const sum = (/** @type {'settled' | 'failed'} */ what) =>
      own.reduce((total, stream) => total + stream[what], 0);
    return { kind: name, settled: sum('settled'), failed: sum('failed') };
  });
  console.table(rows);
  console.log(counts);
  if (pool.getActiveTaskCount() !== 0) complain(`${pool.getActiveTaskCount()} tasks are active`);
  if (queue.depth !== 0 || queue.bytes !== 0) complain(`the queue holds ${JSON.stringify(queue)}`);
  if (counts.submitted !== settledOf(counts)) complain(`the counts do not add up: ${JSON.stringify(counts)}`);
  for (const { kind, settled } of rows)
    if (settled === 0) complain(`no task of the kind ${kind} has settled`);
  const [before, after] = memory;
  console.log(`resident memory at rest ${before.toFixed(0)} -> ${after.toFixed(0)} MB`);
  if (after - before > MAX_GROWTH) complain(`the memory grew by ${(after - before).toFixed(0)} MB`);
}

process.on('unhandledRejection', (error) => {
  console.error('unhandled:', error instanceof errors.TaskletsError ? error.message : error);
  process.exit(1);
});
soak();
