// Lists of objects: asked for, filtered by the kernel where it can, and given the names of their
// interfaces.

import { ERRNO } from "../base/constants.ts";
import { SocketError } from "../base/error.ts";
import { boolean, object, unknownKeyword } from "../base/validate.ts";
import { type Address, addressQuery, decodeAddress } from "./address.ts";
import type { Channel, Sink } from "./channel.ts";
import { constant } from "./constants.ts";
import { extent, type Interfaces, type Which } from "./interfaces.ts";
import type { Fields } from "./kind/kind.ts";
import { kinds } from "./kind/kinds.ts";
import { type Link, linkDecoder, linkHeader, linkTable } from "./link.ts";
import { decodeNeighbour, type Neighbour, neighbourQuery } from "./neighbour.ts";
import { decodeNexthop, type NexthopObject, nexthopQuery } from "./nexthop.ts";
import { type Route, routeDecoder, routeQuery, routeTypes } from "./route.ts";
import { decodeRule, type Rule, ruleQuery } from "./rule.ts";
import { familyNumber, protocols, tableNumber } from "./words.ts";
import { Writer } from "./writer.ts";

type Decode<T> = (bytes: Uint8Array, start: number, end: number) => T;

/** Keeps the objects of replies. */
export class Collector<T> implements Sink {
  items: T[] = [];
  readonly #decode: Decode<T>;

  constructor(decode: Decode<T>) {
    this.#decode = decode;
  }

  reset(): void {
    this.items = [];
  }

  take(_type: number, _flags: number, bytes: Uint8Array, start: number, end: number): void {
    this.items.push(this.#decode(bytes, start, end));
  }
}

/** Which links: those that are like it in every field that is given. */
export type LinkFilter = {
  readonly name?: string;
  readonly index?: number;
  readonly kind?: string;
  readonly master?: Which;
  readonly up?: boolean;
  readonly group?: string | number;
  readonly type?: string | number;
  readonly state?: string | number;
  /** Tell their counters, too, which takes the kernel longer. */
  readonly statistics?: boolean;
};

/** Which addresses: those that are like it in every field that is given. */
export type AddressFilter = {
  readonly interface?: Which;
  readonly family?: string | number;
  readonly scope?: string | number;
  readonly label?: string;
  readonly local?: string;
};

/** Which routes: those that are like it in every field that is given. */
export type RouteFilter = {
  readonly family?: string | number;
  readonly table?: string | number;
  readonly protocol?: string | number;
  readonly type?: string | number;
  readonly interface?: Which;
  readonly scope?: string | number;
  readonly destination?: string;
  readonly gateway?: string;
};

/** Which neighbours: those that are like it in every field that is given. */
export type NeighbourFilter = {
  /** "inet", "inet6", or "bridge" for the tables of bridges. */
  readonly family?: string | number;
  readonly interface?: Which;
  readonly master?: Which;
  /** The addresses that this machine answers for. */
  readonly proxy?: boolean;
  readonly state?: string | number;
  readonly destination?: string;
};

/** Which rules: those that are like it in every field that is given. */
export type RuleFilter = {
  readonly family?: string | number;
  readonly priority?: number;
  readonly table?: string | number;
};

/** Which nexthop objects; `id` finds one or none. */
export type NexthopFilter = {
  readonly id?: number;
  readonly interface?: Which;
  readonly protocol?: string | number;
};

const LINK_KEYS = ["name", "index", "kind", "master", "up", "group", "type", "state", "statistics"];
const ADDRESS_KEYS = ["interface", "family", "scope", "label", "local"];
const ROUTE_KEYS = ["family", "table", "protocol", "type", "interface", "scope", "destination"];
const NEIGHBOUR_KEYS = ["family", "interface", "master", "proxy", "state", "destination"];
const NEXTHOP_KEYS = ["id", "interface", "protocol"];
const RULE_KEYS = ["family", "priority", "table"];

function checkFilter(filter: object, keys: readonly string[]): void {
  object(filter, "filter");
  for (const key in filter) if (!keys.includes(key)) throw unknownKeyword("filter", key, keys);
}

/** What is like `filter` in the fields that the kernel does not look at. */
function like<T extends object>(items: T[], filter: object, fields: readonly string[]): T[] {
  const wanted = fields.filter((field) => (filter as Fields)[field] !== undefined);
  if (wanted.length === 0) return items;
  return items.filter((item) =>
    wanted.every((field) => (item as Fields)[field] === (filter as Fields)[field]),
  );
}

export class Queries {
  readonly #channel: Channel;
  readonly #interfaces: Interfaces;

  constructor(channel: Channel, interfaces: Interfaces) {
    this.#channel = channel;
    this.#interfaces = interfaces;
  }

  async #list<T>(type: string, flags: number, body: Uint8Array, decode: Decode<T>): Promise<T[]> {
    const collector = new Collector(decode);
    const request = { type: constant("RTM", type), flags, body, name: `RTM_${type}` };
    await this.#channel.ask(request, collector);
    return collector.items;
  }

