'use strict';

/**
 * A server with a light route and a heavy one, which is there twice: as one would write it, and with `offload` around
 * it. The heavy one counts the primes below a number by trying, which nobody should do.
 */

const express = require('express');
const { healthRoute, metricsRoute, offload } = require('../../express');

/** @param {number} n */
function isPrime(n) {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}

/** @param {number} limit */
function primesBelow(limit) {
  let count = 0;
  for (let n = 2; n < limit; n++) if (isPrime(n)) count++;
  return count;
}

/** @param {import('../../index').Pool} pool */
function createApp(pool) {
  const app = express();
  app.get('/', (req, res) => {
    res.json({ time: new Date() });
  });
  app.get('/here/primes/:limit', (req, res) => {
    res.json({ count: primesBelow(Number(req.params.limit)) });
  });
  app.get(
    '/primes/:limit',
    offload(({ params }) => ({ count: primesBelow(Number(params.limit)) }), { pool, timeout: 10_000 }),
  );
  app.get(
    '/primes/:limit/list',
    offload(
      // Sent as it is found, a line each, no faster than the client reads.
      function* ({ params }) {
        for (let n = 2; n < Number(params.limit); n++) if (isPrime(n)) yield { prime: n };
      },
      { pool },
    ),
  );
  app.get('/health', healthRoute({ pool }));
  app.get('/metrics', metricsRoute({ pool }));
  return app;
}

module.exports = { createApp };
