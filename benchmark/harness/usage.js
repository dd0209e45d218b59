'use strict';

const fs = require('node:fs');
const { setImmediate: turn } = require('node:timers/promises');

const SCHEDSTAT = `/proc/self/task/${process.pid}/schedstat`;

/**
 * The CPU time that the main thread has used so far, in microseconds; `undefined` where it cannot be told.
 * Linux knows it to the nanosecond; elsewhere Node does, from 23.9 on.
 */
function mainThreadCpu() {
  try {
    return Number(fs.readFileSync(SCHEDSTAT, 'latin1').split(' ', 1)[0]) / 1000;
  } catch {
    // Not a Linux with scheduler statistics.
  }
  const { threadCpuUsage } = /** @type {{ threadCpuUsage?: () => { user: number, system: number } }} */ (
    process
  );
  if (!threadCpuUsage) return undefined;
  const { user, system } = threadCpuUsage.call(process);
  return user + system;
}

/** The resident memory of the process in bytes, after everything that can go has gone. */
async function residentMemory() {
  for (let i = 0; i < 3; i++) {
    global.gc?.();
    await turn();
  }
  return process.memoryUsage.rss();
}

module.exports = { mainThreadCpu, residentMemory };
