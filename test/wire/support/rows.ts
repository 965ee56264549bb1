// Which field of ours is which of tshark's.

import type { Layer } from "../../../src/wire/index.ts";
import { address, boolean, number, octets, type Row, rows } from "./judge.ts";

const FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ae"];

const hex = (bytes: Uint8Array): string => bytes.toHex();
/** tshark has no occurrence for no bytes. */
const hexOrNone = (bytes: Uint8Array): string | undefined =>
  bytes.length === 0 ? undefined : bytes.toHex();

/** The EtherType of IEEE 802.1ad's tag. */
const SERVICE = 0x88a8;

/** Tags, by tshark's name for those that come behind such a type. */
function tag(name: string, belongs: (type: number) => boolean): Row[] {
  return rows("vlan", {
    [`${name}.priority`]: "priority",
    [`${name}.dei`]: ["dropEligible", boolean],
    [`${name}.id`]: "id",
    ...(name === "vlan" && { "vlan.etype": "type" as const }),
  }).map((row) => ({
    ...row,
    ours: (layer: Layer, below?: Layer) =>
      below !== undefined && "type" in below && belongs(Number(below.type))
        ? row.ours(layer)
        : undefined,
  }));
}

export const core: readonly Row[] = [
  ...rows("ethernet", {
    "eth.dst": ["destination", address],
    "eth.src": ["source", address],
    "eth.type": "type",
    "eth.len": "length",
  }),
  ...tag("vlan", (type) => type !== SERVICE),
  ...tag("ieee8021ad", (type) => type === SERVICE),
  ...rows("arp", {
    "arp.hw.type": "hardwareType",
    "arp.proto.type": "protocolType",
    "arp.opcode": [
      "operation",
      number,
      ({ operation }) => (operation === "request" ? 1 : operation === "reply" ? 2 : operation),
    ],
    "arp.src.hw_mac": ["senderHardware", address],
    "arp.src.proto_ipv4": ["senderAddress", address],
    "arp.dst.hw_mac": ["targetHardware", address],
    "arp.dst.proto_ipv4": ["targetAddress", address],
  }),
  ...rows("ipv4", {
    "ip.hdr_len": ["options", number, ({ options }) => 20 + options.length],
    "ip.dsfield.dscp": "dscp",
    "ip.dsfield.ecn": "ecn",
    "ip.len": "totalLength",
    "ip.id": "identification",
    "ip.flags.rb": ["reserved", boolean, ({ reserved }) => reserved === true],
    "ip.flags.df": ["dontFragment", boolean],
    "ip.flags.mf": ["moreFragments", boolean],
    // In units of eight bytes.
    "ip.frag_offset": ["fragmentOffset", (text) => 8 * Number(text)],
    "ip.ttl": "ttl",
    "ip.proto": "protocol",
    "ip.checksum": "checksum",
    "ip.src": ["source", address],
    "ip.dst": ["destination", address],
  }),
  ...rows("ipv6", {
    "ipv6.tclass.dscp": "dscp",
    "ipv6.tclass.ecn": "ecn",
    "ipv6.flow": "flowLabel",
    "ipv6.plen": "payloadLength",
    "ipv6.nxt": "nextHeader",
    "ipv6.hlim": "hopLimit",
    "ipv6.src": ["source", address],
    "ipv6.dst": ["destination", address],
  }),
  ...rows("hop-by-hop", { "ipv6.hopopts.nxt": "nextHeader" }),
  ...rows("destination-options", { "ipv6.dstopts.nxt": "nextHeader" }),
  ...rows("routing", {
    "ipv6.routing.nxt": "nextHeader",
    "ipv6.routing.type": "routingType",
    "ipv6.routing.segleft": "segmentsLeft",
    "ipv6.routing.len": ["data", number, ({ data }) => (data.length - 4) / 8],
  }),
  ...rows("fragment", {
    "ipv6.fraghdr.nxt": "nextHeader",
    "ipv6.fraghdr.offset": ["fragmentOffset", (text) => 8 * Number(text)],
    "ipv6.fraghdr.more": ["moreFragments", boolean],
    "ipv6.fraghdr.ident": "identification",
  }),
  ...rows("authentication", {
    "ah.next_header": "nextHeader",
    "ah.spi": "spi",
    "ah.sequence": "sequence",
    "ah.icv": ["icv", octets, ({ icv }) => hexOrNone(icv)],
  }),
  ...rows("esp", { "esp.spi": "spi", "esp.sequence": "sequence" }),
  ...rows("icmp", {
    "icmp.type": "type",
    "icmp.code": "code",
    "icmp.checksum": "checksum",
    "icmp.ident": "identifier",
    "icmp.seq": "sequence",
    "icmp.mtu": "mtu",
    "icmp.pointer": "pointer",
    "icmp.redir_gw": ["gateway", address],
    "icmp.originate_timestamp": "originate",
    "icmp.receive_timestamp": "receive",
    "icmp.transmit_timestamp": "transmit",
  }),
  ...rows("tcp", {
    "tcp.srcport": "sourcePort",
    "tcp.dstport": "destinationPort",
    "tcp.seq_raw": "sequence",
    "tcp.ack_raw": "acknowledgment",
    "tcp.flags": [
      "flags",
      number,
      ({ flags, reserved = 0 }) =>
        flags.reduce((bits, flag) => bits | (1 << FLAGS.indexOf(flag)), reserved << 9),
    ],
    "tcp.window_size_value": "window",
    "tcp.checksum": "checksum",
    "tcp.urgent_pointer": "urgent",
    "tcp.options.mss_val": [
      "options: mss",
      number,
      ({ options }) => options.flatMap((option) => (option.kind === "mss" ? option.value : [])),
    ],
    "tcp.options.wscale.shift": [
      "options: window-scale",
      number,
      ({ options }) =>
        options.flatMap((option) => (option.kind === "window-scale" ? option.shift : [])),
    ],
    "tcp.options.sack_le": [
      "options: sack",
      number,
      ({ options }) =>
        options.flatMap((option) =>
          option.kind === "sack" ? option.blocks.map(([first]) => first) : [],
        ),
    ],
    "tcp.options.sack_re": [
      "options: sack",
      number,
      ({ options }) =>
        options.flatMap((option) =>
          option.kind === "sack" ? option.blocks.map(([, behind]) => behind) : [],
        ),
    ],
    "tcp.options.timestamp.tsval": [
      "options: timestamps",
      number,
      ({ options }) =>
        options.flatMap((option) => (option.kind === "timestamps" ? option.value : [])),
    ],
    "tcp.options.timestamp.tsecr": [
      "options: timestamps",
      number,
      ({ options }) =>
        options.flatMap((option) => (option.kind === "timestamps" ? option.echo : [])),
    ],
    "tcp.options.tfo.cookie": [
      "options: fast-open",
      octets,
      ({ options }) =>
        options.flatMap((option) =>
          option.kind === "fast-open" && option.cookie.length > 0 ? hex(option.cookie) : [],
        ),
    ],
  }),
  ...rows("udp", {
    "udp.srcport": "sourcePort",
    "udp.dstport": "destinationPort",
    "udp.length": "length",
    "udp.checksum": "checksum",
  }).map((row): Row => (row.field === "length" ? row : { ...row, also: "udplite" })),
];
