'use strict';

/**
 * Tests the package as users get it: packed, installed in empty folders, bundled, under test runners, in the layouts
 * of other package managers.
 *
 *     node scripts/test-package.js [part of a name]...
 *
 * Bundlers, test runners and package managers are installed into a temporary folder first.
 */

const { tarballs } = require('./package/tools');

const groups = [
  require('./package/node'),
  require('./package/bundlers'),
  require('./package/runners'),
  require('./package/layouts'),
];

async function main() {
  const wanted = process.argv.slice(2);
  const packed = await tarballs();
  let failed = 0;
  for (const { checks } of groups) {
    for (const [name, check] of Object.entries(checks)) {
      if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
      const start = performance.now();
      try {
        const said = await check(packed);
        const time = ((performance.now() - start) / 1000).toFixed(1);
        console.log(`ok      ${name}${said === undefined ? '' : `: ${said}`} (${time} s)`);
      } catch (error) {
        failed++;
        console.log(`FAILED  ${name}\n${error instanceof Error ? error.stack : error}`);
      }
    }
  }
  process.exitCode = failed > 0 ? 1 : 0;
}

main();
