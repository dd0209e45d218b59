'use strict';

/**
 * What a light route feels of a heavy one beside it: on the event loop, and with `offload`.
 *
 *     node examples/server                  (measures for some seconds, and ends)
 *     node examples/server --listen 3000    (serves until it is interrupted)
 */

const { once } = require('node:events');
const { parseArgs } = require('node:util');
const autocannon = require('autocannon');

const { Pool } = require('../..');
const { runAsProgram, table, time, UsageError } = require('../support/terminal.js');
const { createApp } = require('./app.js');

/** Some 10 to 20 ms of work. */
const HEAVY = 200_000;
const HEAVY_CONNECTIONS = 8;
const LIGHT_RATE = 200;
const SECONDS = 4;

/**
 * @param {import('autocannon').Options} options
 * @returns {Promise<import('autocannon').Result>}
 */
function load(options) {
  return new Promise((resolve, reject) => {
    autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

/**
 * @param {string} origin
 * @param {string | undefined} heavyPath
 */
async function measured(origin, heavyPath) {
  const [light, heavy] = await Promise.all([
    load({
      url: `${origin}/`,
      connections: 4,
      overallRate: LIGHT_RATE,
      duration: SECONDS,
      ignoreCoordinatedOmission: true,
    }),
    heavyPath &&
      load({ url: origin + heavyPath, connections: HEAVY_CONNECTIONS, duration: SECONDS, timeout: 30 }),
  ]);
  return [
    time(light.latency.p50),
    time(light.latency.p99),
    heavy ? (heavy.requests.total / heavy.duration).toFixed(0) : '',
  ];
}

/** @param {string} origin */
async function compare(origin) {
  const path = `primes/${HEAVY}`;
  console.log(
    `${LIGHT_RATE} light requests a second for ${SECONDS} s, beside ${HEAVY_CONNECTIONS} clients of the heavy route\n`,
  );
  // Warm: code compiled, workers started.
  for (let i = 0; i < 10; i++) await (await fetch(`${origin}/${path}`)).text();
  const rows = [
    ['heavy route', 'light p50', 'light p99', 'heavy answers/s'],
    ['(not asked)', ...(await measured(origin, undefined))],
    ['with offload', ...(await measured(origin, `/${path}`))],
    ['on the event loop', ...(await measured(origin, `/here/${path}`))],
  ];
  console.log(table(rows));
}

async function main() {
  const { values } = parseArgs({ options: { listen: { type: 'string' } } });
  const port = Number(values.listen ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError(`Expected --listen to be a port, got \`${values.listen}\``);
  const pool = new Pool();
  const server = createApp(pool).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const origin = `http://127.0.0.1:${address.port}`;
  if (values.listen === undefined) await compare(origin);
  else {
    console.log(`${origin}/ /primes/${HEAVY} /primes/50/list /here/primes/${HEAVY} /health /metrics`);
    await once(process, 'SIGINT');
  }
  server.close();
  server.closeAllConnections();
  await pool.shutdown();
}

runAsProgram(main);
