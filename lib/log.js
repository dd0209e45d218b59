'use strict';

/**
 * A pool's log. Lines are formatted and written on the Rust side; what goes to a logger of the user's
 * is called from here.
 */

const binding = require('./native');

/** From the most important down. */
const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'];

class Log {
  #level = LEVELS.indexOf('warn');
  /** @type {any} */
  #logger = undefined;

  /**
   * @param {{ level: string, destination: any }} logging
   */
  configure({ level, destination }) {
    this.#level = LEVELS.indexOf(level);
    this.#logger = typeof destination === 'string' ? undefined : destination;
  }

  /**
   * @param {number} pool
   * @param {'error' | 'warn' | 'info' | 'debug'} level
   * @param {string} message
   * @param {Record<string, string | number | boolean>} fields
   */
  write(pool, level, message, fields) {
    if (LEVELS.indexOf(level) > this.#level) return;
    if (this.#logger === undefined) {
      binding.log(pool, level, message, JSON.stringify(fields));
      return;
    }
    try {
      this.#logger[level](message, fields);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.emitWarning(`The logger threw: ${text}`, 'TaskletsWarning');
    }
  }
}

module.exports = { Log };
