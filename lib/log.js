'use strict';

/**
 * A pool's log. Lines are formatted and written on the Rust side; what goes to a logger of the user's
 * is called from here. Whoever holds the log does not hold the pool: the threads of a pool that nobody
 * uses any more must not keep it.
 */

const binding = require('./native');

/** From the most important down. */
const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'];

class Log {
  #pool;
  #level = 0;
  /** @type {any} */
  #logger = undefined;

  /**
   * @param {number} pool
   * @param {{ level: string, destination: any }} logging as in the config
   */
  constructor(pool, logging) {
    this.#pool = pool;
    this.configure(logging);
  }

  /** @param {{ level: string, destination: any }} logging as in the config */
  configure({ level, destination }) {
    this.#level = LEVELS.indexOf(level);
    this.#logger = typeof destination === 'string' ? undefined : destination;
  }

  /**
   * @param {'error' | 'warn' | 'info' | 'debug'} level
   * @param {string} message
   * @param {Record<string, string | number | boolean>} fields
   */
  write = (level, message, fields) => {
    if (LEVELS.indexOf(level) > this.#level) return;
    if (this.#logger === undefined) {
      binding.log(this.#pool, level, message, JSON.stringify(fields));
      return;
    }
    try {
      this.#logger[level](message, fields);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.emitWarning(`The logger threw: ${text}`, 'TaskletsWarning');
    }
  };
}

exports.Log = Log;
