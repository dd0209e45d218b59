// What does an object of a Map, a Set, a Date and a BigInt cost there and back?
'use strict';

const { echoCase } = require('../harness/echo.js');
const { times } = require('../harness/goals.js');

const payload = {
  byName: new Map(Array.from({ length: 10 }, (_, i) => [`key ${i}`, i])),
  tags: new Set(['red', 'green', 'blue', 4, 5]),
  at: new Date(1_700_000_000_000),
  balance: 123_456_789_012_345_678_901n,
};

module.exports = echoCase({
  title: 'an object of Map, Set, Date and BigInt, 64 in flight',
  payload,
  inFlight: 64,
  probe: (value) => value.byName.get('key 9') === 9 && value.balance === payload.balance,
  goals: [times('rate', 1.5, 'bestPool')],
});
