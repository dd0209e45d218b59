'use strict';

/** Programs that went through bundlers: with the library in the bundle, and with it beside. */

const fs = require('node:fs');
const path = require('node:path');
const { command, node, npmInstall, project, works } = require('./tools');

/** @typedef {import('./node').Tarballs} Tarballs */

const ENTRY = "import * as library from 'tasklets'; import path from 'node:path';\n";
const MAIN = `${ENTRY}import { check } from './cases.mjs';
check(library, path.resolve('work.mjs')).then(() => console.log('works'));
`;
const WEBPACK = `const path = require('node:path');
module.exports = ['inside', 'beside'].flatMap((place) => ['none', 'production'].map((mode) => ({
  mode, target: 'node20', entry: './entry.mjs', devtool: false, name: place + mode,
  output: { path: path.resolve('dist'), filename: 'webpack-' + place + '-' + mode + '.cjs' },
  externals: place === 'beside' ? { tasklets: 'commonjs tasklets' } : {},
})));
`;
const ROLLUP = `import resolve from '@rollup/plugin-node-resolve';
import commonjs from '@rollup/plugin-commonjs';
const builtin = /^node:/;
export default ['inside', 'beside'].flatMap((place) => [['es', 'mjs'], ['cjs', 'cjs']].map(([format, ending]) => ({
  input: 'entry.mjs',
  external: place === 'beside' ? [builtin, 'tasklets'] : [builtin],
  output: { file: 'dist/rollup-' + place + '.' + ending, format, inlineDynamicImports: true },
  plugins: [resolve(), commonjs()],
})));
`;
const VITE = (/** @type {boolean} */ inside) => `export default {
  logLevel: 'error',
  build: { ssr: 'entry.mjs', outDir: 'dist/vite-${inside ? 'inside' : 'beside'}', minify: ${inside} },
  ssr: { noExternal: ${inside ? "['tasklets']" : '[]'} },
};
`;

/** @param {string} cwd */
const tool = (cwd) => (/** @type {string} */ name) => path.join(cwd, 'node_modules', '.bin', name);

/** Everything that was built runs: here, and once more from where there are no packages. @param {string} cwd */
async function allWork(cwd, /** @type {RegExp} */ which) {
  const found = fs.readdirSync(path.join(cwd, 'dist'), { recursive: true, encoding: 'utf8' });
  const files = found.filter((name) => which.test(name) && /\.[cm]?js$/.test(name));
  if (files.length === 0) throw new Error(`Expected something in dist like ${which}, got ${found}`);
  for (const file of files) await works(cwd, path.join('dist', file));
  return `${files.length} bundles`;
}

/** @type {Promise<string> | undefined} */
let prepared;

/** @param {Tarballs} tarballs */
function prepare(tarballs) {
  return (prepared ??= install(tarballs));
}

/** @param {Tarballs} tarballs */
async function install({ main, native }) {
  const cwd = project('bundlers', {
    'entry.mjs': MAIN,
    'webpack.config.cjs': WEBPACK,
    'rollup.config.mjs': ROLLUP,
    'vite.inside.mjs': VITE(true),
    'vite.beside.mjs': VITE(false),
  });
  const tools = ['esbuild', 'webpack', 'webpack-cli', 'rollup', 'vite'];
  const plugins = ['@rollup/plugin-node-resolve', '@rollup/plugin-commonjs'];
  await npmInstall(cwd, [main.file, native.file, ...tools, ...plugins]);
  return cwd;
}

/** @type {Record<string, (tarballs: Tarballs) => Promise<string | void>>} */
const checks = {
  'works after bundling with esbuild': async (tarballs) => {
    const cwd = await prepare(tarballs);
    for (const [format, ending] of [
      ['esm', 'mjs'],
      ['cjs', 'cjs'],
    ]) {
      for (const more of [[], ['--external:tasklets'], ['--minify'], ['--keep-names', '--target=node20']]) {
        const name = `esbuild-${more.join('').replace(/\W/g, '')}.${ending}`;
        const options = ['--bundle', '--platform=node', `--format=${format}`, `--outfile=dist/${name}`];
        await command(cwd, tool(cwd)('esbuild'), ['entry.mjs', ...options, ...more, '--log-level=warning']);
      }
    }
    return allWork(cwd, /^esbuild/);
  },

  'works after bundling with webpack': async (tarballs) => {
    const cwd = await prepare(tarballs);
    await command(cwd, tool(cwd)('webpack'), ['--config', 'webpack.config.cjs']);
    return allWork(cwd, /^webpack/);
  },

  'works after bundling with Rollup': async (tarballs) => {
    const cwd = await prepare(tarballs);
    await command(cwd, tool(cwd)('rollup'), ['-c', 'rollup.config.mjs', '--silent']);
    return allWork(cwd, /^rollup/);
  },

  'works after bundling with Vite for servers': async (tarballs) => {
    const cwd = await prepare(tarballs);
    for (const place of ['inside', 'beside'])
      await command(cwd, tool(cwd)('vite'), ['build', '--config', `vite.${place}.mjs`]);
    return allWork(cwd, /^vite/);
  },

  'a bundle works where there is nothing but the binary beside it': async (tarballs) => {
    const cwd = await prepare(tarballs);
    const alone = project('alone');
    const addon = fs
      .readdirSync(path.join(cwd, 'node_modules', tarballs.platform))
      .find((name) => name.endsWith('.node'));
    fs.copyFileSync(
      path.join(cwd, 'node_modules', tarballs.platform, String(addon)),
      path.join(alone, String(addon)),
    );
    for (const name of ['esbuild-.mjs', 'esbuild-.cjs']) {
      fs.copyFileSync(path.join(cwd, 'dist', name), path.join(alone, name));
      await works(alone, name);
    }
    fs.rmSync(path.join(alone, String(addon)));
    const out = await node(alone, [
      '-e',
      "process.on('unhandledRejection', (error) => { console.log(error.message); process.exit(); }); require('./esbuild-.cjs');",
    ]);
    if (!out.includes(`npm install ${tarballs.platform}`)) throw new Error(out);
  },
};

module.exports = { checks };
