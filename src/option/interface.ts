// Options that name a network interface.

import { interfaceNumber } from "../address/interface.ts";
import { formatAddress, parseAddress } from "../address/text.ts";
import { AF } from "../base/constants.ts";
import { Structure } from "../native/record.ts";
import { type Codec, integerBytes, readUnsigned } from "./codec.ts";

/** An interface: its name or index to set, its index when read, 0 for none. */
export const interfaceChoice: Codec<number, number | string> = {
  shape: "index; name or index to set",
  decode: (bytes) => readUnsigned(bytes),
  encode: (value, name) => integerBytes(interfaceNumber(value, name)),
};

/** Like `interfaceChoice`; IP_UNICAST_IF has its index in network order: ip(7). */
export const interfaceInNetworkOrder: Codec<number, number | string> = {
  shape: "index; name or index to set",
  decode: (bytes) => readUnsigned(bytes.slice().reverse()),
  encode: (value, name) => integerBytes(interfaceNumber(value, name)).reverse(),
};

/**
 * IP_MULTICAST_IF: an interface's name, index or IPv4 address to set. The kernel tells only the
 * address: "0.0.0.0" also where a name or an index was set. ip(7).
 */
export const multicastInterface: Codec<string, string | number> = {
  shape: "address; address, name or index to set",
  decode: (bytes) => formatAddress(AF.INET, bytes),
  encode: (value, name) => {
    const record = new Structure("ip_mreqn");
    if (!record.exists) return addressOrIndex(value, name);
    const bytes = record.allocate();
    const address = typeof value === "string" ? parseAddress(AF.INET, value) : null;
    if (address !== null) bytes.set(address, record.offset("imr_address"));
    else record.integer("imr_ifindex").set(bytes, interfaceNumber(value, name));
    return bytes;
  },
};

/** Windows: an address, or an index in network order in its place. */
function addressOrIndex(value: string | number, name: string): Uint8Array {
  const address = typeof value === "string" ? parseAddress(AF.INET, value) : null;
  return address ?? integerBytes(interfaceNumber(value, name)).reverse();
}
