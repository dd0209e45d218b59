'use strict';

/** The lines of a stream, with their numbers, read as they are taken. */

/**
 * @param {AsyncIterable<Buffer>} input
 * @param {(bytes: number) => void} [onRead]
 * @returns {AsyncGenerator<{ number: number, text: string }>} without the empty ones
 */
async function* linesOf(input, onRead = () => {}) {
  const decoder = new TextDecoder();
  let number = 0;
  let rest = '';
  for await (const chunk of input) {
    onRead(chunk.length);
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = /** @type {string} */ (parts.pop());
    for (const text of parts) {
      number++;
      if (text.trim() !== '') yield { number, text: text.endsWith('\r') ? text.slice(0, -1) : text };
    }
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield { number: number + 1, text: rest };
}

module.exports = { linesOf };
