'use strict';

/**
 * Copies of frames that outlive the inbox, in memory that is used again.
 *
 * That is for the sake of large buffers that are moved, not of small frames: V8 collects garbage as soon as a thread's
 * buffers come to more than 64 MiB above what there was at least since the last collection. A buffer of 64 MiB
 * may come and go for ever, but not with a new buffer of a few bytes beside it.
 */

/** Larger frames are copied afresh. */
const SIZE = 4096;
/** As many as wait for something at a time, nearly always. */
const MOST = 8;

class SpareFrames {
  /** @type {Uint8Array[]} */
  #spare = [];

  /**
   * @param {Uint8Array} inbox
   * @param {number} start
   * @param {number} end
   * @returns {Uint8Array} the frame is at its beginning
   */
  copy(inbox, start, end) {
    if (end - start > SIZE) return inbox.slice(start, end);
    const frame = this.#spare.pop() ?? new Uint8Array(SIZE);
    frame.set(inbox.subarray(start, end));
    return frame;
  }

  /** Nobody reads the frame any more. @param {Uint8Array} frame */
  free(frame) {
    if (frame.length === SIZE && this.#spare.length < MOST) this.#spare.push(frame);
  }
}

exports.SpareFrames = SpareFrames;
