'use strict';

/**
 * What the examples need of a terminal and what has nothing to do with tasks: a progress bar, a table, units, and
 * the ways in which a program in a shell is stopped.
 */

const BAR_WIDTH = 30;
const STEPS_WITHOUT_TERMINAL = 5;

/** A mistake in the command line: its message is all that the user needs. */
class UsageError extends Error {}

/**
 * A bar on a terminal; elsewhere (a log, a pipe) a line now and then.
 *
 * @param {string} label
 * @param {number} total
 */
function progress(label, total) {
  const { stderr } = process;
  let done = 0;
  let shown = -1;
  return {
    step() {
      done++;
      const steps = stderr.isTTY ? 100 : STEPS_WITHOUT_TERMINAL;
      const share = Math.floor((done / total) * steps);
      if (share === shown) return;
      shown = share;
      if (stderr.isTTY) {
        const full = Math.round((done / total) * BAR_WIDTH);
        const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
        stderr.write(`\r\x1b[K${label} ${bar} ${share} %`);
      } else {
        stderr.write(`${label}: ${done} of ${total}\n`);
      }
    },
    /** Takes the bar away, whether it is full or not. */
    end() {
      if (stderr.isTTY) stderr.write('\r\x1b[K');
    },
  };
}

/** Words to the left, numbers to the right. @param {string[][]} rows @param {number} [words] columns of words */
function table(rows, words = 1) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i < words ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const count = new Intl.NumberFormat('en').format;

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {number} ms */
const time = (ms) => (ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`);

/**
 * Runs an example as a program: a reader that goes away (`| head`) ends it quietly, a mistake of the user's is one line.
 *
 * @param {() => Promise<void>} main
 */
function runAsProgram(main) {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
      process.exit();
    });
  }
  main().catch((error) => {
    console.error(error instanceof UsageError ? error.message : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  });
}

/**
 * Ctrl-C stops the work in order; a second one ends the process at once, as it would have without this.
 *
 * @param {() => void} stop
 */
function onInterrupt(stop) {
  process.once('SIGINT', () => {
    process.exitCode = 130;
    stop();
    console.error('interrupted');
  });
}

module.exports = { progress, table, count, size, time, onInterrupt, runAsProgram, UsageError };
