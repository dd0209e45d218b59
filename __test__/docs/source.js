'use strict';

/**
 * The text of a program as it is run: the code of its blocks, line by line where the page has it, with a check wherever
 * a statement is followed by `// → what it gives`.
 *
 *   await run(() => 6 * 7); // → 42                      the value, as JavaScript writes it
 *   const sum = await run(add, { args: [1, 2] }); // → 3  the variable's
 *   console.log(sum); // → 3                             what is printed
 *   await run(() => socket); // → ERR_TASKLETS_CAPTURE   the code or the name of the error that it rejects with
 */

const { parse } = require('espree');

const OPTIONS = { ecmaVersion: 'latest', comment: true, loc: true, range: true };
const ARROW = /^\s*→\s*(.*?)\s*$/;

/** What a block may use of the package without saying so again on every page. */
const FACE = Object.keys(require('../..')).filter((name) => name !== 'module' && name !== 'default');

/**
 * @param {import('./blocks').Program} program
 * @returns {string}
 */
function sourceOf({ language, parts }) {
  const code = inPlace(parts);
  const isModule = language !== 'js';
  const tree = parse(code, {
    ...OPTIONS,
    sourceType: isModule ? 'module' : 'commonjs',
    ecmaFeatures: { globalReturn: true },
    ...(isModule ? {} : { sourceType: 'module' }),
  });
  const { checked, lines } = withChecks(code, tree);
  const expect = `globalThis.expectChecks(${JSON.stringify(lines)});`;
  if (isModule) return `${expect} ${checked}\nglobalThis.finished();\n`;
  // Everything in the first line, so that lines stay what they are.
  const names = FACE.filter((name) => !declares(tree, name));
  const face = names.length === 0 ? '' : `const { ${names.join(', ')} } = require('tasklets'); `;
  return `'use strict'; ${face}${expect}(async () => { ${checked}\n})().then(globalThis.finished, globalThis.failed);\n`;
}

/** @param {{ line: number, code: string }[]} parts each at the line that it has in its page */
function inPlace(parts) {
  let text = '';
  let at = 0;
  for (const { line, code } of parts) {
    text += '\n'.repeat(line - at) + code;
    at = line + code.split('\n').length - 1;
  }
  return text;
}

/**
 * @param {any} tree
 * @param {string} name
 */
function declares(tree, name) {
  return tree.body.some((/** @type {any} */ statement) => {
    if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration')
      return statement.id.name === name;
    if (statement.type !== 'VariableDeclaration') return false;
    return statement.declarations.some((/** @type {any} */ { id }) => namesIn(id).includes(name));
  });
}

/**
 * The names that a pattern declares.
 *
 * @param {any} pattern
 * @returns {string[]}
 */
function namesIn(pattern) {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((/** @type {any} */ each) => namesIn(each.value ?? each.argument));
    case 'ArrayPattern':
      return pattern.elements.flatMap(namesIn);
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    default:
      return [];
  }
}

/**
 * @param {string} code
 * @param {any} tree
 */
function withChecks(code, tree) {
  const edits = [];
  const lines = [];
  const statements = statementsIn(tree);
  for (const comment of tree.comments) {
    const arrow = comment.type === 'Line' ? ARROW.exec(comment.value) : null;
    if (arrow === null) continue;
    const line = comment.loc.start.line;
    const statement = statements.findLast(({ end, loc }) => end <= comment.start && loc.end.line === line);
    if (statement === undefined)
      throw new Error(`Line ${line}: nothing ends ahead of \`//${comment.value}\``);
    lines.push(statement.loc.end.line);
    edits.push(checkOf(statement, arrow[1], code));
  }
  let checked = code;
  for (const { start, end, text } of edits.sort((a, b) => b.start - a.start))
    checked = checked.slice(0, start) + text + checked.slice(end);
  return { checked, lines };
}

/**
 * All statements, inner ones too, in the order of their ends.
 *
 * @param {any} node
 * @returns {any[]}
 */
function statementsIn(node) {
  /** @type {any[]} */
  const found = [];
  const visit = (/** @type {any} */ each) => {
    if (each === null || typeof each !== 'object') return;
    if (Array.isArray(each)) {
      each.forEach(visit);
      return;
    }
    if (typeof each.type !== 'string') return;
    if (each.type === 'ExpressionStatement' || each.type === 'VariableDeclaration') found.push(each);
    for (const [key, value] of Object.entries(each)) if (key !== 'comments' && key !== 'tokens') visit(value);
  };
  visit(node.body);
  return found.sort((a, b) => a.end - b.end || b.start - a.start);
}

/**
 * @param {any} statement
 * @param {string} expected
 * @param {string} code
 */
function checkOf(statement, expected, code) {
  const { start, end } = statement;
  const want = JSON.stringify(expected);
  const { line } = statement.loc.end;
  if (statement.type === 'VariableDeclaration') {
    const names = statement.declarations.flatMap((/** @type {any} */ { id }) => namesIn(id));
    const value = names.length === 1 ? names[0] : `[${names.join(', ')}]`;
    return { start: end, end, text: ` globalThis.check(${line}, ${want}, ${value});` };
  }
  const { expression } = statement;
  const text = (/** @type {any} */ node) => code.slice(node.start, node.end);
  if (isLog(expression)) {
    const args = expression.arguments.map(text).join(', ');
    return { start, end, text: `globalThis.checkPrinted(${line}, ${want}, ${args});` };
  }
  if (/^[A-Z]\w*Error$|^E[A-Z_]{4,}$/.test(expected)) {
    const inner = expression.type === 'AwaitExpression' ? expression.argument : expression;
    return {
      start,
      end,
      text: `await globalThis.checkFailure(${line}, ${want}, async () => ${text(inner)});`,
    };
  }
  return { start, end, text: `globalThis.check(${line}, ${want}, ${text(expression)});` };
}

/** @param {any} expression */
function isLog(expression) {
  const { type, callee } = expression;
  return type === 'CallExpression' && callee.object?.name === 'console' && callee.property?.name === 'log';
}

module.exports = { sourceOf };
