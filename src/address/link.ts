// AF_LINK: struct sockaddr_dl, an interface with its hardware address. macOS, FreeBSD, Windows.

import { AF } from "../base/constants.ts";
import { type Bytes, integer, U8_MAX } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { type FamilyCodec, stamp } from "./family.ts";
import { indexOf, interfaceLabel } from "./interface.ts";
import { formatHardware, hardwareAddress } from "./text.ts";

export type LinkFields = {
  interface?: string;
  ifindex?: number;
  address?: string | Bytes;
  hatype?: number;
};

const structure = new Structure("sockaddr_dl");
const indexField = structure.integer("sdl_index");
const hatypeField = structure.integer("sdl_type");
const nameLengthField = structure.integer("sdl_nlen");
const lengthField = structure.integer("sdl_alen");

/** The interface's name, which no NUL ends, stands before the address. */
function hardwareIn(bytes: Uint8Array): string {
  const start = structure.offset("sdl_data") + nameLengthField.get(bytes);
  return formatHardware(bytes.subarray(start, start + lengthField.get(bytes)));
}

export const link: FamilyCodec<LinkFields> = {
  family: AF.LINK,
  keys: ["interface", "ifindex", "address", "hatype"],

  get size() {
    return structure.size;
  },

  get least() {
    return structure.offset("sdl_data");
  },

  encode(fields) {
    if (AF.LINK === undefined) throw new TypeError("this platform has no link addresses");
    const { address, hatype = 0 } = fields;
    const hardware = address === undefined ? new Uint8Array(0) : hardwareAddress(address);
    const start = structure.offset("sdl_data");
    const size = Math.max(structure.size, start + hardware.length);
    const bytes = stamp(new Uint8Array(size), AF.LINK);
    indexField.set(bytes, indexOf(fields));
    hatypeField.set(bytes, integer(hatype, "hatype", 0, U8_MAX));
    lengthField.set(bytes, hardware.length);
    bytes.set(hardware, start);
    return bytes;
  },

  decode(bytes) {
    return {
      ifindex: indexField.get(bytes),
      address: hardwareIn(bytes),
      hatype: hatypeField.get(bytes),
    };
  },

  text(bytes) {
    const hardware = hardwareIn(bytes);
    const where = interfaceLabel(indexField.get(bytes));
    return `link:${where}${hardware === "" ? "" : ` ${hardware}`}`;
  },
};
