'use strict';

/**
 * A pool's log, loaded once there is something to say. Whoever holds it does not hold the pool: the
 * threads of a pool that nobody uses any more must not keep it.
 */

class LateLog {
  #pool;
  #logging;
  /** @type {import('./log').Log | undefined} */
  #log = undefined;

  /**
   * @param {number} pool
   * @param {any} logging as in the config
   */
  constructor(pool, logging) {
    this.#pool = pool;
    this.#logging = logging;
  }

  /** @param {any} logging as in the config */
  configure(logging) {
    this.#logging = logging;
    this.#log?.configure(logging);
  }

  /**
   * @param {'error' | 'warn' | 'info' | 'debug'} level
   * @param {string} message
   * @param {Record<string, string | number | boolean>} fields
   */
  write = (level, message, fields) => {
    if (this.#log === undefined) {
      const { Log } = require('./log');
      this.#log = new Log();
      this.#log.configure(this.#logging);
    }
    this.#log.write(this.#pool, level, message, fields);
  };
}

module.exports = { LateLog };
