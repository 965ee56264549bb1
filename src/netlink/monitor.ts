// What changes: the multicast groups of rtnetlink(7), decoded, beginning with what is there where
// that is asked for, and going on after a loss.

import { namedError } from "../base/error.ts";
import { boolean, integer, knownKeys, oneOf, U32_MAX, wrongType } from "../base/validate.ts";
import { poll } from "../calls/poll.ts";
import type { Socket } from "../socket/socket.ts";
import { type Address, decodeAddress } from "./address.ts";
import type { Channel } from "./channel.ts";
import { constant, group } from "./constants.ts";
import { Events, type EventsOptions } from "./events.ts";
import type { Interfaces } from "./interfaces.ts";
import { type Link, linkDecoder, linkFamily } from "./link.ts";
import type { NetlinkMessage, Visit } from "./message.ts";
import { decodeNeighbour, type Neighbour } from "./neighbour.ts";
import { applyLinkNames, applyNames, type Queries } from "./query.ts";
import { type Route, routeDecoder } from "./route.ts";
import { decodeRule, type Rule } from "./rule.ts";
import { merge, type Told } from "./snapshot.ts";

/** What a monitor can be told to watch, and the groups of the kernel that tell of it. */
const GROUPS = {
  link: ["LINK"],
  address: ["IPV4_IFADDR", "IPV6_IFADDR"],
  route: ["IPV4_ROUTE", "IPV6_ROUTE", "MPLS_ROUTE"],
  neighbour: ["NEIGH"],
  rule: ["IPV4_RULE", "IPV6_RULE"],
} as const;

/** What a monitor tells of: changes of links, of addresses and so on, ip-monitor(8)'s objects. */
export type MonitorGroup = keyof typeof GROUPS;
const ALL = Object.keys(GROUPS) as MonitorGroup[];

/** What a monitor watches, and from when on. */
export type MonitorOptions = EventsOptions & {
  /** All of them unless told. A number is an RTNLGRP_*, whose messages come as they are. */
  readonly groups?: readonly (MonitorGroup | number)[];
  /** Begin with what is there, each with the action "present". */
  readonly initial?: boolean;
  /** After a loss tell again what is there. */
  readonly resync?: boolean;
};
const KEYS: ReadonlySet<string> = new Set([
  ...["groups", "initial", "resync", "receiveBuffer", "signal"],
]);

/** "new" is a change, too. "present": it was there before. */
export type Action = "new" | "delete" | "present";
/**
 * A link's `kind` is `linkKind` here, and a rule's `action` is `ruleAction`, because `kind` says
 * what the change is of and `action` what became of it.
 */
export type MonitorEvent =
  | ({ readonly action: Action; readonly kind: "link"; readonly linkKind?: string } & Omit<
      Link,
      "kind"
    >)
  | ({ readonly action: Action; readonly kind: "address" } & Address)
  | ({ readonly action: Action; readonly kind: "route" } & Route)
  | ({ readonly action: Action; readonly kind: "neighbour" } & Neighbour)
  | ({ readonly action: Action; readonly kind: "rule"; readonly ruleAction: Rule["action"] } & Omit<
      Rule,
      "action"
    >)
  /** Of a group that was given by number. */
  | { readonly action: "other"; readonly kind: "other"; readonly message: NetlinkMessage }
  /** The kernel had no room for what happened meanwhile. */
  | { readonly action: "lost"; readonly kind: "lost" };

/** How often it is tried to tell what is there while more is lost. */
const RESYNCS_MAX = 10;
/** Names of links that are remembered. */
const NAMES_MAX = 65_536;

type Choice = {
  readonly kinds: ReadonlySet<MonitorGroup>;
  readonly numbers: readonly number[];
  readonly initial: boolean;
  readonly resync: boolean;
};

function choice(options: MonitorOptions): Choice {
  knownKeys(options, KEYS);
  const { groups = ALL, initial = false, resync = false } = options;
  if (!Array.isArray(groups)) throw wrongType("groups", "an array", groups);
  const chosen = groups as readonly (MonitorGroup | number)[];
  const words = chosen.filter((one) => typeof one !== "number");
  const numbers = chosen.filter((one) => typeof one === "number");
  for (const word of words) oneOf(word, "group", ALL);
  for (const number of numbers) integer(number, "group", 1, U32_MAX);
  return {
    kinds: new Set(words),
    numbers,
    initial: boolean(initial, "initial"),
    resync: boolean(resync, "resync"),
  };
}

/** The kernel's groups. Links always: the names in the others' events follow from theirs. */
function groupsOf({ kinds, numbers }: Choice): number[] {
  const all = [...new Set<MonitorGroup>(["link", ...kinds])].flatMap((kind) =>
    GROUPS[kind].map((name) => group("RTNLGRP")[name]),
  );
  return [...all.filter((number) => number !== undefined), ...numbers];
}

/**
 * An endless loop over changes, in the order in which they were made. `await using` or leaving the
 * loop closes its socket. An overrun is one { action: "lost" }, and then it goes on; its receive
 * buffer is made large by SO_RCVBUFFORCE, or as large as SO_RCVBUF may.
 */
export class Monitor extends Events<MonitorEvent> {
  readonly #queries: Queries;
  readonly #interfaces: Interfaces;
  readonly #choice: Choice;
  #isBegun = false;
  #names = new Map<number, string>();
  #decoders: ReadonlyMap<number, Decoder> | undefined;

  /** Made by `Netlink.monitor`. */
  constructor(
    channel: Channel,
    queries: Queries,
    interfaces: Interfaces,
    options: MonitorOptions,
    ended: () => void,
  ) {
    const wanted = choice(options);
    super(channel, "route", options, groupsOf(wanted), ended);
    this.#choice = wanted;
    this.#queries = queries;
    this.#interfaces = interfaces;
  }

