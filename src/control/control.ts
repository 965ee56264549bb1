// Control messages, the ancillary data of sendmsg(2) and recvmsg(2): cmsg(3).

import { lazy } from "../base/lazy.ts";
import {
  type Bytes,
  I32_MAX,
  integer,
  uint8Array,
  unknownKeyword,
  view,
  wrongType,
} from "../base/validate.ts";
import { allocate } from "../native/memory.ts";
import { Structure } from "../native/record.ts";
import type { ControlCodec } from "./codec.ts";
import { type ErrorControl, errorCodecs } from "./error.ts";
import { type FurtherControl, furtherCodecs } from "./further.ts";
import { type InternetControl, internetCodecs } from "./internet.ts";
import { type PacketControl, packetCodecs } from "./packet.ts";
import { type SocketControl, socketCodecs } from "./socket.ts";

/** A kind this package does not know, or one whose data it cannot be. */
export type UnknownControl = {
  kind: "unknown";
  /** cmsg_level, and cmsg_type within it. */
  level: number;
  /** See `level`. */
  type: number;
  /** The bytes behind the header. */
  data: Uint8Array;
};

/** A control message. Times are nanoseconds since 1970, or of the clock chosen. */
export type ControlMessage =
  | SocketControl
  | InternetControl
  | PacketControl
  | ErrorControl
  | FurtherControl
  | UnknownControl;

const header = new Structure("cmsghdr");
const [LENGTH, LENGTH_SIZE] = header.field("cmsg_len");
const [LEVEL] = header.field("cmsg_level");
const [TYPE] = header.field("cmsg_type");
/** Where the data begin, and to how many bytes messages are aligned. */
const [DATA, ALIGNMENT] = new Structure("control_header").field("data");

/** Codecs by level and then by type, and by kind. */
function tableOf(codecs: readonly ControlCodec[]) {
  const byPlace = new Map<number, (ControlCodec | undefined)[]>();
  const byKind = new Map<string, ControlCodec[]>();
  for (const codec of codecs) {
    const types = byPlace.get(codec.level) ?? [];
    byPlace.set(codec.level, types);
    while (types.length < codec.type) types.push(undefined);
    types[codec.type] = codec;
    const others = byKind.get(codec.kind);
    if (others === undefined) byKind.set(codec.kind, [codec]);
    else others.push(codec);
  }
  return { byPlace, byKind };
}

const usual = lazy(() =>
  tableOf([...socketCodecs(), ...internetCodecs(), ...packetCodecs(), ...errorCodecs()]),
);
/** Asked where the others do not know a level or a kind. */
const further = lazy(() => tableOf(furtherCodecs()));

const NO_TYPES: readonly undefined[] = [];
/** No level at first. */
let lastLevel = Number.NaN;
let lastTypes: readonly (ControlCodec | undefined)[] = NO_TYPES;

/** The level is mostly that of the last one. */
function codecAt(level: number, type: number): ControlCodec | undefined {
  if (level !== lastLevel) {
    lastTypes = usual().byPlace.get(level) ?? further().byPlace.get(level) ?? NO_TYPES;
    lastLevel = level;
  }
  return type >= 0 && type < lastTypes.length ? lastTypes[type] : undefined;
}

function aligned(length: number): number {
  return (length + ALIGNMENT - 1) & -ALIGNMENT;
}

const unknownCodec = {
  size: ({ data }: UnknownControl) => view(data, "data").byteLength,
  encode({ data }: UnknownControl, target: DataView, at: number) {
    const bytes = uint8Array(data, "data");
    new Uint8Array(target.buffer, target.byteOffset + at, bytes.length).set(bytes);
  },
};

/** The codec that encodes a message. */
function codecFor(message: ControlMessage): ControlCodec | undefined {
  if (typeof message !== "object" || message === null) {
    throw wrongType("a control message", "an object with a kind", message);
  }
  if (message.kind === "unknown") return undefined;
  const candidates = usual().byKind.get(message.kind) ?? further().byKind.get(message.kind);
  if (candidates === undefined) {
    const { kind }: { kind: unknown } = message;
    if (typeof kind !== "string") throw wrongType("kind", "a keyword", kind);
    const kinds = [...usual().byKind.keys(), ...further().byKind.keys(), "unknown"];
    throw unknownKeyword("kind", kind, kinds);
  }
  const [first] = candidates;
  if (first?.takes === undefined) return first;
  return candidates.find((codec) => codec.takes?.(message)) ?? first;
}

function sizeOf(message: ControlMessage): number {
  const codec = codecFor(message);
  return codec === undefined ? unknownCodec.size(message as UnknownControl) : codec.size(message);
}

/** Throws where `control` is no array of control messages of known kinds. */
export function checkControl(control: unknown): ControlMessage[] {
  if (!Array.isArray(control)) throw wrongType("control", "an array of control messages", control);
  for (const message of control) sizeOf(message);
  return control;
}

/** Bytes that `control` takes, the padding of the last message included. */
export function encodedLength(control: readonly ControlMessage[]): number {
  let length = 0;
  for (const message of control) length += aligned(DATA + sizeOf(message));
  return length;
}

