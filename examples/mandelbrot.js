'use strict';

/**
 * Renders a part of the Mandelbrot set in tiles, on all cores, and writes a PNG.
 *
 *     node examples/mandelbrot.js [--size 1280x800] [--out mandelbrot.png]
 */

const fs = require('node:fs/promises');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { run, shutdown } = require('..');
const { png } = require('./support/png.js');
const { progress, table, time, onInterrupt, runAsProgram, UsageError } = require('./support/terminal.js');

/** Where to look: a small set of its own among the sea horses. */
const VIEW = { x: -0.7436431, y: 0.1318264, width: 0.00018, iterations: 3000 };
/** Each pixel is the mean of so many points by so many: edges get smooth. */
const SAMPLES = 2;
const TILE = 64;
const LARGEST_SIDE = 16_384;

/** @typedef {{ left: number, top: number, width: number, height: number }} Tile in pixels */
/** @typedef {{ width: number, height: number }} Size */

/** How fast a point runs away, without steps: 0 for never. @param {number} cx @param {number} cy */
function escape(cx, cy) {
  let x = 0;
  let y = 0;
  for (let i = 0; i < VIEW.iterations; i++) {
    const xx = x * x;
    const yy = y * y;
    if (xx + yy > 256) return i + 1 - Math.log2(Math.log2(xx + yy) / 2);
    y = 2 * x * y + cy;
    x = xx - yy + cx;
  }
  return 0;
}

/** Night blue, gold, ivory and back, each in its own rhythm. @param {number} speed @param {number} phase */
function wave(speed, phase) {
  return 255 * (0.5 - 0.5 * Math.cos(6.283 * (0.42 * Math.log2(1 + speed) + phase)));
}

/** The colours of one tile, as red, green and blue bytes. @param {Tile} tile @param {Size} size */
function render(tile, size) {
  const pixels = new Uint8Array(tile.width * tile.height * 3);
  const scale = VIEW.width / size.width;
  const share = 1 / SAMPLES ** 2;
  for (let row = 0, at = 0; row < tile.height; row++) {
    for (let column = 0; column < tile.width; column++, at += 3) {
      let [red, green, blue] = [0, 0, 0];
      for (let sample = 0; sample < SAMPLES ** 2; sample++) {
        const x = tile.left + column + (sample % SAMPLES) / SAMPLES;
        const y = tile.top + row + Math.floor(sample / SAMPLES) / SAMPLES;
        const speed = escape(VIEW.x + (x - size.width / 2) * scale, VIEW.y - (y - size.height / 2) * scale);
        if (speed === 0) continue;
        red += wave(speed, 0.05) * share;
        green += wave(speed, 0.98) * share;
        blue += wave(speed, 0.88) * share;
      }
      pixels[at] = red;
      pixels[at + 1] = green;
      pixels[at + 2] = blue;
    }
  }
  return pixels;
}

/** @param {Size} size @returns {Tile[]} */
function tilesOf({ width, height }) {
  const tiles = [];
  for (let top = 0; top < height; top += TILE) {
    for (let left = 0; left < width; left += TILE) {
      tiles.push({ left, top, width: Math.min(TILE, width - left), height: Math.min(TILE, height - top) });
    }
  }
  return tiles;
}

/** Puts a tile where it belongs. @param {Uint8Array} picture @param {Size} size @param {Tile} tile @param {Uint8Array} pixels */
function paste(picture, size, tile, pixels) {
  const stride = tile.width * 3;
  for (let row = 0; row < tile.height; row++) {
    const at = ((tile.top + row) * size.width + tile.left) * 3;
    picture.set(pixels.subarray(row * stride, (row + 1) * stride), at);
  }
}

/**
 * Every tile is a task, submitted at once; each is pasted as it comes. The task takes along what it uses: `tile`, `size`,
 * `render`, and what `render` uses in turn.
 *
 * @param {Size} size
 */
async function onThePool(size) {
  const picture = new Uint8Array(size.width * size.height * 3);
  const tiles = tilesOf(size);
  const bar = progress('on the pool  ', tiles.length);
  const pasted = tiles.map(async (tile) => {
    paste(picture, size, tile, await run(() => render(tile, size)));
    bar.step();
  });
  try {
    await Promise.all(pasted);
  } finally {
    bar.end();
  }
  return picture;
}

/** The same function, in one piece. @param {Size} size */
async function onOneThread(size) {
  return render({ left: 0, top: 0, ...size }, size);
}

/** @param {() => Promise<Uint8Array>} work */
async function measured(work) {
  const started = performance.now();
  const picture = await work();
  return { picture, elapsed: performance.now() - started };
}

/** @returns {{ size: Size, out: string }} */
function optionsFromCommandLine() {
  const usage = 'Usage: node examples/mandelbrot.js [--size WIDTHxHEIGHT] [--out file.png]';
  let values;
  try {
    const options = /** @type {const} */ ({
      size: { type: 'string', default: '1280x800' },
      out: { type: 'string', default: 'mandelbrot.png' },
    });
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new UsageError(`${/** @type {Error} */ (error).message}\n${usage}`);
  }
  const [width, height] = (/^(\d+)x(\d+)$/.exec(values.size) ?? []).slice(1).map(Number);
  const fits = (/** @type {number} */ side) => side >= 1 && side <= LARGEST_SIDE;
  if (!fits(width) || !fits(height)) {
    throw new UsageError(
      `Expected \`--size\` to be like 1280x800, with sides up to ${LARGEST_SIDE}, got \`${values.size}\`\n${usage}`,
    );
  }
  return { size: { width, height }, out: path.resolve(values.out) };
}

async function main() {
  const { size, out } = optionsFromCommandLine();
  const refuse = (/** @type {Error} */ error) => {
    throw new UsageError(`Cannot write the picture: ${error.message}`);
  };
  // Asked before the work, so that a place that cannot be written to is known at once.
  await fs.access(path.dirname(out), fs.constants.W_OK).catch(refuse);

  let interrupted = false;
  onInterrupt(() => {
    interrupted = true;
    shutdown({ timeout: 0, cancelPending: true });
  });
  const pool = await measured(() => onThePool(size)).catch((error) => {
    if (!interrupted) throw error;
  });
  await shutdown();
  if (!pool) return;

  await fs.writeFile(out, png(pool.picture, size.width, size.height)).catch(refuse);
  console.log(`${out}: ${size.width} x ${size.height}`);

  const one = await measured(() => onOneThread(size));
  const rows = [
    ['one thread', time(one.elapsed), '1.00 x'],
    ['tasklets', time(pool.elapsed), `${(one.elapsed / pool.elapsed).toFixed(2)} x`],
  ];
  console.log(table([['', 'time', 'speed'], ...rows]));
  if (Buffer.compare(pool.picture, one.picture) !== 0)
    throw new Error('The pool and the single thread disagree');
}

runAsProgram(main);