  protected async more(): Promise<MonitorEvent[]> {
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.#names = new Map(await this.#interfaces.all());
      if (this.#choice.initial) return this.#present();
    }
    const events: MonitorEvent[] = [];
    if (await this.#take(events)) return events;
    events.push({ action: "lost", kind: "lost" });
    if (this.#choice.resync) {
      // What still waits is older than what the kernel is now asked for.
      await this.#drain([]);
      events.push(...(await this.#present()));
    }
    return events;
  }

  /** Takes what waits already; false: something was lost. */
  async #drain(events: MonitorEvent[]): Promise<boolean> {
    let isWhole = true;
    while (isReadable(this.socket)) if (!(await this.#take(events))) isWhole = false;
    return isWhole;
  }

  /**
   * What is there, and what changed while it was asked for: subscribed first, so that nothing is
   * missed; where both tell of a thing, the change is the later.
   */
  async #present(): Promise<MonitorEvent[]> {
    for (let attempt = 0; attempt < RESYNCS_MAX; attempt++) {
      const told: Told[] = await this.#dump();
      this.#names = new Map(await this.#interfaces.all());
      const meanwhile: MonitorEvent[] = [];
      if (!(await this.#drain(meanwhile))) continue;
      return merge(told, meanwhile as Told[]) as MonitorEvent[];
    }
    throw namedError("ENOBUFS", "recvmsg", { remedy: "changes come faster than they can be read" });
  }

  async #dump(): Promise<Told[]> {
    const found: Told[] = [];
    const add = (kind: MonitorGroup, items: readonly object[]) => {
      for (const item of items) found.push(eventOf("present", kind, item));
    };
    const families = ["inet", "inet6"];
    if (this.#choice.kinds.has("link")) add("link", await this.#queries.links({}));
    if (this.#choice.kinds.has("address")) add("address", await this.#queries.addresses({}));
    if (this.#choice.kinds.has("route")) add("route", await this.#queries.routes({}));
    if (this.#choice.kinds.has("neighbour")) add("neighbour", await this.#queries.neighbours({}));
    for (const family of this.#choice.kinds.has("rule") ? families : []) {
      add("rule", await this.#queries.rules({ family }));
    }
    return found;
  }

  /** Waits for a datagram; false: something was lost. */
  #take(events: MonitorEvent[]): Promise<boolean> {
    this.#decoders ??= decoders();
    const known = this.#decoders;
    const visit: Visit = (type, flags, sequence, port, start, end) => {
      const decoder = known.get(type);
      if (decoder !== undefined) this.#tell(decoder, flags, start, end, events);
      else if (this.#choice.numbers.length > 0) {
        const message = { type, flags, sequence, port, body: this.bytes.slice(start, end) };
        events.push({ action: "other", kind: "other", message });
      }
    };
    return this.read(visit);
  }

  #tell(
    { kind, action, decode }: Decoder,
    flags: number,
    start: number,
    end: number,
    events: MonitorEvent[],
  ): void {
    const { bytes } = this;
    // A bridge tells of its ports in messages of its own, which are no links.
    if (kind === "link" && linkFamily(bytes, start) !== 0) return;
    const item = decode(bytes, start, end);
    if (kind === "link") this.#learn(item as Link);
    else applyNames([item], this.#names);
    if (!this.#choice.kinds.has(kind)) return;
    const event = eventOf(action, kind, item);
    if (kind === "route" && (flags & constant("NLM_F", "REPLACE")) !== 0) {
      Object.defineProperty(event, "replaces", { value: true });
    }
    events.push(event as MonitorEvent);
  }

  /** A deleted link's name stays until another has its index: what goes with it names it, too. */
  #learn(link: Link): void {
    this.#names.delete(link.index);
    this.#names.set(link.index, link.name);
    if (this.#names.size > NAMES_MAX) {
      const [oldest] = this.#names.keys();
      this.#names.delete(oldest as number);
    }
    applyLinkNames(link, this.#names);
  }
}

/** Whether something waits to be read: a datagram, or an error. */
function isReadable(socket: Socket): boolean {
  return poll([{ fd: socket.fd, events: ["in"] }], 0).length > 0;
}

/** `kind` is what the event is of. */
function eventOf(action: Action, kind: MonitorGroup, item: object): Told {
  if (kind === "rule") {
    const { action: ruleAction, ...rule } = item as Rule;
    return { action, kind, ...rule, ruleAction };
  }
  if (kind !== "link") return { action, kind, ...item };
  const { kind: linkKind, ...link } = item as Link;
  return { action, kind, ...link, ...(linkKind !== undefined && { linkKind }) };
}

type Decoder = {
  readonly kind: MonitorGroup;
  readonly action: Action;
  decode(bytes: Uint8Array, start: number, end: number): object;
};

/** By the types of messages. */
function decoders(): ReadonlyMap<number, Decoder> {
  const kinds = [
    ["LINK", "link", linkDecoder({ statistics: false })],
    ["ADDR", "address", decodeAddress],
    ["ROUTE", "route", routeDecoder()],
    ["NEIGH", "neighbour", decodeNeighbour],
    ["RULE", "rule", decodeRule],
  ] as const;
  const found = new Map<number, Decoder>();
  for (const [name, kind, decode] of kinds) {
    found.set(constant("RTM", `NEW${name}`), { kind, action: "new", decode });
    found.set(constant("RTM", `DEL${name}`), { kind, action: "delete", decode });
  }
  return found;
}
