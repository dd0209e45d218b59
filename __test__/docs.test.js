'use strict';

/**
 * Every piece of code in README.md and under docs/ is run, and every link is followed: what a page says is so.
 * How code says what comes out of it is told in docs/site/writing.md.
 */

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, describe, it } = require('node:test');
const { blocksOf, programsOf } = require('./docs/blocks');
const { brokenLinks } = require('./docs/links');
const { sourceOf } = require('./docs/source');
const { compile } = require('./docs/typescript');

const root = path.join(__dirname, '..');
/** Inside the package, so that `tasklets` and the tools for development are found. */
const workshop = fs.mkdtempSync(path.join(root, '.examples-'));
after(() => fs.rmSync(workshop, { recursive: true, force: true }));

const pages = [
  'README.md',
  ...fs
    .readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];
const read = (/** @type {string} */ page) => fs.readFileSync(path.join(root, page), 'utf8');
const programs = pages.flatMap((page) => programsOf(blocksOf(page, read(page))));
const toRun = programs.filter(({ skip, file }) => skip === undefined && file === undefined);

const folderOf = (/** @type {string} */ page) => path.join(workshop, page.replace(/\W/g, '-'));
const EXTENSIONS = { js: 'cjs', mjs: 'mjs', ts: 'mts' };

for (const page of pages) fs.mkdirSync(folderOf(page));
for (const { file, page, parts } of programs)
  if (file !== undefined) fs.writeFileSync(path.join(folderOf(page), file), `${parts[0].code}\n`);

/** @type {(program: import('./docs/blocks').Program) => string} */
const fileOf = ({ page, line, language, tests }) =>
  path.join(
    folderOf(page),
    `line-${line}${tests ? '.test' : ''}.${EXTENSIONS[/** @type {'js'} */ (language)]}`,
  );

/** The TypeScript of all pages is compiled together. */
const compiled = compile(
  workshop,
  toRun.filter(({ language }) => language === 'ts').map((program) => ({ program, file: fileOf(program) })),
);

/**
 * @param {string} file
 * @param {string} folder
 * @param {string[]} flags
 * @returns {Promise<{ code: number, output: string }>}
 */
function node(file, folder, flags) {
  const command = ['--require', path.join(__dirname, 'docs/checks.js'), ...flags, file];
  // A runner that finds itself inside another one does not speak to people.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: folder, timeout: 300_000, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: `${stdout}${stderr}` });
    });
  });
}

/** @param {import('./docs/blocks').Program} program */
async function run(program) {
  const { fails, flags, language, page, tests } = program;
  let file = fileOf(program);
  let code;
  if (language === 'ts') {
    const emitted = await compiled;
    file = file.replace(/\.mts$/, '.mjs');
    code = sourceOf({ ...program, parts: [{ line: 0, code: emitted.codeOf(file) }] });
  } else {
    code = sourceOf(program);
  }
  fs.writeFileSync(file, code);
  const result = await node(file, folderOf(page), tests ? ['--test', ...flags] : flags);
  if (fails === undefined) assert.equal(result.code, 0, result.output);
  else assert.match(result.output, new RegExp(`\\b${fails}\\b`));
}

describe('the code of the pages', { concurrency: 2 }, () => {
  for (const program of toRun) it(`${program.name} runs`, () => run(program));

  it('compiles, where it is TypeScript', async () => {
    assert.equal((await compiled).complaints, '');
  });

  it('is skipped for a reason, and seldom', () => {
    const skipped = programs.filter(({ skip }) => skip !== undefined);
    for (const { name, skip } of skipped) assert.ok(String(skip).length >= 10, `${name} gives no reason`);
    assert.ok(skipped.length <= programs.length / 8, `${skipped.length} of ${programs.length} are skipped`);
  });
});

describe('the links of the pages', () => {
  for (const page of pages) {
    it(`${page} leads somewhere`, () => {
      assert.deepEqual(brokenLinks(path.join(root, page)), []);
    });
  }
});

describe('the figures', () => {
  it('in the README are those of the last complete run', () => {
    const { FIGURES, withFigures } = require('../benchmark/readme');
    const text = read('README.md');
    assert.equal(
      withFigures(text, JSON.parse(fs.readFileSync(FIGURES, 'utf8'))),
      text,
      'npm run bench:readme',
    );
  });

  it('of the server under load are those of its last run, in the table and in the chart', () => {
    const { markdown } = require('../benchmark/server/table');
    const { svg } = require('../benchmark/server/chart');
    const report = JSON.parse(read('benchmark/results/server.json'));
    assert.ok(read('docs/servers.md').includes(markdown(report)));
    assert.equal(read('docs/server-load.svg'), svg(report));
  });
});

describe('the lists of the pages', () => {
  it('name all of them', () => {
    const index = read('docs/README.md');
    const config = read('docs/site/typedoc.config.cjs');
    for (const page of pages.filter((name) => !name.endsWith('README.md'))) {
      const name = path.basename(page, '.md');
      assert.ok(index.includes(`(${name}.md)`), `docs/README.md has no line about ${name}`);
      assert.ok(config.includes(`'${name}'`), `${name} has no place in the order of the site`);
    }
  });

  it('have a reference for each entry of the package', () => {
    const { exports } = require('../package.json');
    const { entryPoints } = require('../docs/site/typedoc.config.cjs');
    const { files } = JSON.parse(read('docs/site/tsconfig.json'));
    const typed = Object.values(exports).flatMap(({ types }) => types ?? []);
    const named = (/** @type {string[]} */ list) => list.map((file) => path.basename(file)).sort();
    assert.deepEqual(named(entryPoints), named(typed));
    assert.deepEqual(named(files), named(typed));
  });
});
