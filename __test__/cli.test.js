'use strict';

const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe, it } = require('node:test');

const COMMAND = path.join(__dirname, '../bin/tasklets.js');
const FUNCTIONS = path.join(__dirname, 'fixtures/cli/functions.mjs');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cli-'));
after(() => fs.rmSync(folder, { recursive: true }));

/** @returns {Promise<{ code: number, out: string, err: string }>} */
function tasklets(args, input, env = {}) {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 300_000, maxBuffer: 1 << 26 };
    const child = execFile(process.execPath, [COMMAND, ...args], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : error.code, out, err });
    });
    // What is not read may be refused.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function file(name, text) {
  const made = path.join(folder, name);
  fs.writeFileSync(made, text);
  return made;
}

describe('tasklets', () => {
  it('says what it can do, and which version it is', async () => {
    const help = await tasklets(['--help']);
    assert.equal(help.code, 0);
    for (const name of ['run', 'bench', 'doctor']) assert.match(help.out, new RegExp(`^ {2}${name} `, 'm'));
    const { out } = await tasklets(['--version']);
    assert.equal(out.trim(), require('../package.json').version);
    assert.equal((await tasklets([])).code, 2);
  });

  for (const name of ['run', 'bench', 'doctor']) {
    it(`${name} --help says what ${name} takes`, async () => {
      const { code, out } = await tasklets([name, '--help']);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^Usage: tasklets ${name} `));
      assert.match(out, /--help/);
    });
  }

  it('names the nearest command and option, and ends with 2', async () => {
    const command = await tasklets(['bnech']);
    assert.deepEqual([command.code, command.out], [2, '']);
    assert.match(command.err, /`bnech`; did you mean bench\?/);
    const option = await tasklets(['run', `${FUNCTIONS}#double`, '--mpa', 'x']);
    assert.equal(option.code, 2);
    assert.match(option.err, /`--mpa`; did you mean --map\?/);
    const far = await tasklets(['doctor', '--colour']);
    assert.equal(far.code, 2);
    assert.match(far.err, /`--colour`; there are --json, --help/);
  });

  it('says what an option expects', async () => {
    for (const [args, expected] of [
      [['--map', '-', '--workers', '0'], /`--workers` to be an integer from 1 up, got `0`/],
      [['--map', '-', '--timeout', 'soon'], /`--timeout` to be milliseconds, from 0 up, got `soon`/],
      [['--map'], /a value behind `--map`/],
      [['--map', '-', '--quiet=1'], /`--quiet` to have no value/],
      [[], /either --map .* or --args/],
      [['--args', '{}'], /`--args` to be a JSON array, got `{}`/],
      [['--map', path.join(folder, 'none')], /`--map` to be a file that can be read: ENOENT/],
    ]) {
      const { code, err } = await tasklets(['run', `${FUNCTIONS}#double`, ...args]);
      assert.equal(code, 2, err);
      assert.match(err, expected);
    }
  });
});

describe('tasklets run', () => {
  it('maps the lines of a file, in order', async () => {
    const lines = file('lines.ndjson', '0\n1\n\n2\r\n3');
    const { code, out, err } = await tasklets(['run', `${FUNCTIONS}#backwards`, '--map', lines]);
    assert.deepEqual([code, out, err], [0, '0\n1\n2\n3\n', '']);
  });

  it('maps the standard input, with the index of each line, by the default export', async () => {
    const { code, out } = await tasklets(['run', FUNCTIONS, '--map', '-'], '"ä"\n{"a":[1]}\n');
    assert.equal(code, 0);
    assert.equal(out, '{"value":"ä","index":0}\n{"value":{"a":[1]},"index":1}\n');
  });

  it('takes lines as text, and writes null for nothing', async () => {
    const text = await tasklets(['run', FUNCTIONS, '--map', '-', '--text'], 'a b\n{\n');
    assert.equal(text.out, '{"value":"a b","index":0}\n{"value":"{","index":1}\n');
    const nothing = await tasklets(['run', `${FUNCTIONS}#nothing`, '--map', '-'], '1\n2\n');
    assert.deepEqual([nothing.code, nothing.out], [0, 'null\nnull\n']);
  });

  it('calls a function once with --args', async () => {
    const { code, out } = await tasklets(['run', `${FUNCTIONS}#double`, '--args', '[21]']);
    assert.deepEqual([code, out], [0, '42\n']);
  });

  it('ends with 1 at the first line that fails, and names it', async () => {
    const lines = file('picky.ndjson', '1\n2\n3\n4\n');
    const { code, out, err } = await tasklets(['run', `${FUNCTIONS}#picky`, '--map', lines]);
    assert.deepEqual([code, out], [1, '1\n2\n']);
    assert.match(err, /picky\.ndjson:3: RangeError: not three \(at .*functions\.mjs:7:\d+/);
  });

  it('goes on behind lines that fail with --keep-going', async () => {
    const { code, out, err } = await tasklets(
      ['run', `${FUNCTIONS}#picky`, '--map', '-', '--keep-going'],
      '1\n3\n\nno\n4\n',
    );
    assert.deepEqual([code, out], [1, '1\n4\n']);
    assert.match(err, /^stdin:2: RangeError: not three/m);
    assert.match(err, /^stdin:4: SyntaxError: Expected a line of JSON: .*[^)]$/m);
  });

  it('ends a line that takes longer than --timeout', async () => {
    const { code, err } = await tasklets(
      ['run', `${FUNCTIONS}#endless`, '--map', '-', '--timeout', '50'],
      '1\n',
    );
    assert.equal(code, 1);
    assert.match(err, /^stdin:1: TimeoutError: /);
  });

  it('ends with 2 where the file or the export is not there', async () => {
    const none = await tasklets(['run', './nowhere.js', '--map', '-'], '1\n');
    assert.equal(none.code, 2);
    assert.match(none.err, /There is no file `.*nowhere\.js`/);
    const other = await tasklets(['run', `${FUNCTIONS}#triple`, '--map', '-'], '1\n');
    assert.equal(other.code, 2);
    assert.match(other.err, /Expected the export `triple`.*`double`/);
  });

  it('says what is wrong where the lines cannot be read, or the results not be written', async () => {
    const directory = await tasklets(['run', `${FUNCTIONS}#double`, '--map', folder]);
    assert.equal(directory.code, 2);
    assert.match(directory.err, /^tasklets: Expected `--map` to be a file.* is a directory\n/);
    if (!fs.existsSync('/dev/full')) return;
    const full = fs.openSync('/dev/full', 'w');
    const args = [COMMAND, 'run', `${FUNCTIONS}#double`, '--args', '[1, 0]'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', full, 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk) => (err += chunk));
    const [code] = await once(child, 'close');
    fs.closeSync(full);
    assert.equal(code, 1);
    assert.match(err, /^tasklets: The output cannot be written: ENOSPC.*\n$/);
  });

  it('takes lines as they come: with CRLF, a mark of the byte order, empty ones, no end, in many chunks', async () => {
    const long = 'é'.repeat(300_000);
    const text = `\uFEFF"a"\r\n\n"${long}"\n\r\n"last"`;
    const lines = ['run', `${FUNCTIONS}#upper`, '--map', file('odd.ndjson', text)];
    const { code, out, err } = await tasklets(lines);
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      ['A', long.toUpperCase(), 'LAST'],
    );
  });

  it('ends quietly when nobody reads on', { skip: process.platform === 'win32' }, async () => {
    const input = Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join('');
    const args = ['run', `${FUNCTIONS}#double`, '--map', file('many.ndjson', input)];
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk) => (err += chunk));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    assert.deepEqual([code, err], [0, '']);
  });

  it('reads no further than is taken from it', { skip: process.platform === 'win32' }, async () => {
    const args = ['run', `${FUNCTIONS}#stuck`, '--map', '-', '--concurrency', '2', '--workers', '1'];
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: 'pipe' });
    child.stdin.on('error', () => {});
    const chunk = '1\n'.repeat(32 * 1024);
    child.stdin.write(chunk);
    // Before it reads it takes nothing, which proves nothing.
    await once(child.stderr, 'data');
    // Without back pressure this would be taken as fast as it comes, for ever.
    let written = 0;
    while (child.stdin.write(chunk) || (await drained(child.stdin))) written += chunk.length;
    assert.ok(written < 4 * 1024 * 1024, `${written} bytes`);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 130);
  });

  it('ends with 130 when it is interrupted', { skip: process.platform === 'win32' }, async () => {
    const args = ['run', `${FUNCTIONS}#picky`, '--map', '-', '--concurrency', '1'];
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: 'pipe' });
    let err = '';
    child.stderr.on('data', (chunk) => (err += chunk));
    child.stdin.write('1\n2\n');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    assert.deepEqual([code, err], [130, '']);
  });
});

