// SPDX-License-Identifier: MIT
// Numbers and texts that look random and are the same in every run.

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  // [0, 1), by mulberry32.
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  below(n) {
    return Math.floor(this.next() * n);
  }
  chance(probability) {
    return this.next() < probability;
  }
  pick(list) {
    return list[this.below(list.length)];
  }

  // Pieces of all kinds strung together: pure noise would seldom meet a line break, or a long word.
  text(most = 8) {
    const pieces = [
      () => 'What time do you open?',
      () => 'plain words '.repeat(1 + this.below(20)),
      () => this.pick(['"', '\\', '/', '\\u0041', '\\n', '{', '}', '[', ']', ',', ':', "'", '<', '&']),
      () => this.pick(['\n', '\r\n', '\t', '\0', '\b', '\x1f', '\x7f', ' ', '   ', 'data: ', '\n\ndata: ']),
      () => this.pick(['é', 'e\u0301', 'ß', 'Ω', 'ж', '漢字', 'שלום', 'مرحبا', '☕', '😀', '👩‍🚀', '\u{10ffff}']),
      () => this.pick(['\u0085', '\u00a0', '\u200b', '\u2028', '\u2029', '\ufeff', '\ufffd', '\uffff']),
      () => String.fromCodePoint(0x20 + this.below(0xd7e0)), // anything below the surrogates
      () => String.fromCodePoint(0x10000 + this.below(0x100000)),
    ];
    let text = '';
    for (let n = this.below(most + 1); n > 0; --n) text += this.pick(pieces)();
    return text;
  }
}
