'use strict';

/** Folders, commands and tarballs for the tests of the package. */

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');

const ROOT = path.join(__dirname, '..', '..');
const PROGRAM = path.join(__dirname, 'program');
const run = promisify(execFile);
/** All that the tests write. */
const base = fs.mkdtempSync(path.join(os.tmpdir(), 'package-of-'));
process.on('exit', () => fs.rmSync(base, { recursive: true, force: true }));

/** The environment without what this process' own npm, and the clone, would tell those within. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|TASKLETS_|NODE_OPTIONS$|INIT_CWD$)/i.test(name)),
);

/**
 * @param {string} name
 * @param {Record<string, string>} [files]
 * @returns {string}
 */
function folder(name, files = {}) {
  const made = path.join(base, name);
  fs.mkdirSync(made, { recursive: true });
  for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(made, file), text);
  return made;
}

/** A folder with the program in it. @param {string} name @param {Record<string, string>} [files] */
function project(name, files = {}) {
  const made = folder(name, { 'package.json': '{ "name": "app", "version": "1.0.0", "private": true }\n' });
  fs.cpSync(PROGRAM, made, { recursive: true });
  folder(name, files);
  return made;
}

/**
 * @param {string} cwd
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [more]
 * @returns {Promise<string>} what it wrote to stdout
 */
async function command(cwd, program, args, more = {}) {
  try {
    const shell = process.platform === 'win32' && program !== process.execPath;
    const options = { cwd, env: { ...env, ...more }, shell, timeout: 300_000, maxBuffer: 1 << 26 };
    return (await run(program, args, options)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '', message } = /** @type {any} */ (error);
    throw new Error(`${[program, ...args].join(' ')}: ${message}\n${stdout}${stderr}`, { cause: error });
  }
}

/** @param {string} cwd @param {string[]} args @param {NodeJS.ProcessEnv} [more] */
function node(cwd, args, more) {
  return command(cwd, process.execPath, args, more);
}

/** Runs a program that says at the end that it works. @param {string} cwd @param {string} file */
async function works(cwd, file) {
  const out = await node(cwd, [file]);
  if (out !== 'works\n') throw new Error(`Expected ${file} to say that it works, got ${JSON.stringify(out)}`);
}

/** @param {string} cwd @param {string[]} packages */
function npmInstall(cwd, packages) {
  return command(cwd, 'npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages]);
}

/** @param {string} from a folder that has a package @param {string} to */
async function pack(from, to) {
  const out = await command(from, 'npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    '--loglevel=error',
    `--pack-destination=${to}`,
  ]);
  const described = JSON.parse(out);
  const [{ filename, unpackedSize }] = Array.isArray(described) ? described : Object.values(described);
  return { file: path.join(to, filename), size: unpackedSize };
}

/** What Rust and npm call this platform. */
function target() {
  const { binaryName } = require(path.join(ROOT, 'package.json')).napi;
  const file = fs.readdirSync(ROOT).find((name) => name.startsWith(`${binaryName}.${process.platform}-`));
  if (file === undefined) throw new Error('Expected the addon to be built: run `npm run build`');
  return { name: file.slice(binaryName.length + 1, -'.node'.length), file };
}

/**
 * The tarballs: of the package as a clone packs it, with the addon; without it; of this platform's package; and of the
 * package as it is published, which has the other as a dependency.
 */
async function tarballs() {
  const { name, file } = target();
  const to = folder('tarballs');
  const platform = folder('platform');
  fs.cpSync(path.join(ROOT, 'npm', name), platform, { recursive: true });
  fs.copyFileSync(path.join(ROOT, file), path.join(platform, file));
  await command(ROOT, process.execPath, ['scripts/pack.js']);
  // For this Node. A release has it for several.
  await command(ROOT, process.execPath, ['scripts/code.js', path.join(platform, 'code')]);
  const whole = await pack(ROOT, folder('whole-tarball'));
  const native = await pack(platform, to);
  const staged = folder('published');
  await command(staged, 'tar', ['-xf', whole.file, '--strip-components=1']);
  fs.rmSync(path.join(staged, file));
  const main = await pack(staged, to);
  const manifest = JSON.parse(fs.readFileSync(path.join(staged, 'package.json'), 'utf8'));
  manifest.optionalDependencies = { [`tasklets-${name}`]: `file:${native.file}` };
  fs.writeFileSync(path.join(staged, 'package.json'), JSON.stringify(manifest));
  const published = await pack(staged, folder('published-tarball'));
  return { whole, main, native, published, platform: `tasklets-${name}` };
}

module.exports = { ROOT, base, command, folder, node, npmInstall, project, tarballs, works };
