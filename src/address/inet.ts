// AF_INET: struct sockaddr_in. ip(7).

import { AF } from "../base/constants.ts";
import { integer, U16_MAX } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { type FamilyCodec, stamp } from "./family.ts";
import { formatAddress, requireAddress } from "./text.ts";

export type InetFields = { address: string; port?: number };

const structure = new Structure("sockaddr_in");
const portField = structure.integer("sin_port", "network");
const addressField = structure.integer("sin_addr");

export const inet: FamilyCodec<InetFields> = {
  family: AF.INET,
  keys: ["address", "port"],

  get size() {
    return structure.size;
  },

  get least() {
    return addressField.end;
  },

  encode({ address, port = 0 }) {
    const bytes = stamp(structure.allocate(), AF.INET);
    portField.set(bytes, integer(port, "port", 0, U16_MAX));
    bytes.set(requireAddress(AF.INET, address), addressField.offset);
    return bytes;
  },

  decode(bytes) {
    const address = formatAddress(AF.INET, bytes, addressField.offset);
    return { address, port: portField.get(bytes) };
  },

  text(bytes) {
    return `${formatAddress(AF.INET, bytes, addressField.offset)}:${portField.get(bytes)}`;
  },
};
