'use strict';

/** The layouts in which other package managers put packages. */

const path = require('node:path');
const { command, folder, npmInstall, project, works } = require('./tools');

/** @typedef {import('./node').Tarballs} Tarballs */

const BUNDLE = ['--bundle', '--platform=node', '--format=esm', '--outfile=dist.mjs', '--log-level=warning'];

/** @param {string} name @param {string} program */
async function manager(name, program) {
  const cwd = folder(`manager-${name}`, { 'package.json': '{ "private": true }' });
  await npmInstall(cwd, [name]);
  return path.join(cwd, 'node_modules', '.bin', program);
}

/** @param {Tarballs} tarballs @param {string} extra */
function manifest({ published, native, platform }, extra = '') {
  const resolutions = `"resolutions": { "${platform}": "file:${native.file}" }`;
  return `{ "name": "app", "version": "1.0.0", "private": true, "dependencies": { "tasklets": "file:${published.file}" }, ${resolutions}${extra} }`;
}

/** @type {Record<string, (tarballs: Tarballs) => Promise<string | void>>} */
const checks = {
  'works in the layouts of pnpm, bundled too': async (tarballs) => {
    const pnpm = await manager('pnpm', 'pnpm');
    for (const hoist of ['true', 'false']) {
      const cwd = project(`pnpm-${hoist}`, {
        'package.json': manifest(tarballs),
        'pnpm-workspace.yaml': `hoist: ${hoist}\n`,
      });
      await command(cwd, pnpm, ['install', '--no-frozen-lockfile', `--store-dir=${folder('pnpm-store')}`]);
      await works(cwd, 'main.cjs');
      await works(cwd, 'main.mjs');
      const esbuild = path.join(__dirname, '..', '..', 'node_modules', '.bin', 'esbuild');
      await command(cwd, esbuild, ['main.mjs', ...BUNDLE]);
      await works(cwd, 'dist.mjs');
    }
  },

  'works in the layouts of yarn, plug and play too': async (tarballs) => {
    const yarn = await manager('@yarnpkg/cli-dist', 'yarn');
    for (const linker of ['node-modules', 'pnp']) {
      const cwd = project(`yarn-${linker}`, {
        'package.json': manifest(tarballs),
        '.yarnrc.yml': `nodeLinker: ${linker}\nenableTelemetry: false\nenableGlobalCache: false\npnpEnableEsmLoader: true\n`,
        'yarn.lock': '',
      });
      await command(cwd, yarn, ['install'], { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false', CI: '' });
      for (const file of ['main.cjs', 'main.mjs']) {
        const out = await command(cwd, yarn, ['node', file]);
        if (out !== 'works\n') throw new Error(`Expected ${file} to say that it works, got ${out}`);
      }
    }
  },
};

module.exports = { checks };
