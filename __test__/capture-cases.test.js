'use strict';

// Every closure of the table, in CommonJS and in an ES module: it must give in the worker what it gives at home, each
// time again, or be refused before anything runs.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');

const { harness } = require('./fixtures/capture/harness');
const { atHome, tables } = require('./fixtures/capture/tables');

async function check(pool, make, more) {
  const fn = make();
  if (more.refused !== undefined) {
    assert.throws(
      () => pool.capture.prepare(fn, more.options),
      (error) => {
        assert.equal(error.code, 'ERR_TASKLETS_CAPTURE', error.stack);
        assert.equal(error.path, more.refused);
        return true;
      },
    );
    return;
  }
  const prepared = pool.capture.prepare(fn, more.options);
  if (more.throws !== undefined) {
    await assert.rejects(pool.send(prepared, more.args), { name: more.throws });
    return;
  }
  const runs = [];
  for (let i = 0; i < 3; i++) runs.push(await pool.send(prepared, more.args));
  // What was captured again, perhaps by another way, gives the same.
  runs.push(await pool.run(fn, more.args, more.options), await pool.run(fn, more.args, more.options));
  const expected = await atHome(fn, more);
  for (const value of runs) assert.deepEqual(value, expected);
}

describe('closures', async () => {
  let pool;
  before(() => {
    pool = harness();
  });
  after(() => pool.close());
  for (const [kind, cases] of await tables(after)) {
    describe(`in ${kind}`, () => {
      for (const [name, make, more] of cases) {
        test(name, () => check(pool, make, more));
      }
    });
  }
});
