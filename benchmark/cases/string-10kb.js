// What does a string of 10 KB cost there and back?
'use strict';

const { echoCase } = require('../harness/echo.js');
const { times, within } = require('../harness/goals.js');

const SIZE = 10 * 1024;

module.exports = echoCase({
  title: 'a string of 10 KB, 64 in flight',
  payload: 'The quick brown fox. '.repeat(SIZE).slice(0, SIZE),
  inFlight: 64,
  probe: (value) => value.length === SIZE,
  goals: [times('rate', 2, 'bestPool'), within('rate', 0, 'bare')],
});
