// What a protocol is: how its header is checked, read and written.

import type { Bytes } from "./bytes.ts";
import type { Problem } from "./error.ts";

/** What every layer is: a plain object, whose kind says which. */
export type AnyLayer = { kind: string };

/** A layer for building: all but the kind may be left out, or undefined, to be computed or 0. */
export type Init<L extends AnyLayer> = { kind: L["kind"] } & Given<Omit<L, "kind">>;

/** The names of a layer's fields. */
export type FieldNames<L extends AnyLayer> = {
  readonly [Field in Exclude<keyof L, "kind">]-?: true;
};

/** Some fields, as a caller gives them: lists may be constant. */
export type Given<Fields> = { [Field in keyof Fields]?: Unchanged<Fields[Field]> | undefined };

type Unchanged<T> = T extends readonly unknown[] ? Readonly<T> : T;

/** What a codec's `decode` gives. */
export type Decoded<L extends AnyLayer> = {
  /** The header as a plain object. */
  layer: L;
  /** What follows the header, as far as the header's own length reaches: a view of the bytes. */
  payload: Uint8Array;
  /** The header's length in bytes. */
  length: number;
};

/** One protocol's header by itself. */
export interface Codec<L extends AnyLayer> {
  readonly kind: L["kind"];
  /** Reads the header at the beginning of `bytes`. WireError: cut off, or malformed. */
  decode(bytes: Bytes): Decoded<L>;
  /**
   * The header and the payload behind it. Lengths and checksums that are not set are computed;
   * those over a pseudo-header need `below`, the IPv4 or IPv6 layer with the addresses (the final
   * destination, where there is a routing header), and are 0 without it. TypeError or RangeError
   * for a field that has no such value.
   */
  encode<Below extends AnyLayer>(layer: Init<L>, payload?: Bytes, below?: Below): Uint8Array;
}

/**
 * A protocol, as `dissect` and `build` use it. A packet is scanned first, header by header, which
 * finds where each begins and what follows it and makes nothing else; a header becomes a layer
 * when somebody asks for it. So `scan` checks every length that `read` relies on.
 */
export interface Protocol<L extends AnyLayer = AnyLayer> {
  readonly kind: L["kind"];
  /** All fields there are; without them, a layer for building may have any. */
  readonly fields?: FieldNames<L> | undefined;
  /**
   * Checks the header at `scan.start` of `scan.bytes`, of which there is nothing behind `scan.end`.
   * The header's length, or what `scan.truncated`, `scan.malformed` or `scan.decline` return. Says
   * by `scan.next` what follows, and by `scan.limit` where the payload ends, if before the end.
   */
  scan(scan: Scan): number;
  /** The layer from the header that was found between `start` and `end`. */
  read(bytes: Uint8Array, start: number, end: number): L;
  /** How many bytes the header takes. */
  size(layer: Init<L>): number;
  /** Writes all of the header but the checksum; the room's bytes are all zero. */
  write(layer: Init<L>, room: Room): void;
  /** Writes the checksum, where none is set: headers and payload above are complete. */
  seal?(layer: Init<L>, room: Room): void;
  /** How format() shows the layer, of a protocol that somebody else registered. */
  readonly format?: ((layer: AnyLayer) => string) | undefined;
}

/** No header was found. */
export const NONE = -1;

/** The state of going through a packet: where the next header is, and what was found. */
export class Scan {
  readonly bytes: Uint8Array;
  /** Where the header begins. */
  start: number;
  /** Where the bytes end that may belong to it and its payload. */
  end: number;
  /** The protocol of what follows, if it is known. */
  next: Protocol | undefined = undefined;
  /** Whether only a part of the packet is there: a quoted one, or a fragment. */
  partial = false;
  /** The layer, of a protocol that can't find its header's end without reading all of it. */
  layer: AnyLayer | undefined = undefined;
  problem: Problem | null = null;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  /** How many bytes there are for the header and its payload. */
  get left(): number {
    return this.end - this.start;
  }

  /** The payload ends at `end`, by what the header says; there may be less. */
  limit(kind: string, end: number, payload: number): void {
    if (end <= this.end) this.end = end;
    else if (!this.partial && this.problem === null) {
      const message = `the payload of ${kind} ends ${end - this.end} bytes early`;
      this.problem = { kind: "truncated", layer: kind, offset: payload, message };
    }
  }

  /** The header needs `size` bytes, which are not there. */
  truncated(kind: string, size: number): number {
    if (this.partial) return NONE;
    const message = `${this.left} bytes are too few for a header of ${kind}, which has ${size}`;
    this.problem = { kind: "truncated", layer: kind, offset: this.start, message };
    return NONE;
  }

  /** The header contradicts itself, or its standard, at `offset`. */
  malformed(kind: string, offset: number, message: string): number {
    this.problem = { kind: "malformed", layer: kind, offset, message: `${kind}: ${message}` };
    return NONE;
  }

  /** The port suggested this protocol, but it is another: the bytes are payload. */
  decline(): number {
    return NONE;
  }
}

/** A frame that is being built, and one header's place in it. */
export class Room {
  readonly bytes: Uint8Array;
  /** Where the header begins, where its payload does, and where that ends. */
  start = 0;
  payload = 0;
  readonly end: number;
  /** The layers before and behind the header; undefined where there is none. */
  below: AnyLayer | undefined = undefined;
  above: AnyLayer | undefined = undefined;
  /** Where the IPv4 or IPv6 header below begins, or -1. */
  network = -1;

  constructor(bytes: Uint8Array, end: number) {
    this.bytes = bytes;
    this.end = end;
  }
}
