// The struct iovec table of a message: what has not changed since the last call is not written
// again, which makes a call a third cheaper.

import { wrongType } from "../base/validate.ts";
import { limitElements } from "../calls/transfer.ts";
import { allocate } from "../native/memory.ts";
import { stableAddress } from "../native/pointers.ts";
import { Structure } from "../native/record.ts";

const layout = new Structure("iovec");
const ELEMENT_SIZE = layout.size;
const ELEMENT_WORDS = ELEMENT_SIZE / 4;
const BASE = layout.field("iov_base")[0] / 4;
const SIZE = layout.field("iov_len")[0] / 4;
const WORD = 2 ** 32;

/** Elements whose table needs no memory of its own. */
const OWN_ELEMENTS = 4;
/** Bytes that a Vector is lent for these. */
export const VECTOR_ROOM = OWN_ELEMENTS * ELEMENT_SIZE;

export class Vector {
  #buffers: Uint8Array[] = [];
  #table: Uint32Array<ArrayBuffer>;
  #tableAddress: number;
  /** What the table was made of. */
  readonly #views: ArrayBufferView[] = [];
  readonly #sizes: number[] = [];
  /** The one buffer of the last call; null where there were others. */
  #single: Uint8Array | null = null;
  #singleSize = 0;

  /** `table` is room for the first elements, at `address`. */
  constructor(table: Uint32Array<ArrayBuffer>, address: number) {
    this.#table = table;
    this.#tableAddress = address;
  }

  get buffers(): Uint8Array[] {
    return this.#buffers;
  }

  set buffers(buffers: Uint8Array[]) {
    this.#buffers = buffers;
    this.#views.length = 0;
    this.#sizes.length = 0;
    this.#single = null;
  }

  /** Is elements `start` to `end` the one buffer of the last call? Nothing else is looked at. */
  isSame(start: number, end: number): boolean {
    const single = end === 1 && start === 0 ? this.#buffers[0] : undefined;
    return single === this.#single && single?.byteLength === this.#singleSize;
  }

  /** Brings elements `start` to `end` of the table up to date: where they begin. */
  prepare(start: number, end: number): number {
    // Until all is well, also where something throws.
    this.#single = null;
    limitElements(end - start, "iovec");
    for (let index = start; index < end; index++) {
      const view = this.#buffers[index];
      if (view === this.#views[index] && view?.byteLength === this.#sizes[index]) continue;
      this.#marshal(index, end);
      break;
    }
    this.#single = end === 1 && start === 0 ? (this.#buffers[0] ?? null) : null;
    this.#singleSize = this.#single?.byteLength ?? 0;
    return this.#tableAddress + start * ELEMENT_SIZE;
  }

  /** Writes the elements `start` to `end` of the table. */
  #marshal(start: number, end: number): void {
    if (this.#table.length < end * ELEMENT_WORDS) this.#grow(end);
    const table = this.#table;
    for (let index = start; index < end; index++) {
      const view: unknown = this.#buffers[index];
      if (!ArrayBuffer.isView(view)) throw wrongType(`iovec[${index}]`, "a typed array", view);
      const address = stableAddress(view);
      const size = view.byteLength;
      const base = index * ELEMENT_WORDS;
      table[base + BASE] = address % WORD;
      table[base + BASE + 1] = address / WORD;
      table[base + SIZE] = size % WORD;
      table[base + SIZE + 1] = size / WORD;
      this.#views[index] = view;
      this.#sizes[index] = size;
    }
  }

  #grow(elements: number): void {
    const bytes = allocate(elements * ELEMENT_SIZE);
    const table = new Uint32Array(bytes.buffer);
    table.set(this.#table);
    this.#table = table;
    this.#tableAddress = stableAddress(bytes);
  }
}
