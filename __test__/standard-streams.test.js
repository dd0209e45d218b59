'use strict';

const assert = require('node:assert');
const { test } = require('node:test');

const { program } = require('./fixtures/pools');

/** What the programs below ask of `process` before and after a worker has been started. */
const LOOKS = `
  const look = () => ['stdout', 'stderr'].map((name) => {
    const { get, value, ...flags } = Object.getOwnPropertyDescriptor(process, name);
    return [get, value, JSON.stringify(flags)];
  }).flat();
  const same = (one, other) => one.every((part, index) => part === other[index]);
`;

test('a worker that prints nothing leaves the standard streams of the program unmade', async () => {
  // `net` is what Node makes of a pipe, `tty` of a terminal.
  const { code, stdout, stderr } = await program(`
    const fs = require('node:fs');
    const made = () => process.moduleLoadList.some((name) => /^NativeModule (net|tty)$/.test(name));
    const before = made();
    tasklets.run(() => 1).then(() => fs.writeSync(1, before + ' ' + made() + '\\n'));
  `);
  assert.deepStrictEqual([code, stdout, stderr], [0, 'false false\n', '']);
});

test('starting a worker leaves `process.stdout` and `process.stderr` as they were', async () => {
  const { code, stdout, stderr } = await program(`
    ${LOOKS}
    const before = look();
    const task = tasklets.run(() => 1);
    const during = look();
    task.then(() => console.log(same(before, during), same(before, look())));
  `);
  assert.deepStrictEqual([code, stdout, stderr], [0, 'true true\n', '']);
});

test('they are as they were also where no thread can be started', async () => {
  const { code, stdout } = await program(`
    ${LOOKS}
    // Node refuses that in a worker: it lacks its value.
    process.execArgv.push('--import');
    const before = look();
    const handle = tasklets.run(() => 1);
    const after = look();
    handle.catch(({ code }) => console.log(same(before, after), code));
  `);
  assert.deepStrictEqual([code, stdout], [0, 'true ERR_WORKER_INVALID_EXEC_ARGV\n']);
});

test('what a task prints goes where the program prints at that moment', async () => {
  const { code, stdout, stderr } = await program(`
    const { Writable } = require('node:stream');
    const heard = [];
    const ear = (name) => new Writable({ write(chunk, _, done) { heard.push(name + ': ' + chunk); done(); } });
    const print = (text) => { console.log(text); console.error(text); };
    (async () => {
      await tasklets.run(() => 1);
      const { write } = process.stdout;
      // Who replaces it seldom calls back.
      process.stdout.write = (chunk) => { heard.push('own: ' + chunk); };
      Object.defineProperty(process, 'stderr', { value: ear('stderr'), configurable: true });
      await tasklets.run(print, { args: ['one'] });
      await tasklets.run(print, { args: ['two'] });
      await tasklets.shutdown();
      process.stdout.write = write;
      console.log(JSON.stringify(heard.sort()));
    })();
  `);
  assert.deepStrictEqual([code, stderr], [0, '']);
  assert.deepStrictEqual(JSON.parse(stdout), ['own: one\n', 'own: two\n', 'stderr: one\n', 'stderr: two\n']);
});

test('what a task prints is printed where `process.stdout` cannot be replaced', async () => {
  const { code, stdout, stderr } = await program(`
    const { stdout } = process;
    Object.defineProperty(process, 'stdout', { value: stdout, configurable: false, writable: false });
    tasklets.run(() => { console.log('printed'); });
  `);
  assert.deepStrictEqual([code, stdout], [0, 'printed\n']);
  assert.strictEqual(stderr, '');
});

test('somebody who prints while a worker is being made is heard', async () => {
  const { code, stdout, stderr } = await program(`
    require('node:diagnostics_channel').subscribe('worker_threads', () => process.stdout.write('a worker\\n'));
    tasklets.run(() => 1).then(() => console.log('done'));
  `);
  assert.deepStrictEqual([code, stderr], [0, '']);
  assert.match(stdout, /^a worker\n/);
});

test('a slow reader slows what tasks print, and all of it arrives', async () => {
  const { code, stdout } = await program(`
    const { Writable } = require('node:stream');
    const real = process.stdout;
    let length = 0;
    const slow = new Writable({ highWaterMark: 1000, write(chunk, _, done) {
      length += chunk.length;
      setImmediate(done);
      if (length === 600_000) real.write('all of it\\n');
    } });
    Object.defineProperty(process, 'stdout', { value: slow, configurable: true });
    const print = () => { for (let i = 0; i < 300; i++) console.log('x'.repeat(999)); };
    tasklets.runAll([print, print]);
  `);
  assert.deepStrictEqual([code, stdout], [0, 'all of it\n']);
});

test('the input of a task has ended', async () => {
  const { code, stdout, stderr } = await program(`
    tasklets.run(async () => {
      let length = 0;
      for await (const chunk of process.stdin) length += chunk.length;
      return length;
    }).then(console.log);
  `);
  assert.deepStrictEqual([code, stdout, stderr], [0, '0\n', '']);
});
