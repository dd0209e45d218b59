'use strict';

/** `tasklets doctor`: what works here and what does not, tried out rather than looked up where that is possible. */

const fs = require('node:fs');
const os = require('node:os');
const { open } = require('../../lib/open');

/** @typedef {'ok' | 'note' | 'broken'} State */
/** @typedef {{ name: string, state: State, says: string }} Finding */

const OLDEST = 20;
/** Where Linux says how much of the processors a container may use. */
const QUOTA = ['/sys/fs/cgroup/cpu.max', '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'];

/** @type {Record<string, import('./arguments').Option>} */
const options = { json: { kind: 'flag', help: 'prints the findings as JSON' } };

/** @param {string} name @param {State} state @param {string} says @returns {Finding} */
function finding(name, state, says) {
  return { name, state, says };
}

function node() {
  const major = Number(process.versions.node.split('.')[0]);
  const electron = process.versions.electron === undefined ? '' : `, Electron ${process.versions.electron}`;
  const text = `${process.version}${electron}`;
  if (major >= OLDEST) return finding('Node.js', 'ok', text);
  return finding('Node.js', 'broken', `${text}; version ${OLDEST} or later is needed`);
}

function platform() {
  const { glibcVersionRuntime } = /** @type {any} */ (process.report.getReport()).header;
  const glibc = glibcVersionRuntime === undefined ? 'musl' : `glibc ${glibcVersionRuntime}`;
  const libc = process.platform === 'linux' ? `, ${glibc}` : '';
  return finding('platform', 'ok', `${process.platform} ${process.arch}${libc}, ${os.release()}`);
}

function binary() {
  try {
    const { file } = open('lib/addon');
    return finding('native part', 'ok', file);
  } catch (error) {
    return finding('native part', 'broken', messageOf(error));
  }
}

/** How many processors the library counts on. */
function usable() {
  try {
    return open('lib/machine').cpuCount();
  } catch {
    // There is no native part, which is a finding of its own.
    return os.availableParallelism();
  }
}

function cores() {
  const [count, all] = [usable(), os.cpus().length];
  const model = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  if (count > 1) return finding('cores', 'ok', `${count} of ${all} usable (${model})`);
  return finding('cores', 'note', `only one of ${all} is usable: nothing can run in parallel (${model})`);
}

function quota() {
  if (process.platform !== 'linux') return finding('container quota', 'ok', 'none on this platform');
  for (const file of QUOTA) {
    let text;
    try {
      text = fs.readFileSync(file, 'utf8').trim();
    } catch {
      // Another kind of container, or none.
      continue;
    }
    const [limit, period = '100000'] = text.split(/\s+/);
    if (limit === 'max' || Number(limit) <= 0) break;
    const share = Number(limit) / Number(period);
    return finding('container quota', 'ok', `${share} processors, of which ${usable()} are counted on`);
  }
  return finding('container quota', 'ok', 'none');
}

function memory() {
  const limit = process.constrainedMemory?.() ?? 0;
  const total = os.totalmem();
  const quotaText = limit > 0 && limit < total ? `${gigabytes(limit)} allowed, ` : '';
  return finding('memory', 'ok', `${quotaText}${gigabytes(os.freemem())} of ${gigabytes(total)} free`);
}

/** @param {number} bytes */
function gigabytes(bytes) {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}

function sourceMaps() {
  const isOn =
    /** @type {any} */ (process).sourceMapsEnabled ||
    process.execArgv.includes('--enable-source-maps') ||
    /--enable-source-maps/.test(process.env.NODE_OPTIONS ?? '');
  if (isOn) return finding('source maps', 'ok', 'on');
  return finding(
    'source maps',
    'note',
    'off: with --enable-source-maps stacks name the files before compilation',
  );
}

/**
 * @param {string} name
 * @param {() => Promise<Finding>} look
 * @returns {Promise<Finding>}
 */
async function tried(name, look) {
  try {
    return await look();
  } catch (error) {
    return finding(name, 'broken', messageOf(error));
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {import('../../index').Pool} pool */
async function worker(pool) {
  const start = performance.now();
  const thread = await pool.run(() => require('node:worker_threads').threadId);
  const first = performance.now() - start;
  const again = performance.now();
  await pool.run(() => 1);
  const trip = performance.now() - again;
  if (thread === 0) return finding('workers', 'broken', 'a task ran on the main thread');
  return finding(
    'workers',
    'ok',
    `first result after ${first.toFixed(0)} ms, the next after ${trip.toFixed(2)} ms`,
  );
}

/** @param {import('../../index').Pool} pool */
async function inspector(pool) {
  const local = Math.random();
  try {
    const got = await pool.run(() => local);
    if (got === local) return finding('inspector', 'ok', 'functions take along the variables that they use');
    return finding('inspector', 'broken', `a captured variable came out as ${got}`);
  } catch (error) {
    if (/** @type {any} */ (error).code !== 'ERR_TASKLETS_CAPTURE') throw error;
    return finding(
      'inspector',
      'note',
      `not there: variables have to be given by \`captures\` (${messageOf(error)})`,
    );
  }
}

/** @returns {Promise<Finding>} */
async function external() {
  const { binding } = open('lib/addon');
  const { here } = open('lib/isolate');
  if (binding.attention(here().id) !== null)
    return finding('external buffers', 'ok', 'large results are taken over, not copied');
  return finding(
    'external buffers',
    'note',
    'refused by this runtime: large results are copied, which works',
  );
}

async function findings() {
  const found = [node(), platform(), binary(), cores(), quota(), memory(), sourceMaps()];
  if (found.some(({ name, state }) => name === 'native part' && state === 'broken')) return found;
  const { Pool } = open('lib/face');
  const pool = new Pool({ workers: 1 });
  found.push(await tried('workers', () => worker(pool)));
  found.push(await tried('inspector', () => inspector(pool)));
  found.push(await tried('external buffers', external));
  await pool.shutdown({ timeout: 0, force: true });
  return found;
}

const SIGNS = { ok: '  ok   ', note: '  note ', broken: 'BROKEN ' };

/** @param {Record<string, any>} given @param {string[]} rest */
async function main(given, rest) {
  if (rest.length > 0) {
    const { UsageError } = require('./arguments');
    throw new UsageError(`Expected no arguments, got \`${rest.join(' ')}\``);
  }
  const found = await findings();
  const broken = found.filter(({ state }) => state === 'broken').length;
  if (given.json) {
    process.stdout.write(`${JSON.stringify({ works: broken === 0, findings: found }, undefined, 2)}\n`);
  } else {
    const width = Math.max(...found.map(({ name }) => name.length));
    for (const { name, state, says } of found)
      process.stdout.write(`${SIGNS[state]}${name.padEnd(width)}  ${says}\n`);
    process.stdout.write(broken === 0 ? '\ntasklets works here.\n' : `\n${broken} broken: see above.\n`);
  }
  return broken === 0 ? 0 : 1;
}

module.exports = {
  usage: '[--json]',
  about: 'looks whether everything works here: platform, binary, cores, inspector',
  options,
  more: 'Ends with 0 when tasklets works here, 1 when something is broken. A note tells of what works in another way.',
  main,
};
