'use strict';

/** `module(urlOrPath, exportName)`: a task that is the export of a module, loaded once per worker. */

const path = require('node:path');
const { pathToFileURL } = require('node:url');
const binding = require('../native');
const { configError } = require('../errors');
const { FORM } = require('../frames');
const { here } = require('../isolate');

/** What `module()` gives: nothing to see but its name. */
class ModuleTask {
  /**
   * @param {string} url
   * @param {string} exportName
   */
  constructor(url, exportName) {
    this.url = url;
    this.exportName = exportName;
    this.name = exportName === 'default' ? path.basename(new URL(url).pathname) : exportName;
    Object.freeze(this);
  }
}

/** @type {WeakMap<ModuleTask, any>} */
const prepared = new WeakMap();
/** The same by what is sent: a program has as many as it has modules, and those are never unloaded either. @type {Map<string, any>} */
const byText = new Map();

/**
 * @param {string | URL} urlOrPath
 * @param {string} [exportName]
 */
function moduleTask(urlOrPath, exportName = 'default') {
  if (typeof exportName !== 'string') throw configError('exportName', 'a string', exportName);
  return new ModuleTask(toUrl(urlOrPath), exportName);
}

/** @param {any} given */
function toUrl(given) {
  const text = typeof given === 'string' ? given : given?.href;
  if (typeof text !== 'string' || text === '') {
    throw configError('url', 'a URL, or the path of a file', given);
  }
  if (/^[a-z][a-z0-9+.-]+:/i.test(text) && !/^[a-z]:[\\/]/i.test(text)) return text;
  if (path.isAbsolute(text)) return pathToFileURL(text).href;
  if (/^\.{1,2}[\\/]/.test(text)) return pathToFileURL(path.resolve(text)).href;
  // A bare name is a package, found from the program's folder.
  try {
    const found = require('node:module').createRequire(path.join(process.cwd(), 'x.js')).resolve(text);
    return path.isAbsolute(found) ? pathToFileURL(found).href : found;
  } catch {
    return pathToFileURL(path.resolve(text)).href;
  }
}

/**
 * What `module()` was given, where it gave this.
 *
 * @param {any} value
 * @returns {[string, string] | undefined}
 */
function argumentsOf(value) {
  return value instanceof ModuleTask ? [value.url, value.exportName] : undefined;
}

/**
 * What travels for a module task; `undefined` for anything else.
 *
 * @param {any} task
 */
function moduleOf(task) {
  if (!(task instanceof ModuleTask)) return undefined;
  let known = prepared.get(task);
  if (known === undefined) prepared.set(task, (known = preparedModule(task)));
  return known;
}

/** @param {ModuleTask} task */
function preparedModule({ url, exportName, name }) {
  const text = JSON.stringify({ url, exportName });
  let known = byText.get(text);
  if (known === undefined) {
    known = {
      definition: binding.define(here().id, Buffer.from(text)),
      hold: null,
      section: null,
      extras: null,
      hasArgs: false,
      name,
      form: FORM.MODULE,
    };
    byText.set(text, known);
  }
  return known;
}

module.exports = { argumentsOf, module: moduleTask, moduleOf };
