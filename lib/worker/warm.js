'use strict';

/**
 * What a spare thread does before it has a seat: V8 compiles a function when it is called first, so the
 * functions that every task needs are called once.
 */

const { Decoder, Encoder } = require('../codec');

const encoder = new Encoder();
encoder.writeArgs([1, 'text', { key: [null, true] }], {});
const decoder = new Decoder();
decoder.reset(encoder.bytes, 0);
decoder.readArgs({});
encoder.position = 0;
encoder.writeValue({ key: 1 });
