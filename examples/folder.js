'use strict';

/**
 * Examines every file in a folder, on all cores: SHA-256, size as gzip, lines and words.
 *
 *     node examples/folder.js [folder]      (without one: the node_modules of this project)
 */

const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const fs = require('node:fs/promises');
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { setImmediate: turn, setTimeout: sleep } = require('node:timers/promises');
const { parseArgs } = require('node:util');
const { gzipSync } = require('node:zlib');

const { run, shutdown } = require('..');
const {
  progress,
  table,
  count,
  size,
  time,
  onInterrupt,
  runAsProgram,
  UsageError,
} = require('./support/terminal.js');

/** @typedef {{ size: number, gzip: number, lines: number, words: number, sha256: string }} Facts */

const NEWLINE = 10;
const SPACE = 32;
/** From tab to carriage return: what else separates words. */
const FIRST_BLANK = 9;
const LAST_BLANK = 13;
/** What tools keep in node_modules for themselves can be of any size, and changes behind one's back. */
const TOOL_CACHE = '.cache';
const LISTED_FAILURES = 5;
const LISTED_KINDS = 8;

/**
 * The task. It runs on a worker, so it may take as long as it likes, and read and compress synchronously. The modules
 * and the constants that it uses go along with it.
 *
 * @param {string} file
 * @returns {Facts}
 */
function examine(file) {
  const bytes = readFileSync(file);
  let lines = 0;
  let words = 0;
  let inWord = false;
  for (const byte of bytes) {
    const blank = byte === SPACE || (byte >= FIRST_BLANK && byte <= LAST_BLANK);
    if (byte === NEWLINE) lines++;
    if (!blank && !inWord) words++;
    inWord = !blank;
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { size: bytes.length, gzip: gzipSync(bytes).length, lines, words, sha256 };
}

let interrupted = false;

/** On the pool: every file is a task, submitted at once. @param {string[]} files */
async function onThePool(files) {
  const bar = progress('on the pool  ', files.length);
  const answers = files.map(async (file) => {
    const facts = await run(examine, { args: [file] });
    bar.step();
    return facts;
  });
  const outcomes = await Promise.allSettled(answers);
  bar.end();
  return outcomes;
}

/** On one thread: the same function, with a turn of the event loop after each file. @param {string[]} files */
async function onOneThread(files) {
  const bar = progress('on one thread', files.length);
  /** @type {PromiseSettledResult<Facts>[]} */
  const outcomes = [];
  for (const file of files) {
    if (interrupted) break;
    try {
      outcomes.push({ status: 'fulfilled', value: examine(file) });
    } catch (reason) {
      outcomes.push({ status: 'rejected', reason });
    }
    bar.step();
    await turn();
  }
  bar.end();
  return outcomes;
}

/**
 * How long something took, and the longest time for which the event loop could do nothing else.
 *
 * @template T
 * @param {() => Promise<T>} work
 */
async function measured(work) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  const outcomes = await work();
  const elapsed = performance.now() - started;
  // One more turn, for the monitor to see a delay that has only just ended.
  await sleep(5);
  delay.disable();
  return { outcomes, elapsed, worstDelay: delay.max / 1e6 };
}

/** All regular files but those of caches, in a stable order; folders that cannot be read are told, and left out. @param {string} folder */
async function listFiles(folder) {
  /** @type {string[]} */
  const files = [];
  /** @type {string[]} */
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    try {
      for (const entry of await fs.readdir(next, { withFileTypes: true })) {
        const full = path.join(next, entry.name);
        if (entry.isDirectory() && entry.name !== TOOL_CACHE) folders.push(full);
        else if (entry.isFile()) files.push(full);
      }
    } catch (error) {
      console.error(`left out: ${/** @type {Error} */ (error).message}`);
    }
  }
  return files.sort();
}

