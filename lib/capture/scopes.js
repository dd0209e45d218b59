'use strict';

const { STANDARD } = require('./globals');

// What a name means to a function, by the scopes that the inspector shows.

/** Nothing was found under a name. */
const NOTHING = Symbol('nothing');

/**
 * What a name means, and the scope that says so.
 *
 * @param {import('./reader').Scope[]} scopes
 * @param {string} name
 * @returns {[any, import('./reader').Scope | null]}
 */
function lookUp(scopes, name) {
  for (const scope of scopes) {
    const { kind, variables } = scope;
    if (kind === 'Global') {
      const value = globalValue(variables, name);
      return [value, value === NOTHING ? null : scope];
    }
    if (kind === 'With Block' ? !(name in variables) : !Object.hasOwn(variables, name)) continue;
    try {
      return [variables[name], scope];
    } catch {
      // Not initialised yet: the name stays free, and using it is the ReferenceError that it would be at home.
      return [NOTHING, null];
    }
  }
  return [NOTHING, null];
}

/**
 * Globals that every isolate has stay free; those of the program are captured.
 *
 * @param {any} global
 * @param {string} name
 */
function globalValue(global, name) {
  if (STANDARD.has(name)) return NOTHING;
  const descriptor = Object.getOwnPropertyDescriptor(global, name);
  return descriptor !== undefined && 'value' in descriptor ? descriptor.value : NOTHING;
}

exports.NOTHING = NOTHING;
exports.lookUp = lookUp;
