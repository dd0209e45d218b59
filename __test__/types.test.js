'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { describe, it } = require('node:test');

const root = path.join(__dirname, '..');
const project = path.join(__dirname, 'types');
// TypeScript's own entry is for programs; its command is what package.json calls `bin`.
const typescript = require.resolve('typescript/package.json');
const tsc = path.join(path.dirname(typescript), require(typescript).bin.tsc);

/** @param {string[]} flags resolves to what the compiler complains about; empty if all is well */
function compile(flags) {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [tsc, '--pretty', 'false', ...flags],
      { cwd: root },
      (error, stdout, stderr) => {
        resolve(error ? `${stdout}${stderr}` || String(error) : '');
      },
    );
  });
}

describe('index.d.ts', () => {
  const settings = [
    { name: 'node16', flags: ['--module', 'node16', '--moduleResolution', 'node16'] },
    { name: 'nodenext', flags: ['--module', 'nodenext', '--moduleResolution', 'nodenext'] },
    { name: 'bundler', flags: ['--module', 'preserve', '--moduleResolution', 'bundler'] },
  ];
  for (const { name, flags } of settings) {
    it(`accepts what is right and refuses what is wrong under ${name}`, async () => {
      const complaints = await compile(['--project', project, ...flags]);
      assert.equal(complaints, '', complaints);
    });
  }

  it('is right about Express 4 too', async () => {
    const complaints = await compile(['--project', path.join(project, 'tsconfig.express4.json')]);
    assert.equal(complaints, '', complaints);
  });

  it('is looked at: the same files fail where a type is wrong', async () => {
    const complaints = await compile(['--project', path.join(project, 'wrong')]);
    const lines = complaints.split('\n').filter((line) => /^\S+\(\d+,\d+\): error/.test(line));
    assert.equal(lines.length, 2, complaints);
    assert.match(lines[0], /wrong\.ts\(5,\d+\): error TS2554/);
    assert.match(lines[1], /wrong\.ts\(7,\d+\): error TS2578/);
  });

  it('says of every option what it is without it, and shows it in use', () => {
    const options = [...optionsDeclared()];
    assert(options.length > 60, `found ${options.length} options`);
    for (const { option, comment } of options) {
      assert.match(comment, /@default/, option);
      assert.match(comment, /@example/, option);
    }
  });

  it('declares the names that the package exports, and no others', async () => {
    const declared = namesDeclared();
    const tasklets = require('..');
    assert.deepEqual(Object.getOwnPropertyNames(tasklets).sort(), declared);
    assert.equal(tasklets.default, tasklets);
    const namespace = await import('../index.js');
    assert.equal(namespace.default, tasklets);
    for (const name of declared) assert.equal(namespace[name], tasklets[name], name);
  });
});

/** The options of all `...Options` interfaces and of Limits and RetryTiming, each with the comment before it. */
function* optionsDeclared() {
  for (const file of ['index.d.ts', 'express.d.ts', 'lib/servers/types.d.ts']) yield* optionsIn(file);
}

/** @param {string} file */
function* optionsIn(file) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const interfaces = /^( *)export interface (\w*Options|Limits|RetryTiming)\b[^]*?^\1\}$/gm;
  for (const [body, indent, name] of text.matchAll(interfaces)) {
    let start = 0;
    for (const { 1: option, index } of body.matchAll(new RegExp(`^${indent}  (\\w+)\\?:`, 'gm'))) {
      const before = body.slice(start, index);
      yield { option: `${name}.${option}`, comment: before.slice(before.lastIndexOf('/**')) };
      start = index;
    }
  }
}

/** The list in rest.mts, which the compiler holds against index.d.ts. */
function namesDeclared() {
  const text = readFileSync(path.join(project, 'rest.mts'), 'utf8');
  const list = /exactly<((?:\s*\| '\w+')+)\s*>\(\)\(null! as keyof typeof tasklets\)/.exec(text);
  assert(list, 'rest.mts holds the list of names');
  return [...list[1].matchAll(/'(\w+)'/g)].map((match) => match[1]).sort();
}
