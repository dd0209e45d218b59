'use strict';

/**
 * The handles of the tasks that this isolate has submitted, by id.
 *
 * Ids come in order and leave nearly in order, so neighbours share a page: a page is found once for
 * many, and one that is empty goes. A task that stays for long keeps a small page only.
 */

const PAGE = 256;

/** @template T */
class Page {
  used = 0;
  /** @type {(T | undefined)[]} */
  slots = new Array(PAGE).fill(undefined);
}

/** @template T */
class Handles {
  /** @type {Map<number, Page<T>>} */
  #pages = new Map();
  #lastNumber = -1;
  /** @type {Page<T> | undefined} */
  #last = undefined;

  size = 0;

  /** @param {number} number */
  #page(number) {
    if (number === this.#lastNumber) return this.#last;
    const page = this.#pages.get(number);
    if (page !== undefined) {
      this.#lastNumber = number;
      this.#last = page;
    }
    return page;
  }

  /**
   * @param {number} id
   * @param {T} handle
   */
  add(id, handle) {
    const number = Math.floor(id / PAGE);
    let page = this.#page(number);
    if (page === undefined) {
      page = new Page();
      this.#pages.set(number, page);
      this.#lastNumber = number;
      this.#last = page;
    }
    page.slots[id % PAGE] = handle;
    page.used++;
    this.size++;
  }

  /**
   * @param {number} id
   * @returns {T | undefined}
   */
  get(id) {
    return this.#page(Math.floor(id / PAGE))?.slots[id % PAGE];
  }

  /**
   * Takes a handle out.
   *
   * @param {number} id
   * @returns {T | undefined}
   */
  take(id) {
    const number = Math.floor(id / PAGE);
    const page = this.#page(number);
    const handle = page?.slots[id % PAGE];
    if (page === undefined || handle === undefined) return undefined;
    page.slots[id % PAGE] = undefined;
    this.size--;
    if (--page.used === 0) {
      this.#pages.delete(number);
      this.#lastNumber = -1;
      this.#last = undefined;
    }
    return handle;
  }

  *[Symbol.iterator]() {
    for (const page of this.#pages.values()) {
      for (const handle of page.slots) if (handle !== undefined) yield handle;
    }
  }
}

exports.Handles = Handles;
