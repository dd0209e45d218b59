'use strict';

/**
 * The reviving side of captures, inside a worker. (First cut; the seam is final.)
 *
 *   const reviver = new Reviver({ definition, codec });
 *   const task = reviver.load(definitionId, section, extras);   // section and extras as `Prepared` had them
 *   Reflect.apply(task.fn, task.thisValue, task.args ?? args);  // task.args only when the section held the arguments
 *   reviver.finish(task);                                       // after the task has settled: nothing may leak into the next
 */

const v8 = require('node:v8');
const vm = require('node:vm');

class Reviver {
  #host;
  #functions = new Map();

  constructor(host) {
    this.#host = host;
  }

  load(id, section, extras) {
    let fn = this.#functions.get(id);
    if (fn === undefined) {
      const { text } = v8.deserialize(this.#host.definition(id));
      fn = compile(text, id);
      this.#functions.set(id, fn);
    }
    return { fn, thisValue: undefined, args: undefined, kept: fn };
  }

  finish(task) {}
}

function compile(text, id) {
  const filename = `tasklets:${id}`;
  try {
    const head = '(()=>(';
    return new vm.Script(`${head}${text}\n))`, { filename, columnOffset: -head.length }).runInThisContext()();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const head = '(()=>({';
    const holder = new vm.Script(`${head}${text}\n}))`, { filename, columnOffset: -head.length }).runInThisContext()();
    return Object.values(Object.getOwnPropertyDescriptors(holder))[0].value;
  }
}

module.exports = { Reviver };
