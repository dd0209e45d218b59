import tasklets, { run } from 'tasklets';
import * as namespace from 'tasklets';
import assert from 'node:assert/strict';
import path from 'node:path';
import { check } from './cases.mjs';

assert.equal(tasklets.run, run);
await check(namespace, path.resolve('work.mjs'));
await check(tasklets, path.resolve('work.mjs'));
console.log('works');
