'use strict';

/** Reasons outside a task's own code for which it fails, as the scheduler puts them: `src/scheduler/error.rs`. */

/**
 * @param {string} code
 * @param {string} message
 * @param {object} [facts]
 */
const fact = (code, message, facts) => Buffer.from(JSON.stringify({ code, message, ...facts }));

const failures = {
  /** @param {number} timeout */
  ranTooLong: (timeout) =>
    fact(
      'ERR_TASKLETS_TIMEOUT',
      `the task ran longer than its timeout of ${timeout} ms; allow more, or give it less to do`,
      {
        phase: 'run',
        timeout,
      },
    ),
  /** @param {number} timeout */
  waitedTooLong: (timeout) =>
    fact(
      'ERR_TASKLETS_TIMEOUT',
      `the task waited longer than its queueTimeout of ${timeout} ms; allow more, or have more workers`,
      {
        phase: 'queue',
        timeout,
      },
    ),
  /**
   * @param {number} waiting
   * @param {number} limit
   */
  queueFull: (waiting, limit) =>
    fact(
      'ERR_TASKLETS_QUEUE_FULL',
      `the queue is full: ${waiting} tasks are waiting and \`queue.maxSize\` is ${limit}; ` +
        'wait for some to finish, or raise the limit',
      { limit },
    ),
  /**
   * @param {number} waiting
   * @param {number} extra
   * @param {number} limit
   */
  queueBytes: (waiting, extra, limit) =>
    fact(
      'ERR_TASKLETS_QUEUE_FULL',
      `the queue is full: ${waiting} bytes are waiting, ${extra} more came and \`queue.maxBytes\` is ${limit}; ` +
        'wait for some tasks to finish, or raise the limit',
      { limit },
    ),
  abandoned: () =>
    fact(
      'ERR_TASKLETS_SHUTDOWN',
      'the pool was shut down before the task had finished; give `shutdown` a longer `timeout`',
    ),
};

module.exports = { failures };
