// AF_UNIX: struct sockaddr_un. unix(7).

import { AF } from "../base/constants.ts";
import { type Bytes, uint8Array } from "../base/validate.ts";
import { decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";
import { type FamilyCodec, stamp } from "./family.ts";

export type UnixFields = { path: string | Bytes };

const structure = new Structure("sockaddr_un");
const encoder = new TextEncoder();

/** The name's bytes: a pathname's without its NUL, an abstract one's with the first. */
function nameIn(bytes: Uint8Array): Uint8Array {
  const start = structure.offset("sun_path");
  if (bytes[start] === 0) return bytes.subarray(start);
  const end = bytes.indexOf(0, start);
  return bytes.subarray(start, end < 0 ? bytes.length : end);
}

export const unix: FamilyCodec<UnixFields> = {
  family: AF.UNIX,
  keys: ["path"],

  get size() {
    return structure.size;
  },

  get least() {
    return structure.offset("sun_path");
  },

  encode({ path }) {
    const [start, room] = structure.field("sun_path");
    const name = typeof path === "string" ? encoder.encode(path) : uint8Array(path, "path");
    const named = name.length > 0 && name[0] !== 0;
    if (named && name.includes(0)) throw new TypeError("path must not contain a NUL byte");
    const limit = named ? room - 1 : room;
    if (name.length > limit) {
      throw new RangeError(`path must have at most ${limit} bytes, not ${name.length}`);
    }
    // A pathname ends with a NUL, an abstract name does not: unix(7).
    const bytes = stamp(new Uint8Array(start + name.length + (named ? 1 : 0)), AF.UNIX);
    bytes.set(name, start);
    return bytes;
  },

  decode(bytes) {
    return { path: decodeText(nameIn(bytes)) };
  },

  text(bytes) {
    const path = decodeText(nameIn(bytes));
    return `unix:${path.startsWith("\0") ? `@${path.slice(1)}` : path}`;
  },
};
