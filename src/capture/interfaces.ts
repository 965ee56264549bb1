// What can be captured from.

import { AF, IFF } from "../base/constants.ts";
import { type InterfaceAddress, type InterfaceFlag, ifaddrs } from "../interface/list.ts";
import { COOKED, hardwareLink } from "./link.ts";
import type { Link } from "./packet.ts";
import { ANY } from "./settings.ts";

/** An interface that can be captured from. */
export type CaptureInterface = {
  readonly name: string;
  /** 0 for "any". */
  readonly index: number;
  /** What captured packets begin with. */
  readonly link: Link;
  readonly flags: readonly InterfaceFlag[];
  /** IPv4 and IPv6 addresses, as text. */
  readonly addresses: readonly string[];
  /** The hardware address; absent where it has none. */
  readonly hardwareAddress?: string;
};

/** Where the hardware type is not told: what bpf(4) gives for most. */
function usualLink(flagBits: number): Link {
  const bare = (IFF.LOOPBACK ?? 0) | (IFF.POINTOPOINT ?? 0);
  return (flagBits & bare) === 0 ? "ethernet" : "null";
}

function linkOf({ address, flagBits }: InterfaceAddress): Link {
  if (AF.PACKET === undefined) return usualLink(flagBits);
  return hardwareLink(address?.is("packet") ? address.hatype : -1) ?? COOKED;
}

function hardwareAddressOf({ address }: InterfaceAddress): { hardwareAddress?: string } {
  if (!address?.is("packet") || address.address === "") return {};
  return { hardwareAddress: address.address };
}

/**
 * Every interface, those that are down too, and "any" where the system has it: what
 * `capture` takes. See `ifaddrs`.
 */
export function interfaces(): CaptureInterface[] {
  const found = new Map<number, CaptureInterface & { readonly addresses: string[] }>();
  for (const entry of ifaddrs()) {
    const { index, name, flags, address } = entry;
    const known = found.get(index);
    if (known === undefined) {
      const link = linkOf(entry);
      const own = hardwareAddressOf(entry);
      found.set(index, { name, index, link, flags, addresses: [], ...own });
    }
    if (address?.is("inet") || address?.is("inet6")) {
      found.get(index)?.addresses.push(address.address);
    }
  }
  const all: CaptureInterface[] = [...found.values()];
  if (AF.PACKET === undefined) return all;
  return [...all, { name: ANY, index: 0, link: COOKED, flags: [], addresses: [] }];
}
