// Messages: struct nlmsghdr and what follows it, aligned to four bytes. netlink(7).

import { type Bytes, integer, knownKeys, U16_MAX, U32_MAX, uint8Array } from "../base/validate.ts";
import { aligned, MESSAGE, u16At, u32At } from "./layout.ts";

/** A message: `body` is a view of the bytes it was decoded from. */
export type NetlinkMessage = {
  /** RTM_NEWLINK for example. */
  readonly type: number;
  /** NLM_F_* bits. */
  readonly flags: number;
  /** What tells to which request a reply belongs. */
  readonly sequence: number;
  /** The port of the socket that asked; 0: the kernel. */
  readonly port: number;
  /** What follows the header: a structure by type, and attributes. */
  readonly body: Uint8Array;
};

export type NetlinkMessageInit = {
  readonly type: number;
  readonly flags?: number;
  readonly sequence?: number;
  readonly port?: number;
  readonly body?: Bytes;
};

const lengthField = MESSAGE.integer("nlmsg_len");
const typeField = MESSAGE.integer("nlmsg_type");
const flagsField = MESSAGE.integer("nlmsg_flags");
const sequenceField = MESSAGE.integer("nlmsg_seq");
const portField = MESSAGE.integer("nlmsg_pid");

const KEYS: ReadonlySet<string> = new Set(["type", "flags", "sequence", "port", "body"]);
const NOTHING = new Uint8Array(0);

/** A message with its header and its padding. */
export function encodeMessage(message: NetlinkMessageInit): Uint8Array<ArrayBuffer> {
  knownKeys(message, KEYS);
  const body = uint8Array(message.body ?? NOTHING, "body");
  const length = MESSAGE.size + body.length;
  const bytes = new Uint8Array(aligned(length));
  lengthField.set(bytes, length);
  typeField.set(bytes, integer(message.type, "type", 0, U16_MAX));
  flagsField.set(bytes, integer(message.flags ?? 0, "flags", 0, U16_MAX));
  sequenceField.set(bytes, integer(message.sequence ?? 0, "sequence", 0, U32_MAX));
  portField.set(bytes, integer(message.port ?? 0, "port", 0, U32_MAX));
  bytes.set(body, MESSAGE.size);
  return bytes;
}

/**
 * The messages of a datagram. RangeError: one is shorter than its own header or longer than what is
 * left, and says where.
 */
export function decodeMessages(bytes: Bytes): NetlinkMessage[] {
  const all = uint8Array(bytes, "bytes");
  const found: NetlinkMessage[] = [];
  walkMessages(all, all.length, (type, flags, sequence, port, start, end) => {
    found.push({ type, flags, sequence, port, body: all.subarray(start, end) });
  });
  return found;
}

/** Told where the body of a message begins and ends. */
export type Visit = (
  type: number,
  flags: number,
  sequence: number,
  port: number,
  start: number,
  end: number,
) => void;

/** Calls `visit` for each message in the first `length` bytes. */
export function walkMessages(bytes: Uint8Array, length: number, visit: Visit): void {
  const header = MESSAGE.size;
  const at = {
    length: lengthField.offset,
    type: typeField.offset,
    flags: flagsField.offset,
    sequence: sequenceField.offset,
    port: portField.offset,
  };
  for (let offset = 0; offset < length; ) {
    const left = length - offset;
    const size = left < header ? left : u32At(bytes, offset + at.length);
    if (size < header || size > left) {
      throw new RangeError(
        `the message at ${offset} says that it has ${size} bytes, where ${left} are left`,
      );
    }
    visit(
      u16At(bytes, offset + at.type),
      u16At(bytes, offset + at.flags),
      u32At(bytes, offset + at.sequence),
      u32At(bytes, offset + at.port),
      offset + header,
      offset + size,
    );
    offset += aligned(size);
  }
}
