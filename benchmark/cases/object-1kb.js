// What does an object of 60 values, about 1 KB, cost there and back?
'use strict';

const { echoCase } = require('../harness/echo.js');
const { times } = require('../harness/goals.js');

/** Ten orders of six values: names repeat, as they do in rows from a database. */
const payload = {
  orders: Array.from({ length: 10 }, (_, i) => ({
    id: 1000 + i,
    customer: `customer ${i}`,
    price: 19.9 + i,
    paid: i % 2 === 0,
    note: null,
    city: 'Berlin',
  })),
};

module.exports = echoCase({
  title: 'an object of 60 values (1 KB), 64 in flight',
  payload,
  inFlight: 64,
  probe: (value) => value.orders[9].id === 1009,
  goals: [times('rate', 2, 'bestPool'), times('rate', 1.3, 'bare')],
});
