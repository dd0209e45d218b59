'use strict';

/**
 * The command `tasklets`. Codes it ends with: 0 it worked, 1 something failed, 2 it was called wrongly,
 * 130 it was interrupted.
 */

const { UsageError, describe, nearest, parse } = require('./arguments');
const { version } = require('../../package.json');

/** @typedef {import('./arguments').Option} Option */
/** @typedef {{ usage: string, about: string, options: Record<string, Option>, more?: string, main: (options: Record<string, any>, rest: string[]) => Promise<number> }} Command */

/** Each is loaded when it is called. @type {Record<string, () => Command>} */
const COMMANDS = {
  run: () => require('./run'),
  bench: () => require('./bench'),
  doctor: () => require('./doctor'),
};

const HELP = { help: /** @type {Option} */ ({ kind: 'flag', help: 'says this' }) };

function overview() {
  const lines = Object.entries(COMMANDS).map(([name, load]) => `  ${name.padEnd(8)}${load().about}`);
  return `Usage: tasklets <command> [options]

${lines.join('\n')}

  tasklets <command> --help  says more of one
  tasklets --version         says which version this is
`;
}

/** @param {string} name @param {Command} command */
function help(name, { usage, about, options, more }) {
  const text = more === undefined ? '' : `\n${more}\n`;
  return `Usage: tasklets ${name} ${usage}\n\n${about}\n\n${describe({ ...options, ...HELP })}\n${text}`;
}

/** @param {string[]} args @returns {Promise<number>} the code to end with */
async function command([name, ...args]) {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    const near = nearest(name, Object.keys(COMMANDS));
    const hint =
      near === undefined ? `there are ${Object.keys(COMMANDS).join(', ')}` : `did you mean ${near}?`;
    throw new UsageError(`There is no command \`${name}\`; ${hint}`);
  }
  const found = COMMANDS[name]();
  const { options, rest } = parse(args, { ...found.options, ...HELP });
  if (options.help) {
    process.stdout.write(help(name, found));
    return 0;
  }
  return found.main(options, rest);
}

/** @param {string[]} args */
async function main(args) {
  // Whoever reads the output may have had enough (`| head`).
  process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`tasklets: The output cannot be written: ${error.message}\n`);
    process.exit(1);
  });
  try {
    process.exitCode = await command(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`tasklets: ${error.message}\nSee \`tasklets --help\`.\n`);
    process.exitCode = 2;
  }
}

module.exports = { main };
