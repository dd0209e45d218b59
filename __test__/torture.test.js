'use strict';

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { test } = require('node:test');

const { ROOT } = require('./fixtures/pools');

for (const [what, flags] of Object.entries({
  'workers killed under load': ['--kills=27', '--pools=0', '--owners=0'],
  'pools created and dropped': ['--kills=0', '--pools=18', '--owners=0'],
  "users' threads terminated while their pools work": ['--kills=0', '--pools=0', '--owners=10'],
})) {
  test(`every handle settles, and nothing crashes: ${what}`, async () => {
    const child = spawn(process.execPath, [path.join(ROOT, 'scripts/torture.js'), ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    const [code, signal] = await once(child, 'close');
    assert.deepStrictEqual({ code, signal }, { code: 0, signal: null }, said);
  });
}