/** Whether a stream takes more within a second. */
function drained(stream) {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 1000, false);
    stream.once('drain', () => {
      clearTimeout(late);
      resolve(true);
    });
  });
}

describe('tasklets doctor', () => {
  it('finds that all works here', async () => {
    const { code, out } = await tasklets(['doctor']);
    assert.equal(code, 0, out);
    for (const name of ['Node.js', 'platform', 'native part', 'cores', 'container quota', 'workers'])
      assert.match(out, new RegExp(`^ {2}(ok|note) +${name} `, 'm'));
    assert.match(out, /tasklets works here/);
  });

  it('tells of it as JSON', async () => {
    const { code, out } = await tasklets(['doctor', '--json'], '', { NODE_OPTIONS: '--enable-source-maps' });
    const { works, findings } = JSON.parse(out);
    assert.deepEqual([code, works], [0, true]);
    assert.equal(findings.find(({ name }) => name === 'source maps').state, 'ok');
    assert.equal(findings.find(({ name }) => name === 'inspector').state, 'ok');
  });

  it('says what is copied where memory is not shared', async () => {
    const { code, out } = await tasklets(['doctor', '--json'], '', { TASKLETS_NO_EXTERNAL_BUFFERS: '1' });
    assert.equal(code, 0);
    const { state } = JSON.parse(out).findings.find(({ name }) => name === 'external buffers');
    assert.equal(state, 'note');
  });

  it('ends with 1 where the native part cannot be loaded', async () => {
    const env = { TASKLETS_NATIVE_PATH: path.join(folder, 'none.node') };
    const { code, out } = await tasklets(['doctor'], '', env);
    assert.equal(code, 1);
    assert.match(out, /^BROKEN native part +.*TASKLETS_NATIVE_PATH/m);
  });
});

describe('tasklets bench', () => {
  it('measures', async () => {
    const { code, out } = await tasklets(['bench', '--json', '--time', '20', '--workers', '1']);
    assert.equal(code, 0);
    const { figures } = JSON.parse(out);
    for (const name of ['coldStart', 'tasksPerSecond', 'roundTrip', 'speedUp'])
      assert.ok(figures[name] > 0, name);
    const text = await tasklets(['bench', '--time', '1']);
    assert.match(text.out, /shortest tasks, many at once +[\d,]+ a second/);
  });
});
