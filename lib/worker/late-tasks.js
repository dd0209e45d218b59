'use strict';

/**
 * Tasks that cannot begin in the moment in which they are claimed: a module has to be loaded, or a parcel to be
 * fetched from the submitter, which nobody could send earlier because nobody knew where the task would run.
 */

const binding = require('../native');
const { fetcher } = require('../attached-content');
const { SerializationError } = require('../errors');
const { FORM, TASK } = require('../frames');
const { begin } = require('./begin');
const { HAS_PARCEL, NOT_HERE_YET } = require('./forms');
const { Promise, clearTimeout, setTimeout } = require('./guard');
const { NO_PARCEL } = require('./payloads');
const { SpareFrames } = require('./spare-frames');

/**
 * @typedef {import('./task').Task} Task
 * @typedef {import('./payloads').Parcel} Parcel
 */

/** Milliseconds that a module may take before other tasks begin beside it. */
const LOAD_TIME = 100;

class LateTasks {
  #isolate;
  #tasks;
  #payloads;
  #onParcel;
  #frames = new SpareFrames();
  /** What waits for its parcel, by task. @type {Map<number, (content: any, refused?: string) => void>} */
  #parcels = new Map();

  /**
   * How many parcels are on their way, and modules being loaded. Nothing else begins meanwhile: what follows would stand
   * behind their tasks, however long they take, and could not be taken back any more.
   */
  fetching = 0;

  /**
   * @param {number} isolate
   * @param {InstanceType<typeof import('./tasks').Tasks>} tasks
   * @param {InstanceType<typeof import('./payloads').Payloads>} payloads
   * @param {() => void} onParcel called when a task goes on that had to wait
   */
  constructor(isolate, tasks, payloads, onParcel) {
    this.#isolate = isolate;
    this.#tasks = tasks;
    this.#payloads = payloads;
    this.#onParcel = onParcel;
  }

  /**
   * Whether a task is late. One of a module that has been loaded, and that brings all else along, begins like any other:
   * were it put off for a moment, those behind it would have begun as well by then, and could not go elsewhere.
   *
   * @param {Task} task one whose form is among `NOT_HERE_YET`
   */
  isLate({ form, definition }) {
    return (form & NOT_HERE_YET) !== FORM.MODULE || this.#tasks.loaded(definition) === undefined;
  }

  /**
   * Begins a task when all of it is here.
   *
   * @param {Task} task
   * @param {{ bytes: Uint8Array, view: DataView }} inbox is filled anew before that
   * @param {number} at where the task is in it
   */
  async begin(task, { bytes, view }, at) {
    const frame = this.#frames.copy(bytes, at, at + view.getUint32(at + TASK.LENGTH, true));
    const hasParcel = (task.form & HAS_PARCEL) !== 0;
    const parcel = hasParcel ? await this.#fetch(task) : NO_PARCEL;
    // Behind what the task does in this very moment.
    if (hasParcel) this.#onParcel();
    if (task.form & FORM.MODULE && this.#tasks.loaded(task.definition) === undefined) await this.#load(task);
    this.#payloads.open(task, frame, new DataView(frame.buffer), TASK.HEADER, parcel);
    const detach = fetcher(() => task.id, false);
    const args = this.#payloads.readArgs(task, { extras: parcel.args, detach });
    this.#frames.free(frame);
    return begin(task, args);
  }

  /**
   * Loads the module of a task. One that takes long may be waiting for other tasks itself: those may begin then.
   *
   * @param {Task} task
   */
  async #load({ definition }) {
    this.fetching++;
    let isHeld = true;
    const free = () => {
      if (!isHeld) return;
      isHeld = false;
      this.fetching--;
      this.#onParcel();
    };
    const late = setTimeout(free, LOAD_TIME);
    try {
      await this.#tasks.module(definition);
    } finally {
      clearTimeout(late);
      free();
    }
  }

  /**
   * Asks the submitter for what could not travel as bytes.
   *
   * @param {Task} task
   * @returns {Promise<Parcel>}
   */
  #fetch({ id, owner }) {
    this.fetching++;
    return new Promise((resolve, reject) => {
      const arrived = (/** @type {any} */ content, reason = 'the task has ended') => {
        this.fetching--;
        if (content !== undefined) resolve(content);
        else reject(new SerializationError(`What was to be moved to the task cannot be: ${reason}`));
      };
      if (binding.wantParcel(this.#isolate, owner, id)) this.#parcels.set(id, arrived);
      else arrived(undefined);
    });
  }

  /**
   * A parcel has come.
   *
   * @param {{ id: number, content: any, refused?: string }} message
   */
  deliver({ id, content, refused }) {
    const arrived = this.#parcels.get(id);
    this.#parcels.delete(id);
    arrived?.(content, refused);
  }
}

exports.LateTasks = LateTasks;
