// AF_CAN: struct sockaddr_can, of raw and ISO-TP sockets. linux/can.h. Linux.

import { AF } from "../base/constants.ts";
import { integer, U32_MAX } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { type FamilyCodec, stamp } from "./family.ts";
import { indexOf, interfaceLabel } from "./interface.ts";

export type CanFields = {
  /** The bus; neither: all of them. */
  interface?: string;
  ifindex?: number;
  /** ISO-TP: the identifiers of frames received and sent, with CAN_EFF_FLAG where 29 bits long. */
  rxId?: number;
  txId?: number;
};

const structure = new Structure("sockaddr_can");
const indexField = structure.integer("can_ifindex");
/** The union's first members, two words of ISO-TP. */
const ID_SIZE = 4;

function idAt(bytes: Uint8Array, which: 0 | 1): DataView {
  const at = structure.offset("can_addr") + which * ID_SIZE;
  return new DataView(bytes.buffer, bytes.byteOffset + at, ID_SIZE);
}

export const can: FamilyCodec<CanFields> = {
  family: AF.CAN,
  keys: ["interface", "ifindex", "rxId", "txId"],

  get size() {
    return structure.size;
  },

  /** Those of raw sockets end here. */
  get least() {
    return indexField.end;
  },

  encode(fields) {
    if (AF.CAN === undefined) throw new TypeError("this platform has no CAN sockets");
    const { rxId = 0, txId = 0 } = fields;
    const bytes = stamp(structure.allocate(), AF.CAN);
    indexField.set(bytes, indexOf(fields));
    idAt(bytes, 0).setUint32(0, integer(rxId, "rxId", 0, U32_MAX), true);
    idAt(bytes, 1).setUint32(0, integer(txId, "txId", 0, U32_MAX), true);
    return bytes;
  },

  decode(bytes) {
    const hasIds = bytes.length >= structure.offset("can_addr") + 2 * ID_SIZE;
    return {
      ifindex: indexField.getSigned(bytes),
      rxId: hasIds ? idAt(bytes, 0).getUint32(0, true) : 0,
      txId: hasIds ? idAt(bytes, 1).getUint32(0, true) : 0,
    };
  },

  text(bytes) {
    const index = indexField.getSigned(bytes);
    return `can:${index === 0 ? "*" : interfaceLabel(index)}`;
  },
};
