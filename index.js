'use strict';

/** The public face of `tasklets`. What is behind it is `lib/face.js`. */

const { open } = require('./lib/open');

// Never called: Node finds the names for `import { run } from 'tasklets'` by reading this.
// eslint-disable-next-line no-unused-vars -- who sets them for good keeps others, such as Vite, from taking the real ones
function names() {
  const none = /** @type {any} */ (undefined);
  exports.run = exports.runAll = exports.map = exports.stream = exports.graph = none;
  exports.batch = exports.retry = exports.wrap = exports.module = exports.explain = none;
  exports.cancel = exports.config = exports.configFromFile = exports.configFromEnv = none;
  exports.shutdown = exports.start = exports.onShutdown = exports.getHealth = none;
  exports.getStats = exports.getActiveTaskCount = exports.current = exports.reportProgress = none;
  exports.transfer = exports.Pool = exports.errors = exports.version = none;
}

// @ts-expect-error TypeScript has no name for that together with the above
module.exports = open('lib/face');
