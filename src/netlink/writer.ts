// Bytes of a message as they are put together: growing, aligned, attributes within attributes.

import { U16_MAX } from "../base/validate.ts";
import { constant } from "./constants.ts";
import { ATTRIBUTE, aligned } from "./layout.ts";

export class Writer {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written, a copy. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): number {
    const start = this.#length;
    const end = start + count;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#length = end;
    return start;
  }

  /** Bytes, and zeros up to the next multiple of four. */
  raw(bytes: Uint8Array): this {
    const start = this.#reserve(aligned(bytes.length));
    this.#bytes.set(bytes, start);
    return this;
  }

  /** An attribute. `name` is for the message where it is too long. */
  attribute(type: number, data: Uint8Array, name = "an attribute"): this {
    const length = ATTRIBUTE.size + data.length;
    if (length > U16_MAX) {
      throw new RangeError(`${name} has ${data.length} bytes, more than an attribute can hold`);
    }
    const start = this.#reserve(aligned(length));
    this.#head(start, type, length);
    this.#bytes.set(data, start + ATTRIBUTE.size);
    return this;
  }

  #head(start: number, type: number, length: number): void {
    this.#bytes[start] = length & 0xff;
    this.#bytes[start + 1] = length >>> 8;
    this.#bytes[start + 2] = type & 0xff;
    this.#bytes[start + 3] = type >>> 8;
  }

  /** An attribute of attributes, which `fill` writes. */
  nest(type: number, fill: (writer: Writer) => void, name = "an attribute"): this {
    const start = this.#reserve(ATTRIBUTE.size);
    fill(this);
    const length = this.#length - start;
    if (length > U16_MAX) {
      throw new RangeError(`${name} has ${length} bytes, more than an attribute can hold`);
    }
    this.#head(start, type | constant("NLA_F", "NESTED"), length);
    return this;
  }
}
