'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe, it } = require('node:test');

const ROOT = path.join(__dirname, '..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'addon-'));
after(() => fs.rmSync(folder, { recursive: true }));

/** Runs a program in a process of its own: the library is loaded once in each. */
function program(text, env = {}, args = []) {
  const given = { ...process.env, LIBRARY: path.join(ROOT, 'index.js'), ...env };
  const child = spawnSync(process.execPath, [...args, '-e', text], {
    env: given,
    encoding: 'utf8',
    cwd: folder,
  });
  assert.equal(child.status, 0, child.stderr);
  return child.stdout;
}

const VERBS = `
const assert = require('node:assert/strict');
const { config, run, map, stream, runAll, batch, retry, graph, Pool, transfer, current, errors } = require(process.env.LIBRARY);
// One task is to run beside another, on a machine of one core too.
config({ workers: 2 });
const local = { n: 41 };
(async () => {
  assert.equal(await run(() => local.n + 1), 42);
  assert.deepEqual(await map((n) => n * 2, [1, 2, 3]), [2, 4, 6]);
  assert.deepEqual(await runAll([() => 1, () => 2]), [1, 2]);
  const values = [];
  for await (const value of stream((n) => n, [1, 2, 3])) values.push(value);
  assert.deepEqual(values, [1, 2, 3]);
  const yielded = [];
  for await (const value of stream(function* () { yield 1; yield 2; })) yielded.push(value);
  assert.deepEqual(yielded, [1, 2]);
  const [first] = await batch([{ name: 'a', task: () => 1 }]);
  assert.equal(first.result, 1);
  assert.equal(await retry(() => { if (current().attempt < 2) throw new Error('again'); return 'in the end'; }, { delay: 1 }), 'in the end');
  const steps = graph().add('a', () => 1).add('b', (a) => a + 1, { dependsOn: ['a'] });
  assert.equal((await steps.run()).b, 2);
  const large = await run((bytes) => bytes.map((byte) => byte + 1), { args: [new Uint8Array(1_000_000)] });
  assert.ok(large.length === 1_000_000 && large[999_999] === 1);
  const moved = await run(() => { const made = new Float64Array(100_000).fill(3); return transfer(made, [made.buffer]); });
  assert.equal(moved[99_999], 3);
  await assert.rejects(run(() => new Promise(() => {}), { timeout: 20 }), errors.TimeoutError);
  await assert.rejects(run(() => { for (;;); }, { timeout: 20, grace: 10 }), errors.TimeoutError);
  const handle = run(() => { while (!current().cancelled); return 'left'; });
  const other = run((ms) => new Promise((resolve) => setTimeout(resolve, ms, 'slept')), { args: [5] });
  assert.equal(await other, 'slept');
  assert.ok(handle.cancel());
  await assert.rejects(handle, errors.CancelledError);
  const pool = new Pool({ workers: 2 });
  const tasks = Array.from({ length: 2000 }, (_, i) => pool.run((n) => n, { args: [i] }));
  assert.equal((await Promise.all(tasks)).length, 2000);
  await pool.shutdown();
  console.log('works');
})();`;

describe('the addon', () => {
  it('works where the runtime refuses memory that is not its own, as Electron does', () => {
    assert.equal(program(VERBS, { TASKLETS_NO_EXTERNAL_BUFFERS: '1' }), 'works\n');
    assert.equal(program(VERBS), 'works\n');
  });

  it('is the one that TASKLETS_NATIVE_PATH names', () => {
    const built = fs.readdirSync(ROOT).find((name) => name.endsWith('.node'));
    const copy = path.join(folder, 'copy.node');
    fs.copyFileSync(path.join(ROOT, built), copy);
    const out = program(
      `require(process.env.LIBRARY).run(() => 1).then(() =>
        console.log(process.report.getReport().sharedObjects.filter((name) => name.endsWith('.node')).join()))`,
      { TASKLETS_NATIVE_PATH: copy },
    );
    assert.equal(fs.realpathSync(out.trim()), fs.realpathSync(copy));
  });

  it('says so where TASKLETS_NATIVE_PATH names something else', () => {
    const text = path.join(folder, 'text.node');
    fs.writeFileSync(text, 'not an addon');
    const out = program(
      "require(process.env.LIBRARY).run(() => 1).catch((error) => console.log(error.code + ' ' + error.message))",
      { TASKLETS_NATIVE_PATH: text },
    );
    assert.match(out, /^ERR_TASKLETS .*`TASKLETS_NATIVE_PATH` names, .*text\.node, cannot be loaded/);
  });

  it('says which package is missing, and what to run', () => {
    // A copy of the library without any binary.
    const bare = path.join(folder, 'bare');
    for (const name of ['index.js', 'lib', 'package.json'])
      fs.cpSync(path.join(ROOT, name), path.join(bare, name), { recursive: true });
    const ask = (before) =>
      program(
        `${before}; require(process.env.LIBRARY).run(() => 1).catch((error) => console.log(error.message))`,
        {
          LIBRARY: path.join(bare, 'index.js'),
          TASKLETS_NATIVE_PATH: '',
        },
      );
    const on = (platform, arch) =>
      ask(
        `Object.defineProperty(process, 'platform', { value: '${platform}' }); Object.defineProperty(process, 'arch', { value: '${arch}' })`,
      );
    assert.match(
      on('darwin', 'arm64'),
      /this is darwin arm64, which needs the package `tasklets-darwin-arm64`.*`npm install tasklets-darwin-arm64`/,
    );
    assert.match(on('win32', 'x64'), /this is win32 x64, which needs the package `tasklets-win32-x64-msvc`/);
    assert.match(
      on('freebsd', 'x64'),
      /There is no build of tasklets for freebsd x64\. There are some for linux-x64/,
    );
    const musl = 'process.report.getReport = () => ({ header: {} })';
    if (process.platform === 'linux') {
      assert.match(
        ask(''),
        /this is linux \w+ \((glibc|musl)\), which needs the package `tasklets-linux-\w+-(gnu|musl)`/,
      );
      assert.match(ask(musl), /\(musl\), which needs the package `tasklets-linux-\w+-musl`/);
    }
  });
});

describe('the pack', () => {
  const packed = `console.log(Object.keys(require.cache).some((file) => file.includes('dist')), require(process.env.LIBRARY).version)`;
  const loads = `require(process.env.LIBRARY); ${packed}`;
  const { files, version } = require('../package.json');
  const copy = path.join(folder, 'copy');

  it('is used where it is as new as the source, and not where TASKLETS_UNPACKED is set', (t) => {
    const built = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'));
    // Not all that is there: another test may be about to remove what it has put there.
    const own = files.filter((name) => !name.startsWith('dist/') && !name.endsWith('.node'));
    for (const name of ['package.json', 'scripts', ...own, ...built]) {
      fs.cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
    }
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'), 'junction');
    const made = spawnSync(process.execPath, [path.join(copy, 'scripts/pack.js')]);
    assert.equal(made.status, 0, String(made.stderr));
    const LIBRARY = path.join(copy, 'index.js');
    assert.equal(program(loads, { LIBRARY, TASKLETS_UNPACKED: '' }), `true ${version}\n`);
    assert.equal(program(loads, { LIBRARY, TASKLETS_UNPACKED: '1' }), `false ${version}\n`);
    t.diagnostic('a change of the source');
    const changed = path.join(copy, 'lib/engine.js');
    fs.utimesSync(changed, new Date(), new Date());
    assert.equal(program(loads, { LIBRARY, TASKLETS_UNPACKED: '' }), `false ${version}\n`);
  });

  it('loads nothing of Node that a first result need not wait for', () => {
    const LIBRARY = path.join(copy, 'index.js');
    const late = ['perf_hooks', 'async_hooks', 'tty', 'net'];
    const loaded = `${JSON.stringify(late)}.filter((name) => process.moduleLoadList.includes('NativeModule ' + name))`;
    const first = `const before = ${loaded}; require(process.env.LIBRARY).config({ workers: 2 }); const after = ${loaded}; console.log(String(after) === String(before));`;
    assert.equal(program(first, { LIBRARY, TASKLETS_UNPACKED: '' }), 'true\n');
  });

  it('does the same as the source', () => {
    const LIBRARY = path.join(copy, 'index.js');
    fs.rmSync(path.join(copy, 'dist/sources.json'));
    assert.equal(program(loads, { LIBRARY, TASKLETS_UNPACKED: '' }), `true ${version}\n`);
    assert.equal(program(VERBS, { LIBRARY, TASKLETS_UNPACKED: '' }), 'works\n');
    assert.equal(program(VERBS, { LIBRARY, TASKLETS_UNPACKED: '1' }), 'works\n');
  });

  describe('compiled ahead', () => {
    const LIBRARY = path.join(copy, 'index.js');
    const first = `require(process.env.LIBRARY).run((x) => x + 1, { args: [1] }).then(console.log)`;
    const hook = ['-r', path.join(__dirname, 'fixtures/pack/sections.js')];
    // Once each: how many workers there are is up to how long the first one takes.
    const lines = (text) => [...new Set(text.trim().split('\n'))].sort();
    const codes = () => {
      const [name] = fs.readdirSync(path.join(copy, 'dist/code'));
      const code = path.join(copy, 'dist/code', name);
      const files = fs.readdirSync(code).filter((file) => file.endsWith('.bin'));
      return files.map((file) => path.join(code, file));
    };

    it('is taken by the program and by its workers', () => {
      const made = spawnSync(process.execPath, [path.join(copy, 'scripts/code.js')], { encoding: 'utf8' });
      assert.equal(made.status, 0, made.stderr);
      const told = lines(program(first, { LIBRARY, TASKLETS_UNPACKED: '' }, hook));
      assert.deepEqual(told, ['2', 'pool taken', 'run taken', 'task taken']);
      assert.equal(program(VERBS, { LIBRARY, TASKLETS_UNPACKED: '' }), 'works\n');
    });

    it('is read by a worker itself where the program has not done so in time', () => {
      const late = [...hook, '-r', path.join(__dirname, 'fixtures/pack/late.js')];
      const MARK = path.join(folder, 'mark');
      const told = lines(program(first, { LIBRARY, MARK, TASKLETS_UNPACKED: '' }, late));
      assert.ok(fs.existsSync(MARK));
      assert.deepEqual(told, ['2', 'pool taken', 'run taken', 'task taken']);
    });

    it('shows its files where they are', () => {
      const env = { ...process.env, LIBRARY, TASKLETS_UNPACKED: '' };
      const uncaught = [...hook, '-e', 'require(process.env.LIBRARY).wrap(null)'];
      const { stdout, stderr } = spawnSync(process.execPath, uncaught, { env, encoding: 'utf8' });
      assert.match(stdout, /^run taken$/m);
      const [file] = stderr.split(/:\d+\n/);
      assert.equal(fs.realpathSync(file), fs.realpathSync(path.join(copy, 'dist/run.js')));
    });

    it('is refused by a V8 with other options, and where it is damaged, and all works without', () => {
      const refused = ['2', 'pool refused', 'run refused', 'task refused'];
      const env = { LIBRARY, TASKLETS_UNPACKED: '' };
      assert.deepEqual(lines(program(first, env, [...hook, '--no-opt'])), refused);
      for (const file of codes()) fs.writeFileSync(file, fs.readFileSync(file).subarray(0, 1000));
      assert.deepEqual(lines(program(first, env, hook)), refused);
    });

    it('is not looked at where it is of another pack', () => {
      for (const file of codes()) fs.renameSync(file, file.replace(/-\w+\.bin$/, '-000000000000.bin'));
      assert.deepEqual(lines(program(first, { LIBRARY, TASKLETS_UNPACKED: '' }, hook)), ['2']);
    });
  });
});

describe('without an addon', () => {
  it('verbs that give promises reject, and throw nothing', () => {
    const text = program(
      `const { run, runAll, map, batch, retry, shutdown, Pool } = require(process.env.LIBRARY);
      const task = () => 1;
      const pool = new Pool();
      const given = [run(task), runAll([task]), map(task, [1]), batch([{ name: 'a', task }]), retry(task),
        pool.run(task), shutdown()];
      Promise.allSettled(given).then((all) => console.log(all.map(({ reason }) => reason?.code).join()));`,
      { TASKLETS_NATIVE_PATH: path.join(folder, 'nowhere.node') },
    );
    assert.equal(text, `${'ERR_TASKLETS,'.repeat(6)}\n`);
  });
});
