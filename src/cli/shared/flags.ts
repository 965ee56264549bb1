// What sockets are set to. By numbers: the tables of all the options' names take long to load, and
// ping is to start as fast as ping(8).

import { Sockaddr } from "../../address/sockaddr.ts";
import { IP, IPPROTO, IPV6, SO, SOL } from "../../base/constants.ts";
import { bind } from "../../calls/socket.ts";
import { setsockopt } from "../../option/raw.ts";
import { Failure } from "./failure.ts";

export type InternetFamily = "inet" | "inet6";

/** Sets an option that not every system has; where it has not, commands tell less. */
export function set(
  fd: number,
  level: number | undefined,
  name: number | undefined,
  value: number | Uint8Array,
): void {
  if (level !== undefined && name !== undefined) setsockopt(fd, level, name, value);
}

/** IP_MTU_DISCOVER: may packets be fragmented, here and on their way? ip(7). */
export const PATH_WORDS = ["do", "dont", "want", "probe"] as const;

/** Whether packets may be fragmented, here and on their way. */
export function discoverPath(
  fd: number,
  family: InternetFamily,
  word: (typeof PATH_WORDS)[number],
): void {
  const key = `PMTUDISC_${word.toUpperCase()}`;
  if (family === "inet") set(fd, IPPROTO.IP, IP.MTU_DISCOVER, IP[key] ?? 0);
  else set(fd, IPPROTO.IPV6, IPV6.MTU_DISCOVER, IPV6[key] ?? 0);
}

/** The time to live, or hop limit, of what is sent to hosts. */
export function limitHops(fd: number, family: InternetFamily, hops: number): void {
  if (family === "inet") set(fd, IPPROTO.IP, IP.TTL, hops);
  else set(fd, IPPROTO.IPV6, IPV6.UNICAST_HOPS, hops);
}

/** And of what is sent to groups. */
export function limitGroupHops(fd: number, family: InternetFamily, hops: number): void {
  if (family === "inet") set(fd, IPPROTO.IP, IP.MULTICAST_TTL, hops);
  else set(fd, IPPROTO.IPV6, IPV6.MULTICAST_HOPS, hops);
}

/** Sends from an interface, or from one's own address. */
export function bindTo(fd: number, family: InternetFamily, where: string): void {
  const isInet6 = where.includes(":");
  if (!isInet6 && !/^\d+(\.\d+){3}$/.test(where)) {
    set(fd, SOL.SOCKET, SO.BINDTODEVICE, new TextEncoder().encode(where));
    return;
  }
  if ((family === "inet6") !== isInet6) {
    throw new Failure(`${where} is no address of the host's family`, 2);
  }
  bind(fd, isInet6 ? Sockaddr.inet6(where) : Sockaddr.inet(where));
}
