'use strict';

// Values as bytes, from one isolate to another. What crosses, and what comes out of it, is that of
// `structuredClone`; besides, `Buffer` stays a `Buffer`, a view carries its own range instead of the
// whole buffer, and errors keep their class and properties. tags.js describes the bytes.
//
// A value that cannot cross is refused while it is written, with a `SerializationError` that names
// the path to it; the encoder is then where it was before.
//
// Writing: `writeArgs(array, context)`, `writeValue(value, context)`, `writeError(thrown, context)`.
//
//   root        what the path of a refused value begins with
//   transfer    what is to be moved rather than copied. It is checked, not moved: post it along with
//   extras      a list that the encoder fills with what only `postMessage` can carry. Post it, and give
//               what arrives to the decoder. Without it, such values are refused.
//   attach      takes content of 64 KiB and more that is to be handed over instead of copied; its number
//   onFunction  what to write for a function; `undefined` refuses it
//   onObject    the same for errors and instances of classes; `undefined` writes them as usual
//
// Reading: `reset(bytes, position)`, then `readArgs(context)`, `readValue(context)`, `readError(context)`.
//
//   extras      what the encoder put there, after its journey
//   detach      the ArrayBuffer for a number that `attach` gave, and its length
//   onHook      makes the value for what `onFunction` or `onObject` gave. Where that refers back to the
//               value being made, the place is filled once it is.
//   onEnd       is called when everything has been read, and what refers to something else is in its place
//   mapStack    maps the stack of every error
//
// While a message is written, getters and hooks run foreign code: `encoder.busy` is true then, and
// whoever is to write meanwhile needs another encoder.

const { Decoder } = require('./decoder');
const { Encoder } = require('./encoder');
const { lazy } = require('../lazy');

const { describeError } = lazy(() => require('./describe-thrown'), ['describeError']);

exports.Decoder = Decoder;
exports.Encoder = Encoder;
exports.describeError = describeError;
