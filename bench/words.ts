// The rows of the picture: which results it shows, in which order, and what each means in plain
// words. Beside whom: first programs that people know, then C. A row whose result is not there is
// left out; what missed its goal is shown in any case.

export type Row = {
  /** The suite's title, as far as it is the same everywhere. */
  readonly suite: string;
  readonly name: string;
  readonly against: string;
  readonly words: string;
};
export type Section = { readonly heading: string; readonly rows: readonly Row[] };

type Line = readonly [name: string, against: string, words: string];

const of = (suite: string, ...lines: readonly Line[]): Row[] =>
  lines.map(([name, against, words]) => ({ suite, name, against, words }));

const LOOP = "Socket in the event loop, UDP, 64 B";
const PROCESSES = "Socket in the event loop, between two processes";
const LISTS = "The list of interfaces";
const WIRE = "Packets: rawsock/wire";
const TCP = "Ethernet/IPv4/TCP, timestamps";
const MANY = "Many sockets: processor time for each event";
const BULK = "UDP in bulk through Socket: processor time for a gigabyte";
const TRIPS = "Round trips between two processes, one by one";
const trip = "round trip, recv and send";
const burst = "one way, batches of 64";

const known: readonly Row[] = [
  ...of(
    "Start",
    ["bundle: first datagram sent", "python3", "From the program's start to its first datagram"],
    ["bundle: first datagram sent", "node", "From the program's start to its first datagram"],
    ["bundle: first datagram awaited", "python3", "From the start to the first one received"],
    ["bundle: first datagram awaited", "node", "From the start to the first one received"],
  ),
  ...of(PROCESSES, [
    `${trip}, 64 B`,
    "Bun.udpSocket",
    "A datagram to another process and its answer",
  ]),
  ...of(
    TRIPS,
    ["1 kHz, 64 B: p50", "Bun.udpSocket", "The same a thousand times a second, the median"],
    ["1 kHz, 64 B: p99", "Bun.udpSocket", "The slowest of a hundred of them"],
    ["1 kHz, 64 B: p50", "node:dgram", "The same a thousand times a second, the median"],
    ["1 kHz, 64 B: p50", "python asyncio", "The same a thousand times a second, the median"],
  ),
  ...of(
    LOOP,
    [trip, "Bun.udpSocket", "The same within one process"],
    [trip, "node:dgram", "The same within one process"],
    [burst, "Bun.udpSocket sendMany", "64 datagrams by one call each way"],
    ["one way, batches, unconnected", "Bun.udpSocket sendMany", "The same, each with its address"],
    ["receive 64, messages({ batch: true })", "Bun.udpSocket", "64 datagrams received in a loop"],
    ["receive 64, messages({ batch: true })", "node:dgram", "64 datagrams received in a loop"],
  ),
  ...of(
    LISTS,
    ["4 interfaces", "node:os", "The list of 4 network interfaces"],
    ["500 interfaces", "node:os", "The list of 500"],
  ),
  ...of(
    "Lists of routes and links, by netlink",
    ["10,000 routes", "ip -j -d, and JSON.parse", "All of 10,000 routes as objects"],
    ["500 links", "ip -j -d, and JSON.parse", "All of 500 links as objects"],
  ),
  ...of(
    "Lookups: processor time for each",
    ["resolve a name in /etc/hosts", "node:dns", "The address of a host in /etc/hosts"],
    ["resolve a name in /etc/hosts", "Bun's node:dns", "The address of a host in /etc/hosts"],
  ),
  ...of(
    "Capture of",
    ["batches", "tcpdump -w", "Every packet of a flood captured"],
    ["to a pcapng file, tcpdump's to pcap", "tcpdump -w", "Every packet of a flood to a file"],
  ),
  ...of("Capture files, in processes of their own", [
    "read 500 MB of pcap, batches",
    "tcpdump",
    "A capture file of 500 MB read",
  ]),
  ...of(
    WIRE,
    [`dissect: ${TCP}`, "dpkt", "All fields of a TCP packet, addresses as text"],
    [`dissect: ${TCP}`, "scapy", "All fields of a TCP packet, addresses as text"],
    ["build a SYN", "dpkt", "A TCP packet built, with its checksums"],
    ["build a SYN", "scapy", "A TCP packet built, with its checksums"],
  ),
];

