// Control messages of the IP levels and of UDP. ip(7), ipv6(7), udp(7).

import { codecOf } from "../address/families.ts";
import { familyOf } from "../address/family.ts";
import { splitZone } from "../address/interface.ts";
import { received, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import { formatAddress, parseAddress } from "../address/text.ts";
import { AF, IP, IPPROTO, IPV6, UDP } from "../base/constants.ts";
import { I32_MAX, integer, U8_MAX, U16_MAX, U32_MAX, wrongType } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { at, type ControlCodec, integerAt, type Shape } from "./codec.ts";

export type InternetControl =
  | { kind: "pktinfo"; ifindex: number; address: string; specDst?: string }
  | { kind: "ttl"; value: number }
  | { kind: "hoplimit"; value: number }
  | { kind: "tos"; value: number }
  /** Windows: the two bits of the class that tell of congestion, RFC 3168. */
  | { kind: "ecn"; value: number }
  | { kind: "tclass"; value: number }
  | { kind: "flowinfo"; value: number }
  | { kind: "origdstaddr"; address: Sockaddr }
  | { kind: "fragsize"; size: number }
  | { kind: "segment"; size: number }
  | { kind: "gro"; size: number };

type Of<Kind> = Extract<InternetControl, { kind: Kind }>;
type PacketInfo = Of<"pktinfo">;

/** Writes an address of a family, and returns the number of its zone, 0 where it has none. */
function setAddress(
  view: DataView,
  at: number,
  family: number,
  text: unknown,
  name: string,
): number {
  const [address, zone] =
    family === AF.INET6 && typeof text === "string" ? splitZone(text) : [text, 0];
  const bytes = typeof address === "string" ? parseAddress(family, address) : null;
  if (bytes === null) throw wrongType(name, "an IPv4 or IPv6 address", text);
  bytesAt(view, at, bytes.length).set(bytes);
  return zone;
}

function bytesAt(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

function isInet6(address: unknown): boolean {
  return typeof address === "string" && address.includes(":");
}

/** The text of addresses, where one packet's is mostly the last one's. */
class AddressText {
  readonly #family: number;
  readonly #words: Int32Array;
  #text: string | undefined;

  constructor(family: number, size: number) {
    this.#family = family;
    this.#words = new Int32Array(size / 4);
  }

  at(view: DataView, at: number): string {
    const words = this.#words;
    let same = true;
    for (let index = 0; index < words.length; index++) {
      const word = view.getInt32(at + index * 4, true);
      if (word !== words[index]) same = false;
      words[index] = word;
    }
    if (!same || this.#text === undefined) {
      this.#text = formatAddress(this.#family, bytesAt(view, at, words.length * 4));
    }
    return this.#text;
  }
}

function packetInfo4(): Shape<PacketInfo> {
  const structure = new Structure("in_pktinfo");
  const indexAt = structure.offset("ipi_ifindex");
  // Windows has the one address: the destination of what came, the source of what goes.
  const hasLocal = structure.has("ipi_spec_dst");
  const localAt = structure.offset(hasLocal ? "ipi_spec_dst" : "ipi_addr");
  const [addressAt, addressSize] = structure.field("ipi_addr");
  const { size } = structure;
  const address = new AddressText(AF.INET, addressSize);
  const local = new AddressText(AF.INET, addressSize);
  return {
    takes: (message) => !isInet6(message.address),
    size: () => size,
    encode(message, view, at) {
      view.setInt32(at + indexAt, integer(message.ifindex, "ifindex", 0, I32_MAX), true);
      setAddress(view, at + addressAt, AF.INET, message.address, "address");
      // ip(7): what is sent comes from ipi_spec_dst; ipi_addr is for the receiver alone.
      const source = message.specDst ?? message.address;
      setAddress(view, at + localAt, AF.INET, source, "specDst");
    },
    decode(view, at, length) {
      if (length !== size) return null;
      const ifindex = view.getInt32(at + indexAt, true);
      const destination = address.at(view, at + addressAt);
      if (!hasLocal) return { kind: "pktinfo", ifindex, address: destination };
      const specDst = local.at(view, at + localAt);
      return { kind: "pktinfo", ifindex, address: destination, specDst };
    },
  };
}

function packetInfo6(): Shape<PacketInfo> {
  const structure = new Structure("in6_pktinfo");
  const indexAt = structure.offset("ipi6_ifindex");
  const [addressAt, addressSize] = structure.field("ipi6_addr");
  const { size } = structure;
  const text = new AddressText(AF.INET6, addressSize);
  return {
    takes: (message) => isInet6(message.address),
    size: () => size,
    encode({ ifindex, address, specDst }, view, at) {
      if (specDst !== undefined) throw new TypeError("specDst goes with an IPv4 address only");
      const index = integer(ifindex, "ifindex", 0, I32_MAX);
      const zone = setAddress(view, at + addressAt, AF.INET6, address, "address");
      view.setUint32(at + indexAt, index === 0 ? zone : index, true);
    },
    decode(view, at, length) {
      if (length !== size) return null;
      const address = text.at(view, at + addressAt);
      return { kind: "pktinfo", ifindex: view.getInt32(at + indexAt, true), address };
    },
  };
}

/** A whole struct sockaddr of one family. */
function originalDestination(level: number, type: number | undefined, family: number) {
  return at<Of<"origdstaddr">>([level, type], "origdstaddr", () => {
    const size = codecOf(family)?.size ?? 0;
    return {
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
    };
  });
}

/** IPv6's flow label and class, in network order. */
const flowinfo = (): Shape<Of<"flowinfo">> => ({
  size: () => 4,
  encode({ value }, view, at) {
    view.setUint32(at, integer(value, "value", 0, U32_MAX), false);
  },
  decode(view, at, length) {
    return length === 4 ? { kind: "flowinfo", value: view.getUint32(at, false) } : null;
  },
});

const ECN_MAX = 3;

/** RFC 3542: -1 is the kernel's default. */
const byteOrDefault = { least: -1, most: U8_MAX, signed: true } as const;

/** The kinds, by level and type. */
export const internetCodecs = (): readonly ControlCodec[] =>
  [
    // ip(7) says an integer; IP_TOS arrives as a single byte.
    integerAt([IPPROTO.IP, IP.TOS], "tos", "value", { most: U8_MAX, also: 1 }),
    integerAt([IPPROTO.IP, IP.TTL], "ttl", "value", { most: U8_MAX }),
    // Windows, where the number that asks for the hop limit also tells it.
    integerAt([IPPROTO.IP, IP.HOPLIMIT], "ttl", "value", { most: U8_MAX }),
    integerAt([IPPROTO.IP, IP.ECN], "ecn", "value", { most: ECN_MAX }),
    at<PacketInfo>([IPPROTO.IP, IP.PKTINFO], "pktinfo", packetInfo4),
    originalDestination(IPPROTO.IP, IP.ORIGDSTADDR, AF.INET),
    integerAt([IPPROTO.IP, IP.RECVFRAGSIZE], "fragsize", "size", { most: I32_MAX }),
    at<Of<"flowinfo">>([IPPROTO.IPV6, IPV6.FLOWINFO], "flowinfo", flowinfo),
    at<PacketInfo>([IPPROTO.IPV6, IPV6.PKTINFO], "pktinfo", packetInfo6),
    integerAt([IPPROTO.IPV6, IPV6.HOPLIMIT], "hoplimit", "value", byteOrDefault),
    integerAt([IPPROTO.IPV6, IPV6.TCLASS], "tclass", "value", byteOrDefault),
    integerAt([IPPROTO.IPV6, IPV6.ECN], "ecn", "value", { most: ECN_MAX }),
    originalDestination(IPPROTO.IPV6, IPV6.ORIGDSTADDR, AF.INET6),
    integerAt([IPPROTO.UDP, UDP.SEGMENT], "segment", "size", { most: U16_MAX, width: 2 }),
    integerAt([IPPROTO.UDP, UDP.GRO], "gro", "size", { most: I32_MAX }),
    // What Windows calls the two.
    integerAt([IPPROTO.UDP, UDP.SEND_MSG_SIZE], "segment", "size", { most: U16_MAX }),
    integerAt([IPPROTO.UDP, UDP.COALESCED_INFO], "gro", "size", { most: I32_MAX }),
  ].flat();
