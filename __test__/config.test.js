'use strict';

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { test } = require('node:test');

const { Pool, errors } = require('..');
const { cpuCount } = require('../lib/open').open('lib/machine');
const { echo, outcome, poolFor, spinForever } = require('./fixtures/pools');

test('says what is in force, frozen through and through', async (t) => {
  const pool = poolFor(t);
  const config = pool.config();
  assert.strictEqual(config.workers.max, 2);
  assert.strictEqual(pool.config({}), config);
  assert.strictEqual(pool.config(undefined), config);
  const frozen = (/** @type {any} */ value) =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen));
  assert.ok(frozen(config));
  await pool.shutdown();
});

test('the defaults are those of the contract', () => {
  const config = new Pool().config();
  assert.strictEqual(config.workers.min, 0);
  assert.strictEqual(config.workers.max, cpuCount());
  assert.strictEqual(config.workers.scaling, 'adaptive');
  assert.strictEqual(config.workers.idleTimeout, 10_000);
  assert.deepStrictEqual({ ...config.timeout }, { default: 0, perTask: true });
  assert.strictEqual(config.queue.maxSize, Infinity);
  assert.strictEqual(config.gracefulSignals, false);
  assert.strictEqual(config.lowLatency, 0);
  assert.strictEqual(config.capture, 'auto');
  assert.strictEqual(config.logging.level, 'warn');
  assert.strictEqual(config.logging.destination, 'stderr');
});

test('layers lie over each other, and a wrong one changes nothing', () => {
  const pool = new Pool({ workers: 3, timeout: 100 });
  pool.config({ queue: { maxSize: 5 } });
  const before = pool.config();
  assert.strictEqual(before.workers.max, 3);
  assert.strictEqual(before.queue.maxSize, 5);
  for (const wrong of [
    { workers: 0 },
    { timeout: 5, queue: { maxSize: -1 } },
    { workers: 'cpu_count +' },
    { retry: { attempts: 0 } },
  ]) {
    assert.throws(() => pool.config(wrong), errors.ConfigError);
  }
  assert.deepStrictEqual(pool.config(), before);
});

test('an unknown option names the nearest known one', () => {
  const pool = new Pool();
  for (const [wrong, option, near] of /** @type {any[]} */ ([
    [{ worker: 1 }, 'worker', 'workers'],
    [{ workers: { maxx: 1 } }, 'workers.maxx', 'max'],
    [{ logging: { levle: 'info' } }, 'logging.levle', 'level'],
  ])) {
    assert.throws(
      () => pool.config(wrong),
      (/** @type {any} */ error) =>
        error instanceof errors.ConfigError && error.option === option && error.message.includes(near),
    );
  }
});

/**
 * The files of a control group that is made for the test: one that allows a single processor.
 *
 * @returns {string | undefined} undefined where this may not be done here
 */
function groupOfOne() {
  for (const [root, file, limit] of [
    ['/sys/fs/cgroup/cpu', 'cpu.cfs_quota_us', '100000'],
    ['/sys/fs/cgroup', 'cpu.max', '100000 100000'],
  ]) {
    const group = path.join(root, `tasklets-test-${process.pid}`);
    try {
      fs.mkdirSync(group);
      if (fs.existsSync(path.join(group, file))) {
        fs.writeFileSync(path.join(group, file), limit);
        return group;
      }
      fs.rmdirSync(group);
    } catch {
      // Not allowed, or no such control groups.
    }
  }
  return undefined;
}

test('the quota of a container counts', (t) => {
  const group = os.availableParallelism() > 1 ? groupOfOne() : undefined;
  if (group === undefined) return t.skip('no control group can be made here');
  t.after(() => fs.rmdirSync(group));
  const program = `console.log(require(${JSON.stringify(path.join(__dirname, '..'))}).config().workers.max)`;
  // The shell joins the group, and becomes the program.
  const script = `echo $$ > '${group}/cgroup.procs' && exec "$0" -e "$1"`;
  const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, program], { encoding: 'utf8' });
  assert.deepStrictEqual([stdout, stderr], ['1\n', '']);
});

test('expressions count processors', () => {
  const cpus = cpuCount();
  assert.strictEqual(new Pool({ workers: { max: 'cpu_count * 2' } }).config().workers.max, cpus * 2);
  assert.strictEqual(new Pool({ workers: 'auto' }).config().workers.max, cpus);
});

