// Interfaces, addresses, routes, neighbours and rules as lines, in the words of ip(8).

import type { Address, Link, Neighbour, Route, Rule } from "../../netlink/index.ts";
import type { Colour, Output } from "./output.ts";

type Paint = (colour: Colour, text: string) => string;

export function painter(output: Output): Paint {
  return (colour, text) => output.paint(colour, text);
}

/** ip(8) leaves "running" out where the state says it. */
function flagText(flags: readonly string[]): string {
  const words = flags.filter((flag) => flag !== "running" || !flags.includes("lower-up"));
  return `<${words.map((word) => word.toUpperCase().replaceAll("-", "_")).join(",")}>`;
}

export function linkLines(
  link: Omit<Link, "kind">,
  kind: string | undefined,
  paint: Paint,
): string[] {
  const { index, name, flags, mtu, type, state, address, broadcast } = link;
  const up = flags.includes("up");
  const words = [`${index}: ${paint("cyan", name)}: ${flagText(flags)}`];
  if (mtu !== undefined) words.push(`mtu ${mtu}`);
  if (link.qdisc !== undefined) words.push(`qdisc ${link.qdisc}`);
  if (link.master !== undefined) words.push(`master ${link.master}`);
  words.push(`state ${paint(up ? "green" : "red", String(state ?? "unknown").toUpperCase())}`);
  if (kind !== undefined) words.push(`kind ${kind}`);
  const second = [`    link/${type}`];
  if (address !== undefined) second.push(paint("yellow", address));
  if (broadcast !== undefined) second.push(`brd ${broadcast}`);
  return [words.join(" "), second.join(" ")];
}

export function addressText(address: Omit<Address, "kind">, paint: Paint): string {
  const words = [`${address.family} ${paint("blue", address.address)}`];
  if (address.broadcast !== undefined) words.push(`brd ${address.broadcast}`);
  words.push(`scope ${address.scope}`);
  words.push(...address.flags.filter((flag) => flag !== "permanent"));
  if (address.label !== undefined && address.label !== address.interface) words.push(address.label);
  if (Number.isFinite(address.validLifetime)) words.push(`valid ${address.validLifetime}s`);
  return words.join(" ");
}

export function routeText(route: Omit<Route, "kind">, paint: Paint): string {
  const words: string[] = [];
  if (route.type !== "unicast") words.push(String(route.type));
  words.push(paint("blue", route.destination));
  if (route.from !== undefined) words.push(`from ${route.from}`);
  if (route.gateway !== undefined) words.push(`via ${paint("blue", route.gateway)}`);
  if (route.via !== undefined) words.push(`via ${route.via.family} ${route.via.host}`);
  if (route.interface !== undefined) words.push(`dev ${paint("cyan", route.interface)}`);
  if (route.table !== "main") words.push(`table ${route.table}`);
  if (route.protocol !== "boot" && route.protocol !== "unspec")
    words.push(`proto ${route.protocol}`);
  if (route.scope !== "global") words.push(`scope ${route.scope}`);
  if (route.source !== undefined) words.push(`src ${route.source}`);
  if (route.metric !== undefined) words.push(`metric ${route.metric}`);
  if (route.mark !== undefined) words.push(`mark ${route.mark}`);
  const mtu = route.metrics?.mtu;
  if (mtu !== undefined) words.push(`mtu ${mtu}`);
  for (const hop of route.multipath ?? []) {
    const via = hop.gateway === undefined ? "" : ` via ${hop.gateway}`;
    words.push(`nexthop${via} dev ${hop.interface} weight ${hop.weight}`);
  }
  words.push(...route.flags.filter((flag) => flag !== "cloned"));
  if (route.expires !== undefined) words.push(`expires ${route.expires}s`);
  if (route.preference !== undefined) words.push(`pref ${route.preference}`);
  return words.join(" ");
}

export function neighbourText(neighbour: Omit<Neighbour, "kind">, paint: Paint): string {
  const words = [paint("blue", neighbour.destination ?? "")];
  words.push(`dev ${paint("cyan", neighbour.interface)}`);
  if (neighbour.lladdr !== undefined) words.push(`lladdr ${paint("yellow", neighbour.lladdr)}`);
  words.push(...neighbour.flags, String(neighbour.state).toUpperCase());
  return words.join(" ");
}

export function ruleText(rule: Omit<Rule, "action" | "kind">, action: unknown): string {
  const words = [`${rule.priority}:`, `from ${rule.from}`];
  if (rule.to !== undefined && rule.to !== "all") words.push(`to ${rule.to}`);
  if (rule.iif !== undefined) words.push(`iif ${rule.iif}`);
  if (rule.oif !== undefined) words.push(`oif ${rule.oif}`);
  if (rule.fwmark !== undefined) words.push(`fwmark 0x${rule.fwmark.toString(16)}`);
  words.push(String(action));
  if (action === "lookup") words.push(String(rule.table));
  if (rule.protocol !== "kernel") words.push(`proto ${rule.protocol}`);
  return words.join(" ");
}
