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
  /** What is there of a line: joined once, however many chunks it takes. @type {string[]} */
  let pieces = [];
  for await (const chunk of input) {
    onRead(chunk.length);
    const [end, ...parts] = decoder.decode(chunk, { stream: true }).split('\n');
    pieces.push(end);
    for (const part of parts) {
      const text = pieces.join('');
      pieces = [part];
      number++;
      if (text.trim() !== '') yield { number, text: text.endsWith('\r') ? text.slice(0, -1) : text };
    }
  }
  const rest = pieces.join('') + decoder.decode();
  if (rest.trim() !== '') yield { number: number + 1, text: rest };
}

module.exports = { linesOf };
