'use strict';

/** The command line: options that are known, their values, and what is said of others. */

const { distance } = require('../../lib/options/group');

/** Two letters that changed places are two edits. */
const MOST_EDITS = 2;

/** What ends the command with the code for wrong use. */
class UsageError extends Error {}

/**
 * @typedef {object} Option
 * @property {'flag' | 'text' | 'count' | 'time'} kind
 * @property {string} [value] what its value is called in the help
 * @property {string} help
 */

/**
 * @param {string[]} given
 * @param {Record<string, Option>} known by name, without the dashes
 * @returns {{ options: Record<string, any>, rest: string[] }}
 */
function parse(given, known) {
  /** @type {Record<string, any>} */
  const options = {};
  const rest = [];
  for (let i = 0; i < given.length; i++) {
    const word = given[i];
    if (word === '--') {
      rest.push(...given.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
      continue;
    }
    const [flag, ...more] = word.split('=');
    const name = flag === '-h' ? 'help' : flag.replace(/^--?/, '');
    const option = Object.hasOwn(known, name) ? known[name] : undefined;
    if (option === undefined || (!flag.startsWith('--') && flag !== '-h')) throw unknown(flag, name, known);
    if (option.kind === 'flag') {
      if (more.length > 0) throw new UsageError(`Expected \`${flag}\` to have no value, got \`${word}\``);
      options[name] = true;
      continue;
    }
    const value = more.length > 0 ? more.join('=') : given[++i];
    if (value === undefined) throw new UsageError(`Expected a value behind \`${flag}\`: ${option.value}`);
    options[name] = option.kind === 'text' ? value : number(flag, option.kind, value);
  }
  return { options, rest };
}

/**
 * @param {string} flag
 * @param {string} name
 * @param {Record<string, Option>} known
 */
function unknown(flag, name, known) {
  const near = nearest(name, Object.keys(known));
  const hint =
    near === undefined ? `there are ${Object.keys(known).map(dashed).join(', ')}` : `did you mean --${near}?`;
  return new UsageError(`There is no option \`${flag}\`; ${hint}`);
}

/**
 * What was probably meant.
 *
 * @param {string} name
 * @param {string[]} known
 * @returns {string | undefined}
 */
function nearest(name, known) {
  const near = known
    .map((each) => ({ each, edits: each.startsWith(name) ? 1 : distance(name, each) }))
    .filter(({ each, edits }) => edits <= MOST_EDITS && edits < each.length)
    .sort((a, b) => a.edits - b.edits);
  return near[0]?.each;
}

/** @param {string} name */
function dashed(name) {
  return `--${name}`;
}

/**
 * @param {string} flag
 * @param {'count' | 'time'} kind
 * @param {string} text
 */
function number(flag, kind, text) {
  const value = text.trim() === '' ? NaN : Number(text);
  const right = kind === 'count' ? Number.isSafeInteger(value) && value >= 1 : value >= 0;
  if (right) return value;
  const expected = kind === 'count' ? 'an integer from 1 up' : 'milliseconds, from 0 up';
  throw new UsageError(`Expected \`${flag}\` to be ${expected}, got \`${text}\``);
}

/** @param {Record<string, Option>} known */
function describe(known) {
  const names = Object.entries(known).map(
    ([name, { value }]) => `--${name}${value === undefined ? '' : ` ${value}`}`,
  );
  const width = Math.max(...names.map((name) => name.length));
  return Object.values(known)
    .map(({ help }, index) => `  ${names[index].padEnd(width)}  ${help}`)
    .join('\n');
}

module.exports = { UsageError, describe, nearest, parse };
