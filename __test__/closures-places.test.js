'use strict';

// Closures wherever code can stand: in what is given on the command line, in the REPL, in a worker of the user's own,
// with a debugger, without permissions.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');

const ROOT = path.join(__dirname, '..');
const LIBRARY = JSON.stringify(ROOT);

/** What a user would try: a constant, a helper, recursion, a class with private state, and a failure. */
const PROGRAM = `
  const K = 7;
  let changing = 1;
  changing = 2;
  function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
  class Box { #v; constructor(v) { this.#v = v; } get v() { return this.#v; } }
  class Refused extends Error {}
  const box = new Box(5);
  const tried = Promise.all([
    tasklets.run(() => [K, changing, fib(10), box.v, box instanceof Box]),
    tasklets.run(() => { throw new Refused('no'); }).catch((error) => error instanceof Refused && error.message),
  ]);
`;
const PRINT = `tried.then((values) => console.log(JSON.stringify(values)));`;
const EXPECTED = '[[7,2,55,5,true],"no"]';

/**
 * Runs Node.
 *
 * @param {string[]} args
 * @param {string} [input]
 * @param {string} [until] the input stays open until this is there
 */
async function node(args, input = '', until = '') {
  const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
  const child = spawn(process.execPath, args, { cwd: ROOT, env });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk;
    if (out.includes(until)) child.stdin.end();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => (err += chunk));
  child.stdin.write(input);
  if (until === '') child.stdin.end();
  const [code] = await once(child, 'close');
  return { code, out: out.trim(), err };
}

/** @param {{ code: number, out: string, err: string }} result */
function assertSame({ code, out, err }) {
  assert.equal(out, EXPECTED, err);
  assert.equal(code, 0, err);
}

const LOAD = `const tasklets = require(${LIBRARY});`;

/** @param {import('node:test').TestContext} t */
function folder(t) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'tasklets-places-'));
  t.after(() => fs.rmSync(made, { recursive: true }));
  return made;
}

describe('closures work', () => {
  test('in the text of -e', async () => assertSame(await node(['-e', LOAD + PROGRAM + PRINT])));

  test('in the text of -e as a module', async () => {
    const load = `import tasklets from ${JSON.stringify(path.join(ROOT, 'index.js'))};`;
    assertSame(await node(['--input-type=module', '-e', load + PROGRAM + PRINT]));
  });

  test('in a program on stdin', async () => assertSame(await node(['-'], LOAD + PROGRAM + PRINT)));

  test('in the REPL, line by line', async () => {
    const lines = PROGRAM.replace(/\n {4}/g, ' ').replace(/,\s+\]\);/, ']);');
    const { out, err } = await node(['-i'], `${LOAD}\n${lines}\n${PRINT}\n`, EXPECTED);
    assert.ok(out.includes(EXPECTED), `${out}\n${err}`);
  });

  test('with source maps enabled, and say where an error was thrown', async (t) => {
    const file = path.join(folder(t), 'main.js');
    const program = `${LOAD}\nconst fail = () => {\n  throw new Error('here');\n};\ntasklets.run(() => fail()).catch((e) => console.log(e.stack.split('\\n')[1]));`;
    fs.writeFileSync(file, program);
    for (const flags of [[], ['--enable-source-maps']]) {
      const { out, err } = await node([...flags, file]);
      assert.ok(out.includes(`${path.basename(file)}:3:9`), `${out}\n${err}`);
    }
  });

  test('in a worker of the user’s own', async () => {
    const source = JSON.stringify(`${LOAD}${PROGRAM}${PRINT}`);
    const start = `new (require('node:worker_threads').Worker)(${source}, { eval: true });`;
    assertSame(await node(['-e', start]));
  });

  test('in another context', async () => {
    const source = JSON.stringify(`${PROGRAM} tried`);
    const start = `${LOAD} const tried = require('node:vm').runInNewContext(${source}, { tasklets, console });`;
    assertSame(await node(['-e', start + PRINT]));
  });

  test('with a debugger listening, and with another session that has enabled it', async () => {
    const listening = `require('node:inspector').open(0);`;
    const enabled = `const session = new (require('node:inspector').Session)(); session.connect(); session.post('Debugger.enable');`;
    for (const before of [listening, enabled]) {
      const stop = `.then(() => require('node:inspector').close());`;
      assertSame(await node(['-e', LOAD + before + PROGRAM + PRINT.replace(';', '') + stop]));
    }
  });

  test('while coverage is taken', async (t) => {
    const file = path.join(folder(t), 'main.js');
    fs.writeFileSync(file, LOAD + PROGRAM + PRINT);
    const run = `process.env.NODE_V8_COVERAGE = ${JSON.stringify(folder(t))}; const { status } = require('node:child_process').spawnSync(process.execPath, [${JSON.stringify(file)}], { stdio: 'inherit' }); process.exit(status);`;
    assertSame(await node(['-e', run]));
  });

  test('with flags that V8 is given', async () => {
    for (const flag of ['--jitless', '--disallow-code-generation-from-strings', '--stack-size=500']) {
      assertSame(await node([flag, '-e', LOAD + PROGRAM + PRINT]));
    }
  });
});

test('without permission to use the inspector a closure is refused with the way out, and explicit captures work', async () => {
  const major = Number(process.versions.node.split('.')[0]);
  const flag = major < 24 ? '--experimental-permission' : '--permission';
  const program = `${LOAD}
    const K = 7;
    const helper = (n) => n * K;
    Promise.all([
      tasklets.run(() => helper(2)).catch(({ code, message }) => [code, message.includes('captures: { helper }')]),
      tasklets.run(() => helper(2), { captures: { helper, K } }),
      tasklets.run((n) => n + 1, { args: [1] }),
    ]).then((values) => console.log(JSON.stringify(values)));`;
  const allowed = ['--allow-fs-read=*', '--allow-worker', '--allow-addons'];
  const { out, err } = await node([flag, ...allowed, '-e', program]);
  assert.equal(out, '[["ERR_TASKLETS_CAPTURE",true],14,2]', err);
});
