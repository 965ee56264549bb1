// `rawsock interfaces`: ip-address(8) and ip-link(8), to look at.

import { type Address, type Link, Netlink } from "../netlink/index.ts";
import { command } from "./shared/execute.ts";
import { Failure, UsageError } from "./shared/failure.ts";
import { familyOf } from "./shared/host.ts";
import { addressText, linkLines, painter } from "./shared/network.ts";
import type { Output } from "./shared/output.ts";

type Interface = Link & { readonly addresses: readonly Address[] };

function counterLines({ statistics }: Link): string[] {
  if (statistics === undefined) return [];
  const { rxBytes, rxPackets, rxErrors, rxDropped } = statistics;
  const { txBytes, txPackets, txErrors, txDropped } = statistics;
  return [
    `    received ${rxPackets} packets, ${rxBytes} bytes, ${rxErrors} errors, ${rxDropped} dropped`,
    `    sent     ${txPackets} packets, ${txBytes} bytes, ${txErrors} errors, ${txDropped} dropped`,
  ];
}

function print(item: Interface, counters: boolean, output: Output): void {
  const paint = painter(output);
  for (const line of linkLines(item, item.kind, paint)) output.line(line);
  for (const address of item.addresses) output.line(`    ${addressText(address, paint)}`);
  if (counters) for (const line of counterLines(item)) output.line(line);
}

export default command({
  name: "interfaces",
  summary: "Show the network interfaces and their addresses.",
  usage: ["[options] [<name>]"],
  options: {
    ipv4: { type: "boolean", short: "4", help: "IPv4 addresses only" },
    ipv6: { type: "boolean", short: "6", help: "IPv6 addresses only" },
    up: { type: "boolean", short: "u", help: "only those that are up" },
    statistics: { type: "boolean", short: "s", help: "what was received and sent, too" },
    kind: { type: "string", short: "k", value: "kind", help: "only veth, bridge, vlan, …" },
    namespace: { type: "string", short: "N", value: "name", help: "of another network namespace" },
    json: { type: "boolean", help: "an object for each interface, one in a line" },
  },
  about: "Linux only. All that the kernel tells of an interface is in --json.",
  examples: [
    ["", "all of them"],
    ["-s eth0", "one, with its counters"],
    ["-4 -u", "the IPv4 addresses of those that are up"],
    ["--json", "everything, for another program"],
  ],
  async run({ values, positionals, output }) {
    const [name, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError("one interface at a time, or all");
    const { namespace, kind } = values;
    using netlink = Netlink.open(namespace === undefined ? {} : { namespace });
    const links = await netlink.links({
      ...(name === undefined ? {} : { name }),
      ...(kind === undefined ? {} : { kind }),
      ...(values.up === true ? { up: true } : {}),
      statistics: values.statistics === true || values.json === true,
    });
    if (name !== undefined && links.length === 0)
      throw new Failure(`there is no interface ${name}`);
    const family = familyOf(values);
    const addresses = await netlink.addresses(family === null ? {} : { family });
    for (const link of links) {
      const own = addresses.filter(({ index }) => index === link.index);
      if (family !== null && own.length === 0) continue;
      const item = { ...link, addresses: own };
      if (values.json === true) output.json(item);
      else print(item, values.statistics === true, output);
    }
    return 0;
  },
});
