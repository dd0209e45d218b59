'use strict';

/** Loaded ahead of each program of a page: what its `// →` have become calls these. */

const assert = require('node:assert/strict');
const { format } = require('node:util');
const vm = require('node:vm');
const { isMainThread } = require('node:worker_threads');

const globals = /** @type {any} */ (globalThis);

/** Lines with checks that have not been reached. @type {Set<number>} */
let unchecked = new Set();
let isFinished = false;
let isProgram = false;

globals.expectChecks = (/** @type {number[]} */ lines) => {
  isProgram = true;
  unchecked = new Set(lines);
};
globals.finished = () => {
  isFinished = true;
};
// Whatever never happened has not been checked: a `catch` that nothing threw into, an `await` that nobody ended.
process.on('exit', (code) => {
  if (code !== 0 || !isProgram) return;
  if (isFinished && unchecked.size === 0) return;
  process.stderr.write(
    isFinished
      ? `FAILED never reached: line ${[...unchecked].join(', ')}\n`
      : 'FAILED ended before its end\n',
  );
  process.exitCode = 4;
});

/**
 * @param {number} line
 * @param {unknown} error
 */
function at(line, error) {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`line ${line}: ${message}`, { cause: error });
}

globals.check = (
  /** @type {number} */ line,
  /** @type {string} */ expected,
  /** @type {unknown} */ actual,
) => {
  unchecked.delete(line);
  // Compared as data: what comes from another realm or has another prototype is written the same on a page.
  let value;
  try {
    value = vm.runInThisContext(`(${expected})`);
  } catch {
    value = expected;
  }
  try {
    if (typeof actual === 'string' && typeof value !== 'string') assert.equal(actual, expected);
    else assert.deepEqual(actual, value);
  } catch (error) {
    throw at(line, error);
  }
};

globals.checkPrinted = (
  /** @type {number} */ line,
  /** @type {string} */ expected,
  /** @type {unknown[]} */ ...values
) => {
  unchecked.delete(line);
  const printed = format(...values).trim();
  // What differs from run to run is written as `...`.
  const pattern = expected
    .split('...')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^]*');
  try {
    assert.match(printed.replace(/\s*\n\s*/g, ' '), new RegExp(`^${pattern}$`));
  } catch (error) {
    throw at(line, error);
  }
};

globals.checkFailure = async (
  /** @type {number} */ line,
  /** @type {string} */ expected,
  /** @type {() => Promise<unknown>} */ action,
) => {
  unchecked.delete(line);
  let error;
  try {
    await action();
  } catch (thrown) {
    error = /** @type {any} */ (thrown);
  }
  try {
    const named = error === undefined ? 'nothing' : [error.code, error.name, error.constructor?.name];
    if (!named.includes(expected))
      assert.fail(`Expected ${expected}, got ${named}${error ? `: ${error.stack}` : ''}`);
  } catch (thrown) {
    throw at(line, thrown);
  }
};

/** A program has failed: in the words that the test looks for. */
globals.failed = (/** @type {any} */ error) => {
  process.stderr.write(`FAILED ${error?.code ?? error?.name}\n${error?.stack ?? error}\n`);
  process.exit(3);
};
// Workers are started with the same flags; what they do with an error is theirs.
if (isMainThread) process.on('uncaughtException', globals.failed);
