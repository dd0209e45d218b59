'use strict';

const { CaptureError, SerializationError } = /** @type {any} */ (require('../errors'));

/**
 * The way from the task to a value: an argument, a variable, a property, an entry, step by step.
 *
 * @typedef {{ kind: 'argument' | 'variable' | 'property' | 'entry' | 'class' | 'other', name: string }} Step
 */

const MAX_PATH = 400;
/** Names of private members too. */
const IDENTIFIER = /^#?[A-Za-z_$][\w$]*$/;

/**
 * What cannot travel, before anything ran.
 *
 * @param {object} about
 * @param {Step[]} about.steps from the task to the culprit
 * @param {string} about.what what it is: "is a Socket, which is tied to this thread"
 * @param {string} about.way the way out, a sentence
 * @param {string} [about.location] file, line and column of the function that uses it
 * @param {unknown} [about.cause]
 * @returns {Error}
 */
function refusal({ steps, what, way, location, cause }) {
  const path = pathOf(steps);
  // No function is on the way to it: it is data like that of any argument, and refused as such.
  if (steps[0]?.kind === 'argument' && location === undefined) {
    const details = cause === undefined ? { path } : { path, cause };
    return new SerializationError(`Cannot copy \`${path}\` to another thread: it ${what}. ${way}.`, details);
  }
  const variable = steps.find((step) => step.kind === 'variable')?.name;
  const trail = ['task', ...steps.map(words)].join(' > ').slice(0, MAX_PATH);
  const place = location === undefined ? '' : ` (${location})`;
  const details = { variable, path, location, ...(cause === undefined ? {} : { cause }) };
  return new CaptureError(
    `Cannot send this function to a worker: ${trail} ${what}${place}. ${way}.`,
    details,
  );
}

/** @param {Step[]} steps */
function pathOf(steps) {
  let path = '';
  for (const { kind, name } of steps) {
    if (kind === 'class') continue;
    if (path === '') path = name;
    else if (kind === 'variable' || kind === 'entry' || IDENTIFIER.test(name)) path += `.${name}`;
    else path += name.startsWith('[') ? name : `[${JSON.stringify(name)}]`;
    if (path.length > MAX_PATH) return `${path.slice(0, MAX_PATH)}…`;
  }
  return path;
}

/** @param {Step} step */
function words({ kind, name }) {
  if (kind === 'other' || kind === 'argument') return name;
  return kind === 'class' ? `its class \`${name}\`` : `${kind} \`${name}\``;
}

/** @param {string} name of a class */
function one(name) {
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

exports.one = one;
exports.refusal = refusal;
