// Fields of C structures in bytes, by the layouts of the library's manifest. Every supported
// platform is little-endian; "network" fields are big-endian.

import { type Field, type Layout, record } from "./library.ts";

export type ByteOrder = "host" | "network";

/** An unsigned integer of up to four bytes at a fixed place. */
export class IntegerField {
  readonly offset: number;
  readonly size: number;
  readonly end: number;
  readonly #network: boolean;

  constructor([offset, size]: Field, order: ByteOrder = "host") {
    this.offset = offset;
    this.size = size;
    this.end = offset + size;
    this.#network = order === "network";
  }

  /** The value; `bytes` reach to `end` at least. */
  get(bytes: Uint8Array): number {
    let value = 0;
    for (let index = 0; index < this.size; index++) {
      const place = this.#network ? index : this.size - 1 - index;
      value = value * 256 + (bytes[this.offset + place] ?? 0);
    }
    return value;
  }

  getSigned(bytes: Uint8Array): number {
    const value = this.get(bytes);
    const limit = 2 ** (this.size * 8 - 1);
    return value < limit ? value : value - 2 * limit;
  }

  set(bytes: Uint8Array, value: number): void {
    let rest = value;
    for (let index = 0; index < this.size; index++) {
      const place = this.#network ? this.size - 1 - index : index;
      bytes[this.offset + place] = rest & 0xff;
      rest = Math.floor(rest / 256);
    }
  }
}

/** A C structure. */
export class Structure {
  readonly name: string;
  readonly size: number;
  readonly #layout: Layout;

  constructor(name: string) {
    this.name = name;
    this.#layout = record(name);
    this.size = this.#layout.size;
  }

  /** Where a field lies; [0, 0] where this platform's structure lacks it. */
  field(name: string): Field {
    return this.#layout.fields[name] ?? [0, 0];
  }

  /** The names of its fields, in their order. */
  names(): string[] {
    return Object.keys(this.#layout.fields);
  }

  integer(name: string, order: ByteOrder = "host"): IntegerField {
    return new IntegerField(this.field(name), order);
  }

  allocate(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.size);
  }
}
