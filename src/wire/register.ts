// Protocols of the caller's own.

import "./table.ts";
import { type Bytes, NOTHING } from "./bytes.ts";
import { protocolBehind } from "./codec.ts";
import { WireError } from "./error.ts";
import { wrongType } from "./field.ts";
import { type AnyLayer, type Init, NONE, type Protocol, type Room, type Scan } from "./protocol.ts";
import { enroll, type Numbering, protocolOf } from "./registry.ts";

/** A protocol to be registered, with the numbers that lead to it. */
export type Registration<L extends AnyLayer = AnyLayer> = Numbering & {
  readonly kind: L["kind"];
  /**
   * Reads the header at the beginning of `bytes`: the layer, the header's `length`, the payload as
   * far as the header says where it ends, and the kind of what follows, if that is known. A
   * RangeError, which WireError and DataView's errors are, says that the bytes are no such header.
   */
  decode(bytes: Uint8Array): { layer: L; length: number; payload?: Uint8Array; next?: string };
  /**
   * The header and the payload behind it. `below` and `above` are the layers before and behind.
   * Called first without payload, for the header's size, which must not depend on it.
   */
  encode(
    layer: Init<NoInfer<L>>,
    payload?: Uint8Array,
    below?: AnyLayer,
    above?: AnyLayer,
  ): Uint8Array;
  /** What format() shows of the layer. */
  format?(layer: NoInfer<L>): string;
};

/**
 * Makes `dissect` and `build` know a protocol. Who registers last has the kind and the numbers:
 * so a protocol is overridden, and `register({ ...vxlan, udpPort: 8472 })` gives one of this
 * package a number more. TypeError or RangeError where the kind, the functions or a number are
 * none.
 */
export function register<L extends AnyLayer>(registration: Registration<L>): void {
  if (typeof registration !== "object" || registration === null) {
    throw wrongType("registration", "an object", registration);
  }
  const { kind, decode, encode } = registration;
  if (typeof kind !== "string") throw wrongType("kind", "a string", kind);
  if (kind === "payload") throw new TypeError('kind must not be "payload"');
  if (typeof decode !== "function") throw wrongType("decode", "a function", decode);
  if (typeof encode !== "function") throw wrongType("encode", "a function", encode);
  enroll(protocolBehind({ decode }) ?? protocol(registration as Registration), registration);
}

function protocol(own: Registration): Protocol {
  return {
    kind: own.kind,
    scan: (scan) => scanBy(own, scan),
    read: (bytes, start) => own.decode(bytes.subarray(start)).layer,
    size: (layer) => encoded(own, layer, NOTHING).length,
    write() {
      // What is above is not complete yet, which the header may have a checksum of.
    },
    seal: (layer, room) => writeBy(own, layer, room),
    format: own.format?.bind(own),
  };
}

function scanBy(own: Registration, scan: Scan): number {
  const { start, end, left } = scan;
  try {
    const { layer, length, payload, next } = own.decode(scan.bytes.subarray(start, end));
    if (!Number.isInteger(length) || length < 0 || length > left) {
      throw new TypeError(`${own.kind}: decode must return a length from 0 to ${left}`);
    }
    if (payload !== undefined) {
      scan.limit(own.kind, start + length + payload.length, start + length);
    }
    scan.layer = layer;
    scan.next = next === undefined ? undefined : protocolOf(next);
    return length;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const offset = error instanceof WireError ? error.offset : left;
    if (offset < left) return scan.malformed(own.kind, start + offset, error.message);
    if (scan.partial) return NONE;
    const { message } = error;
    scan.problem = { kind: "truncated", layer: own.kind, offset: start, message };
    return NONE;
  }
}

function writeBy(own: Registration, layer: AnyLayer, room: Room): void {
  const { bytes, start, payload, end } = room;
  const data = bytes.slice(payload, end);
  const whole = encoded(own, layer, data, room.below, room.above);
  if (whole.length !== end - start) {
    const message = `encode must return ${end - start} bytes with this payload`;
    throw new RangeError(`${own.kind}: ${message}, not ${whole.length}`);
  }
  bytes.set(whole, start);
}

function encoded(own: Registration, ...words: Parameters<Registration["encode"]>): Uint8Array {
  const bytes: Bytes = own.encode(...words);
  if (bytes instanceof Uint8Array) return bytes;
  throw wrongType(`what encode of ${own.kind} returns`, "a Uint8Array", bytes);
}