/** One line for each kind of file, the largest first, then the sum. @param {[string, Facts][]} examined */
function totals(examined) {
  /** @type {Map<string, { files: number, size: number, gzip: number, lines: number, words: number }>} */
  const kinds = new Map();
  for (const [file, facts] of examined) {
    for (const kind of [path.extname(file) || '(none)', 'all']) {
      const sum = kinds.get(kind) ?? { files: 0, size: 0, gzip: 0, lines: 0, words: 0 };
      sum.files++;
      for (const key of /** @type {const} */ (['size', 'gzip', 'lines', 'words'])) sum[key] += facts[key];
      kinds.set(kind, sum);
    }
  }
  const bySize = [...kinds].filter(([kind]) => kind !== 'all').sort(([, a], [, b]) => b.size - a.size);
  const all = [...kinds].filter(([kind]) => kind === 'all');
  const rows = [...bySize.slice(0, LISTED_KINDS), ...all].map(([kind, sum]) => {
    return [kind, count(sum.files), size(sum.size), size(sum.gzip), count(sum.lines), count(sum.words)];
  });
  return table([['kind', 'files', 'size', 'gzip', 'lines', 'words'], ...rows]);
}

/** @param {{ elapsed: number, worstDelay: number }} pool @param {{ elapsed: number, worstDelay: number }} one */
function comparison(pool, one) {
  return table([
    ['', 'time', 'speed', 'longest block of the event loop'],
    ['one thread', time(one.elapsed), '1.00 x', time(one.worstDelay)],
    ['tasklets', time(pool.elapsed), `${(one.elapsed / pool.elapsed).toFixed(2)} x`, time(pool.worstDelay)],
  ]);
}

/** Everything in one number, to see that both ways agree. @param {PromiseSettledResult<Facts>[]} outcomes */
function fingerprint(outcomes) {
  const hash = createHash('sha256');
  for (const each of outcomes)
    hash.update(each.status === 'fulfilled' ? JSON.stringify(each.value) : 'failed');
  return hash.digest('hex');
}

/** @param {PromiseSettledResult<Facts>[]} outcomes */
function reportFailures(outcomes) {
  const reasons = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  if (reasons.length) console.log(`\n${count(reasons.length)} failed:`);
  for (const reason of reasons.slice(0, LISTED_FAILURES)) console.log(`  ${reason.message}`);
  if (reasons.length > LISTED_FAILURES) console.log(`  and ${count(reasons.length - LISTED_FAILURES)} more`);
}

/** @returns {Promise<string>} the folder to examine */
async function folderFromCommandLine() {
  const usage = 'Usage: node examples/folder.js [folder]';
  let folders;
  try {
    folders = parseArgs({ allowPositionals: true }).positionals;
  } catch (error) {
    throw new UsageError(`${/** @type {Error} */ (error).message}\n${usage}`);
  }
  if (folders.length > 1) throw new UsageError(`Expected one folder, got ${folders.length}\n${usage}`);
  const folder = path.resolve(folders[0] ?? path.join(__dirname, '../node_modules'));
  const stats = await fs.stat(folder).catch(() => undefined);
  if (!stats?.isDirectory()) throw new UsageError(`Expected a folder, got \`${folder}\`\n${usage}`);
  return folder;
}

async function main() {
  const folder = await folderFromCommandLine();
  const files = await listFiles(folder);
  console.log(`${folder}: ${count(files.length)} files`);
  if (files.length === 0) return;

  onInterrupt(() => {
    interrupted = true;
    // What runs and what waits is cancelled, so everything that is awaited comes to an end.
    shutdown({ timeout: 0, cancelPending: true });
  });

  // The pool goes first: the files it has brought into the system's cache are a gift to the single thread.
  const pool = await measured(() => onThePool(files));
  const one = interrupted ? undefined : await measured(() => onOneThread(files));
  await shutdown();
  if (interrupted || !one) return;

  const examined = pool.outcomes.flatMap((each, i) =>
    each.status === 'fulfilled' ? [/** @type {[string, Facts]} */ ([files[i], each.value])] : [],
  );
  console.log(`\n${totals(examined)}\n\n${comparison(pool, one)}`);
  reportFailures(pool.outcomes);
  if (fingerprint(pool.outcomes) !== fingerprint(one.outcomes)) {
    throw new Error('The pool and the single thread disagree: did a file change in between?');
  }
}

runAsProgram(main);
