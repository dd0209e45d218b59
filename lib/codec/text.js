'use strict';

const { FLAGS } = require('./tags');
const { LOOP, Writer, wide } = require('./writer');

/** The text is put aside when it has grown to this length, so that it is flattened in pieces. */
const TEXT_PIECE = 8192;

/** The short strings of a message, end to end. */
class Text extends Writer {
  /** @param {number} [size] */
  constructor(size) {
    super(size);
    this.flags = 0;
    /** @type {string[]} what was put aside */
    this.pieces = [];
    /** The rest. */
    this.text = '';
  }

  /** Puts the text aside; short of that, each further string makes the tree of its parts deeper. */
  putTextAside() {
    if (wide.test(this.text)) this.flags |= FLAGS.WIDE_TEXT;
    this.pieces.push(this.text);
    this.text = '';
  }

  writeText() {
    this.flags |= FLAGS.TEXT;
    const { pieces, text } = this;
    let { length } = text;
    this.slack();
    if (pieces.length === 0 && length < LOOP && this.narrow(text)) return;
    for (const piece of pieces) length += piece.length;
    if (wide.test(text)) this.flags |= FLAGS.WIDE_TEXT;
    const isWide = (this.flags & FLAGS.WIDE_TEXT) !== 0;
    this.uint32(length);
    for (const piece of pieces) {
      if (isWide) this.utf16(piece);
      else this.latin1(piece);
    }
    if (isWide) this.utf16(text);
    else this.latin1(text);
  }

  /**
   * Writes a text of a few characters, which is all that most messages have.
   *
   * @param {string} text
   * @returns {boolean} `false`, and nothing is written, if it is wide
   */
  narrow(text) {
    const { length } = text;
    const { bytes, position } = this;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) return false;
      bytes[position + 4 + i] = code;
    }
    this.uint32(length);
    this.position += length;
    return true;
  }
}

exports.Text = Text;
exports.TEXT_PIECE = TEXT_PIECE;
