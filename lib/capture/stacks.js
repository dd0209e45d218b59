'use strict';

const Module = require('node:module');
const { fileURLToPath } = require('node:url');

const { pathOf } = require('./scripts');

// Stacks of tasks, mapped where they are read: on the submitting side. A function that captured nothing was not looked
// at when it was sent, so its place in the file is read only now, when an error needs it. Source maps are those that
// Node has here.

const FRAME = /^ {4}at /;
const PLACE = /((?:tasklets:|file:\/\/|\/|[A-Za-z]:[\\/])[^()\n]*?):(\d+):(\d+)\)?$/;

/** @typedef {{ name: string, line: number, column: number }} Start where a function's text begins, from 0 */

class Stacks {
  #startOf;
  #codes;

  /**
   * @param {(fn: Function) => Start | undefined} startOf
   * @param {() => Iterable<any>} codes those whose text was changed, so that columns moved
   */
  constructor(startOf, codes) {
    this.#startOf = startOf;
    this.#codes = codes;
  }

  /**
   * @param {string} stack
   * @param {any} fn
   * @returns {string}
   */
  map(stack, fn) {
    if (!stack.includes('\n    at ')) return stack;
    return stack
      .split('\n')
      .map((line) => (FRAME.test(line) ? this.#frame(line, fn) : line))
      .join('\n');
  }

  /**
   * @param {string} frame
   * @param {any} fn
   */
  #frame(frame, fn) {
    const match = PLACE.exec(frame);
    if (match === null) return frame;
    const [, name, line, column] = match;
    const place = this.#mapped(this.#original(name, Number(line), Number(column), fn));
    const end = match[0].endsWith(')') ? ')' : '';
    return `${frame.slice(0, match.index)}${place.name}:${place.line}:${place.column}${end}`;
  }

  /**
   * @param {string} name
   * @param {number} line from 1
   * @param {number} column from 1
   * @param {any} fn
   * @returns {Start}
   */
  #original(name, line, column, fn) {
    if (!name.startsWith('tasklets:')) return { name, line, column: this.#unshifted(name, line, column) };
    const start = typeof fn === 'function' ? this.#startOf(fn) : undefined;
    if (start === undefined) return { name: '<anonymous>', line, column };
    return {
      name: start.name || '<anonymous>',
      line: line + start.line,
      column: line === 1 ? column + start.column : column,
    };
  }

  /**
   * @param {string} name
   * @param {number} line
   * @param {number} column
   */
  #unshifted(name, line, column) {
    for (const code of this.#codes()) {
      if (code.name !== name) continue;
      const offset = line - 1 - code.line;
      const first = offset === 0 ? code.start : 0;
      const at = column - 1 - first;
      const here = code.shifts.filter((/** @type {number[]} */ [on]) => on === offset);
      // Compilers write whole files into one line: what comes after the function is not its own.
      if (here.length === 0 || at > code.widths[offset] + here.at(-1)[2]) continue;
      const moved = here.filter((/** @type {number[]} */ [, from]) => from <= at).at(-1);
      if (moved !== undefined) return column - moved[2];
    }
    return column;
  }

  /** @param {Start} place */
  #mapped(place) {
    const path = pathOf(place.name);
    if (path === undefined) return place;
    const map = Module.findSourceMap(path) ?? Module.findSourceMap(place.name);
    if (map === undefined) return place;
    const entry = /** @type {any} */ (map.findEntry(place.line - 1, place.column - 1));
    if (entry?.originalSource === undefined) return place;
    const source = entry.originalSource.startsWith('file:')
      ? fileURLToPath(entry.originalSource)
      : entry.originalSource;
    return { name: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }
}

exports.Stacks = Stacks;
