'use strict';

/**
 * Publishes a release: the package of each platform, then the one that depends on them. What is published already is
 * left alone, so that a release that was interrupted can be gone on with.
 *
 *     node scripts/publish.js [--dry-run] [--tag next]
 *
 * The binaries lie in `artifacts/` or its folders, and in `code-<target>-<version of Node>` there, what V8 compiled of the
 * pack ahead. The repository, which provenance is about, is that of the workflow.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const PLATFORMS = path.join(ROOT, 'npm');
const ARTIFACTS = path.join(ROOT, 'artifacts');

const isDry = process.argv.includes('--dry-run');
const tag = process.argv.includes('--tag') ? process.argv[process.argv.indexOf('--tag') + 1] : 'latest';
const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;

/** @param {string} folder */
function manifestOf(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

/** @param {string} folder @param {any} manifest */
function write(folder, manifest) {
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** @param {string} cwd @param {string[]} args */
function npm(cwd, args) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
}

/** @param {any} manifest */
function isPublished({ name, version }) {
  try {
    return npm(ROOT, ['view', `${name}@${version}`, 'version']).trim() === version;
  } catch {
    // Nobody knows it yet.
    return false;
  }
}

/** @param {string} folder */
function publish(folder) {
  const manifest = manifestOf(folder);
  if (repository !== undefined) {
    manifest.repository = { type: 'git', url: `git+${server}/${repository}.git` };
    write(folder, manifest);
  }
  if (!isDry && isPublished(manifest)) {
    console.log(`${manifest.name}@${manifest.version} is there already`);
    return;
  }
  npm(folder, ['publish', '--access', 'public', '--tag', tag, ...(isDry ? ['--dry-run'] : ['--provenance'])]);
  console.log(`${manifest.name}@${manifest.version} ${isDry ? 'could be' : 'is'} published`);
}

/** Puts the binary of a platform into its package. @param {string} target @param {string[]} found */
function fill(target, found) {
  const name = `tasklets.${target}.node`;
  const file = found.find((each) => path.basename(each) === name);
  if (file === undefined)
    throw new Error(`Expected ${name} in ${ARTIFACTS}, found ${found.join(', ') || 'nothing'}`);
  fs.copyFileSync(path.join(ARTIFACTS, file), path.join(PLATFORMS, target, name));
}

/**
 * Puts what was compiled ahead into the packages.
 *
 * @param {string[]} triples what Rust calls the platforms
 */
async function fillCode(triples) {
  const { parseTriple } = await import('@napi-rs/cli');
  for (const triple of triples) {
    const found = fs.readdirSync(ARTIFACTS).filter((name) => name.startsWith(`code-${triple}-`));
    if (found.length === 0) throw new Error(`Expected code-${triple}-<version> in ${ARTIFACTS}, found none`);
    const code = path.join(PLATFORMS, parseTriple(triple).platformArchABI, 'code');
    for (const name of found) fs.cpSync(path.join(ARTIFACTS, name), code, { recursive: true });
  }
}

/**
 * Puts this platform's own addon where a build would have: making the pack needs it.
 *
 * @param {string[]} found
 */
function settle(found) {
  for (const file of found) {
    const name = path.basename(file);
    if (name.startsWith(`tasklets.${process.platform}-${process.arch}`))
      fs.copyFileSync(path.join(ARTIFACTS, file), path.join(ROOT, name));
  }
}

async function main() {
  const root = manifestOf(ROOT);
  const targets = fs.readdirSync(PLATFORMS);
  if (targets.length !== root.napi.targets.length)
    throw new Error(
      `Expected a folder for each of ${root.napi.targets.join(', ')}, got ${targets.join(', ')}`,
    );
  const found = fs.readdirSync(ARTIFACTS, { recursive: true, encoding: 'utf8' });
  // All of them, before the first is published.
  for (const target of targets) {
    fill(target, found);
    const { name, version } = manifestOf(path.join(PLATFORMS, target));
    if (version !== root.version) throw new Error(`Expected ${name} to be ${root.version}, got ${version}`);
  }
  await fillCode(root.napi.targets);
  settle(found);
  for (const target of targets) publish(path.join(PLATFORMS, target));
  // Not in the repository: there they are not published yet.
  root.optionalDependencies = Object.fromEntries(
    targets.map((target) => [`tasklets-${target}`, root.version]),
  );
  // What a clone packs has its own addon; this one has those of the platforms.
  root.files = root.files.filter((/** @type {string} */ file) => !file.endsWith('.node'));
  write(ROOT, root);
  publish(ROOT);
}

main();
