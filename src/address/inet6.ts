// AF_INET6: struct sockaddr_in6. ipv6(7), RFC 3493, RFC 4007.

import { AF } from "../base/constants.ts";
import { integer, U16_MAX, U32_MAX, wrongType } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { type FamilyCodec, stamp } from "./family.ts";
import type { InetFields } from "./inet.ts";
import { splitZone, zoneNumber } from "./interface.ts";
import { formatAddress, requireAddress } from "./text.ts";

export type Inet6Fields = InetFields & { scopeId?: number | string; flowinfo?: number };

const structure = new Structure("sockaddr_in6");
const portField = structure.integer("sin6_port", "network");
const flowField = structure.integer("sin6_flowinfo", "network");
const scopeField = structure.integer("sin6_scope_id");
const addressField = structure.integer("sin6_addr");

export const inet6: FamilyCodec<Inet6Fields> = {
  family: AF.INET6,
  keys: ["address", "port", "scopeId", "flowinfo"],

  get size() {
    return structure.size;
  },

  get least() {
    return scopeField.end;
  },

  encode({ address, port = 0, scopeId, flowinfo = 0 }) {
    if (typeof address !== "string") throw wrongType("address", "an IPv6 address", address);
    const bytes = stamp(structure.allocate(), AF.INET6);
    portField.set(bytes, integer(port, "port", 0, U16_MAX));
    flowField.set(bytes, integer(flowinfo, "flowinfo", 0, U32_MAX));
    const [host, zone] = splitZone(address);
    bytes.set(requireAddress(AF.INET6, host), addressField.offset);
    const scope = scopeId === undefined ? zone : zoneNumber(scopeId);
    if (zone !== 0 && zone !== scope) {
      throw new TypeError(`the address's zone is ${zone}, but scopeId is ${scope}`);
    }
    scopeField.set(bytes, scope);
    return bytes;
  },

  decode(bytes) {
    return {
      address: formatAddress(AF.INET6, bytes, addressField.offset),
      port: portField.get(bytes),
      scopeId: scopeField.get(bytes),
      flowinfo: flowField.get(bytes),
    };
  },

  text(bytes) {
    const scope = scopeField.get(bytes);
    const zone = scope === 0 ? "" : `%${scope}`;
    const address = formatAddress(AF.INET6, bytes, addressField.offset);
    return `[${address}${zone}]:${portField.get(bytes)}`;
  },
};