  #dump<T>(type: string, body: Uint8Array, decode: Decode<T>): Promise<T[]> {
    return this.#list(type, constant("NLM_F", "DUMP"), body, decode);
  }

  async links(filter: LinkFilter): Promise<Link[]> {
    checkFilter(filter, LINK_KEYS);
    const { name, index, kind, master, up, statistics } = filter;
    if (statistics !== undefined) boolean(statistics, "statistics");
    const masterIndex = master === undefined ? 0 : await this.#interfaces.index(master, "master");
    const isOne = name !== undefined || index !== undefined;
    const writer = new Writer().raw(linkHeader({ index: index ?? 0 }));
    if (isOne) {
      if (index === undefined && name !== undefined) {
        const field = name.length > 15 ? "altname" : "name";
        linkTable.encode(writer, { [field]: name });
      }
    } else {
      linkTable.encode(writer, { ...(masterIndex !== 0 && { masterIndex }) });
      if (kind !== undefined) {
        writer.nest(constant("IFLA", "LINKINFO"), (info) =>
          info.attribute(constant("IFLA", "INFO_KIND"), new TextEncoder().encode(kind)),
        );
      }
    }
    extent(writer, statistics === true ? [] : ["SKIP_STATS"]);
    const flags = isOne ? 0 : constant("NLM_F", "DUMP");
    const all = await absentIsNone("ENODEV", () =>
      this.#list(
        "GETLINK",
        flags,
        writer.finish(),
        linkDecoder({ statistics: statistics === true }),
      ),
    );
    const alike = like(all, filter, ["index", "kind", "group", "type", "state"]);
    const isFurther = up !== undefined || masterIndex !== 0 || name !== undefined;
    const isWanted = (link: Link) =>
      (up === undefined || link.flags.includes("up") === up) &&
      (masterIndex === 0 || link.masterIndex === masterIndex) &&
      (name === undefined ||
        index === undefined ||
        link.name === name ||
        link.altnames?.includes(name) === true);
    const found = isFurther ? alike.filter(isWanted) : alike;
    await nameLinks(found, this.#interfaces);
    return found;
  }

  async addresses(filter: AddressFilter): Promise<Address[]> {
    checkFilter(filter, ADDRESS_KEYS);
    const index =
      filter.interface === undefined ? 0 : await this.#interfaces.index(filter.interface);
    const family = familyNumber(filter.family);
    const all = await this.#dump("GETADDR", addressQuery(family, index), decodeAddress);
    const found = like(all, filter, ["scope", "label", "local"]);
    await nameInterfaces(found, this.#interfaces);
    return index === 0 ? found : found.filter((one) => one.index === index);
  }

  async routes(filter: RouteFilter): Promise<Route[]> {
    checkFilter(filter, [...ROUTE_KEYS, "gateway"]);
    const index =
      filter.interface === undefined ? 0 : await this.#interfaces.index(filter.interface);
    const body = routeQuery({
      family: familyNumber(filter.family),
      table: filter.table === undefined ? 0 : tableNumber(filter.table),
      type: filter.type === undefined ? 0 : routeTypes.number(filter.type),
      protocol: filter.protocol === undefined ? 0 : protocols.number(filter.protocol),
      index,
    });
    // So says the kernel of a table without a route.
    const all = await absentIsNone("ENOENT", () => this.#dump("GETROUTE", body, routeDecoder()));
    const fields = ["table", "type", "protocol", "scope", "destination", "gateway"];
    const found = like(all, filter, fields).filter(
      (route) =>
        index === 0 ||
        route.index === index ||
        route.multipath?.some((hop) => hop.index === index) === true,
    );
    await nameInterfaces(found, this.#interfaces);
    return found;
  }

  async neighbours(filter: NeighbourFilter): Promise<Neighbour[]> {
    checkFilter(filter, NEIGHBOUR_KEYS);
    const { master, proxy = false } = filter;
    const index =
      filter.interface === undefined ? 0 : await this.#interfaces.index(filter.interface);
    const masterIndex = master === undefined ? 0 : await this.#interfaces.index(master, "master");
    const family = familyNumber(filter.family);
    const body = neighbourQuery({
      ...{ family, index, master: masterIndex },
      proxy: boolean(proxy, "proxy"),
    });
    const all = await this.#dump("GETNEIGH", body, decodeNeighbour);
    const found = like(all, filter, ["state", "destination"]);
    await nameInterfaces(found, this.#interfaces);
    return index === 0 ? found : found.filter((one) => one.index === index);
  }

  async rules(filter: RuleFilter): Promise<Rule[]> {
    checkFilter(filter, RULE_KEYS);
    const family = familyNumber(filter.family);
    const all = await this.#dump("GETRULE", ruleQuery(family), decodeRule);
    return like(all, filter, ["priority", "table"]);
  }

  async nexthops(filter: NexthopFilter): Promise<NexthopObject[]> {
    checkFilter(filter, NEXTHOP_KEYS);
    const { id, interface: which } = filter;
    const index = which === undefined ? 0 : await this.#interfaces.index(which);
    const body = nexthopQuery({
      ...(id !== undefined && { id }),
      ...(id === undefined && index !== 0 && { index }),
    });
    const flags = id === undefined ? constant("NLM_F", "DUMP") : 0;
    const all = await absentIsNone("ENOENT", () =>
      this.#list("GETNEXTHOP", flags, body, decodeNexthop),
    );
    const found = like(all, filter, ["protocol"]);
    await nameInterfaces(found, this.#interfaces);
    return index === 0 ? found : found.filter((one) => one.index === index);
  }

  /** The one route of a reply. */
  async route(body: Uint8Array, subject: string): Promise<Route> {
    const collector = new Collector(routeDecoder());
    const request = { type: constant("RTM", "GETROUTE"), flags: 0, body, name: "RTM_GETROUTE" };
    await this.#channel.ask({ ...request, subject }, collector);
    await nameInterfaces(collector.items, this.#interfaces);
    return collector.items[0] as Route;
  }
}

async function absentIsNone<T>(code: string, list: () => Promise<T[]>): Promise<T[]> {
  try {
    return await list();
  } catch (error) {
    if (error instanceof SocketError && error.errno === ERRNO[code]) return [];
    throw error;
  }
}

/** What has the index of an interface and is to have its name. */
type Indexed = {
  readonly index?: number;
  interface?: string;
  readonly incomingIndex?: number;
  incomingInterface?: string;
  readonly multipath?: readonly { readonly index: number; interface: string }[];
};

export async function nameInterfaces(items: readonly Indexed[], interfaces: Interfaces) {
  const indices = new Set<number>();
  for (const { index = 0, incomingIndex = 0, multipath } of items) {
    if (index !== 0 && !indices.has(index)) indices.add(index);
    if (incomingIndex !== 0) indices.add(incomingIndex);
    if (multipath !== undefined) for (const hop of multipath) indices.add(hop.index);
  }
  if (indices.size === 0) return;
  applyNames(items, await interfaces.names(indices));
}

/** Sets names; an index that has none keeps the empty one. */
export function applyNames(items: readonly Indexed[], names: ReadonlyMap<number, string>): void {
  for (const item of items) {
    const { index, incomingIndex, multipath } = item;
    if (index !== undefined && index !== 0) item.interface = names.get(index) ?? "";
    if (incomingIndex !== undefined) item.incomingInterface = names.get(incomingIndex) ?? "";
    if (multipath !== undefined) {
      for (const hop of multipath) hop.interface = names.get(hop.index) ?? "";
    }
  }
}

/** The fields of a link's kind and of its master's that name interfaces. */
function ownReferences({ kind, data, portKind, port }: Link): readonly [Fields, string][] {
  if (data === undefined && port === undefined) return NONE;
  const own = data === undefined ? [] : (kinds.get(kind ?? "")?.data?.interfaceFields ?? []);
  const ports = port === undefined ? [] : (kinds.get(portKind ?? "")?.port?.interfaceFields ?? []);
  if (own.length + ports.length === 0) return NONE;
  const found: [Fields, string][] = [];
  for (const field of own) if (data?.[field] !== undefined) found.push([data, field]);
  for (const field of ports) if (port?.[field] !== undefined) found.push([port, field]);
  return found;
}

const NONE: readonly [Fields, string][] = [];

/** Gives links the names of their masters and of what they stand on. */
async function nameLinks(links: readonly Link[], interfaces: Interfaces): Promise<void> {
  const known = new Map<number, string>();
  for (const { index, name } of links) known.set(index, name);
  const asked = new Set<number>();
  const want = (index: unknown) => {
    if (typeof index === "number" && index > 0 && !known.has(index)) asked.add(index);
  };
  for (const link of links) {
    want(link.masterIndex);
    if (link.linkNetnsid === undefined) want(link.linkIndex);
    for (const [fields, field] of ownReferences(link)) want(fields[field]);
  }
  if (asked.size > 0) {
    for (const [index, name] of await interfaces.names(asked)) known.set(index, name);
  }
  for (const link of links) applyLinkNames(link, known);
}

export function applyLinkNames(link: Link, names: ReadonlyMap<number, string>): void {
  const { masterIndex, linkIndex, linkNetnsid } = link;
  const master = masterIndex === undefined ? undefined : names.get(masterIndex);
  if (master !== undefined) link.master = master;
  // The index of another namespace's is another's here.
  const isHere = linkIndex !== undefined && linkNetnsid === undefined;
  const lower = isHere ? names.get(linkIndex) : undefined;
  if (lower !== undefined) link.link = lower;
  for (const [fields, field] of ownReferences(link)) {
    const index = fields[field] as number;
    if (index === 0) delete fields[field];
    else fields[field] = names.get(index) ?? index;
  }
}
