// AF_PACKET: struct sockaddr_ll. packet(7). Linux.

import { AF, ethernetProtocols, type Protocol } from "../base/constants.ts";
import { type Bytes, integer, U8_MAX, U16_MAX } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { type FamilyCodec, stamp } from "./family.ts";
import { indexOf, interfaceLabel } from "./interface.ts";
import { formatHardware, hardwareAddress } from "./text.ts";

export type PacketFields = {
  interface?: string;
  ifindex?: number;
  protocol?: Protocol;
  address?: string | Bytes;
  hatype?: number;
  pkttype?: number;
};

const structure = new Structure("sockaddr_ll");
const protocolField = structure.integer("sll_protocol", "network");
const indexField = structure.integer("sll_ifindex");
const hatypeField = structure.integer("sll_hatype");
const pkttypeField = structure.integer("sll_pkttype");
const lengthField = structure.integer("sll_halen");

function hardwareIn(bytes: Uint8Array): string {
  const start = structure.offset("sll_addr");
  return formatHardware(bytes.subarray(start, start + lengthField.get(bytes)));
}

export const packet: FamilyCodec<PacketFields> = {
  family: AF.PACKET,
  keys: ["interface", "ifindex", "protocol", "address", "hatype", "pkttype"],

  get size() {
    return structure.size;
  },

  get least() {
    return structure.offset("sll_addr");
  },

  encode(fields) {
    if (AF.PACKET === undefined) throw new TypeError("this platform has no packet sockets");
    const { address, protocol, hatype = 0, pkttype = 0 } = fields;
    const hardware = address === undefined ? new Uint8Array(0) : hardwareAddress(address);
    const start = structure.offset("sll_addr");
    const size = Math.max(structure.size, start + hardware.length);
    const bytes = stamp(new Uint8Array(size), AF.PACKET);
    const number = ethernetProtocols.number(protocol);
    protocolField.set(bytes, integer(number, "protocol", 0, U16_MAX));
    indexField.set(bytes, indexOf(fields));
    hatypeField.set(bytes, integer(hatype, "hatype", 0, U16_MAX));
    pkttypeField.set(bytes, integer(pkttype, "pkttype", 0, U8_MAX));
    lengthField.set(bytes, hardware.length);
    bytes.set(hardware, start);
    return bytes;
  },

  decode(bytes) {
    return {
      ifindex: indexField.getSigned(bytes),
      protocol: protocolField.get(bytes),
      address: hardwareIn(bytes),
      hatype: hatypeField.get(bytes),
      pkttype: pkttypeField.get(bytes),
    };
  },

  // The kernel ends the structure behind the hardware address.
  used: (bytes) => structure.offset("sll_addr") + lengthField.get(bytes),

  text(bytes) {
    const index = indexField.getSigned(bytes);
    const where = index === 0 ? "*" : interfaceLabel(index);
    const hardware = hardwareIn(bytes);
    return `packet:${where}${hardware === "" ? "" : ` ${hardware}`}`;
  },
};
