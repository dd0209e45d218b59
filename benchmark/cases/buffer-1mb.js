// What does a buffer of 1 MB cost there and back, copied both ways?
'use strict';

const { echoCase } = require('../harness/echo.js');
const { times, within } = require('../harness/goals.js');

const SIZE = 1024 * 1024;

module.exports = echoCase({
  title: 'a buffer of 1 MB, copied, 8 in flight',
  payload: new Uint8Array(SIZE).fill(7),
  inFlight: 8,
  probe: (value) => value.length === SIZE && value[SIZE - 1] === 7,
  goals: [times('rate', 1.3, 'bestPool'), within('rate', 0, 'bare')],
});
