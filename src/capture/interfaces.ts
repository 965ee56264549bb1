// What can be captured from.

import { AF, IFF, SOCK } from "../base/constants.ts";
import { check } from "../base/error.ts";
import { type InterfaceAddress, type InterfaceFlag, ifaddrs } from "../interface/list.ts";
import { native } from "../native/library.ts";
import { InterfaceRequest, isAbsent } from "./interface-request.ts";
import { COOKED, hardwareLink } from "./link.ts";
import type { Link } from "./packet.ts";
import { ANY } from "./settings.ts";

/** An interface that can be captured from. */
export type CaptureInterface = {
  /** What `capture` takes: "eth0", or "any". */
  readonly name: string;
  /** 0 for "any". */
  readonly index: number;
  /** What captured packets begin with. */
  readonly link: Link;
  /** IFF_* as words: "up", "loopback", "running"; none for "any". netdevice(7). */
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

/** Asks for the links of interfaces; what has no hardware address has no type in a list. */
class Links implements Disposable {
  readonly #fd = check(native.rawsock_socket(AF.INET, SOCK.DGRAM, 0), "socket");
  readonly #request = new InterfaceRequest(this.#fd);

  of({ name }: InterfaceAddress): Link {
    const type = this.#request.hardwareType(name);
    // It may have gone since it was listed.
    if (!isAbsent(type)) check(type, "ioctl SIOCGIFHWADDR", this.#fd);
    return hardwareLink(type) ?? COOKED;
  }

  [Symbol.dispose](): void {
    native.rawsock_close(this.#fd);
  }
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
  using links = AF.PACKET === undefined ? null : new Links();
  const found = new Map<number, CaptureInterface & { readonly addresses: string[] }>();
  for (const entry of ifaddrs()) {
    const { index, name, flags, address } = entry;
    const known = found.get(index);
    if (known === undefined) {
      const link = links?.of(entry) ?? usualLink(entry.flagBits);
      const own = hardwareAddressOf(entry);
      found.set(index, { name, index, link, flags, addresses: [], ...own });
    }
    if (address?.is("inet") || address?.is("inet6")) {
      found.get(index)?.addresses.push(address.address);
    }
  }
  const all: CaptureInterface[] = [...found.values()];
  if (links === null) return all;
  return [...all, { name: ANY, index: 0, link: COOKED, flags: [], addresses: [] }];
}
