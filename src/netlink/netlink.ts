// Netlink: a socket to the kernel's network configuration. netlink(7), rtnetlink(7). Linux.

import { closeAll } from "../base/closing.ts";
import type { Protocol } from "../base/constants.ts";
import { namedError } from "../base/error.ts";
import type { Keywords } from "../base/keyword.ts";
import {
  type Bytes,
  object as checkedObject,
  integer,
  knownKeys,
  U16_MAX,
  uint8Array,
  wrongType,
} from "../base/validate.ts";
import { type Address, type AddressInit, encodeAddress } from "./address.ts";
import { Channel, type Sink } from "./channel.ts";
import { constant, words } from "./constants.ts";
import { Families, type Family } from "./generic.ts";
import { Interfaces, type Which } from "./interfaces.ts";
import { type Link, linkHeader, linkTable } from "./link.ts";
import { type LinkInit, type LinkSettings, makingRequest, settingRequest } from "./link-request.ts";
import type { NetlinkMessage } from "./message.ts";
import { Monitor, type MonitorOptions } from "./monitor.ts";
import { encodeNeighbour, type Neighbour, type NeighbourInit } from "./neighbour.ts";
import {
  encodeNexthop,
  type NexthopObject,
  type NexthopObjectInit,
  nexthopQuery,
} from "./nexthop.ts";
import {
  type AddressFilter,
  type LinkFilter,
  type NeighbourFilter,
  type NexthopFilter,
  Queries,
  type RouteFilter,
  type RuleFilter,
} from "./query.ts";
import { Replies } from "./replies.ts";
import {
  checkRoute,
  encodeRoute,
  type Route,
  type RouteInit,
  type RouteQuestion,
  routeLookup,
} from "./route.ts";
import { encodeRule, type Rule, type RuleInit } from "./rule.ts";
import { Writer } from "./writer.ts";

/** Which socket `Netlink.open` opens, and where. */
export type NetlinkOptions = {
  /** A keyword or number of NETLINK_*: "route" unless told, "generic", … */
  readonly protocol?: Protocol;
  /** The network namespace to be in: a descriptor, a path, or ip-netns(8)'s name. */
  readonly namespace?: number | string;
};

const KEY = Symbol("Netlink");
const NEW = ["create", "excl"] as const;
const REPLACED = ["create", "replace"] as const;
/** A change is answered by its acknowledgement. */
const NO_REPLIES: Sink = { reset() {}, take() {} };
const OPEN_KEYS: ReadonlySet<string> = new Set(["protocol", "namespace"]);

/** RTM_GETLINK as "getlink". */
const types: Keywords = words("type", "RTM", { except: /^(BASE|MAX)$|^NR_|^F_/ });
/** "dump" is two bits. */
const flagWords = words("flag", "NLM_F", { except: /^(MULTI|DUMP_INTR|CAPPED|ACK_TLVS)$/ });

function flagBits(flags: number | readonly string[]): number {
  if (typeof flags === "number") return integer(flags, "flags", 0, U16_MAX);
  if (!Array.isArray(flags)) throw wrongType("flags", "a number or an array of words", flags);
  return (flags as readonly string[]).reduce((bits, word) => bits | flagWords.number(word), 0);
}

/** What an error calls a request. */
function nameOf(type: number): string {
  const word = types.name(type);
  return typeof word === "string" ? `RTM_${word.toUpperCase()}` : `netlink request ${type}`;
}

function object<T extends object>(value: T, name: string): T {
  return checkedObject(value, name) as T;
}

/**
 * A netlink socket that asks and waits for replies, in this network namespace or in another.
 *
 * Calls return promises, may be made at the same time, and reject with a NetlinkError for what the
 * kernel refuses: its `detail` is the sentence that ip(8) prints. Changes need CAP_NET_ADMIN. A
 * request that waits keeps the process alive, an idle socket does not.
 */
export class Netlink implements Disposable, AsyncDisposable {
  readonly #channel: Channel;
  readonly #interfaces: Interfaces;
  readonly #queries: Queries;
  readonly #families: Families;
  readonly #monitors = new Set<Monitor>();

  private constructor(channel: Channel, key: symbol) {
    if (key !== KEY) throw new TypeError("a Netlink is made by Netlink.open");
    this.#channel = channel;
    this.#interfaces = new Interfaces(channel);
    this.#queries = new Queries(channel, this.#interfaces);
    this.#families = new Families(channel);
  }

  /**
   * socket(2) and bind(2) of AF_NETLINK. `namespace` takes CAP_SYS_ADMIN. TypeError: this platform
   * has no netlink sockets; only Linux has.
   */
  static open(options: NetlinkOptions = {}): Netlink {
    knownKeys(options, OPEN_KEYS);
    const { protocol = "route", namespace } = options;
    return new Netlink(new Channel(protocol, namespace), KEY);
  }

  /** The socket's descriptor; -1 once it is closed. */
  get fd(): number {
    return this.#channel.fd;
  }

  /** Whether close() was called. */
  get closed(): boolean {
    return this.#channel.closed;
  }

