'use strict';

/** How TypeDoc makes the site: the API from the types, and the pages, in the order in which they are best read. */

const fs = require('node:fs');
const path = require('node:path');

const folder = path.join(__dirname, '..');
const ORDER = [
  'tutorial',
  'closures',
  'errors',
  'cancelling',
  'streams',
  'graphs',
  'command',
  'servers',
  'typescript',
  'testing',
  'bundlers',
  'deployment',
  'performance',
  'troubleshooting',
  'migration',
  'comparison',
];

const names = fs
  .readdirSync(folder)
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .map((name) => path.basename(name, '.md'));
// A page that nobody has put into the order comes last.
const place = (/** @type {string} */ name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
const pages = names.sort((a, b) => place(a) - place(b)).map((name) => path.join(folder, `${name}.md`));

const root = path.join(folder, '..');

module.exports = {
  name: 'tasklets',
  entryPoints: ['index', 'express', 'fastify', 'testing'].map((name) => path.join(root, `${name}.d.ts`)),
  tsconfig: path.join(__dirname, 'tsconfig.json'),
  out: path.join(root, 'site'),
  readme: path.join(root, 'README.md'),
  projectDocuments: [
    ...pages,
    ...['CHANGELOG.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].map((name) => path.join(root, name)),
  ],
  highlightLanguages: [
    'bash',
    'diff',
    'dockerfile',
    'javascript',
    'json',
    'sh',
    'sql',
    'toml',
    'typescript',
    'yaml',
  ],
  excludeExternals: true,
  hideGenerator: true,
  sort: ['source-order'],
  navigation: { includeGroups: false },
  validation: { notExported: false, invalidLink: true },
  treatWarningsAsErrors: true,
};