test('timeouts of tasks are refused with perTask: false', async (t) => {
  const pool = poolFor(t, { workers: 1, timeout: { default: 30, perTask: false } });
  const { error } = await outcome(pool.run(echo, { timeout: 5 }));
  assert.ok(error instanceof errors.ConfigError);
  assert.strictEqual(error.option, 'timeout');
  assert.ok((await outcome(pool.run(spinForever, { grace: 0 }))).error instanceof errors.TimeoutError);
});

test('a logger of the user’s hears what happens; one that throws disturbs nobody', async (t) => {
  const heard = [];
  const logger = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [
      level,
      (/** @type {string} */ text) => heard.push([level, text]),
    ]),
  );
  const pool = poolFor(t, { workers: 1, logging: { level: 'debug', destination: logger } });
  await pool.run(echo);
  assert.ok(heard.some(([level, text]) => level === 'debug' && /worker/.test(text)));
  const thrower = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [
      level,
      () => {
        throw new Error('from the logger');
      },
    ]),
  );
  const hostile = poolFor(t, { workers: 1, logging: { level: 'debug', destination: thrower } });
  process.once('warning', () => {});
  assert.strictEqual(await hostile.run(echo, { args: [1] }), 1);
  assert.throws(() => pool.config({ logging: { destination: { info() {} } } }), errors.ConfigError);
});

test('reads files and the environment', (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tasklets-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const json = path.join(folder, 'a.json');
  const yaml = path.join(folder, 'b.yaml');
  fs.writeFileSync(json, JSON.stringify({ workers: { max: 3 }, timeout: 50 }));
  fs.writeFileSync(yaml, 'workers:\n  max: 5\nqueue:\n  maxSize: 10\n');
  const pool = new Pool();
  assert.strictEqual(pool.configFromFile(json).workers.max, 3);
  const config = pool.configFromFile(yaml);
  assert.deepStrictEqual([config.workers.max, config.queue.maxSize, config.timeout.default], [5, 10, 50]);
  assert.strictEqual(pool.configFromEnv({ TASKLETS_WORKERS: '7', TASKLETS_TIMEOUT: '90' }).workers.max, 7);
  for (const wrong of [path.join(folder, 'missing.json'), folder, path.join(folder, 'x.toml')]) {
    assert.throws(() => pool.configFromFile(wrong), errors.ConfigError);
  }
  fs.writeFileSync(json, '{ "workers": ');
  assert.throws(() => pool.configFromFile(json), errors.ConfigError);
  assert.throws(() => pool.configFromEnv({ TASKLETS_WORKERS: 'many' }), errors.ConfigError);
  assert.throws(() => pool.configFromFile(/** @type {any} */ (5)), errors.ConfigError);
  assert.throws(() => pool.configFromEnv(/** @type {any} */ (null)), errors.ConfigError);
});

test('a cycle, a getter that throws and other oddities are refused or thrown on, and change nothing', () => {
  const pool = new Pool({ workers: 2 });
  const cycle = /** @type {any} */ ({ workers: {} });
  cycle.workers.min = cycle;
  assert.throws(() => pool.config(cycle), errors.ConfigError);
  assert.throws(
    () =>
      pool.config({
        get workers() {
          throw new RangeError('mine');
        },
      }),
    RangeError,
  );
  for (const odd of [[], new Map(), () => {}, { workers: Symbol('x') }, { workers: 2n }, { timeout: NaN }]) {
    assert.throws(() => pool.config(/** @type {any} */ (odd)), errors.ConfigError);
  }
  assert.strictEqual(pool.config().workers.max, 2);
});

test('reads a file that a URL names', (t) => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tasklets-')), 'a b.json');
  t.after(() => fs.rmSync(path.dirname(file), { recursive: true }));
  fs.writeFileSync(file, '{ "workers": 3 }');
  assert.strictEqual(new Pool().configFromFile(pathToFileURL(file)).workers.max, 3);
  const other = new URL('https://example.org/a.json');
  assert.throws(() => new Pool().configFromFile(other), { code: 'ERR_TASKLETS_CONFIG', option: 'path' });
});

test('what says how the library is loaded is no config', () => {
  const env = { TASKLETS_NATIVE_PATH: '/x.node', TASKLETS_UNPACKED: '1', TASKLETS_MAX_WORKERS: '3' };
  assert.strictEqual(new Pool().configFromEnv(env).workers.max, 3);
  assert.throws(() => new Pool().configFromEnv({ TASKLETS_UNPACKD: '1' }), { code: 'ERR_TASKLETS_CONFIG' });
});
