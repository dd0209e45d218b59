'use strict';

/** How far it is, as a line on a terminal that is written over and over. */

/** Milliseconds between two looks. */
const EVERY = 100;

class Progress {
  #terminal;
  #total;
  #start = performance.now();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  done = 0;
  failed = 0;
  /** Bytes of the input that have been read. */
  read = 0;

  /**
   * @param {NodeJS.WriteStream} terminal
   * @param {number | undefined} total bytes of the input, where they are known
   * @param {boolean} quiet
   */
  constructor(terminal, total, quiet) {
    this.#terminal = terminal;
    this.#total = total;
    if (quiet || !terminal.isTTY) return;
    this.#timer = setInterval(() => this.#show(), EVERY);
    this.#timer.unref();
  }

  #show() {
    const seconds = (performance.now() - this.#start) / 1000;
    const share = this.#total ? ` of ${Math.floor((100 * this.read) / this.#total)} % read` : '';
    const failed = this.failed > 0 ? `, ${this.failed} failed` : '';
    const rate = Math.round(this.done / seconds);
    this.#terminal.write(`\r\u001b[K${this.done} lines${share}${failed}, ${rate}/s, ${seconds.toFixed(1)} s`);
  }

  /** Makes room for a line of its own. @param {string} text */
  say(text) {
    this.#clear();
    this.#terminal.write(`${text}\n`);
  }

  end() {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#show();
    this.#terminal.write('\n');
    this.#timer = undefined;
  }

  #clear() {
    if (this.#timer !== undefined) this.#terminal.write('\r\u001b[K');
  }
}

module.exports = { Progress };
