'use strict';

// Every closure of the table, in CommonJS and in an ES module: it must give in the worker what it gives at home, each
// time again, or be refused before anything runs.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { harness } = require('./fixtures/capture/harness');

const FIXTURES = path.join(__dirname, 'fixtures', 'capture');

/** The table as an ES module: another head, and exports of another kind. */
function asModule() {
  const text = fs.readFileSync(path.join(FIXTURES, 'cases.js'), 'utf8');
  const app = (name) => JSON.stringify(pathToFileURL(path.join(FIXTURES, 'app', name)).href);
  const head = `
import path from 'node:path';
import * as os from 'node:os';
import fs from 'node:fs';
import util from 'node:util';
import { EventEmitter } from 'node:events';
import { join as joinPaths, sep } from 'node:path';
import { format } from 'node:util';
import * as State from ${app('state.mjs')};
import { getLimit, Vec as StateVec } from ${app('state.mjs')};
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const data = require(${JSON.stringify(path.join(FIXTURES, 'app', 'data.json'))});
const MODULE = 'module';
`;
  const body = text.slice(text.indexOf('// --- mark ---'), text.indexOf('// --- end ---'));
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tasklets-cases-'));
  const file = path.join(directory, 'cases.mjs');
  // In strict code a function declaration cannot be assigned to under every name that sloppy code allows.
  fs.writeFileSync(file, `${head}${body}\nexport { cases, MODULE };\n`);
  return { directory, file };
}

async function tables() {
  const { directory, file } = asModule();
  after(() => fs.rmSync(directory, { recursive: true }));
  const { cases } = await import(pathToFileURL(file).href);
  return [
    ['CommonJS', require('./fixtures/capture/cases').cases],
    ['an ES module', cases],
  ];
}

/** What it gives at home, run after it was captured: it may change what it uses. */
async function atHome(fn, { args = [], ...more }) {
  return 'home' in more ? more.home : fn(...args);
}

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
  for (const [kind, cases] of await tables()) {
    describe(`in ${kind}`, () => {
      for (const [name, make, more] of cases) {
        test(name, () => check(pool, make, more));
      }
    });
  }
});
