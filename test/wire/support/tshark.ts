// What tshark reads in frames, field by field.

import { Folder, pcap } from "./pcap.ts";

/** Each occurrence of a field in a frame, in order, as tshark writes it. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** What would change the values, or look into what is behind the headers. */
const PREFERENCES = [
  "tcp.relative_sequence_numbers:FALSE",
  "tcp.analyze_sequence_numbers:FALSE",
  "tcp.desegment_tcp_streams:FALSE",
  "tcp.try_heuristic_first:FALSE",
  "ip.defragment:FALSE",
  "ipv6.defragment:FALSE",
  "ip.tso_support:FALSE",
  "ip.decode_tos_as_diffserv:TRUE",
  "sctp.checksum:CRC 32c",
  "udp.check_checksum:TRUE",
  "udplite.check_checksum:TRUE",
  "udplite.ignore_checksum_coverage:FALSE",
  "nameres.mac_name:FALSE",
];

/** Protocols that tshark is to know; all others, which ports suggest, are payload. */
const KNOWN = new Set(
  [
    "frame eth ethertype vlan ieee8021ad arp ip ipv6 ipv6.hopopts ipv6.dstopts ipv6.routing",
    "ipv6.fraghdr ah esp icmp icmpv6 igmp tcp udp udplite sctp gre vxlan geneve vrrp",
    "lldp dhcp llc mpls pppoes pppoed pppoe ppp null loop sll data raw",
  ]
    .join(" ")
    .split(" "),
);
const KINDS = /^(tcp\.options|ip\.options|ipv6\.routing\.type)\./;

let protocols: string | undefined;

/** The lines of tshark's file disabled_protos. */
function disabledProtocols(): string {
  protocols ??= String(Bun.spawnSync(["tshark", "-G", "protocols"]).stdout)
    .split("\n")
    .map((line) => line.split("\t")[2] ?? "")
    .filter((name) => name !== "" && !KNOWN.has(name) && !KINDS.test(name))
    .join("\n");
  return protocols;
}

const BETWEEN = "\x1f";
const OCCURRENCE = "\x1e";

/** The values of `names` in every frame; a frame in which tshark finds none has an empty map. */
export function tshark(
  frames: readonly Uint8Array[],
  names: readonly string[],
  { link = 1 } = {},
): Fields[] {
  using folder = new Folder();
  const command = [
    "tshark",
    "-n",
    ...["-r", folder.write("frames.pcap", pcap(frames, link))],
    ...PREFERENCES.flatMap((preference) => ["-o", preference]),
    ...["-T", "fields", "-E", `separator=${BETWEEN}`, "-E", `aggregator=${OCCURRENCE}`],
    ...names.flatMap((name) => ["-e", name]),
  ];
  // No profile of the user's.
  folder.write("wireshark/disabled_protos", disabledProtocols());
  const env = { ...process.env, HOME: folder.path, XDG_CONFIG_HOME: folder.path };
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { env });
  if (exitCode !== 0) throw new Error(`${command.slice(0, 3).join(" ")}: ${stderr}`);
  const lines = String(stdout).split("\n").slice(0, frames.length);
  return lines.map((line) => {
    const values = line
      .split(BETWEEN)
      .map((value) => (value === "" ? [] : value.split(OCCURRENCE)));
    return new Map(names.map((name, index) => [name, values[index] ?? []]));
  });
}
