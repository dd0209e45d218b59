'use strict';

/**
 * What tasks print. Node hands it to the program piece by piece, the next one when the last has been taken; what a thread
 * still has when it ends is lost.
 */

/**
 * Calls back once all of it has been handed over.
 *
 * @param {() => void} done
 */
function printed(done) {
  let left = 1;
  const one = () => {
    if (--left === 0) done();
  };
  try {
    for (const stream of [process.stdout, process.stderr]) {
      if (stream.writableLength === 0) continue;
      left++;
      stream.write('', one);
    }
  } catch {
    // A task has put something else in their place: what that holds is its affair.
  }
  one();
}

module.exports = { printed };
