'use strict';

/**
 * What programs do first: the functions that run here are compiled ahead (`recorder.js`), all others when they are
 * called.
 */

const path = require('node:path');

/** @type {typeof import('../..')} */
const { Pool } = require(path.join(process.cwd(), 'index.js'));

const FACTOR = 2;
/** @param {number} x */
const twice = (x) => FACTOR * x;

async function main() {
  const pool = new Pool({ workers: 1 });
  await pool.run((/** @type {number} */ x) => x + 1, { args: [1] });
  await pool.run((/** @type {any} */ value) => value, { args: [{ text: 'x', list: [1, null, true] }] });
  await pool.run((/** @type {number} */ x) => twice(x), { args: [1] });
  await pool.run(() => Promise.reject(new RangeError('x'))).catch(() => {});
  await pool.runAll([() => 1, () => 'x']);
  await pool.map((/** @type {number} */ x) => x + 1, [1, 2, 3]);
  await pool.run(() => {
    process.emit(/** @type {any} */ ('tasklets:keep'));
  });
  process.emit(/** @type {any} */ ('tasklets:keep'));
  await pool.shutdown();
}

main();
