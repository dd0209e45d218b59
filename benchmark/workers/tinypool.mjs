import Tinypool from 'tinypool';
import tasks from '../tasks.js';

export const { trivial, trivialAll, echo, fib, identify, hold } = tasks;
export const move = (/** @type {ArrayBuffer} */ buffer) => Tinypool.move(buffer);
