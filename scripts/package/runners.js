'use strict';

/** Test runners, which run programs in threads, processes and vm contexts of their own. */

const path = require('node:path');
const { command, npmInstall, project } = require('./tools');

/** @typedef {import('./node').Tarballs} Tarballs */

const VITEST = `import { expect, test } from 'vitest';
import path from 'node:path';
import * as library from 'tasklets';
import { check } from './cases.mjs';
test('works', () => check(library, path.resolve('work.mjs')));
test('functions of the test travel', async () => {
  const local = { n: 20 };
  expect(await library.run(() => local.n + 1)).toBe(21);
  await expect(library.run(() => { throw new TypeError('no'); })).rejects.toBeInstanceOf(TypeError);
});
`;
const JEST = `const path = require('node:path');
const library = require('tasklets');
test('works', () => {
  const factor = 3;
  class Point { x = 1; }
  return Promise.all([
    expect(library.run(() => factor * 14)).resolves.toBe(42),
    expect(library.run(() => new Point())).resolves.toBeInstanceOf(Point),
    expect(library.map((n) => n + 1, [1, 2, 3])).resolves.toEqual([2, 3, 4]),
    expect(library.run(library.module(path.resolve('work.mjs'), 'double'), { args: [21] })).resolves.toBe(42),
    expect(library.run(() => { throw new RangeError('no'); })).rejects.toThrow(RangeError),
    expect(library.run(() => library.run(() => 'nested'))).resolves.toBe('nested'),
    expect(library.run((view) => view.length, { args: [new Uint8Array(300000)] })).resolves.toBe(300000),
  ]);
});
test('a pool ends', async () => {
  const pool = new library.Pool({ workers: 1 });
  expect(await pool.run((a, b) => a + b, { args: [1, 2] })).toBe(3);
  expect((await pool.shutdown()).graceful).toBe(true);
});
`;

/** @type {Record<string, (tarballs: Tarballs) => Promise<string | void>>} */
const checks = {
  'works under vitest in threads, processes and vm contexts': async ({ main, native }) => {
    const cwd = project('vitest', { 'a.test.mjs': VITEST, 'b.test.mjs': VITEST });
    await npmInstall(cwd, [main.file, native.file, 'vitest', 'vite']);
    const vitest = path.join(cwd, 'node_modules', '.bin', 'vitest');
    const failed = [];
    for (const pool of ['threads', 'forks', 'vmThreads', 'vmForks']) {
      try {
        await command(cwd, vitest, ['run', `--pool=${pool}`]);
      } catch (error) {
        failed.push(`${pool}: ${error instanceof Error ? error.message : error}`);
      }
    }
    if (failed.length > 0) throw new Error(failed.join('\n\n'));
  },

  'works under jest': async ({ main, native }) => {
    const cwd = project('jest', { 'a.test.cjs': JEST, 'b.test.cjs': JEST });
    await npmInstall(cwd, [main.file, native.file, 'jest']);
    const jest = path.join(cwd, 'node_modules', '.bin', 'jest');
    const options = ['--testMatch=**/*.test.cjs', '--coverage=false', '--detectOpenHandles=false'];
    await command(cwd, jest, [...options, '--maxWorkers=2'], { CI: 'true' });
    await command(cwd, jest, [...options, '--runInBand'], { CI: 'true' });
  },
};

module.exports = { checks };
