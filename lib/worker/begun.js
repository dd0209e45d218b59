'use strict';

/**
 * The tasks that a worker has begun and that have not ended: the one whose code runs, and those that await something.
 * They say how many more may begin, and are told when they have been cancelled.
 */

const binding = require('../native');
const { WORDS } = require('../frames');

/** @typedef {import('./task').Task} Task */

const { load } = Atomics;

class Begun {
  #isolate;
  #onRoom;
  /** Shared with the scheduler, where they can be. @type {Int32Array | null} */
  #words = null;
  /** Those that await something, by id. @type {Map<number, Task>} */
  #awaiting = new Map();
  /** How many of those that await have limits of their own. */
  #limited = 0;
  /** How many of them have children that are not settled: they await them, and give their places up. */
  #parents = 0;
  /** How many tasks had been cancelled at the last look. */
  #seen = 0;

  /** How many await something. */
  count = 0;
  /** The task whose code runs, or ran last. @type {Task | undefined} */
  present = undefined;
  /** How many may await something. */
  most = 0;

  /**
   * @param {number} isolate
   * @param {() => void} onRoom called when a task has given its place up
   */
  constructor(isolate, onRoom) {
    this.#isolate = isolate;
    this.#onRoom = onRoom;
  }

  /** @param {Int32Array | null} words those that this worker shares with the scheduler, from now on */
  share(words) {
    this.#words = words;
  }

  /** Whether another task may begin. */
  get leavesRoom() {
    // Beside a task with limits nothing else begins, but what it waits for.
    return this.count - this.#parents < (this.#limited > 0 ? 1 : this.most);
  }

  /** @param {Task} task whose function has given a promise */
  await(task) {
    this.count++;
    if (task.limited) this.#limited++;
    this.#awaiting.set(task.id, task);
    task.awaits = true;
    if (task.children > 0) this.#parents++;
  }

  /** @param {Task} task whose promise has been settled */
  leave(task) {
    this.count--;
    if (task.limited) this.#limited--;
    this.#awaiting.delete(task.id);
    task.awaits = false;
    if (task.children > 0) this.#parents--;
  }

  /**
   * A task has submitted another one: while it awaits that, it gives its place up.
   *
   * @param {Task} task
   * @param {Promise<unknown>} child
   */
  adopt(task, child) {
    if (task.children++ === 0 && task.awaits) {
      this.#parents++;
      // The scheduler believes that there is no room here: nobody else would ask for the child.
      this.#onRoom();
    }
    const settled = () => {
      if (--task.children === 0 && task.awaits) this.#parents--;
    };
    child.then(settled, settled);
  }

  /** Finds out which tasks have been cancelled since the last look. */
  look() {
    if (this.#words === null) return;
    const count = load(this.#words, WORDS.CANCELLED);
    if (count === this.#seen) return;
    this.#seen = count;
    for (const id of binding.cancellations(this.#isolate)) {
      const task = this.present?.id === id ? this.present : this.#awaiting.get(id);
      if (task === undefined) continue;
      task.cancelled = true;
      task.context?.abort();
      task.speaker?.stop();
    }
  }

  /**
   * Values that a task has yielded have been taken.
   *
   * @param {number} id
   * @param {number} taken how many in all; -1: no more are wanted
   */
  answer(id, taken) {
    this.#awaiting.get(id)?.speaker?.answer(taken);
  }
}

exports.Begun = Begun;