/** Encodes `control` at the start of `bytes`, which has room for it. */
export function encodeInto(control: readonly ControlMessage[], bytes: DataView): void {
  let at = 0;
  for (const message of control) {
    const codec = codecFor(message);
    const { level, type } = codec ?? (message as UnknownControl);
    const length = DATA + sizeOf(message);
    const next = at + aligned(length);
    for (let word = at; word < next; word += 4) bytes.setUint32(word, 0, true);
    bytes.setUint32(at + LENGTH, length, true);
    bytes.setInt32(at + LEVEL, integer(level, "level", -I32_MAX - 1, I32_MAX), true);
    bytes.setInt32(at + TYPE, integer(type, "type", -I32_MAX - 1, I32_MAX), true);
    if (codec === undefined) unknownCodec.encode(message as UnknownControl, bytes, at + DATA);
    else codec.encode(message, bytes, at + DATA);
    at = next;
  }
}

/**
 * The control data of `messages`, as sendmsg(2) takes it: struct cmsghdr and data of each, padded.
 * Every kind can be encoded, also those that only the kernel sends. TypeError for an unknown kind
 * or a field of the wrong type, RangeError for one out of range.
 */
export function encodeControl(messages: readonly ControlMessage[]): Uint8Array {
  checkControl(messages);
  const bytes = allocate(encodedLength(messages));
  encodeInto(messages, new DataView(bytes.buffer));
  return bytes;
}

/**
 * The control messages in `bytes`, as far as these are well-formed: it ends before a message that
 * is cut off, or shorter than its header. Never throws but for a wrong argument.
 */
export function decodeControl(bytes: Bytes): ControlMessage[] {
  const { buffer, byteOffset, byteLength } = view(bytes, "bytes");
  return decodeReceived(new DataView(buffer, byteOffset, byteLength), byteLength, false);
}

/**
 * The messages in the first `length` bytes. `cut`: the kernel said that it left something out, so
 * a last message that is too short for its kind is not one.
 */
export function decodeReceived(bytes: DataView, length: number, cut: boolean): ControlMessage[] {
  // Mostly there is one: an array of it at once is cheaper than an empty one that grows.
  let messages: ControlMessage[] | undefined;
  const end = Math.min(length, bytes.byteLength);
  let at = 0;
  while (end - at >= DATA) {
    const size = bytes.getUint32(at + LENGTH, true);
    const high = LENGTH_SIZE > 4 ? bytes.getUint32(at + LENGTH + 4, true) : 0;
    if (high !== 0 || size < DATA || size > end - at) break;
    const next = at + aligned(size);
    const message = decodeOne(bytes, at, size, cut && next >= end);
    if (message !== null) {
      if (messages === undefined) messages = [message];
      else messages.push(message);
    }
    at = next;
  }
  return messages ?? [];
}

/** The message of `size` bytes at `at`, or null where it is the `last` and was cut. */
function decodeOne(
  bytes: DataView,
  at: number,
  size: number,
  last: boolean,
): ControlMessage | null {
  const level = bytes.getInt32(at + LEVEL, true);
  const type = bytes.getInt32(at + TYPE, true);
  const start = at + DATA;
  const codec = codecAt(level, type);
  const short = last && size - DATA < (codec?.receivedSize ?? 0);
  const known = short ? null : codec?.decode(bytes, start, size - DATA);
  if (known !== undefined && known !== null) return known as ControlMessage;
  if (codec !== undefined && last) return null;
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + start, size - DATA);
  return { kind: "unknown", level, type, data: data.slice() };
}

/** A field; a literal name is several times as fast as a computed one. */
function fieldOf(message: ControlMessage, field: string): unknown {
  const fields = message as { readonly [name: string]: unknown };
  if (field === "size") return fields.size;
  return field === "value" ? fields.value : fields[field];
}

/** A message of one integer, as it was encoded. */
type Remembered = { message: ControlMessage; kind: string; field: string; value: unknown };

/**
 * What was encoded last, as far as it is messages of one integer each: as long as these are the
 * same, their bytes are.
 */
export class Encoded {
  readonly #entries: Remembered[] = [];
  #count = 0;

  forget(): void {
    this.#count = 0;
  }

  /** Remembers `control`, or nothing where it is of other kinds. */
  remember(control: readonly ControlMessage[]): void {
    this.forget();
    for (let index = 0; index < control.length; index++) {
      const message = control[index] as ControlMessage;
      const { kind, field } = codecFor(message) ?? {};
      if (kind === undefined || field === undefined) return;
      const value = fieldOf(message, field);
      const entry = this.#entries[index];
      if (entry === undefined) this.#entries[index] = { message, kind, field, value };
      else Object.assign(entry, { message, kind, field, value });
    }
    this.#count = control.length;
  }

  /** Whether `control`, which is not empty, is what was remembered, and has not changed since. */
  is(control: readonly ControlMessage[]): boolean {
    if (control.length !== this.#count) return false;
    for (let index = 0; index < control.length; index++) {
      const message = control[index] as ControlMessage;
      const entry = this.#entries[index] as Remembered;
      if (message !== entry.message || message.kind !== entry.kind) return false;
      if (fieldOf(message, entry.field) !== entry.value) return false;
    }
    return true;
  }
}

/** The descriptors that `control` brought. */
export function descriptorsIn(control: readonly ControlMessage[]): number[] {
  const descriptors: number[] = [];
  for (const message of control) {
    if (message.kind === "rights") descriptors.push(...message.fds);
    if (message.kind === "pidfd") descriptors.push(message.fd);
  }
  return descriptors;
}
