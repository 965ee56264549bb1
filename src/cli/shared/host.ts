// Hosts on the command line.

import { Sockaddr } from "../../address/sockaddr.ts";
import { AddrInfoError } from "../../base/error.ts";
import { getaddrinfo, getnameinfo } from "../../names/resolve.ts";
import { Failure, UsageError } from "./failure.ts";

export type Host = {
  /** As it was given. */
  readonly name: string;
  readonly address: Sockaddr;
  readonly family: "inet" | "inet6";
  /** Was the address itself given? */
  readonly isAddress: boolean;
};

/** The family that -4 or -6 asks for. */
export function familyOf(values: {
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
}): "inet" | "inet6" | null {
  if (values.ipv4 === true && values.ipv6 === true) {
    throw new UsageError("give -4 or -6, not both");
  }
  if (values.ipv4 === true) return "inet";
  return values.ipv6 === true ? "inet6" : null;
}

/** The first address of a host, which may be one. `status` is that of one that is not there. */
export function findHost(
  name: string,
  family: "inet" | "inet6" | null,
  { port, status = 1 }: { port?: number; status?: number } = {},
): Host {
  const address = numeric(name, port ?? 0);
  if (address !== null) {
    const own = name.includes(":") ? "inet6" : "inet";
    if ((family ?? own) === own) return { name, address, family: own, isAddress: true };
  }
  try {
    const service = port === undefined ? {} : { service: port };
    const found = getaddrinfo({ node: name, family, type: "dgram", ...service });
    for (const { address } of found) {
      const found = address.family;
      if (found !== "inet" && found !== "inet6") continue;
      return { name, address, family: found as Host["family"], isAddress: isAddress(name) };
    }
  } catch (error) {
    if (error instanceof AddrInfoError) throw new Failure(error.message, status);
    throw error;
  }
  throw new Failure(`${name} has no IP address`, status);
}

/** An address as it is written: the resolver, which reads files, need not be asked. */
function numeric(name: string, port: number): Sockaddr | null {
  if (!isAddress(name) || name.includes("%")) return null;
  try {
    return name.includes(":") ? Sockaddr.inet6(name, port) : Sockaddr.inet(name, port);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

export function isAddress(name: string): boolean {
  return name.includes(":") || /^\d+(\.\d+){3}$/.test(name);
}

/** The name of an address that is given as text. */
export function nameOfText(text: string): string | null {
  return nameOf(text.includes(":") ? Sockaddr.inet6(text) : Sockaddr.inet(text));
}

const names = new Map<string, string | null>();
/** More are asked for anew. */
const NAMES_MAX = 1000;

/** The name of an address, as the system's databases have it; null where it has none. */
export function nameOf(address: Sockaddr): string | null {
  const text = address.address ?? "";
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= NAMES_MAX) names.clear();
  const name = askName(address);
  names.set(text, name);
  return name;
}

function askName(address: Sockaddr): string | null {
  try {
    return getnameinfo(address, { namereqd: true, numericserv: true }).node;
  } catch (error) {
    if (error instanceof AddrInfoError) return null;
    throw error;
  }
}
