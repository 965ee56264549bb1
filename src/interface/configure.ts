// Configuration of network interfaces. netdevice(7).

import { Sockaddr } from "../address/sockaddr.ts";
import { IFF } from "../base/constants.ts";
import { type Descriptor, descriptor } from "../base/descriptor.ts";
import { type ErrorContext, failure, SocketError } from "../base/error.ts";
import { boolean, encodableText, unknownKeyword, wrongType } from "../base/validate.ts";
import { native } from "../native/library.ts";

/** IFNAMSIZ with the NUL. */
const NAME_MAX = 15;
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["EPERM", "configuring an interface needs CAP_NET_ADMIN: run with sudo"],
  ["EAFNOSUPPORT", "an IPv4 address needs an IPv4 socket"],
  ["ENOTTY", "an IPv4 address needs an IPv4 socket"],
]);
const encoder = new TextEncoder();

const FLAGS: ReadonlyMap<string, number> = new Map([
  ["promisc", IFF.PROMISC],
  // Windows has none.
  ...(IFF.NOARP === undefined ? [] : [["noarp", IFF.NOARP] as const]),
  ["up", IFF.UP],
]);

export type InterfaceOptions = {
  readonly promisc?: boolean;
  readonly noarp?: boolean;
  readonly up?: boolean;
  /** Of the address that is set, "255.255.255.0". */
  readonly netmask?: string;
};

/**
 * Sets the IPv4 address of an interface, unless it is null, and then its flags: true sets, false
 * clears, omitted leaves one as it is. Without a netmask the system chooses that of the address'
 * class of old, which for 10.0.0.1 is 255.0.0.0. `fd` is an IPv4 or a packet socket; for the flags
 * alone, any socket. Needs CAP_NET_ADMIN.
 * SIOCSIFADDR, SIOCSIFNETMASK, SIOCGIFFLAGS, SIOCSIFFLAGS: netdevice(7).
 */
export function configdev(
  fd: Descriptor,
  interface_: string,
  address: string | null,
  options: InterfaceOptions = {},
): void {
  const number = descriptor(fd, "ioctl");
  const name = interfaceText(interface_);
  if (address !== null && typeof address !== "string") {
    throw wrongType("address", "an IPv4 address or null", address);
  }
  const wanted = address === null ? null : Sockaddr.inet(address);
  const [set, cleared] = flagsOf(options);
  const { netmask } = options;
  if (netmask !== undefined && wanted === null) throw new TypeError("netmask goes with an address");
  const mask = netmask === undefined ? null : maskOf(netmask);

  if (wanted !== null) {
    const status = native.rawsock_set_interface_address(number, name, wanted.bytes);
    if (status < 0) throw refused(status, "SIOCSIFADDR", interface_, { fd: number });
  }
  if (mask !== null) {
    const status = native.rawsock_set_interface_netmask(number, name, mask.bytes);
    if (status < 0) throw refused(status, "SIOCSIFNETMASK", interface_, { fd: number });
  }
  if ((set | cleared) === 0) return;
  const before = native.rawsock_interface_flags(number, name);
  if (before < 0) throw refused(before, "SIOCGIFFLAGS", interface_, { fd: number });
  const after = (before | set) & ~cleared;
  if (after === before) return;
  const status = native.rawsock_set_interface_flags(number, name, after);
  if (status < 0) throw refused(status, "SIOCSIFFLAGS", interface_, { fd: number });
}

/** A name for C: RangeError where it is too long. */
export function interfaceText(name: string): Uint8Array {
  const bytes = encoder.encode(`${encodableText(name, "interface")}\0`);
  if (bytes.length < 2 || bytes.length > NAME_MAX + 1) {
    throw new RangeError(`interface must have 1 to ${NAME_MAX} bytes, not ${bytes.length - 1}`);
  }
  return bytes;
}

function maskOf(netmask: string): Sockaddr {
  if (typeof netmask !== "string") throw wrongType("netmask", "an IPv4 address", netmask);
  return Sockaddr.inet(netmask);
}

function flagsOf(options: object): [set: number, cleared: number] {
  if (typeof options !== "object" || options === null) {
    throw wrongType("options", "an object", options);
  }
  let set = 0;
  let cleared = 0;
  for (const name in options) {
    if (name === "netmask") continue;
    const bit = FLAGS.get(name);
    if (bit === undefined) throw unknownKeyword("option", name, [...FLAGS.keys(), "netmask"]);
    const value: unknown = options[name as keyof typeof options];
    if (value === undefined) continue;
    if (boolean(value, name)) set |= bit;
    else cleared |= bit;
  }
  return [set, cleared];
}

function refused(result: number, request: string, name: string, context: ErrorContext) {
  const remedy = REMEDIES.get(failure(result, "ioctl").code);
  return new SocketError(-result, `ioctl ${request}`, { ...context, subject: name, remedy });
}
