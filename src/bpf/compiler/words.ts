// The reserved words of pcap-filter(7) and the names of its constants. A word that is reserved can
// be used as a name only behind a backslash (`ip proto \tcp`).

/** Words that name a protocol; `ether`, `link` and their like are one. */
const PROTOCOL_WORDS = {
  link: "link",
  ether: "link",
  ppp: "link",
  slip: "link",
  fddi: "link",
  tr: "link",
  wlan: "link",
  arp: "arp",
  rarp: "rarp",
  ip: "ip",
  ip6: "ip6",
  tcp: "tcp",
  udp: "udp",
  sctp: "sctp",
  icmp: "icmp",
  icmp6: "icmp6",
  igmp: "igmp",
  igrp: "igrp",
  pim: "pim",
  vrrp: "vrrp",
  carp: "carp",
  ah: "ah",
  esp: "esp",
  radio: "radio",
  atalk: "atalk",
  aarp: "aarp",
  decnet: "decnet",
  lat: "lat",
  sca: "sca",
  moprc: "moprc",
  mopdl: "mopdl",
  stp: "stp",
  ipx: "ipx",
  netbeui: "netbeui",
  iso: "iso",
  clnp: "clnp",
  esis: "esis",
  "es-is": "esis",
  isis: "isis",
  "is-is": "isis",
  l1: "l1",
  l2: "l2",
  iih: "iih",
  lsp: "lsp",
  snp: "snp",
  csnp: "csnp",
  psnp: "psnp",
} as const;

export type Protocol = (typeof PROTOCOL_WORDS)[keyof typeof PROTOCOL_WORDS];

export const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map(Object.entries(PROTOCOL_WORDS));

/** Words that are one operator or part of the language's frame; synonyms lead to one spelling. */
const STRUCTURE_WORDS = {
  src: "src",
  dst: "dst",
  host: "host",
  net: "net",
  mask: "mask",
  port: "port",
  portrange: "portrange",
  proto: "proto",
  protochain: "protochain",
  gateway: "gateway",
  less: "less",
  greater: "greater",
  byte: "byte",
  broadcast: "broadcast",
  multicast: "multicast",
  and: "and",
  or: "or",
  not: "not",
  len: "len",
  length: "len",
  inbound: "inbound",
  outbound: "outbound",
  ifindex: "ifindex",
  vlan: "vlan",
  mpls: "mpls",
  pppoed: "pppoed",
  pppoes: "pppoes",
  geneve: "geneve",
  llc: "llc",
  rnr: "rnr",
} as const;

export const STRUCTURE: ReadonlyMap<string, string> = new Map(Object.entries(STRUCTURE_WORDS));

/** Words of link types that this compiler does not have, with what they belong to. */
const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  "IEEE 802.11":
    "type subtype direction dir address1 addr1 address2 addr2 address3 addr3 address4 addr4 ra ta",
  ATM: "lane metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci connectmsg metaconnect",
  "OpenBSD's pf": "on ifname rset ruleset rulenum srnr subrulenum reason action",
  SS7: "fisu lssu lsu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls",
};

export const FOREIGN: ReadonlyMap<string, string> = new Map(
  Object.entries(FOREIGN_WORDS).flatMap(([owner, words]) =>
    words.split(" ").map((word) => [word, owner] as const),
  ),
);

/** Named offsets and field values, written where a number is. */
const ICMP6 =
  "destinationunreach=1 packettoobig=2 timeexceeded=3 parameterproblem=4 echo=128 echoreply=129 " +
  "multicastlistenerquery=130 multicastlistenerreportv1=131 multicastlistenerdone=132 " +
  "routersolicit=133 routeradvert=134 neighborsolicit=135 neighboradvert=136 redirect=137 " +
  "routerrenum=138 nodeinformationquery=139 nodeinformationresponse=140 " +
  "ineighbordiscoverysolicit=141 ineighbordiscoveryadvert=142 multicastlistenerreportv2=143 " +
  "homeagentdiscoveryrequest=144 homeagentdiscoveryreply=145 mobileprefixsolicit=146 " +
  "mobileprefixadvert=147 certpathsolicit=148 certpathadvert=149 multicastrouteradvert=151 " +
  "multicastroutersolicit=152 multicastrouterterm=153";
const ICMP =
  "echoreply=0 unreach=3 sourcequench=4 redirect=5 echo=8 routeradvert=9 routersolicit=10 " +
  "timxceed=11 paramprob=12 tstamp=13 tstampreply=14 ireq=15 ireqreply=16 maskreq=17 maskreply=18";
const TCP = "fin=1 syn=2 rst=4 push=8 ack=16 urg=32 ece=64 cwr=128";
const OFFSETS = "icmptype=0 icmpcode=1 icmp6type=0 icmp6code=1 tcpflags=13";

function constants(prefix: string, list: string): (readonly [name: string, value: number])[] {
  return list.split(" ").map((entry) => {
    const [name, value] = entry.split("=");
    return [`${prefix}${name}`, Number(value)];
  });
}

export const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ...constants("icmp6-", ICMP6),
  ...constants("icmp-", ICMP),
  ...constants("tcp-", TCP),
  ...constants("", OFFSETS),
]);
