// A frame taken apart.

import { NOTHING } from "./bytes.ts";
import type { Problem } from "./error.ts";
import type { Kind, Layer, Layers } from "./layers.ts";
import { line } from "./line/index.ts";
import { type AnyLayer, type Protocol, Scan } from "./protocol.ts";

/** One header in a frame, and the next one in it. */
class Header {
  readonly protocol: Protocol;
  readonly start: number;
  readonly end: number;
  /** Mostly made when it is asked for. */
  layer: AnyLayer | undefined;
  inner: Header | undefined = undefined;

  constructor(protocol: Protocol, start: number, end: number, layer: AnyLayer | undefined) {
    this.protocol = protocol;
    this.start = start;
    this.end = end;
    this.layer = layer;
  }

  read(bytes: Uint8Array): AnyLayer {
    this.layer ??= this.protocol.read(bytes, this.start, this.end);
    return this.layer;
  }
}

/** Headers in one frame: more are taken for an attack, and stay payload. */
const HEADERS_MAX = 100;

/**
 * A frame's layers. Where each begins is found at once, what is in it when it is asked for: read a
 * packet before its memory is used for another. `payload`, `trailer` and `bytes` are views of that
 * memory; the layers are values of their own.
 */
export class Packet {
  /** The whole frame. */
  readonly bytes: Uint8Array;
  /** Why it was not read to its end, if so. That a quoted packet is cut off is no problem. */
  readonly problem: Problem | null;
  readonly #first: Header | undefined;
  readonly #start: number;
  readonly #end: number;
  #layers: Layer[] | undefined = undefined;

  /** @internal dissect() makes them. */
  constructor(bytes: Uint8Array, outermost: Protocol | undefined) {
    const scan = new Scan(bytes, 0, bytes.length);
    let first: Header | undefined;
    let last: Header | undefined;
    let count = 0;
    for (let protocol = outermost; protocol !== undefined; protocol = scan.next) {
      if (count++ === HEADERS_MAX) {
        scan.malformed(protocol.kind, scan.start, `more than ${HEADERS_MAX} headers`);
        break;
      }
      scan.next = undefined;
      scan.layer = undefined;
      const { start, end } = scan;
      const length = protocol.scan(scan);
      if (length < 0) {
        scan.end = end;
        break;
      }
      const header = new Header(protocol, start, start + length, scan.layer);
      if (last === undefined) first = header;
      else last.inner = header;
      last = header;
      scan.start = header.end;
    }
    this.bytes = bytes;
    this.problem = scan.problem;
    this.#first = first;
    this.#start = scan.start;
    this.#end = scan.end;
  }

  /** From the outermost in; the inner packets of tunnels and quoted ones too. */
  get layers(): Layer[] {
    this.#layers ??= this.#read();
    return this.#layers;
  }

  #read(): Layer[] {
    const layers: Layer[] = [];
    for (let header = this.#first; header !== undefined; header = header.inner) {
      layers.push(header.read(this.bytes) as Layer);
    }
    return layers;
  }

  /** The first layer of that kind, or the one behind `nth` others of it. Reads no other layer. */
  get<K extends Kind>(kind: K, nth = 0): Layers[K] | undefined {
    return this.#header(kind, nth)?.read(this.bytes) as Layers[K] | undefined;
  }

  /** Where that layer's header begins in `bytes`, and where it ends. */
  span(kind: string, nth = 0): { start: number; end: number } | undefined {
    const header = this.#header(kind, nth);
    return header === undefined ? undefined : { start: header.start, end: header.end };
  }

  #header(kind: string, nth: number): Header | undefined {
    let left = nth;
    for (let header = this.#first; header !== undefined; header = header.inner) {
      if (header.protocol.kind === kind && left-- === 0) return header;
    }
    return undefined;
  }

  /** What the innermost header left, without padding. */
  get payload(): Uint8Array {
    return view(this.bytes, this.#start, this.#end);
  }

  /** What is behind the end that a header says: Ethernet's padding, a frame check sequence. */
  get trailer(): Uint8Array {
    return view(this.bytes, this.#end, this.bytes.length);
  }

  /** One line, as format() makes it. */
  toString(): string {
    return line(this);
  }

  /** Its layers, payload, trailer and problem, as a plain object. */
  toJSON(): object {
    const { layers, payload, trailer, problem } = this;
    return { layers, payload, trailer, problem };
  }

  /** What console.log shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return this.toJSON();
  }
}

function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return end > start ? bytes.subarray(start, end) : NOTHING;
}
