'use strict';

/**
 * Finds the addon and loads it. A worker is told the file that its owner has loaded, and need not look for it.
 *
 * The places, in this order: `TASKLETS_NATIVE_PATH`; beside the library, where a clone has been built; the package of
 * this platform. Inside a bundle the library has no place of its own, and looks from the bundle's file and from the
 * working directory, also by way of the package `tasklets`, for only that one sees its platform package in some layouts.
 */

const fs = require('node:fs');
const path = require('node:path');
const home = require('./home');
const { TARGETS } = require('./targets');
const seat = require('./worker/seat');

/** @typedef {typeof import('../binding')} Binding */
/** @typedef {{ binding: Binding, file: string }} Addon */

/** @returns {Addon} */
function load() {
  if (seat.addon !== undefined) return openAgain(seat.addon);
  const given = process.env.TASKLETS_NATIVE_PATH;
  if (given) return openGiven(path.resolve(given));
  const targets = TARGETS[`${process.platform}-${process.arch}`] ?? [];
  const failures = [];
  for (const file of candidates(targets)) {
    try {
      return open(file);
    } catch (error) {
      failures.push(error);
    }
  }
  throw missing(targets, failures);
}

/**
 * The files that may be it, the likeliest first, each looked for once those before it are not it: to look for a package that
 * is not there takes longer than to load one.
 *
 * @param {string[]} targets
 * @returns {Generator<string>}
 */
function* candidates(targets) {
  if (targets.length > 1 && mayBeMusl()) {
    const found = targets.map(find).filter((file) => file !== undefined);
    // Only one of the two is installed, unless somebody asked for both.
    yield* found.length > 1 && libc() === 'musl' ? found.reverse() : found;
    return;
  }
  for (const target of targets) {
    const file = find(target);
    if (file !== undefined) yield file;
  }
}

/** Whether musl's loader is there; it may be beside another C library. */
function mayBeMusl() {
  const machine = process.arch === 'x64' ? 'x86_64' : 'aarch64';
  return fs.existsSync(`/lib/ld-musl-${machine}.so.1`);
}

/**
 * @param {string} file
 * @returns {Addon}
 */
function open(file) {
  return complete(require(file), file);
}

/**
 * @param {Binding} binding
 * @param {string} file
 * @returns {Addon}
 */
function complete(binding, file) {
  if (!process.env.TASKLETS_NO_EXTERNAL_BUFFERS) return { binding, file };
  return { binding: require('./copies').copying(binding), file };
}

/**
 * What has been loaded in this process before, without looking for it in the file system again.
 *
 * @param {string} file
 * @returns {Addon}
 */
function openAgain(file) {
  const module = { exports: /** @type {any} */ ({}) };
  process.dlopen(module, file);
  return complete(module.exports, file);
}

/** @param {string} file */
function openGiven(file) {
  try {
    return open(file);
  } catch (cause) {
    throw broken(
      `The addon that \`TASKLETS_NATIVE_PATH\` names, ${file}, cannot be loaded: ${reason(cause)}. ` +
        'Correct that environment variable, or remove it',
      cause,
    );
  }
}

/**
 * @param {string} target
 * @returns {string | undefined}
 */
function find(target) {
  const name = `tasklets.${target}.node`;
  for (const folder of folders()) {
    const file = path.join(folder, name);
    if (fs.existsSync(file)) return file;
  }
  for (const folder of folders()) {
    const file = resolve(folder, `tasklets-${target}`) ?? throughPackage(folder, target);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Where to look from. @returns {string[]} */
function folders() {
  if (home.root !== undefined) return [home.root];
  const main = process.argv[1];
  return [...(home.folders?.() ?? []), ...(main === undefined ? [] : [path.dirname(main)]), process.cwd()];
}

/**
 * @param {string} folder
 * @param {string} request
 * @returns {string | undefined}
 */
function resolve(folder, request) {
  try {
    return require('node:module').createRequire(path.join(folder, 'from.js')).resolve(request);
  } catch {
    // Not to be had from there: others may know.
    return undefined;
  }
}

/**
 * @param {string} folder
 * @param {string} target
 */
function throughPackage(folder, target) {
  if (home.root !== undefined) return undefined;
  const file = resolve(folder, 'tasklets/package.json');
  return file === undefined ? undefined : resolve(path.dirname(file), `tasklets-${target}`);
}

/** Which C library this system has; it takes Node some milliseconds to say. @returns {'gnu' | 'musl'} */
function libc() {
  const report = /** @type {any} */ (process.report);
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  const { header } = report.getReport();
  report.excludeNetwork = before;
  return header.glibcVersionRuntime === undefined ? 'musl' : 'gnu';
}

/**
 * @param {string[]} targets
 * @param {unknown[]} failures
 */
function missing(targets, failures) {
  const system = `${process.platform} ${process.arch}`;
  if (targets.length === 0) {
    return broken(
      `There is no build of tasklets for ${system}. There are some for ${Object.keys(TARGETS).join(', ')}; ` +
        'for others, build it from source and set `TASKLETS_NATIVE_PATH` to the .node file',
      undefined,
    );
  }
  const which = targets.length > 1 ? libc() : undefined;
  const target = targets.find((each) => which === undefined || each.endsWith(which)) ?? targets[0];
  const where = which === undefined ? system : `${system} (${which === 'gnu' ? 'glibc' : 'musl'})`;
  const expected = `tasklets-${target}`;
  if (failures.length > 0) {
    return broken(
      `The native part of tasklets cannot be loaded on ${where}, from the package \`${expected}\`: ` +
        `${failures.map(reason).join('; ')}. Remove node_modules and the lock file, and install again on this system; ` +
        'if it stays, `npx tasklets doctor` says more',
      failures[0],
    );
  }
  return broken(
    `The native part of tasklets is missing: this is ${where}, which needs the package \`${expected}\`, and it was not ` +
      `found from ${folders().join(', ')}. Run \`npm install ${expected}\`, or install again without --omit=optional ` +
      'and on the system that it is to run on; in a bundle, ship that package or its .node file beside it, or set ' +
      '`TASKLETS_NATIVE_PATH` to that file',
    undefined,
  );
}

/**
 * @param {string} message
 * @param {unknown} cause
 */
function broken(message, cause) {
  const { TaskletsError } = require('./errors');
  return new TaskletsError(message, cause === undefined ? undefined : { cause });
}

/** @param {unknown} error */
function reason(error) {
  const text = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return text.replace(/\.$/, '');
}

module.exports = load();
