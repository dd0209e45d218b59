'use strict';

/**
 * What does a light route feel of a heavy one beside it, and how much of the heavy one gets done?
 *
 *     node benchmark/server [--seconds 8] [--rounds 1] [--onto file] [--json file] [--quick]
 *     node benchmark/server/chart.js file chart.svg
 *
 * Each way to answer the heavy route is a server of its own, in a process of its own, one after the other. Light
 * requests come at a fixed rate, heavy ones over connections that ask again as soon as they have their answer. The
 * baseline is the light route of a server that has no heavy requests. Of several rounds, each of which asks every server,
 * the medians count; those of an earlier run count too where they are given by `--onto`.
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { parseArgs } = require('node:util');
const autocannon = require('autocannon');

const { describe } = require('../harness/machine.js');
const { ANSWER, N } = require('./heavy.js');
const { medians } = require('./medians.js');
const { markdown } = require('./table.js');
const { ways } = require('./ways.js');

/** Light requests a second: a few percent of what the server could answer. */
const RATE = 200;
const CLIENTS = 20;
/** Heavy requests under way at any time: several for each worker. */
const HEAVY_CONNECTIONS = 8;

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
 * Light requests as they come from many clients, spread over the second, whether or not those of the others have been
 * answered. One autocannon would send a second's share at once, and count what is slow many times over.
 *
 * @param {string} url
 * @param {number} seconds
 * @returns {Promise<import('autocannon').Result>}
 */
async function evenly(url, seconds) {
  const options = {
    url,
    connections: 1,
    overallRate: RATE / CLIENTS,
    duration: seconds,
    ignoreCoordinatedOmission: true,
    skipAggregateResult: true,
  };
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    await sleep((client * 1000) / CLIENTS);
    return load(options);
  });
  return /** @type {any} */ (autocannon).aggregateResult(await Promise.all(clients), options);
}

/**
 * @param {string} way
 * @param {boolean} withHeavy
 * @param {number} seconds
 */
async function measure(way, withHeavy, seconds) {
  const workers = os.availableParallelism();
  const child = fork(path.join(__dirname, 'app.js'), [way, String(workers)]);
  const [{ port }] = await once(child, 'message');
  const light = `http://127.0.0.1:${port}/light`;
  const heavy = `http://127.0.0.1:${port}/heavy/${N}`;
  // Warm: code compiled, workers started.
  for (let i = 0; i < 4 * workers; i++) await expect(heavy, ANSWER);
  await load({ url: light, connections: 4, amount: 500 });
  child.send('begin');
  const [lights, heavies] = await Promise.all([
    evenly(light, seconds),
    withHeavy
      ? load({ url: heavy, connections: HEAVY_CONNECTIONS, duration: seconds + 1, timeout: 30 })
      : undefined,
  ]);
  child.send('report');
  const [server] = await once(child, 'message');
  child.send('end');
  await once(child, 'exit');
  for (const { errors, non2xx, timeouts } of [lights, heavies ?? lights])
    if (errors + non2xx + timeouts > 0)
      throw new Error(`${way}: ${errors} errors, ${non2xx} refused, ${timeouts} late`);
  return {
    way: withHeavy ? way : 'baseline',
    title: withHeavy ? ways[way].title : 'no heavy requests',
    light: {
      p50: lights.latency.p50,
      p99: lights.latency.p99,
      max: lights.latency.max,
      answers: lights['2xx'],
    },
    delay: server.delay,
    heavy:
      heavies === undefined
        ? null
        : { perSecond: heavies.requests.total / heavies.duration, p99: heavies.latency.p99 },
    cores: server.cores,
  };
}

/**
 * @param {string} url
 * @param {number} answer
 */
async function expect(url, answer) {
  const response = await fetch(url);
  const value = await response.json();
  if (value !== answer) throw new Error(`${url} answered ${response.status} ${JSON.stringify(value)}`);
}

/** One round. @param {number} seconds */
async function everyWay(seconds) {
  const results = [await measure('tasklets', false, seconds)];
  for (const way of Object.keys(ways)) results.push(await measure(way, true, seconds));
  return results;
}

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      onto: { type: 'string' },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds ?? (values.quick ? 1 : 8));
  const rounds = values.onto === undefined ? [] : JSON.parse(fs.readFileSync(values.onto, 'utf8')).rounds;
  for (let round = 0; round < Number(values.rounds); round++) rounds.push(await everyWay(seconds));
  const used = ['express', 'piscina', 'autocannon'].map((name) => ({ package: name }));
  const report = {
    machine: describe(/** @type {any} */ (used)),
    setup: {
      seconds,
      rate: RATE,
      heavyConnections: HEAVY_CONNECTIONS,
      workers: os.availableParallelism(),
      n: N,
    },
    results: medians(rounds),
    rounds,
  };
  console.log(markdown(report));
  if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

main();
