'use strict';

/**
 * Closures in code that tools have made: `npm run test:tools [-- name ...]`, a name being the beginning of one below.
 *
 * The tools are installed into a folder of their own, which is kept among the temporary files: the versions in
 * scripts/tools, which `npm update` there raises. Each compiles the program in
 * __test__/fixtures/tools, whose closures must give in a worker what they give at home.
 */

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { npm } = require('./npm');

const ROOT = path.join(__dirname, '..');
const FIXTURES = path.join(ROOT, '__test__/fixtures/tools');
/** Not below a `node_modules`: what is there is a package, and travels by reference. */
const FOLDER = path.join(
  os.tmpdir(),
  `tasklets-tools-${createHash('sha256').update(ROOT).digest('hex').slice(0, 8)}`,
);
/** Which tools, and which versions of all that they need. */
const TOOLS = path.join(__dirname, 'tools');
/** What takes so long hangs, on whatever machine. */
const LIMIT = 10 * 60_000;

const [major, minor] = process.versions.node.split('.').map(Number);
/** Whether Node runs TypeScript by itself. */
const STRIPS = major > 22 || (major === 22 && minor >= 18);

/** @param {string} command @param {string[]} args @param {Record<string, string>} [env] */
function run(command, args, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: FOLDER,
    encoding: 'utf8',
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`,
      ...env,
    },
    timeout: LIMIT,
  });
  return { passed: status === 0, out: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` };
}

/** @param {string[]} args @param {Record<string, string>} [env] */
const node = (args, env) => run(process.execPath, args, env);

/** @param {string} script @param {string[]} args @param {Record<string, string>} [env] */
const tool = (script, args, env) => node([path.join('node_modules', script), ...args], env);

/** What the program prints if all is well. @param {{ out: string }} result */
const same = ({ out }) => ({ passed: out.trim() === 'all the same', out });

/** @param {string} file @param {Record<string, string>} [env] */
const program = (file, env) => same(node(['--enable-source-maps', file], env));

/**
 * One after the other, until one fails.
 *
 * @param {Array<() => { passed: boolean, out: string }>} steps
 */
function inTurn(...steps) {
  let result = { passed: true, out: '' };
  for (const step of steps) {
    result = step();
    if (!result.passed) break;
  }
  return result;
}

