// Fields of C structures in bytes, by the layouts of the library's manifest. Every supported
// platform is little-endian; "network" fields are big-endian.
//
// A layout is looked up at first use: a module can name the structures of other platforms. One
// that this platform lacks, and a field that its structure lacks, is an error where it is used.

import { type Field, type Layout, record } from "./library.ts";

export type ByteOrder = "host" | "network";

/** A C structure. */
export class Structure {
  readonly name: string;
  #layout: Layout | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether this platform has it. */
  get exists(): boolean {
    return record(this.name).size > 0;
  }

  #found(): Layout {
    this.#layout ??= record(this.name);
    if (this.#layout.size === 0) throw new TypeError(`this platform has no struct ${this.name}`);
    return this.#layout;
  }

  get size(): number {
    return this.#found().size;
  }

  /** Whether this platform's structure has a field. */
  has(name: string): boolean {
    return this.#found().fields[name] !== undefined;
  }

  /** Where a field lies, and its size. */
  field(name: string): Field {
    const field = this.#found().fields[name];
    if (field === undefined) {
      throw new TypeError(`struct ${this.name} of this platform has no field ${name}`);
    }
    return field;
  }

  /** Where a field lies. */
  offset(name: string): number {
    return this.field(name)[0];
  }

  /** The names of its fields, in their order. */
  names(): string[] {
    return Object.keys(this.#found().fields);
  }

  integer(name: string, order: ByteOrder = "host"): IntegerField {
    return new IntegerField(this, name, order);
  }

  allocate(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.size);
  }
}

/** An unsigned integer in a structure. */
export class IntegerField {
  readonly #structure: Structure;
  readonly #name: string;
  readonly #network: boolean;
  /** 0 until the layout is looked up. */
  #size = 0;
  #offset = 0;

  constructor(structure: Structure, name: string, order: ByteOrder) {
    this.#structure = structure;
    this.#name = name;
    this.#network = order === "network";
  }

  #find(): void {
    [this.#offset, this.#size] = this.#structure.field(this.#name);
  }

  get offset(): number {
    if (this.#size === 0) this.#find();
    return this.#offset;
  }

  /** Where the next byte lies. */
  get end(): number {
    return this.offset + this.#size;
  }

  /** The value; `bytes` reach to `end` at least. */
  get(bytes: Uint8Array): number {
    if (this.#size === 0) this.#find();
    let value = 0;
    for (let index = 0; index < this.#size; index++) {
      const place = this.#network ? index : this.#size - 1 - index;
      value = value * 256 + (bytes[this.#offset + place] ?? 0);
    }
    return value;
  }

  getSigned(bytes: Uint8Array): number {
    const value = this.get(bytes);
    const limit = 2 ** (this.#size * 8 - 1);
    return value < limit ? value : value - 2 * limit;
  }

  set(bytes: Uint8Array, value: number): void {
    if (this.#size === 0) this.#find();
    let rest = value;
    for (let index = 0; index < this.#size; index++) {
      const place = this.#network ? this.#size - 1 - index : index;
      bytes[this.#offset + place] = rest & 0xff;
      rest = Math.floor(rest / 256);
    }
  }
}