  /**
   * Any request: `type` is a number or, of rtnetlink(7), a word as "getlink", `flags` are NLM_F_*
   * bits or words as ["dump"] besides "request" and "ack", `body` is what follows the header. The
   * replies without the acknowledgement, in their order; a dump's all, whole.
   */
  async request(
    type: number | string,
    flags: number | readonly string[],
    body: Bytes = new Uint8Array(0),
  ): Promise<NetlinkMessage[]> {
    const number = integer(types.number(type), "type", 0, U16_MAX);
    const replies = new Replies(0);
    const request = {
      type: number,
      flags: flagBits(flags),
      body: uint8Array(body, "body"),
      name: nameOf(number),
    };
    await this.#channel.ask(request, replies);
    return replies.messages;
  }

  /**
   * The interfaces; with a filter those that are like it in every field that it has. `name` and
   * `index` find one or none.
   */
  links(filter: LinkFilter = {}): Promise<Link[]> {
    return this.#queries.links(filter);
  }

  /** The interface of that name or index, with its counters. SocketError ENODEV: there is none. */
  async link(which: Which): Promise<Link> {
    const index = await this.#interfaces.index(which);
    const [link] = await this.#queries.links({ index, statistics: true });
    if (link === undefined) throw namedError("ENODEV", "RTM_GETLINK", { subject: String(which) });
    return link;
  }

  /** The addresses of interfaces. */
  addresses(filter: AddressFilter = {}): Promise<Address[]> {
    return this.#queries.addresses(filter);
  }

  /** The routes of all tables, or with a filter those that are like it. */
  routes(filter: RouteFilter = {}): Promise<Route[]> {
    return this.#queries.routes(filter);
  }

  /** The neighbours; { proxy: true } what this machine answers for instead. */
  neighbours(filter: NeighbourFilter = {}): Promise<Neighbour[]> {
    return this.#queries.neighbours(filter);
  }

  /** The nexthop objects, which routes name by their `nexthop`. */
  nexthops(filter: NexthopFilter = {}): Promise<NexthopObject[]> {
    return this.#queries.nexthops(filter);
  }

  /** The rules of all families. */
  rules(filter: RuleFilter = {}): Promise<Rule[]> {
    return this.#queries.rules(filter);
  }

  /** Which way a packet to that address would go: `ip route get`. */
  async route(destination: string, question: RouteQuestion = {}): Promise<Route> {
    const index = await this.#indexOf(question.interface);
    const incoming = await this.#indexOf(question.incomingInterface);
    const body = routeLookup(destination, question, index, incoming);
    return this.#queries.route(body, destination);
  }

