// ioctl(2) on a device's descriptor. Documentation/networking/tuntap.rst.

import { single } from "../base/constants.ts";
import { check, failure, SocketError } from "../base/error.ts";
import { constants, furtherConstants, native } from "../native/library.ts";
import { allocate, decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";

type Group = "TUNSET" | "TUNGET" | "TUN";

const ifreq = new Structure("ifreq");

/** A constant of <linux/if_tun.h>. TypeError: this platform lacks it. */
export function constant(group: Group, name: string): number {
  const value = furtherConstants("network")[group]?.[name];
  if (value === undefined) {
    throw new TypeError(`this platform has no ${group}${group === "TUN" ? "_" : ""}${name}`);
  }
  return value;
}

function failed(result: number, fd: number, name: string, remedy?: string): SocketError {
  return new SocketError(-result, `ioctl ${name}`, { fd, remedy });
}

/** A request whose argument is a number. */
export function setNumber(fd: number, name: string, value: number, remedies?: Remedies): void {
  const request = constant("TUNSET", name);
  const status = native.rawsock_ioctl(fd, request, null, value);
  if (status < 0) throw failed(status, fd, `TUNSET${name}`, remedyOf(status, remedies));
}

/** What can be done, by the error's name. */
export type Remedies = Readonly<Record<string, string>>;

function remedyOf(result: number, remedies: Remedies | undefined): string | undefined {
  return remedies?.[failure(result, "ioctl").code];
}

const word = allocate(4);
const words = new Int32Array(word.buffer);

/** A request whose argument is an int in memory. */
export function setInt(fd: number, name: string, value: number): void {
  const request = constant("TUNSET", name);
  words[0] = value;
  const status = native.rawsock_ioctl(fd, request, word, 0);
  if (status < 0) throw failed(status, fd, `TUNSET${name}`);
}

export function getInt(fd: number, name: string): number {
  const request = constant("TUNGET", name);
  check(native.rawsock_ioctl(fd, request, word, 0), `ioctl TUNGET${name}`, fd);
  return words[0] as number;
}

/** TUNSETQUEUE. */
export function setQueue(fd: number, name: "ATTACH_QUEUE" | "DETACH_QUEUE"): void {
  const bytes = ifreq.allocate();
  const bits = single(`IFF_${name}`);
  const [offset] = ifreq.field("ifr_ifru");
  new DataView(bytes.buffer).setUint16(offset, bits, true);
  const request = constant("TUNSET", "QUEUE");
  const status = native.rawsock_ioctl(fd, request, bytes, 0);
  if (status < 0) throw failed(status, fd, "TUNSETQUEUE", QUEUE_REMEDY);
}

const QUEUE_REMEDY = "only the queues of a device opened with `multiQueue: true` come and go";

/** What TUNGETIFF tells of a descriptor. */
export type Attached = { readonly name: string; readonly has: (flag: DeviceFlag) => boolean };
export type DeviceFlag = "TUN" | "TAP" | "NO_PI" | "MULTI_QUEUE" | "VNET_HDR";

/** The interface of a descriptor; -errno where it has none, undefined where nobody can tell. */
export function attached(fd: number): Attached | number | undefined {
  const request = furtherConstants("network").TUNGET?.IFF;
  if (request === undefined) return undefined;
  const bytes = ifreq.allocate();
  const status = native.rawsock_ioctl(fd, request, bytes, 0);
  if (status < 0) return status;
  const [offset] = ifreq.field("ifr_ifru");
  const bits = new DataView(bytes.buffer).getUint16(offset, true);
  const end = bytes.indexOf(0);
  return {
    name: decodeText(bytes.subarray(0, end)),
    has: (flag) => (bits & (constants.single?.[`IFF_${flag}`] ?? 0)) !== 0,
  };
}
