'use strict';

/**
 * What only `postMessage` can carry: SharedArrayBuffers, ports, moved buffers, blobs and the like.
 *
 * Such values of a task are put into a *parcel* at submission, which takes moved ones out of the user's
 * hands. The worker that has claimed the task asks for it, since nobody knows before which worker that
 * will be; a result's parcel is posted before its report, so that it is there when the report is read.
 * Every worker has a port to the pool's owner, who passes on what is for another worker.
 */

const { types } = require('node:util');
const { receiveMessageOnPort } = require('node:worker_threads');

/** @typedef {import('./engine').Engine} Engine */

/**
 * A parcel on its way: of which task, for which isolate or worker, and what is in it.
 *
 * @typedef {{ id: number, of?: number, worker?: number, isolate?: number, content: any, refused?: string,
 *   transfer: any[] }} Posted
 */

/** With so many parcels at hand it is time to see which of them nobody will ask for. */
const MANY = 64;

class Parcels {
  #engine;
  /** Parcels that have come before what they belong to. @type {Map<number, any>} */
  #arrived = new Map();
  /** What waits for its parcel. @type {Map<number, (content: any) => void>} */
  #awaited = new Map();

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /**
   * Packs what cannot travel as bytes, or nothing where there is nothing.
   *
   * @param {unknown[] | null} section of the captured values
   * @param {unknown[]} args of the arguments
   * @param {readonly unknown[]} transfer
   */
  static pack(section, args, transfer) {
    if ((section === null || section.length === 0) && args.length === 0 && transfer.length === 0)
      return undefined;
    const content = { section: section ?? [], args, transfer };
    return structuredClone(content, { transfer: /** @type {any} */ ([...transfer]) });
  }

  /**
   * A worker has asked for the parcel of a task.
   *
   * @param {number} id
   * @param {number} worker
   * @param {any} parcel `undefined` where the task has ended meanwhile
   * @param {boolean} again whether there may be another attempt, which needs it as well
   */
  send(id, worker, parcel, again) {
    const { transfer, ...content } = parcel ?? { transfer: [] };
    const moved = again
      ? transfer.filter((/** @type {unknown} */ value) => !types.isAnyArrayBuffer(value))
      : transfer;
    try {
      this.#post({ id, worker, content: parcel === undefined ? undefined : content, transfer: moved });
    } catch (error) {
      // A port has gone with the attempt before this one.
      this.#post({ id, worker, content: undefined, refused: String(error), transfer: [] });
    }
  }

  /** @param {Posted} posted */
  #post(posted) {
    const { staff, port } = this.#engine;
    const target = staff === undefined ? port : staff.portOf(/** @type {number} */ (posted.worker));
    target?.postMessage(posted, posted.transfer);
  }

  /**
   * A result's report is here; its parcel is, or comes soon.
   *
   * @param {number} id
   * @param {number} worker
   * @param {any} letter
   * @param {(context: any, decoder: any) => void} use
   */
  receive(id, worker, letter, use) {
    const { MAIL } = require('./frames');
    const start = letter.at + MAIL.HEADER;
    const port = this.#engine.staff === undefined ? this.#engine.port : this.#engine.staff.portOf(worker);
    const here = this.#take(id) ?? (port === undefined ? undefined : this.#pull(port, worker, id));
    if (here !== undefined) {
      letter.decoder.reset(letter.bytes, start);
      use({ extras: here.content }, letter.decoder);
      return;
    }
    // The letter is gone by then.
    const bytes = letter.bytes.slice(start, start + letter.view.getUint32(letter.at + MAIL.BODY, true));
    const { underWay } = this.#engine.isolate;
    const late = (/** @type {any} */ content) => {
      const { Decoder } = require('./codec');
      const decoder = new Decoder();
      underWay.delete(late);
      port?.unref();
      decoder.reset(bytes, 0);
      use({ extras: content }, decoder);
    };
    underWay.add(late);
    port?.ref();
    this.#awaited.set(id, late);
  }

  /**
   * A parcel that has come already.
   *
   * @param {number} id
   * @returns {{ content: any } | undefined}
   */
  #take(id) {
    const parcel = this.#arrived.get(id);
    if (parcel !== undefined) this.#arrived.delete(id);
    return parcel;
  }

  /**
   * Takes out of a port what is there already, up to the parcel of a task. It carries other things as well:
   * each goes to where it belongs.
   *
   * @param {import('node:worker_threads').MessagePort} port
   * @param {number} worker
   * @param {number} id
   * @returns {{ content: any } | undefined} the parcel, if it is there
   */
  #pull(port, worker, id) {
    /** @type {Array<{ content: any }>} */
    const found = [];
    this.#awaited.set(id, (content) => found.push({ content }));
    while (found.length === 0) {
      const message = receiveMessageOnPort(port);
      if (message === undefined) break;
      this.#engine.pass(worker, message.message);
    }
    this.#awaited.delete(id);
    return found[0];
  }

  /** @param {Posted} posted */
  #keep({ id, of = id, content }) {
    const { handles } = this.#engine.isolate;
    // Of a task that was cancelled meanwhile no report follows.
    if (handles.get(of) !== undefined) this.#arrived.set(id, { of, content });
    if (this.#arrived.size < MANY) return;
    for (const [known, arrived] of this.#arrived)
      if (handles.get(arrived.of) === undefined) this.#arrived.delete(known);
  }

  /**
   * A parcel has come, for this isolate or for one that only the pool's owner can reach.
   *
   * @param {Posted} posted
   */
  deliver(posted) {
    const { isolate } = this.#engine;
    if (posted.isolate === isolate.id) {
      const waiting = this.#awaited.get(posted.id);
      this.#awaited.delete(posted.id);
      if (waiting === undefined) this.#keep(posted);
      else waiting(posted.content);
      return;
    }
    const { staff } = this.#engine;
    const port =
      posted.worker === undefined ? staff?.portOfIsolate(posted.isolate ?? -1) : staff?.portOf(posted.worker);
    port?.postMessage(posted, posted.transfer);
  }
}

exports.Parcels = Parcels;