  async #indexOf(which: Which | undefined, name = "interface"): Promise<number> {
    return which === undefined ? 0 : this.#interfaces.index(which, name);
  }

  /** Makes a link. Of a veth pair `peer` is the other end. */
  async addLink(link: LinkInit): Promise<void> {
    const { body, places } = await makingRequest(link, this.#interfaces);
    using _ = places;
    await this.#change("NEWLINK", NEW, body, link.name ?? link.kind);
  }

  /** Changes a link: what is not given stays. */
  async setLink(which: Which, settings: LinkSettings): Promise<void> {
    const index = await this.#interfaces.index(which);
    const { body, places } = await settingRequest(index, settings, this.#interfaces);
    using _ = places;
    await this.#change("NEWLINK", [], body, String(which));
  }

  /** Removes a link. */
  async deleteLink(which: Which): Promise<void> {
    const index = await this.#interfaces.index(which);
    await this.#change("DELLINK", [], linkHeader({ index }), String(which));
  }

  /** Gives a link another name besides. */
  async addLinkName(which: Which, name: string): Promise<void> {
    await this.#changeName("NEWLINKPROP", NEW, which, name);
  }

  /** Takes it away again. */
  async deleteLinkName(which: Which, name: string): Promise<void> {
    await this.#changeName("DELLINKPROP", [], which, name);
  }

  async #changeName(type: string, flags: readonly string[], which: Which, name: string) {
    const index = await this.#interfaces.index(which);
    const writer = new Writer().raw(linkHeader({ index }));
    linkTable.encode(writer, { altnames: [name] });
    await this.#change(type, flags, writer.finish(), String(which));
  }

  /** Gives an interface an address. */
  addAddress(address: AddressInit): Promise<void> {
    return this.#changeAddress("NEWADDR", NEW, address);
  }

  /** The same, and changes one that is there: its lifetimes, its flags. */
  replaceAddress(address: AddressInit): Promise<void> {
    return this.#changeAddress("NEWADDR", REPLACED, address);
  }

  /** Takes an address from an interface. EADDRNOTAVAIL: it has none like it. */
  deleteAddress(address: AddressInit): Promise<void> {
    return this.#changeAddress("DELADDR", [], address);
  }

  async #changeAddress(type: string, flags: readonly string[], address: AddressInit) {
    const index = await this.#interfaces.index(object(address, "address").interface);
    await this.#change(type, flags, encodeAddress(address, index), address.address);
  }

  /** Makes a route. */
  addRoute(route: RouteInit): Promise<void> {
    return this.#changeRoute("NEWROUTE", NEW, route);
  }

  /** The same, in the place of one to the same destination with the same metric. */
  replaceRoute(route: RouteInit): Promise<void> {
    return this.#changeRoute("NEWROUTE", REPLACED, route);
  }

  /** Makes a route besides those to the same destination with the same metric. */
  appendRoute(route: RouteInit): Promise<void> {
    return this.#changeRoute("NEWROUTE", ["create", "append"], route);
  }

  /** Removes the first route that is like it in what is given. */
  deleteRoute(route: RouteInit): Promise<void> {
    return this.#changeRoute("DELROUTE", [], route);
  }

  async #changeRoute(type: string, flags: readonly string[], route: RouteInit): Promise<void> {
    checkRoute(route);
    const index = await this.#indexOf(route.interface);
    const hops = route.multipath?.map(async (hop, place) => {
      const name = `multipath[${place}].interface`;
      const own =
        hop.interface === undefined ? hop.index : await this.#indexOf(hop.interface, name);
      return { ...hop, ...(own !== undefined && { index: own }) };
    });
    const whole = hops === undefined ? route : { ...route, multipath: await Promise.all(hops) };
    const body = encodeRoute(whole, index, type === "DELROUTE");
    await this.#change(type, flags, body, route.destination);
  }

  /** Makes a neighbour, or with { proxy: true } an address that this machine answers for. */
  addNeighbour(neighbour: NeighbourInit): Promise<void> {
    return this.#changeNeighbour("NEWNEIGH", NEW, neighbour);
  }

  /** The same, and changes one that is there: its link-layer address, its state. */
  replaceNeighbour(neighbour: NeighbourInit): Promise<void> {
    return this.#changeNeighbour("NEWNEIGH", REPLACED, neighbour);
  }

  /** Removes a neighbour. ENOENT: there is none like it. */
  deleteNeighbour(neighbour: NeighbourInit): Promise<void> {
    return this.#changeNeighbour("DELNEIGH", [], neighbour);
  }

  async #changeNeighbour(type: string, flags: readonly string[], neighbour: NeighbourInit) {
    const index = await this.#interfaces.index(object(neighbour, "neighbour").interface);
    const subject = neighbour.destination ?? String(neighbour.lladdr);
    await this.#change(type, flags, encodeNeighbour(neighbour, index), subject);
  }

  /** Makes a nexthop object: a way, a group of others, or a blackhole. ip-nexthop(8). */
  addNexthop(nexthop: NexthopObjectInit): Promise<void> {
    return this.#changeNexthop(NEW, nexthop);
  }

  /** The same, in the place of one that is there: routes by it go the new way at once. */
  replaceNexthop(nexthop: NexthopObjectInit): Promise<void> {
    return this.#changeNexthop(REPLACED, nexthop);
  }

  async #changeNexthop(flags: readonly string[], nexthop: NexthopObjectInit): Promise<void> {
    const index = await this.#indexOf(object(nexthop, "nexthop").interface);
    const subject = nexthop.id === undefined ? undefined : String(nexthop.id);
    await this.#change("NEWNEXTHOP", flags, encodeNexthop(nexthop, index), subject);
  }

  /** Removes a nexthop object, and the routes by it. */
  async deleteNexthop(id: number): Promise<void> {
    await this.#change("DELNEXTHOP", [], nexthopQuery({ id }), String(id));
  }

  /** Makes a rule; without a table it looks up in "main". */
  async addRule(rule: RuleInit): Promise<void> {
    await this.#change("NEWRULE", NEW, encodeRule(rule, false));
  }

  /** Removes the first rule that is like it in what is given. */
  async deleteRule(rule: RuleInit): Promise<void> {
    await this.#change("DELRULE", [], encodeRule(rule, true));
  }

  async #change(type: string, flags: readonly string[], body: Uint8Array, subject?: string) {
    const name = `RTM_${type}`;
    const request = { type: constant("RTM", type), flags: flagBits(flags), body, name, subject };
    await this.#channel.ask(request, NO_REPLIES);
  }

  /**
   * What changes, from this call on: "link", "address", "route", "neighbour", "rule", or of
   * `groups` only those; a group may also be a number of RTNLGRP_*. See Monitor. Leaving the loop
   * closes it, as does close() of this Netlink; aborting `signal` throws its reason.
   */
  monitor(options: MonitorOptions = {}): Monitor {
    const monitor = new Monitor(this.#channel, this.#queries, this.#interfaces, options, () =>
      this.#monitors.delete(monitor),
    );
    this.#monitors.add(monitor);
    return monitor;
  }

  /**
   * A family of generic netlink, for which this was opened with { protocol: "generic" }: its
   * number, operations and groups, and requests to it. NetlinkError ENOENT: the kernel has none.
   */
  family(name: string): Promise<Family> {
    return this.#families.family(name);
  }

  /** All that the kernel has. */
  families(): Promise<Family[]> {
    return this.#families.families();
  }

  /** close(2); rejects what waits with the code "ECANCELED". Once is enough. */
  close(): void {
    closeAll([...this.#monitors, this.#families, this.#channel]);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
