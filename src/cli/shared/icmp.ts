// What routers and hosts say in ICMP errors, in the words of ping(8): RFC 792, RFC 1122, RFC 1812,
// RFC 4443.

export type IcmpError = {
  readonly family: "inet" | "inet6";
  readonly type: number;
  readonly code: number;
  /** The path MTU, or where the problem is. */
  readonly info: number;
};

const UNREACHABLE = [
  "Destination Net Unreachable",
  "Destination Host Unreachable",
  "Destination Protocol Unreachable",
  "Destination Port Unreachable",
  "Frag needed and DF set",
  "Source Route Failed",
  "Destination Net Unknown",
  "Destination Host Unknown",
  "Source Host Isolated",
  "Destination Net Prohibited",
  "Destination Host Prohibited",
  "Destination Net Unreachable for Type of Service",
  "Destination Host Unreachable for Type of Service",
  "Packet filtered",
  "Precedence Violation",
  "Precedence Cutoff",
];
const UNREACHABLE_6 = [
  "No route",
  "Administratively prohibited",
  "Beyond scope of source address",
  "Address unreachable",
  "Port unreachable",
  "Source address failed ingress/egress policy",
  "Reject route to destination",
];
const PROBLEM_6 = ["Wrong header field", "Unknown header", "Unknown option"];

export const DEST_UNREACH = 3;
export const FRAG_NEEDED = 4;
export const DEST_UNREACH_6 = 1;
export const TOO_BIG_6 = 2;

export function icmpWords({ family, type, code, info }: IcmpError): string {
  return family === "inet" ? words4(type, code, info) : words6(type, code, info);
}

function words4(type: number, code: number, info: number): string {
  switch (type) {
    case DEST_UNREACH: {
      const words = UNREACHABLE[code] ?? `Dest Unreachable, Bad Code: ${code}`;
      return code === FRAG_NEEDED ? `${words} (mtu = ${info})` : words;
    }
    case 4:
      return "Source Quench";
    case 5:
      return `Redirect, code ${code}`;
    case 11:
      return code === 0 ? "Time to live exceeded" : "Frag reassembly time exceeded";
    case 12:
      return `Parameter problem: pointer = ${info}`;
    default:
      return `ICMP type ${type}, code ${code}`;
  }
}

function words6(type: number, code: number, info: number): string {
  switch (type) {
    case DEST_UNREACH_6:
      return `Destination unreachable: ${UNREACHABLE_6[code] ?? `Unknown code ${code}`}`;
    case TOO_BIG_6:
      return `Packet too big: mtu=${info}`;
    case 3:
      return `Time exceeded: ${code === 0 ? "Hop limit" : "Defragmentation failure"}`;
    case 4:
      return `Parameter problem: ${PROBLEM_6[code] ?? `code ${code}`} at ${info}`;
    default:
      return `ICMPv6 type ${type}, code ${code}`;
  }
}

const MARKS = ["!N", "!H", "!P", "", "!F", "!S", "!U", "!W", "!I", "!A", "!Z", "!Q", "!T", "!X"];
const MARKS_6 = ["!N", "!X", "!S", "!H", ""];

/** What traceroute(8) puts behind the time of a probe that was refused; "" where it was not. */
export function icmpMark({ family, type, code, info }: IcmpError): string {
  if (family === "inet6") {
    if (type === TOO_BIG_6) return `!F-${info}`;
    return type === DEST_UNREACH_6 ? (MARKS_6[code] ?? `!<${code}>`) : "";
  }
  if (type !== DEST_UNREACH) return "";
  const mark = MARKS[code] ?? (code === 14 ? "!V" : code === 15 ? "!C" : `!<${code}>`);
  return code === FRAG_NEEDED ? `${mark}-${info}` : mark;
}

/** Is the destination itself what answered, or can nothing behind it be reached? */
export function isUnreachable({ family, type }: IcmpError): boolean {
  return type === (family === "inet" ? DEST_UNREACH : DEST_UNREACH_6);
}

export function isTooBig({ family, type, code }: IcmpError): boolean {
  if (family === "inet6") return type === TOO_BIG_6;
  return type === DEST_UNREACH && code === FRAG_NEEDED;
}
