// AF_ALG: struct sockaddr_alg, cryptography of the kernel. Documentation/crypto/userspace-if.rst.
// Linux.

import { AF } from "../base/constants.ts";
import { integer, text, U32_MAX } from "../base/validate.ts";
import { decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";
import { type FamilyCodec, stamp } from "./family.ts";

export type AlgFields = {
  /** "hash", "skcipher", "aead" or "rng". */
  type: string;
  /** As /proc/crypto names it: "sha256", "cbc(aes)". */
  name: string;
  /** CRYPTO_ALG_* bits wanted, and which of them count. */
  features?: number;
  mask?: number;
};

const structure = new Structure("sockaddr_alg");
const featuresField = structure.integer("salg_feat");
const maskField = structure.integer("salg_mask");
const encoder = new TextEncoder();

function setText(bytes: Uint8Array, field: string, value: string, name: string): void {
  const [offset, size] = structure.field(field);
  const encoded = encoder.encode(text(value, name));
  if (encoded.length >= size) {
    throw new RangeError(`${name} must have at most ${size - 1} bytes, not ${encoded.length}`);
  }
  bytes.set(encoded, offset);
}

function textIn(bytes: Uint8Array, field: string): string {
  const [offset, size] = structure.field(field);
  const room = bytes.subarray(offset, offset + size);
  const end = room.indexOf(0);
  return decodeText(end < 0 ? room : room.subarray(0, end));
}

export const alg: FamilyCodec<AlgFields> = {
  family: AF.ALG,
  keys: ["type", "name", "features", "mask"],

  get size() {
    return structure.size;
  },

  get least() {
    return structure.size;
  },

  encode({ type, name, features = 0, mask = 0 }) {
    if (AF.ALG === undefined) throw new TypeError("this platform has no sockets of family alg");
    const bytes = stamp(structure.allocate(), AF.ALG);
    setText(bytes, "salg_type", type, "type");
    setText(bytes, "salg_name", name, "name");
    featuresField.set(bytes, integer(features, "features", 0, U32_MAX));
    maskField.set(bytes, integer(mask, "mask", 0, U32_MAX));
    return bytes;
  },

  decode(bytes) {
    return {
      type: textIn(bytes, "salg_type"),
      name: textIn(bytes, "salg_name"),
      features: featuresField.get(bytes),
      mask: maskField.get(bytes),
    };
  },

  text(bytes) {
    return `alg:${textIn(bytes, "salg_type")}:${textIn(bytes, "salg_name")}`;
  },
};
