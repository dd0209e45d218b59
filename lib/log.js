'use strict';

/** A pool's log, as its config says. Written from JavaScript only where the user gave a logger of their own. */

/** From the most important down. */
const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'];

function forPool() {
  let level = LEVELS.indexOf('warn');
  /** @type {any} */
  let logger;
  return {
    /**
     * @param {any} logging
     * @param {any} given
     */
    configure(logging, given) {
      level = LEVELS.indexOf(logging.level);
      logger = given ?? logger;
    },
    /**
     * @param {string} at
     * @param {string} message
     * @param {object} fields
     */
    write(at, message, fields) {
      if (LEVELS.indexOf(at) > level) return;
      if (logger !== undefined) logger[at](message, fields);
      else process.stderr.write(`${new Date().toISOString()} ${at} ${message}\n`);
    },
  };
}

module.exports = { forPool };