/** @param {string} name @param {string} text */
const write = (name, text) => {
  const file = path.join(FOLDER, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};

/** Where the program throws, in the source that the user wrote. */
const PLACE = `plain.ts:${lineOf('throw new Refused')}`;

/** @param {string} text */
function lineOf(text) {
  const lines = fs.readFileSync(path.join(FIXTURES, 'plain.ts'), 'utf8').split('\n');
  return lines.findIndex((line) => line.includes(text)) + 1;
}

/** @param {string} name @param {string[]} flags @param {string} [format] */
const esbuild = (name, flags, format = 'cjs') => {
  const file = `out/${name}.${format === 'esm' ? 'mjs' : 'cjs'}`;
  const all = [
    '--bundle',
    '--platform=node',
    '--external:tasklets',
    '--log-level=error',
    `--format=${format}`,
  ];
  return inTurn(
    () =>
      run(path.join(FOLDER, 'node_modules/.bin/esbuild'), [
        ...all,
        '--target=node20',
        ...flags,
        'src/full.ts',
        `--outfile=${file}`,
      ]),
    () => program(file),
  );
};

/** @param {string} target */
const typescript = (target) => {
  const compilerOptions = {
    target,
    module: 'commonjs',
    moduleResolution: 'bundler',
    outDir: `out/tsc-${target}`,
    rootDir: 'src',
    noCheck: true,
    types: [],
    esModuleInterop: true,
    rewriteRelativeImportExtensions: true,
    sourceMap: true,
  };
  write(`tsconfig.${target}.json`, JSON.stringify({ compilerOptions, files: ['src/full.ts'] }));
  return inTurn(
    () => run(path.join(FOLDER, 'node_modules/.bin/tsc'), ['-p', `tsconfig.${target}.json`]),
    () => program(`out/tsc-${target}/full.js`, { EXPECTED_PLACE: PLACE }),
  );
};

const SWC = `
const { transformFileSync } = require('@swc/core');
const fs = require('node:fs');
const os = require('node:os');
const [target] = process.argv.slice(2);
const out = 'out/swc-' + target;
fs.mkdirSync(out, { recursive: true });
for (const name of ['helpers', 'plain', 'full']) {
  const { code } = transformFileSync('src/' + name + '.ts', {
    jsc: { target, parser: { syntax: 'typescript', decorators: true }, transform: { decoratorVersion: '2022-03' } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  });
  fs.writeFileSync(out + '/' + name + '.js', code.replaceAll('.ts")', '.js")'));
}`;

/** @param {string} target */
const swc = (target) => {
  write('swc.cjs', SWC);
  return inTurn(
    () => node(['swc.cjs', target]),
    () => program(`out/swc-${target}/full.js`),
  );
};

const WEBPACK = `
const [mode] = process.argv.slice(2);
const options = {
  mode,
  target: 'node',
  entry: require('node:path').resolve('out/swc-es2022/full.js'),
  externals: { tasklets: 'commonjs tasklets' },
  output: { path: require('node:path').resolve('out'), filename: 'webpack-' + mode + '.cjs' },
};
require('webpack')(options, (error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
});`;

/** @param {string} mode */
const webpack = (mode) => {
  write('webpack.cjs', WEBPACK);
  return inTurn(
    () => swc('es2022'),
    () => node(['webpack.cjs', mode]),
    () => program(`out/webpack-${mode}.cjs`),
  );
};

/** A test of the two runners, which give modules and contexts of their own to each file. @param {string} head */
const SUITE = (head) => `${head}
const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
class Box { #v = 3; get v() { return this.#v; } }
class Refused extends Error {}
describe('closures', () => {
  const shape = new Shape(4, 9);
  test('values', async () => {
    expect(await run(() => [scale(2), FACTOR, fib(10), shape.area, new Box().v])).toEqual([14, 7, 55, 9, 3]);
    expect(await runAll([1, 2].map((n) => () => scale(n)))).toEqual([7, 14]);
    const data = { list: [1, { a: new Date(0) }], m: new Map([[1, 2]]) };
    expect(await run(() => data)).toEqual(data);
  }, 60_000);
  test('errors', async () => {
    await expect(run(() => { throw new Refused('no'); })).rejects.toBeInstanceOf(Refused);
    await expect(run(() => { throw new TypeError('t'); })).rejects.toThrow(TypeError);
    const promise = Promise.resolve();
    await expect(run(() => promise)).rejects.toMatchObject({ code: 'ERR_TASKLETS_CAPTURE' });
  }, 60_000);
});
`;

/** @param {string[]} flags */
const jest = (flags) => {
  const head = `const { run, runAll } = require('tasklets'); const { scale, Shape, FACTOR } = require('../out/swc-es2022/helpers.js');`;
  write('jest/main.test.cjs', SUITE(head));
  return inTurn(
    () => swc('es2022'),
    () => tool('jest/bin/jest.js', ['--rootDir', 'jest', '--testMatch', '**/*.test.cjs', ...flags]),
  );
};

/** @param {string} pool */
const vitest = (pool) => {
  const head = `import { describe, expect, test } from 'vitest'; import { run, runAll } from 'tasklets'; import { scale, Shape, FACTOR } from '../src/helpers.ts';`;
  write('vitest/main.test.mjs', SUITE(head));
  return tool('vitest/vitest.mjs', ['run', '--dir', 'vitest', '--pool', pool]);
};

/** A whole library by value: in a bundle it is the program's own code. */
const lodash = () =>
  inTurn(
    () =>
      run(path.join(FOLDER, 'node_modules/.bin/esbuild'), [
        '--bundle',
        '--platform=node',
        '--external:tasklets',
        '--log-level=error',
        'src/library.mjs',
        '--outfile=out/library.cjs',
      ]),
    () => program('out/library.cjs', { NODE_NO_WARNINGS: '1' }),
  );

/** @type {Array<[string, () => { passed: boolean, out: string }]>} */
const CHECKS = [
  ...(STRIPS
    ? [
        /** @type {[string, () => any]} */ ([
          'type stripping',
          () => program('src/plain-main.ts', { EXPECTED_PLACE: PLACE }),
        ]),
      ]
    : []),
  ['tsx', () => same(tool('tsx/dist/cli.mjs', ['src/full.ts'], { EXPECTED_PLACE: PLACE }))],
  ['esbuild', () => esbuild('plain', ['--sourcemap'])],
  ['esbuild --minify', () => esbuild('minified', ['--minify'])],
  ['esbuild --minify --keep-names', () => esbuild('named', ['--minify', '--keep-names'])],
  ['esbuild --format=esm', () => esbuild('module', ['--minify'], 'esm')],
  ['esbuild --target=es2017', () => esbuild('old', ['--target=es2017'])],
  ['typescript es2015', () => typescript('es2015')],
  ['typescript es2022', () => typescript('es2022')],
  ['swc es5', () => swc('es5')],
  ['swc es2022', () => swc('es2022')],
  ['webpack production', () => webpack('production')],
  ['webpack development', () => webpack('development')],
  ['jest', () => jest([])],
  ['jest --coverage', () => jest(['--coverage'])],
  ...['forks', 'threads', 'vmThreads', 'vmForks'].map(
    (pool) => /** @type {[string, () => any]} */ ([`vitest ${pool}`, () => vitest(pool)]),
  ),
  ['lodash by value', lodash],
];

/** Installs the tools, unless it was these very versions that were installed the last time. */
function install() {
  const lock = fs.readFileSync(path.join(TOOLS, 'package-lock.json'), 'utf8');
  const installed = path.join(FOLDER, 'installed.json');
  if (fs.existsSync(installed) && fs.readFileSync(installed, 'utf8') === lock) return;
  fs.rmSync(installed, { force: true });
  for (const name of ['package.json', 'package-lock.json'])
    fs.copyFileSync(path.join(TOOLS, name), path.join(FOLDER, name));
  fs.rmSync(path.join(FOLDER, 'node_modules'), { recursive: true, force: true });
  // Not `ci`, which refuses a lock file without the packages of platforms that the registry it was made from did not have.
  npm(FOLDER, ['install']);
  fs.writeFileSync(installed, lock);
}

function prepare() {
  fs.mkdirSync(FOLDER, { recursive: true });
  for (const name of ['src', 'out']) fs.rmSync(path.join(FOLDER, name), { recursive: true, force: true });
  fs.cpSync(FIXTURES, path.join(FOLDER, 'src'), { recursive: true });
  write('src/package.json', '{ "type": "module" }\n');
  write('out/package.json', '{}\n');
  install();
  const link = path.join(FOLDER, 'node_modules/tasklets');
  fs.rmSync(link, { recursive: true, force: true });
  fs.symlinkSync(ROOT, link, 'junction');
}

prepare();
const wanted = process.argv.slice(2);
for (const [name, check] of CHECKS) {
  if (wanted.length > 0 && !wanted.some((start) => name.startsWith(start))) continue;
  const started = Date.now();
  const { passed, out } = check();
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (passed) continue;
  console.log(out.replace(/^/gm, '       '));
  process.exitCode = 1;
}
