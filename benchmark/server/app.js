'use strict';

/** The server under test, in a process of its own: `node app.js <way> <workers>`. It is told what to do by messages. */

const { monitorEventLoopDelay } = require('node:perf_hooks');
const express = require('express');
const { ways } = require('./ways.js');

const [, , way, workers] = process.argv;
const { handler, close } = ways[way].open(Number(workers));

const app = express();
// At the end, requests whose clients have gone may fail: that is not to be told.
app.set('env', 'test');
app.get('/light', (req, res) => res.json({ now: Date.now() }));
app.get('/heavy/:n', handler);

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let cpu = process.cpuUsage();
let since = performance.now();

const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port });
});

process.on('message', async (order) => {
  if (order === 'begin') {
    delay.reset();
    cpu = process.cpuUsage();
    since = performance.now();
  } else if (order === 'report') {
    const { user, system } = process.cpuUsage(cpu);
    process.send?.({
      // Nanoseconds, and the timer's own millisecond is in it.
      delay: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
      cores: (user + system) / 1000 / (performance.now() - since),
    });
  } else {
    server.close();
    server.closeAllConnections();
    await close();
    process.disconnect?.();
  }
});
