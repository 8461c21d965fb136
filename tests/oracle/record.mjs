// SPDX-License-Identifier: MIT
// What happened so far, in order. Tests wait for something to be in it, never for a time.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';

const patience = 30_000; // ms; only a test that fails waits so long

export class Record {
  #grown = new EventEmitter();
  items = [];

  constructor(name) {
    this.name = name;
  }

  push(item) {
    this.items.push(item);
    this.#grown.emit('grown');
  }

  // The first item that fits, as soon as it is there. `from`: the items before it do not count.
  async until(fits, what, from = 0) {
    const deadline = AbortSignal.timeout(patience);
    for (;;) {
      const found = this.items.slice(from).find(fits);
      if (found !== undefined) return found;
      try {
        await once(this.#grown, 'grown', { signal: deadline });
      } catch {
        assert.fail(`waited in vain for ${what}; ${this.name}: ${JSON.stringify(this.items, null, 1)}`);
      }
    }
  }
}
