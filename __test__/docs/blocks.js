'use strict';

/**
 * The code of a page: its fenced blocks, put together into programs.
 *
 * A comment ahead of a block, which readers do not see, says what is to be known of it:
 *
 *   <!-- example: continues -->            goes on where the block before it has ended
 *   <!-- example: file work.mjs -->        is written to that file, for the programs of the page to load
 *   <!-- example: skip, <reason> -->       is not run, for that reason
 *   <!-- example: fails ERR_... -->        ends with that error's code, or name
 *   <!-- example: tests -->                is a file of tests: it is run by `node --test`
 *   <!-- example: flags --expose-gc -->    is run with these flags of Node
 */

const LANGUAGES = new Map([
  ['js', 'js'],
  ['javascript', 'js'],
  ['cjs', 'js'],
  ['mjs', 'mjs'],
  ['ts', 'ts'],
  ['typescript', 'ts'],
  ['mts', 'ts'],
]);

/**
 * @typedef {object} Block
 * @property {string} page
 * @property {number} line of the fence, from 1
 * @property {string} language `js`, `mjs` or `ts`
 * @property {string} code
 * @property {string[]} notes what comments ahead of it say
 */

/**
 * The blocks of a page that are code.
 *
 * @param {string} page
 * @param {string} text
 * @returns {Block[]}
 */
function blocksOf(page, text) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {string[]} */
  let notes = [];
  /** @type {{ mark: string, indent: number, language: string, line: number, lines: string[] } | undefined} */
  let open;
  text.split('\n').forEach((line, index) => {
    const fence = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)/.exec(line);
    if (open !== undefined) {
      if (fence !== null && fence[2].startsWith(open.mark) && fence[3] === '') {
        const language = LANGUAGES.get(open.language);
        if (language !== undefined)
          blocks.push({ page, line: open.line, language, code: open.lines.join('\n'), notes });
        notes = [];
        open = undefined;
      } else {
        open.lines.push(line.slice(open.indent));
      }
      return;
    }
    if (fence !== null) {
      open = { mark: fence[2], indent: fence[1].length, language: fence[3], line: index + 1, lines: [] };
      return;
    }
    const note = /^\s*<!--\s*example:\s*(.*?)\s*-->\s*$/.exec(line);
    if (note !== null) notes.push(note[1]);
    else if (line.trim() !== '') notes = [];
  });
  return blocks;
}

/**
 * @typedef {object} Program
 * @property {string} name page and line
 * @property {string} page
 * @property {number} line
 * @property {string} language
 * @property {{ line: number, code: string }[]} parts
 * @property {string | undefined} file
 * @property {string | undefined} skip why it is not run
 * @property {string | undefined} fails
 * @property {boolean} tests
 * @property {string[]} flags
 */

/**
 * @param {Block[]} blocks of one page
 * @returns {Program[]}
 */
function programsOf(blocks) {
  /** @type {Program[]} */
  const programs = [];
  for (const { page, line, language, code, notes } of blocks) {
    const told = (/** @type {string} */ word) =>
      notes.find((note) => note === word || note.startsWith(`${word} `) || note.startsWith(`${word},`));
    const rest = (/** @type {string} */ word) =>
      told(word)
        ?.slice(word.length)
        .replace(/^,?\s*/, '');
    if (told('continues') !== undefined) {
      const before = programs.findLast(({ file, skip }) => file === undefined && skip === undefined);
      if (before === undefined || before.language !== language)
        throw new Error(`${page}:${line} continues nothing of its language`);
      before.parts.push({ line, code });
      before.fails ??= rest('fails');
      continue;
    }
    programs.push({
      name: `${page}:${line}`,
      page,
      line,
      language,
      parts: [{ line, code }],
      file: rest('file'),
      skip: rest('skip'),
      fails: rest('fails'),
      tests: told('tests') !== undefined,
      flags: rest('flags')?.split(/\s+/) ?? [],
    });
  }
  return programs;
}

module.exports = { blocksOf, programsOf };
