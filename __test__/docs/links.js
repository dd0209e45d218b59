'use strict';

/** Links between pages: the files that they name, and the headings in them. */

const fs = require('node:fs');
const path = require('node:path');

/**
 * The anchors that GitHub gives the headings of a page.
 *
 * @param {string} text
 */
function anchorsOf(text) {
  const counts = new Map();
  const anchors = new Set();
  for (const [, heading] of withoutCode(text).matchAll(/^#{1,6}\s+(.*?)\s*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const base = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    anchors.add(count === 0 ? base : `${base}-${count}`);
  }
  return anchors;
}

/** @param {string} text */
function withoutCode(text) {
  return text.replace(/^([ \t]*)(`{3,})[^]*?^\1\2[ \t]*$/gm, '');
}

/**
 * @param {string} file
 * @returns {string[]} what leads nowhere
 */
function brokenLinks(file) {
  const text = fs.readFileSync(file, 'utf8');
  const prose = withoutCode(text).replace(/`[^`\n]*`/g, '');
  const broken = [];
  for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [name, anchor] = target.split('#');
    const to = name === '' ? file : path.resolve(path.dirname(file), name);
    if (!fs.existsSync(to)) broken.push(target);
    else if (
      anchor !== undefined &&
      to.endsWith('.md') &&
      !anchorsOf(fs.readFileSync(to, 'utf8')).has(anchor)
    )
      broken.push(target);
  }
  return broken;
}

module.exports = { brokenLinks };
