'use strict';

/**
 * `tasklets run file.js#export --map lines.ndjson`: a parallel map over lines. Results come out in the order of the
 * lines. So many lines are under way at once; no more is read meanwhile, nor while whoever reads the output is slow.
 */

const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');
const { UsageError } = require('./arguments');
const { Progress } = require('./progress');
const { linesOf } = require('./lines');

/** Lines under way for each worker, where nobody says how many: enough for the shortest tasks. */
const LINES_A_WORKER = 64;

/** @type {Record<string, import('./arguments').Option>} */
const options = {
  map: { kind: 'text', value: 'FILE', help: 'the lines: one JSON value each; `-` is the standard input' },
  args: { kind: 'text', value: 'JSON', help: 'without --map: one call with these arguments, an array' },
  text: { kind: 'flag', help: 'lines are text, not JSON' },
  workers: { kind: 'count', value: 'N', help: 'threads at most (as many as there are cores)' },
  concurrency: {
    kind: 'count',
    value: 'N',
    help: `lines under way at once (${LINES_A_WORKER} for each worker)`,
  },
  timeout: { kind: 'time', value: 'MS', help: 'how long one line may take (for ever)' },
  'keep-going': { kind: 'flag', help: 'a line that fails is reported and has no result; the others go on' },
  quiet: { kind: 'flag', help: 'no progress on the terminal' },
};

const more = `The function gets the value and the index of the line, from 0, and may be async. Results are written to the standard
output as JSON, one a line, in order; a function that returns nothing gives null. Errors go to the standard error, with
the file and the number of the line.

  tasklets run resize.js#thumbnail --map photos.ndjson > done.ndjson
  cat words.txt | tasklets run count.mjs --map - --text | head

Ends with 0 when all lines worked, 1 when one failed, 2 when it was called wrongly, 130 when it was interrupted.`;

/**
 * @typedef {object} Job
 * @property {import('../../index').Pool} pool
 * @property {any} task
 * @property {Record<string, any>} options
 * @property {() => boolean} isInterrupted
 */

/**
 * @param {Record<string, any>} given
 * @param {string[]} rest
 */
