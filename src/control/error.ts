// Control messages of the error queue: ICMP errors with their offender, transmit stamps,
// zero-copy completions. IP_RECVERR in ip(7), IPV6_RECVERR in ipv6(7), linux/errqueue.h.

import { codecOf } from "../address/families.ts";
import { received, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import { AF, IP, IPPROTO, IPV6, PACKET, SO, SOL } from "../base/constants.ts";
import { errorName } from "../base/error.ts";
import { Keywords, withPrefix } from "../base/keyword.ts";
import { integer, U8_MAX, U32_MAX, wrongType } from "../base/validate.ts";
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

/**
 * An entry of the error queue, received with `errqueue`: struct sock_extended_err. IP_RECVERR in
 * ip(7), IPV6_RECVERR in ipv6(7).
 */
export type ErrorControl = {
  kind: "error";
  /** The platform's number, positive; 0 for what is no error. */
  errno: number;
  /** The symbolic name of `errno`. */
  code: string;
  /** Who made the entry. */
  origin: ErrorOrigin;
  /** The ICMP type and code. */
  type: number;
  /** See `type`. */
  icmpCode: number;
  /** The path MTU of EMSGSIZE; the first of a range of completions; which stamp it is. */
  info: number;
  /** The last of a range of completions; the key of a stamp. Absent where it says nothing. */
  data?: number;
  /** The host that reported the error. */
  offender: Sockaddr | null;
};

const structure = new Structure("sock_extended_err");

/** "txstatus" is an older name of "timestamping". */
export const origins = new Keywords("origin", () => withPrefix(SO, "EE_ORIGIN_"), {
  preferred: ["timestamping"],
});

/** Origins of errors of the network, where the kernel leaves ee_data zero. */
const WITHOUT_DATA: ReadonlySet<ErrorOrigin> = new Set(["none", "local", "icmp", "icmp6"]);

function originNumber(origin: ErrorOrigin): number {
  if (origin === undefined || origin === null) {
    throw wrongType("origin", "a keyword or a number", origin);
  }
  return integer(origins.number(origin), "origin", 0, U8_MAX);
}

/** Room for an offender; where there is none its family is AF_UNSPEC. */
function offenderSize(family: number): number | undefined {
  return codecOf(family)?.size;
}

function offenderAt(view: DataView, at: number, room: number): Sockaddr | null {
  if (room < 2) return null;
  const family = view.getUint16(at, true);
  if (family !== AF.INET && family !== AF.INET6) return null;
  const size = offenderSize(family) ?? 0;
  return room < size ? null : received(new Uint8Array(view.buffer, view.byteOffset + at, size));
}

function isInet6({ origin, offender }: ErrorControl): boolean {
  return origin === "icmp6" || (offender !== null && toSockaddr(offender).family === "inet6");
}

function errorAt(place: Place, takes: (message: ErrorControl) => boolean): ControlCodec[] {
  // Windows tells of errors by the same number, and in another form.
  if (!structure.exists) return [];
  return at<ErrorControl>(place, "error", () => {
    const errnoAt = structure.offset("ee_errno");
    const originAt = structure.offset("ee_origin");
    const typeAt = structure.offset("ee_type");
    const codeAt = structure.offset("ee_code");
    const infoAt = structure.offset("ee_info");
    const dataAt = structure.offset("ee_data");
    /** SO_EE_OFFENDER: the offender stands behind the structure. */
    const end = structure.size;
    const room = offenderSize(place[0] === IPPROTO.IPV6 ? AF.INET6 : AF.INET) ?? 0;
    return {
      takes,
      size: () => end + room,
      encode({ errno, origin, type, icmpCode, info, data, offender }, view, at) {
        view.setUint32(at + errnoAt, integer(errno, "errno", 0, U32_MAX), true);
        view.setUint8(at + originAt, originNumber(origin));
        view.setUint8(at + typeAt, integer(type, "type", 0, U8_MAX));
        view.setUint8(at + codeAt, integer(icmpCode, "icmpCode", 0, U8_MAX));
        view.setUint32(at + infoAt, integer(info, "info", 0, U32_MAX), true);
        view.setUint32(at + dataAt, integer(data ?? 0, "data", 0, U32_MAX), true);
        if (offender === null) return;
        const { bytes } = toSockaddr(offender);
        if (bytes.length > room) throw wrongType("offender", "an IP address", offender);
        new Uint8Array(view.buffer, view.byteOffset + at + end, room).set(bytes);
      },
      decode(view, at, length) {
        if (length < end) return null;
        const errno = view.getUint32(at + errnoAt, true);
        const origin = origins.name(view.getUint8(at + originAt)) as ErrorOrigin;
        const data = view.getUint32(at + dataAt, true);
        const message: ErrorControl = {
          kind: "error",
          errno,
          code: errorName(errno),
          origin,
          type: view.getUint8(at + typeAt),
          icmpCode: view.getUint8(at + codeAt),
          info: view.getUint32(at + infoAt, true),
          data,
          offender: offenderAt(view, at + end, length - end),
        };
        // To spread it where it is wanted would take longer than all the rest.
        if (data === 0 && WITHOUT_DATA.has(origin)) delete message.data;
        return message;
      },
    };
  });
}

/** Packet sockets report their transmit stamps in the same structure: packet(7). */
export const errorCodecs = (): readonly ControlCodec[] =>
  [
    errorAt([IPPROTO.IP, IP.RECVERR], (message) => !isInet6(message)),
    errorAt([IPPROTO.IPV6, IPV6.RECVERR], isInet6),
    errorAt([SOL.PACKET, PACKET.TX_TIMESTAMP], () => false),
  ].flat();