const inC: readonly Row[] = [
  ...of(
    "One datagram a call",
    ["send + recv, 64 B, unix datagram", "C", "A datagram sent and received, Unix domain"],
    ["send + recv, 64 B, UDP", "C", "A datagram sent and received, UDP"],
  ),
  ...of(
    "Messages",
    ["sendmmsg + recvmmsg of 64, 64 B, UDP", "C", "64 datagrams by one call each way"],
    ["recvmsg, ttl + pktinfo + timestamp decoded", "C", "A datagram with TTL, interface, time"],
    ["GSO + GRO, 64 segments of 64 B", "C", "64 small datagrams cut and joined by the kernel"],
    ["GSO + GRO, 45 segments of 1400 B", "C", "45 large ones cut and joined by the kernel"],
  ),
  ...of(
    BULK,
    ["GSO, GRO, one a call", "C", "A gigabyte by GSO and GRO, awaiting each 63 KB"],
    ["GSO, GRO, 16 a call", "C", "The same, 16 times as much for each await"],
    ["the same, ZEROCOPY, 16 a call", "C", "The same by MSG_ZEROCOPY"],
  ),
  ...of(PROCESSES, [`${trip}, 64 B`, "C epoll", "A datagram to another process and its answer"]),
  ...of(TRIPS, ["1 kHz, 64 B: p50", "C epoll", "The same a thousand times a second, the median"]),
  ...of(LOOP, [trip, "C epoll", "The same within one process"]),
  ...of(
    "messages(), from another process",
    ["64 B, one by one", "C recvmmsg, copied", "A datagram received in a loop, a copy"],
    ["64 B, { batch: true }", "C recvmmsg, copied", "The same, in arrays"],
  ),
  ...of(
    MANY,
    ["100 datagrams for 10,000 that wait", "C epoll", "A datagram for some of 10,000 sockets"],
    [
      "a connection of 1,000: accept, answer, close",
      "C epoll",
      "A TCP connection accepted, answered, closed",
    ],
  ),
  ...of(
    LISTS,
    ["4 interfaces", "C", "The list of 4 network interfaces, getifaddrs"],
    ["500 interfaces", "C", "The list of 500, getifaddrs"],
  ),
  ...of(
    "Lists of routes and links, by netlink",
    ["10,000 routes", "C", "All of 10,000 routes read"],
    ["500 links", "C", "All of 500 links read"],
  ),
  ...of(
    "Checksums",
    ["internet 9000 B", "C", "The checksum of a large packet of 9,000 bytes"],
    ["internet 16 MiB", "C", "The checksum of 16 MiB"],
  ),
  ...of("Packet filters", [
    "mixed: tcp port 443",
    "libpcap in C",
    'The filter "tcp port 443" asked about a packet',
  ]),
  ...of(
    "Capture of",
    ["batches", "C", "Every packet of a flood captured, from the start"],
    ["batches, after 1,500,000 more", "C", "The same, once Bun has compiled the loop"],
  ),
  ...of(
    WIRE,
    [`dissect, all with text: ${TCP}`, "C", "All fields of a TCP packet, addresses as text"],
    ["build a SYN", "C", "A TCP packet built, with its checksums"],
  ),
  ...of(
    "Tun: packets from one device to another",
    ["1400 B, messages({ batch, reuse }) and sendmmsg", "C", "A packet from one device to another"],
    ["1400 B, recv and send", "C", "The same, awaiting each packet"],
  ),
];

export const sections: readonly Section[] = [
  { heading: "Beside programs that people know", rows: known },
  { heading: "Beside the same work in C", rows: inC },
];

/** The suite and the names of the results that say how the cost grows. */
export const growthOf = { suite: MANY, name: /^100 datagrams for ([\d,]+) that wait$/ };