async function main(given, rest) {
  const { Pool, module: moduleTask } = require('../..');
  const task = moduleTask(...target(rest));
  if ((given.map === undefined) === (given.args === undefined))
    throw new UsageError(
      'Expected either --map with a file of lines, or --args with the arguments of one call',
    );
  const calls = given.args === undefined ? undefined : argumentsIn(given.args);
  const input = given.map === undefined ? undefined : await open(given.map);
  const pool = new Pool(given.workers === undefined ? {} : { workers: given.workers });
  let interrupted = false;
  const interrupt = () => {
    // Once more ends it at once.
    if (interrupted) process.exit(130);
    interrupted = true;
    pool.shutdown({ timeout: 0, cancelPending: true, force: true }).finally(() => process.exit(130));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const job = { pool, task, options: given, isInterrupted: () => interrupted };
    const code = input === undefined ? await callOnce(job, calls ?? []) : await mapLines(job, input);
    await pool.shutdown({ timeout: 0, cancelPending: true });
    return interrupted ? 130 : code;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/**
 * @param {string[]} rest
 * @returns {[string, string]} the file and the name of the export
 */
function target(rest) {
  if (rest.length !== 1) {
    const got = rest.length === 0 ? 'none' : rest.map((word) => `\`${word}\``).join(' ');
    throw new UsageError(`Expected one function, as file.js#export, got ${got}`);
  }
  const [file, name = 'default'] = rest[0].split('#');
  const found = path.resolve(file);
  if (!fs.existsSync(found)) throw new UsageError(`There is no file \`${found}\``);
  return [found, name];
}

/** @param {string} text */
function argumentsIn(text) {
  try {
    const value = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Said below, as for everything else that is no array.
  }
  throw new UsageError(`Expected \`--args\` to be a JSON array, got \`${text}\``);
}

/**
 * @typedef {{ name: string, stream: NodeJS.ReadableStream, size: number | undefined }} Input
 * @param {string} file
 * @returns {Promise<Input>}
 */
async function open(file) {
  if (file === '-') return { name: 'stdin', stream: process.stdin, size: undefined };
  const stream = fs.createReadStream(file);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw new UsageError(
      `Expected \`--map\` to be a file that can be read: ${/** @type {Error} */ (error).message}`,
    );
  }
  const stat = fs.statSync(file);
  if (stat.isDirectory())
    throw new UsageError(`Expected \`--map\` to be a file that can be read: \`${file}\` is a directory`);
  return { name: file, stream, size: stat.isFile() ? stat.size : undefined };
}

/**
 * @param {Job} job
 * @param {any[]} args
 */
async function callOnce({ pool, task, options: { timeout } }, args) {
  try {
    const result = await pool.run(task, timeout === undefined ? { args } : { args, timeout });
    await write(JSON.stringify(result) ?? 'null');
    return 0;
  } catch (error) {
    process.stderr.write(`tasklets: ${textOf(error)}\n`);
    return codeOf(error);
  }
}

/**
 * @param {Job} job
 * @param {Input} input
 */
async function mapLines({ pool, task, options: given, isInterrupted }, { name, stream, size }) {
  const progress = new Progress(process.stderr, size, given.quiet === true);
  const most = given.concurrency ?? LINES_A_WORKER * pool.config().workers.max;
  const limits = given.timeout === undefined ? {} : { timeout: given.timeout };
  /** What is under way, in order. @type {Array<{ number: number, result: Promise<any> }>} */
  const window = [];
  let code = 0;
  let index = 0;
  /** @returns {Promise<boolean>} whether to go on */
  const takeFirst = async () => {
    const { number, result } = /** @type {(typeof window)[0]} */ (window.shift());
    try {
      const text = JSON.stringify(await result) ?? 'null';
      progress.done++;
      await write(text);
      return true;
    } catch (error) {
      if (isInterrupted()) return false;
      progress.failed++;
      progress.say(`${name}:${number}: ${textOf(error)}`);
      code = Math.max(code, codeOf(error));
      return given['keep-going'] === true && code < 2;
    }
  };
  const finish = () => {
    progress.end();
    return code;
  };
  const input = /** @type {AsyncIterable<Buffer>} */ (stream);
  for await (const { number, text } of linesOf(input, (bytes) => (progress.read += bytes))) {
    const at = index++;
    const value = valueOf(text, given.text === true);
    const result = value.then((item) => pool.run(task, { args: [item, at], ...limits }));
    // It is looked at when its turn has come.
    result.catch(() => {});
    window.push({ number, result });
    if (window.length >= most && !(await takeFirst())) return finish();
  }
  while (window.length > 0) if (!(await takeFirst())) break;
  return finish();
}

/**
 * @param {string} text
 * @param {boolean} isText
 */
async function valueOf(text, isText) {
  if (isText) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Expected a line of JSON: ${/** @type {Error} */ (error).message}`, {
      cause: error,
    });
  }
}

/** Waits for whoever reads. @param {string} line */
async function write(line) {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

/** An error, and where in the user's code it comes from. @param {unknown} error */
function textOf(error) {
  if (!(error instanceof Error)) return `thrown: ${JSON.stringify(error) ?? String(error)}`;
  const place = error.stack
    ?.split('\n')
    .find((line) => /^ {4}at .*(file:|\/|\\)/.test(line) && !/node:/.test(line) && !line.includes(__dirname));
  const isOurs = /** @type {any} */ (error).code?.startsWith?.('ERR_TASKLETS');
  return `${error.name}: ${error.message}${place === undefined || isOurs ? '' : ` (${place.trim()})`}`;
}

/** A function that cannot be loaded was named wrongly. @param {any} error */
function codeOf(error) {
  return error?.code === 'ERR_TASKLETS_MODULE' ? 2 : 1;
}

module.exports = {
  usage: 'FILE[#EXPORT] --map LINES [options]',
  about: 'calls a function for each line of a file, on all cores',
  options,
  more,
  main,
};
