'use strict';

// Every closure of the table through the pool itself, in CommonJS and in an ES module: `run`, `runAll` and `wrap` give
// what it gives at home, or it is refused before anything runs.

const assert = require('node:assert/strict');
const { after, describe, test } = require('node:test');

const tasklets = require('..');
const { atHome, tables } = require('./fixtures/capture/tables');

const pool = new tasklets.Pool({ workers: 2 });

/** @param {() => Function} make @param {any} more */
async function check(make, { args = [], options = {}, ...more }) {
  const fn = make();
  const all = { args, ...options };
  if (more.refused !== undefined) {
    const refusal = { code: 'ERR_TASKLETS_CAPTURE', path: more.refused };
    await assert.rejects(pool.run(fn, all), refusal);
    await assert.rejects(pool.runAll([fn], options), refusal);
    return;
  }
  if (more.throws !== undefined) {
    await assert.rejects(pool.run(fn, all), { name: more.throws });
    return;
  }
  // All of them are submitted before it runs at home: it may change what it uses.
  const sent = [
    pool.run(fn, all),
    pool.run(fn, all),
    pool.runAll(
      [
        { task: fn, args },
        { task: fn, args },
      ],
      options,
    ),
    pool.wrap(fn, options)(...args),
  ];
  const values = await Promise.all(sent);
  const expected = await atHome(fn, { args, ...more });
  const [first, second, [third, fourth], fifth] = values;
  for (const value of [first, second, third, fourth, fifth]) assert.deepEqual(value, expected);
}

describe('the table of closures', async () => {
  after(() => pool.shutdown());
  for (const [kind, cases] of await tables(after)) {
    describe(`in ${kind}`, () => {
      for (const [name, make, more] of cases) test(name, () => check(make, more));
    });
  }
});
