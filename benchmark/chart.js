'use strict';

/**
 * `npm run bench:chart`: an SVG of the figures in `results/latest.json`, or in the file named, beside it.
 *
 * Each case has a row of bars: how many times as good as bare `worker_threads` tasklets and the best pool are, on a
 * logarithmic scale. The colours are readable on white and on black, and the text takes that of the page.
 */

const fs = require('node:fs');
const path = require('node:path');
const { figure } = require('./harness/report.js');

/** @typedef {import('./harness/summary.js').Table} Table */
/** @typedef {{ machine: import('./harness/machine.js').Machine, tables: Table[] }} Results */

const ROW = 46;
const BAR = 13;
const LEFT = 250;
const RIGHT = 170;
const WIDTH = 900;
const TOP = 84;
/** The scale goes from 1/8 to 64 times. */
const [FROM, TO] = [-3, 6];
const BARS = /** @type {const} */ ([
  ['own', 'tasklets', '#2f81f7'],
  ['bestPool', 'the best of the pools', '#d18616'],
]);

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Where a ratio is. @param {number} ratio */
function x(ratio) {
  const place = Math.min(TO, Math.max(FROM, Math.log2(ratio)));
  return LEFT + ((place - FROM) / (TO - FROM)) * (WIDTH - LEFT - RIGHT);
}

/** @param {number} ratio */
const times = (ratio) => `${ratio.toPrecision(ratio < 10 ? 2 : 3)} x`;

/** @param {string} words @param {number} left @param {number} top @param {string} [more] */
const text = (words, left, top, more = '') =>
  `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}"${more}>${escaped(words)}</text>`;

/** @param {Table} table @param {number} row */
function rowOf(table, row) {
  const top = TOP + row * ROW;
  const bare = Number(table.bare);
  const parts = [
    text(table.title.split(/[:(,]/)[0].trim(), LEFT - 12, top + 15, ' text-anchor="end"'),
    text(`${table.label}, ${table.unit}`, LEFT - 12, top + 29, ' text-anchor="end" class="small"'),
  ];
  BARS.forEach(([key, , colour], i) => {
    const value = table[key];
    if (value === undefined) return;
    const ratio = table.better === 'more' ? value / bare : bare / value;
    const [low, high] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
    const y = top + 4 + i * (BAR + 2);
    parts.push(
      `<rect x="${low.toFixed(1)}" y="${y}" width="${Math.max(1.5, high - low).toFixed(1)}" height="${BAR}" rx="2" fill="${colour}"/>`,
      text(`${times(ratio)}  (${figure(value)})`, Math.max(x(1), high) + 6, y + BAR - 2, ' class="small"'),
    );
  });
  return parts.join('\n  ');
}

/** The scale: a line for each factor of two, marked at every other. @param {number} bottom */
function scale(bottom) {
  const lines = [];
  for (let power = FROM; power <= TO; power++) {
    const left = x(2 ** power).toFixed(1);
    const opacity = power === 0 ? 0.9 : 0.2;
    lines.push(
      `<line x1="${left}" x2="${left}" y1="${TOP - 8}" y2="${bottom}" stroke="currentColor" opacity="${opacity}"/>`,
      text(
        power < 0 ? `1/${2 ** -power}` : `${2 ** power}`,
        Number(left),
        TOP - 14,
        ' text-anchor="middle" class="small"',
      ),
    );
  }
  return lines.join('\n  ');
}

/** @param {Results} results */
function draw({ machine, tables }) {
  const rows = tables.filter(
    ({ own, bare }) => own !== undefined && bare !== undefined && own > 0 && bare > 0,
  );
  const bottom = TOP + rows.length * ROW;
  const legend = BARS.map(
    ([, name, colour], i) =>
      `<rect x="${LEFT + i * 110}" y="30" width="12" height="12" rx="2" fill="${colour}"/>${text(name, LEFT + 18 + i * 110, 41)}`,
  );
  const made = `Node.js ${machine.node}, ${machine.cores} cores (${machine.cpu}), ${machine.date.slice(0, 10)}; 2 workers; the figures in brackets are in the unit of the row`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 34}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="tasklets and the best pool beside bare worker_threads">
  <style>
    svg { color: #1f2328; }
    @media (prefers-color-scheme: dark) { svg { color: #e6edf3; } }
    text { fill: currentColor; }
    .small { font-size: 11px; opacity: 0.85; }
  </style>
  ${text('How many times as good as bare worker_threads', LEFT, 18, ' font-weight="600"')}
  ${legend.join('\n  ')}
  ${scale(bottom)}
  ${rows.map(rowOf).join('\n  ')}
  ${text(made, 12, bottom + 22, ' class="small"')}
</svg>
`;
}

const file = path.resolve(process.argv[2] ?? path.join(__dirname, 'results/latest.json'));
const chart = file.replace(/(\.json)?$/, '.svg');
fs.writeFileSync(chart, draw(JSON.parse(fs.readFileSync(file, 'utf8'))));
console.log(`written to ${path.relative('', chart)}`);
