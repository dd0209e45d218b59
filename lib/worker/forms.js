'use strict';

/** The form of a task, as a worker looks at it: what there is to do before, and how its function is called. */

const { FORM, TASK } = require('../frames');

/** Set in the form of a task whose payload begins with results of others; a flag of its frame. */
const HAS_INPUTS = 256;
const INPUTS_SHIFT = Math.log2(HAS_INPUTS / TASK.INPUTS);
const HAS_PARCEL = FORM.PARCEL | FORM.SECTION_PARCEL;
/** Forms of tasks that cannot begin in the moment in which they are claimed, as a rule. */
const NOT_HERE_YET = HAS_PARCEL | FORM.MODULE;
/** Forms with something ahead of the captured values. */
const AHEAD = FORM.METADATA | HAS_INPUTS;
/** Forms whose function is not simply called. */
const ODD = FORM.CHUNK | FORM.STREAM | HAS_INPUTS;

/** @param {number} flags those of a frame in the inbox */
function formOf(flags) {
  return ((flags >>> 8) & 0xff) | ((flags & TASK.INPUTS) << INPUTS_SHIFT);
}

module.exports = { AHEAD, HAS_INPUTS, HAS_PARCEL, NOT_HERE_YET, ODD, formOf };
