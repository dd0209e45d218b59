'use strict';

/** The TypeScript of all pages, checked and turned into JavaScript by one run of the compiler. */

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '../..');
const typescript = require.resolve('typescript/package.json');
const tsc = path.join(path.dirname(typescript), require(typescript).bin.tsc);

/**
 * @param {string} folder
 * @param {{ program: import('./blocks').Program, file: string }[]} files
 */
async function compile(folder, files) {
  if (files.length === 0) return { complaints: '', codeOf: () => '' };
  const sources = files.map(({ program, file }) => {
    fs.writeFileSync(file, `${program.parts.map(({ code }) => code).join('\n')}\nexport {};\n`);
    return file;
  });
  const project = path.join(folder, 'tsconfig.json');
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    typeRoots: [path.join(root, 'node_modules/@types')],
  };
  fs.writeFileSync(project, JSON.stringify({ compilerOptions, files: sources }));
  const complaints = await new Promise((resolve) => {
    execFile(
      process.execPath,
      [tsc, '--pretty', 'false', '-p', project],
      { cwd: root },
      (error, stdout, stderr) => {
        resolve(error ? `${stdout}${stderr}` || String(error) : '');
      },
    );
  });
  return {
    complaints: /** @type {string} */ (complaints),
    /** @param {string} file */
    codeOf: (file) => fs.readFileSync(file, 'utf8'),
  };
}

module.exports = { compile };
