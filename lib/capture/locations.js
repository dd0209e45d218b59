'use strict';

const { FLAG, FORM } = require('./kinds');
const { isPackageFile } = require('./modules');
const { textOf } = require('./originals');
const { pathOf } = require('./scripts');
const { bounded } = require('./texts');

// Where functions stand, and what is known of them for that.

/**
 * @param {any} fn
 * @param {import('./texts').Analysis} analysis
 */
function isStrict(fn, { form, flags }) {
  if (flags & FLAG.STRICT) return true;
  if (form !== FORM.FUNCTION || flags & (FLAG.ASYNC | FLAG.GENERATOR)) return false;
  try {
    return fn.caller === undefined;
  } catch {
    return true;
  }
}

/**
 * What is known of a function for ever, from one reading.
 *
 * @param {import('./graph').Tools} tools
 * @param {Function} fn
 * @param {string} text
 * @param {import('./texts').Analysis} analysis
 * @param {import('./reader').Reading} reading
 * @returns {import('./memory').Known}
 */
function know({ scripts, memory }, fn, text, analysis, reading) {
  const { script, line, column } = reading;
  const key = `${script}:${line}:${column}`;
  let place = memory.places.get(key);
  if (place === undefined || place.text !== text) {
    place = { text, ...look(scripts, fn, text, analysis, reading) };
    bounded(memory.places, key, place);
  }
  return { ...place, text: undefined, values: undefined, kept: undefined };
}

/**
 * What is the same for all functions that are made at one place.
 *
 * @param {import('./scripts').Scripts} scripts
 * @param {Function} fn
 * @param {string} text
 * @param {import('./texts').Analysis} analysis
 * @param {import('./reader').Reading} reading
 */
function look(scripts, fn, text, analysis, { script, line, column, scopes }) {
  const module = scopes.some(({ kind }) => kind === 'Module');
  // What `new Function` makes has a script of its own each time, and no file.
  const isMade = scopes.length === 1 && /^(async )?function\*? anonymous\(/.test(text);
  const url = script === undefined || isMade ? '' : scripts.nameOf(script);
  // Frames show modules by URL and scripts by path, whatever the inspector says.
  const name = module ? url : (pathOf(url) ?? url);
  const before = text.slice(0, analysis.anchor);
  const lines = before.split(/\r\n|[\n\r\u2028\u2029]/).length - 1;
  const home = name.startsWith('node:') ? 'node' : isPackageFile(name) ? 'package' : 'program';
  const known = {
    script,
    name,
    home,
    line: Math.max(0, line - lines),
    column: lines === 0 ? Math.max(0, column - analysis.anchor) : 0,
    strict: module || analysis.form === FORM.CLASS,
    module,
    declaration: analysis.form === FORM.FUNCTION,
    bare: false,
    constant: /** @type {ReadonlySet<string>} */ (new Set()),
    hidden: /** @type {string[]} */ ([]),
  };
  if (script !== undefined && home === 'program') {
    const place = scripts.placeOf(script, line, column, text, module);
    if (place !== undefined) {
      known.line = place.line;
      if (analysis.form !== FORM.METHOD) known.column = place.column;
      known.strict ||= place.strict;
      known.declaration = place.declaration;
      known.bare = module && place.bare;
      known.constant = new Set(place.constant);
      known.hidden = place.hidden;
      return known;
    }
  }
  known.strict ||= isStrict(fn, analysis);
  return known;
}

/**
 * Where a function's text begins; `undefined` for native ones.
 *
 * @param {import('./graph').Tools} tools
 * @param {Function} fn
 * @returns {import('./memory').Known | undefined}
 */
function placeOf(tools, fn) {
  let known = tools.memory.functions.get(fn);
  if (known === undefined) {
    const text = textOf(fn);
    known = tools.reader.session(() => {
      const [reading] = tools.reader.functions([fn]);
      const target = reading.bound?.target;
      if (typeof target === 'function') return placeOf(tools, target);
      return reading.script === undefined
        ? undefined
        : know(tools, fn, text, tools.texts.analysis(text), reading);
    });
    if (known !== undefined) tools.memory.functions.set(fn, known);
  }
  return known;
}

exports.isStrict = isStrict;
exports.know = know;
exports.placeOf = placeOf;
