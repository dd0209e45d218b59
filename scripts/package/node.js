'use strict';

/** The tarballs in an empty folder: from CommonJS, ES modules and TypeScript, and without the binary. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT, command, folder, node, npmInstall, project, works } = require('./tools');

/** Bytes that an installation may add. */
const MOST = 6_000_000;
/** So many versions of Node a release has the pack compiled ahead for. */
const AHEAD = 3;

/** The oldest TypeScript that reads the types, and types of Node that it reads. */
const OLDEST = ['typescript@5.3', '@types/node@20'];

/** @typedef {Awaited<ReturnType<typeof import('./tools').tarballs>>} Tarballs */

/**
 * @param {string} place
 * @returns {number}
 */
function sizeOf(place) {
  const stat = fs.statSync(place);
  if (!stat.isDirectory()) return stat.size;
  return fs.readdirSync(place).reduce((sum, name) => sum + sizeOf(path.join(place, name)), 0);
}

/** @type {Record<string, (tarballs: Tarballs) => Promise<string | void>>} */
const checks = {
  'publint and attw find nothing': async ({ main }) => {
    const bin = (/** @type {string} */ name) => path.join(ROOT, 'node_modules', '.bin', name);
    const cwd = folder('lint');
    await command(cwd, bin('publint'), ['run', main.file, '--strict']);
    await command(cwd, bin('attw'), [main.file, '--no-emoji', '--format', 'ascii']);
  },

  'works from CommonJS and from ES modules': async ({ main, native }) => {
    const cwd = project('node');
    await npmInstall(cwd, [main.file, native.file]);
    await works(cwd, 'main.cjs');
    await works(cwd, 'main.mjs');
    await node(cwd, [
      '-e',
      "require('tasklets').run(() => 1).then((n) => { if (n !== 1) process.exit(1); })",
    ]);
  },

  'what was compiled ahead is taken from the package of the platform': async () => {
    // On Node 20 it would hold for the place only where it was made.
    if (process.versions.v8.startsWith('11.')) return 'not on this Node';
    const hook = path.join(ROOT, '__test__', 'fixtures', 'pack', 'sections.js');
    const program = "require('tasklets').run((x) => x, { args: [1] })";
    const told = await node(folder('node'), ['-r', hook, '-e', program]);
    assert.match(told, /^task taken$/m);
    return undefined;
  },

  'an installation stays small, and brings nothing else': async () => {
    const cwd = path.join(folder('node'), 'node_modules');
    const packages = fs.readdirSync(cwd).filter((name) => !name.startsWith('.'));
    assert.equal(packages.length, 2, packages.join());
    const code = packages.map((name) => path.join(cwd, name, 'code')).find((place) => fs.existsSync(place));
    assert.ok(code !== undefined, 'nothing was compiled ahead');
    const here = packages.reduce((sum, name) => sum + sizeOf(path.join(cwd, name)), 0);
    const size = here + (AHEAD - 1) * sizeOf(code);
    assert.ok(size < MOST, `${size} bytes`);
    return `${(size / 1e6).toFixed(2)} MB`;
  },

  'TypeScript finds the types, whatever resolves modules': async () => {
    const cwd = project('node');
    fs.cpSync(
      path.join(ROOT, 'node_modules', '@types', 'node'),
      path.join(cwd, 'node_modules', '@types', 'node'),
      {
        recursive: true,
      },
    );
    const undici = path.join(ROOT, 'node_modules', 'undici-types');
    fs.cpSync(undici, path.join(cwd, 'node_modules', 'undici-types'), { recursive: true });
    fs.copyFileSync(path.join(cwd, 'typed.ts'), path.join(cwd, 'typed.mts'));
    fs.copyFileSync(path.join(cwd, 'typed.ts'), path.join(cwd, 'typed.cts'));
    const tsc = path.join(ROOT, 'node_modules', '.bin', 'tsc');
    for (const [module, resolution] of [
      ['node16', 'node16'],
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
      ['preserve', 'bundler'],
    ]) {
      const files = resolution === 'bundler' ? ['typed.ts'] : ['typed.ts', 'typed.mts', 'typed.cts'];
      const options = ['--strict', '--noEmit', '--target', 'es2022', '--types', 'node', '--esModuleInterop'];
      await command(cwd, tsc, ['--module', module, '--moduleResolution', resolution, ...options, ...files]);
    }
  },

  'what a clone packs works by itself': async ({ whole }) => {
    const cwd = project('whole');
    await npmInstall(cwd, [whole.file]);
    await works(cwd, 'main.cjs');
    await works(cwd, 'main.mjs');
  },

  'the oldest TypeScript reads the types': async ({ main }) => {
    const cwd = project('typescript');
    await npmInstall(cwd, [main.file, ...OLDEST]);
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext', 'typed.ts'];
    await command(cwd, path.join(cwd, 'node_modules', '.bin', 'tsc'), options);
  },

  'without the binary an error says what is missing': async ({ main, platform }) => {
    const cwd = project('missing');
    await npmInstall(cwd, [main.file]);
    const text = await node(cwd, [
      '-e',
      "require('tasklets').run(() => 1).catch((error) => console.log(error.code, error.message))",
    ]);
    for (const part of [process.platform, process.arch, platform, `npm install ${platform}`, 'ERR_TASKLETS'])
      assert.ok(text.includes(part), `${part} in: ${text}`);
    if (process.platform === 'linux') assert.match(text, /glibc|musl/);
    const wrong = { TASKLETS_NATIVE_PATH: path.join(cwd, 'package.json.node') };
    const other = await node(
      cwd,
      ['-e', "require('tasklets').run(() => 1).catch((error) => console.log(error.message))"],
      wrong,
    );
    assert.match(other, /TASKLETS_NATIVE_PATH.*package\.json\.node/);
  },
};

module.exports = { checks };
