'use strict';

/** What this process may use: container quotas included. */

const os = require('node:os');
const binding = require('./native');

/** Processors. */
function cpuCount() {
  return Math.max(1, Math.min(os.availableParallelism(), binding.processors()));
}

/** Bytes of memory. */
function memory() {
  const constrained = process.constrainedMemory?.() ?? 0;
  const total = os.totalmem();
  // Without a quota some versions answer 0, others a number larger than there is.
  return constrained > 0 && constrained < total ? constrained : total;
}

/** Bytes of memory that are free. */
function free() {
  return process.availableMemory?.() ?? os.freemem();
}

module.exports = { cpuCount, free, memory };
