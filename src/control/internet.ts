// Control messages of the IP levels and of UDP and packet sockets. ip(7), ipv6(7), udp(7),
// packet(7).

import { familyOf, formatAddress, parseAddress } from "../address/family.ts";
import { received, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import { AF, IP, IPPROTO, IPV6, PACKET, SOL, TP_STATUS, UDP } from "../base/constants.ts";
import { integer, wrongType } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { at, type ControlCodec, integerAt } from "./codec.ts";

export type InternetControl =
  | { kind: "pktinfo"; ifindex: number; address: string; specDst?: string }
  | { kind: "ttl" | "hoplimit" | "tos" | "tclass"; value: number }
  | { kind: "flowinfo"; value: number }
  | { kind: "origdstaddr"; address: Sockaddr }
  | { kind: "fragsize"; size: number }
  | { kind: "segment"; size: number }
  | { kind: "gro"; size: number }
  | {
      kind: "auxdata";
      status: number;
      length: number;
      snaplen: number;
      vlan?: { tci: number; tpid: number };
    };

type Of<Kind> = Extract<InternetControl, { kind: Kind }>;
type PacketInfo = Of<"pktinfo">;

const INT32_MAX = 2 ** 31 - 1;
const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;

const info4 = new Structure("in_pktinfo");
const [INDEX4] = info4.field("ipi_ifindex");
const [LOCAL4] = info4.field("ipi_spec_dst");
const [ADDRESS4] = info4.field("ipi_addr");
const info6 = new Structure("in6_pktinfo");
const [ADDRESS6, ADDRESS6_SIZE] = info6.field("ipi6_addr");
const [INDEX6] = info6.field("ipi6_ifindex");

let lastWord = 0;
let lastText = "0.0.0.0";

/** The text of an IPv4 address. One packet's is mostly the last one's. */
function text4(view: DataView, at: number): string {
  const word = view.getInt32(at, true);
  if (word !== lastWord) {
    lastText = formatAddress(AF.INET, bytesAt(view, at, 4));
    lastWord = word;
  }
  return lastText;
}

const lastWords = new Int32Array(ADDRESS6_SIZE / 4);
let lastText6 = "::";

function text6(view: DataView, at: number): string {
  let same = true;
  for (let index = 0; index < lastWords.length; index++) {
    const word = view.getInt32(at + index * 4, true);
    if (word !== lastWords[index]) same = false;
    lastWords[index] = word;
  }
  if (!same) lastText6 = formatAddress(AF.INET6, bytesAt(view, at, ADDRESS6_SIZE));
  return lastText6;
}

function bytesAt(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

function isInet6(address: unknown): boolean {
  return typeof address === "string" && address.includes(":");
}

function setAddress(view: DataView, at: number, family: number, text: unknown, name: string) {
  const bytes = typeof text === "string" ? parseAddress(family, text) : null;
  if (bytes === null) throw wrongType(name, "an IPv4 or IPv6 address", text);
  bytesAt(view, at, bytes.length).set(bytes);
}

function encodeInfo4({ ifindex, address, specDst }: PacketInfo, view: DataView, at: number) {
  view.setInt32(at + INDEX4, integer(ifindex, "ifindex", 0, INT32_MAX), true);
  setAddress(view, at + ADDRESS4, AF.INET, address, "address");
  // ip(7): what is sent comes from ipi_spec_dst; ipi_addr is for the receiver alone.
  setAddress(view, at + LOCAL4, AF.INET, specDst ?? address, "specDst");
}

function decodeInfo4(view: DataView, at: number, length: number): PacketInfo | null {
  if (length !== info4.size) return null;
  return {
    kind: "pktinfo",
    ifindex: view.getInt32(at + INDEX4, true),
    address: text4(view, at + ADDRESS4),
    specDst: text4(view, at + LOCAL4),
  };
}

function encodeInfo6({ ifindex, address, specDst }: PacketInfo, view: DataView, at: number) {
  if (specDst !== undefined) throw new TypeError("specDst goes with an IPv4 address only");
  view.setUint32(at + INDEX6, integer(ifindex, "ifindex", 0, INT32_MAX), true);
  setAddress(view, at + ADDRESS6, AF.INET6, address, "address");
}

function decodeInfo6(view: DataView, at: number, length: number): PacketInfo | null {
  if (length !== info6.size) return null;
  const address = text6(view, at + ADDRESS6);
  return { kind: "pktinfo", ifindex: view.getInt32(at + INDEX6, true), address };
}

/** A whole struct sockaddr of one family. */
function originalDestination(level: number, type: number | undefined, family: number) {
  const size = new Structure(family === AF.INET ? "sockaddr_in" : "sockaddr_in6").size;
  return at<Of<"origdstaddr">>([level, type], "origdstaddr", {
    takes: ({ address }) => familyOf(toSockaddr(address).bytes) === family,
    size: () => size,
    encode({ address }, view, at) {
      const { bytes } = toSockaddr(address);
      bytesAt(view, at, size).set(bytes.subarray(0, size));
    },
    decode(view, at, length) {
      if (length !== size) return null;
      const address = received(bytesAt(view, at, size));
      return address === null ? null : { kind: "origdstaddr", address };
    },
  });
}

const auxiliary = new Structure("tpacket_auxdata");
const [STATUS] = auxiliary.field("tp_status");
const [LENGTH] = auxiliary.field("tp_len");
const [SNAPLEN] = auxiliary.field("tp_snaplen");
const [TCI] = auxiliary.field("tp_vlan_tci");
const [TPID] = auxiliary.field("tp_vlan_tpid");
const ETH_P_8021Q = 0x8100;

/** PACKET_AUXDATA's struct tpacket_auxdata. */
const auxdata = {
  size: () => auxiliary.size,
  encode({ status, length, snaplen, vlan }: Of<"auxdata">, view: DataView, at: number) {
    const tagged = (TP_STATUS.VLAN_VALID ?? 0) | (TP_STATUS.VLAN_TPID_VALID ?? 0);
    const bits = integer(status, "status", 0, U32_MAX) | (vlan === undefined ? 0 : tagged);
    view.setUint32(at + STATUS, bits, true);
    view.setUint32(at + LENGTH, integer(length, "length", 0, U32_MAX), true);
    view.setUint32(at + SNAPLEN, integer(snaplen, "snaplen", 0, U32_MAX), true);
    if (vlan === undefined) return;
    view.setUint16(at + TCI, integer(vlan.tci, "tci", 0, U16_MAX), true);
    view.setUint16(at + TPID, integer(vlan.tpid, "tpid", 0, U16_MAX), true);
  },
  decode(view: DataView, at: number, bytes: number): Of<"auxdata"> | null {
    if (bytes !== auxiliary.size) return null;
    const status = view.getUint32(at + STATUS, true);
    const length = view.getUint32(at + LENGTH, true);
    const snaplen = view.getUint32(at + SNAPLEN, true);
    const message: Of<"auxdata"> = { kind: "auxdata", status, length, snaplen };
    if ((status & (TP_STATUS.VLAN_VALID ?? 0)) !== 0) {
      const known = (status & (TP_STATUS.VLAN_TPID_VALID ?? 0)) !== 0;
      const tpid = known ? view.getUint16(at + TPID, true) : ETH_P_8021Q;
      message.vlan = { tci: view.getUint16(at + TCI, true), tpid };
    }
    return message;
  },
};

/** The kinds, by level and type. */
export const internetCodecs: readonly ControlCodec[] = [
  // ip(7) says an integer; IP_TOS arrives as a single byte.
  integerAt([IPPROTO.IP, IP.TOS], "tos", "value", { most: 0xff, also: 1 }),
  integerAt([IPPROTO.IP, IP.TTL], "ttl", "value", { most: 0xff }),
  at<PacketInfo>([IPPROTO.IP, IP.PKTINFO], "pktinfo", {
    takes: ({ address }) => !isInet6(address),
    size: () => info4.size,
    encode: encodeInfo4,
    decode: decodeInfo4,
  }),
  originalDestination(IPPROTO.IP, IP.ORIGDSTADDR, AF.INET),
  integerAt([IPPROTO.IP, IP.RECVFRAGSIZE], "fragsize", "size", { most: INT32_MAX }),
  at<Of<"flowinfo">>([IPPROTO.IPV6, IPV6.FLOWINFO], "flowinfo", {
    size: () => 4,
    encode({ value }, view, at) {
      view.setUint32(at, integer(value, "value", 0, U32_MAX), false);
    },
    decode(view, at, length) {
      return length === 4 ? { kind: "flowinfo", value: view.getUint32(at, false) } : null;
    },
  }),
  at<PacketInfo>([IPPROTO.IPV6, IPV6.PKTINFO], "pktinfo", {
    takes: ({ address }) => isInet6(address),
    size: () => info6.size,
    encode: encodeInfo6,
    decode: decodeInfo6,
  }),
  // RFC 3542: -1 is the kernel's default.
  integerAt([IPPROTO.IPV6, IPV6.HOPLIMIT], "hoplimit", "value", {
    least: -1,
    most: 0xff,
    signed: true,
  }),
  integerAt([IPPROTO.IPV6, IPV6.TCLASS], "tclass", "value", {
    least: -1,
    most: 0xff,
    signed: true,
  }),
  originalDestination(IPPROTO.IPV6, IPV6.ORIGDSTADDR, AF.INET6),
  integerAt([IPPROTO.UDP, UDP.SEGMENT], "segment", "size", { most: U16_MAX, width: 2 }),
  integerAt([IPPROTO.UDP, UDP.GRO], "gro", "size", { most: INT32_MAX }),
  at<Of<"auxdata">>([SOL.PACKET, PACKET.AUXDATA], "auxdata", auxdata),
].flat();
