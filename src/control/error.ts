// Control messages of the error queue: ICMP errors with their offender, transmit stamps,
// zero-copy completions. IP_RECVERR in ip(7), IPV6_RECVERR in ipv6(7), linux/errqueue.h.

import { received, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import { AF, IP, IPPROTO, IPV6, PACKET, SO, SOL } from "../base/constants.ts";
import { errorName } from "../base/error.ts";
import { integer, unknownKeyword, wrongType } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { at, type ControlCodec, type Place } from "./codec.ts";

/** Where an error comes from; a number where it has no keyword. */
export type ErrorOrigin =
  | "none"
  | "local"
  | "icmp"
  | "icmp6"
  | "timestamping"
  | "zerocopy"
  | "txtime"
  | number;

export type ErrorControl = {
  kind: "error";
  errno: number;
  /** The symbolic name of `errno`. */
  code: string;
  origin: ErrorOrigin;
  /** The ICMP type and code. */
  type: number;
  icmpCode: number;
  /** The path MTU of EMSGSIZE; the first of a range of completions; which stamp it is. */
  info: number;
  /** The last of a range of completions; the key of a stamp. Absent where it says nothing. */
  data?: number;
  /** The host that reported the error. */
  offender: Sockaddr | null;
};

const U8_MAX = 0xff;
const U32_MAX = 0xffff_ffff;

const structure = new Structure("sock_extended_err");
const [ERRNO_AT] = structure.field("ee_errno");
const [ORIGIN_AT] = structure.field("ee_origin");
const [TYPE_AT] = structure.field("ee_type");
const [CODE_AT] = structure.field("ee_code");
const [INFO_AT] = structure.field("ee_info");
const [DATA_AT] = structure.field("ee_data");
/** SO_EE_OFFENDER: the offender stands behind the structure. */
const OFFENDER_AT = structure.size;

/** "txstatus" is an older name of "timestamping". */
const origins: ReadonlyMap<string, number> = new Map(
  ["none", "local", "icmp", "icmp6", "txstatus", "timestamping", "zerocopy", "txtime"].flatMap(
    (name): [string, number][] => {
      const number = SO[`EE_ORIGIN_${name.toUpperCase()}`];
      return number === undefined ? [] : [[name, number]];
    },
  ),
);
const originNames: ReadonlyMap<number, string> = new Map(
  [...origins].map(([name, number]) => [number, name]),
);

/** Origins of errors of the network, where the kernel leaves ee_data zero. */
const WITHOUT_DATA: ReadonlySet<ErrorOrigin> = new Set(["none", "local", "icmp", "icmp6"]);

function originNumber(origin: unknown): number {
  if (typeof origin === "number") return integer(origin, "origin", 0, U8_MAX);
  if (typeof origin !== "string") throw wrongType("origin", "a keyword or a number", origin);
  const number = origins.get(origin);
  if (number === undefined) throw unknownKeyword("origin", origin, origins.keys());
  return number;
}

/** Room for an offender; where there is none its family is AF_UNSPEC. */
const offenderRoom = (level: number | undefined) =>
  new Structure(level === IPPROTO.IPV6 ? "sockaddr_in6" : "sockaddr_in").size;

const offenderSizes: ReadonlyMap<number, number> = new Map([
  [AF.INET, new Structure("sockaddr_in").size],
  [AF.INET6, new Structure("sockaddr_in6").size],
]);

function offenderAt(view: DataView, at: number, room: number): Sockaddr | null {
  if (room < 2) return null;
  const size = offenderSizes.get(view.getUint16(at, true));
  if (size === undefined || room < size) return null;
  return received(new Uint8Array(view.buffer, view.byteOffset + at, size));
}

function isInet6({ origin, offender }: ErrorControl): boolean {
  return origin === "icmp6" || (offender !== null && toSockaddr(offender).family === "inet6");
}

function errorAt(place: Place, takes: (message: ErrorControl) => boolean): ControlCodec[] {
  const room = offenderRoom(place[0]);
  return at<ErrorControl>(place, "error", {
    takes,
    size: () => OFFENDER_AT + room,
    encode({ errno, origin, type, icmpCode, info, data, offender }, view, at) {
      view.setUint32(at + ERRNO_AT, integer(errno, "errno", 0, U32_MAX), true);
      view.setUint8(at + ORIGIN_AT, originNumber(origin));
      view.setUint8(at + TYPE_AT, integer(type, "type", 0, U8_MAX));
      view.setUint8(at + CODE_AT, integer(icmpCode, "icmpCode", 0, U8_MAX));
      view.setUint32(at + INFO_AT, integer(info, "info", 0, U32_MAX), true);
      view.setUint32(at + DATA_AT, integer(data ?? 0, "data", 0, U32_MAX), true);
      if (offender === null) return;
      const { bytes } = toSockaddr(offender);
      if (bytes.length > room) throw wrongType("offender", "an IP address", offender);
      new Uint8Array(view.buffer, view.byteOffset + at + OFFENDER_AT, room).set(bytes);
    },
    decode(view, at, length) {
      if (length < OFFENDER_AT) return null;
      const errno = view.getUint32(at + ERRNO_AT, true);
      const number = view.getUint8(at + ORIGIN_AT);
      const origin = (originNames.get(number) ?? number) as ErrorOrigin;
      const data = view.getUint32(at + DATA_AT, true);
      return {
        kind: "error",
        errno,
        code: errorName(errno),
        origin,
        type: view.getUint8(at + TYPE_AT),
        icmpCode: view.getUint8(at + CODE_AT),
        info: view.getUint32(at + INFO_AT, true),
        ...(data === 0 && WITHOUT_DATA.has(origin) ? {} : { data }),
        offender: offenderAt(view, at + OFFENDER_AT, length - OFFENDER_AT),
      };
    },
  });
}

/** Packet sockets report their transmit stamps in the same structure: packet(7). */
export const errorCodecs: readonly ControlCodec[] = [
  errorAt([IPPROTO.IP, IP.RECVERR], (message) => !isInet6(message)),
  errorAt([IPPROTO.IPV6, IPV6.RECVERR], isInet6),
  errorAt([SOL.PACKET, PACKET.TX_TIMESTAMP], () => false),
].flat();
