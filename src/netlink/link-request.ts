// What is said about a link that is made or changed: its fields as attributes and flags.
// ip-link(8).

import { AF, IFF } from "../base/constants.ts";
import {
  type Bytes,
  boolean,
  I32_MAX,
  integer,
  object,
  unknownKeyword,
  wrongType,
} from "../base/validate.ts";
import type { Attribute } from "./attribute.ts";
import { constant } from "./constants.ts";
import type { Interfaces, Which } from "./interfaces.ts";
import type { Fields, Kind } from "./kind/kind.ts";
import { kinds } from "./kind/kinds.ts";
import { inet6Table, linkHeader, linkTable } from "./link.ts";
import { OpenPlace, type Place } from "./place.ts";
import { AttributeTable, checkFields } from "./table.ts";
import { Writer } from "./writer.ts";

/** What can be set of a link. */
export type LinkSettings = {
  readonly name?: string;
  readonly up?: boolean;
  readonly promisc?: boolean;
  readonly allmulti?: boolean;
  readonly multicast?: boolean;
  readonly arp?: boolean;
  readonly dynamic?: boolean;
  readonly trailers?: boolean;
  /** Bytes. */
  readonly mtu?: number;
  /** The hardware address, "02:fc:00:00:00:01". */
  readonly address?: string | Bytes;
  readonly broadcast?: string | Bytes;
  /** Packets that the link's queue holds: txqueuelen. */
  readonly queueLength?: number;
  /** Text for people. */
  readonly alias?: string;
  readonly group?: "default" | number;
  /** The bridge, bond or VRF to be a port of; null: of none. */
  readonly master?: Which | null;
  /** The network namespace to move to, or to be made in. */
  readonly namespace?: Place;
  readonly linkmode?: "default" | "dormant";
  readonly state?: string;
  readonly carrier?: boolean;
  readonly protoDown?: boolean;
  readonly gsoMaxSize?: number;
  readonly gsoMaxSegs?: number;
  readonly groMaxSize?: number;
  readonly gsoIpv4MaxSize?: number;
  readonly groIpv4MaxSize?: number;
  /** How IPv6 makes its addresses, and the identifier in them. */
  readonly inet6?: { readonly addrGenMode?: string | number; readonly token?: string };
  /** The kind of its master, and what that calls it as a port: bridge ports have a `cost`. */
  readonly portKind?: string;
  readonly port?: Fields;
  /** What its kind is told; of kinds without a table here { unknown: attributes }. */
  readonly data?: Fields;
  readonly kind?: string;
  readonly unknown?: readonly Attribute[];
};

/** A link to be made. What its kind alone knows may stand here or in `data`. */
export type LinkInit = Omit<LinkSettings, "port" | "group"> & {
  /** Of a VXLAN an address is the multicast group that it floods to. */
  readonly group?: string | number;
  /** A number is the UDP port of a VXLAN or Geneve tunnel. */
  readonly port?: number | Fields;
  readonly kind: string;
  /** The link to stand on: of a VLAN or a macvlan its lower one. */
  readonly link?: Which;
  /** Of a veth pair the other end: its name, or what else is to be set. */
  readonly peer?: string | LinkSettings;
  readonly index?: number;
  readonly numTxQueues?: number;
  readonly numRxQueues?: number;
  readonly [own: string]: unknown;
};

/** Flags by what ip(8) calls them, and whether that is their reverse. */
const FLAGS = {
  up: ["UP", false],
  promisc: ["PROMISC", false],
  allmulti: ["ALLMULTI", false],
  multicast: ["MULTICAST", false],
  dynamic: ["DYNAMIC", false],
  arp: ["NOARP", true],
  trailers: ["NOTRAILERS", true],
} as const;

/** What is an attribute as it stands. */
const PLAIN = [
  ...["name", "mtu", "address", "broadcast", "queueLength", "alias", "group", "linkmode", "state"],
  ...["carrier", "protoDown", "gsoMaxSize", "gsoMaxSegs", "groMaxSize", "gsoIpv4MaxSize"],
  ...["groIpv4MaxSize", "numTxQueues", "numRxQueues", "unknown"],
];

const OTHERS = ["master", "namespace", "inet6", "portKind", "port", "data", "kind"];
const SETTINGS: ReadonlySet<string> = new Set([...Object.keys(FLAGS), ...PLAIN, ...OTHERS]);
const MAKING: ReadonlySet<string> = new Set([...SETTINGS, "link", "peer", "index"]);

const NOTHING: Kind = {};
const NO_TABLE = new AttributeTable("IFLA", "", {});

/** A link's message without its header of struct nlmsghdr, and the namespaces it names. */
export type LinkRequest = {
  readonly body: Uint8Array;
  /** To be closed when the kernel has answered. */
  readonly places: DisposableStack;
};

/** The message that changes a link. */
export async function settingRequest(
  index: number,
  settings: LinkSettings,
  interfaces: Interfaces,
): Promise<LinkRequest> {
  object(settings, "settings");
  for (const key in settings) {
    if (!SETTINGS.has(key)) throw unknownKeyword("setting", key, SETTINGS);
  }
  const { kind, data } = settings;
  if (data !== undefined && kind === undefined) {
    throw new TypeError("data is a kind's: give kind, too");
  }
  return new Composition(interfaces).compose(settings, kind, data ?? {}, { index });
}

/** The message that makes a link. */
export async function makingRequest(init: LinkInit, interfaces: Interfaces): Promise<LinkRequest> {
  object(init, "link");
  const { kind } = init;
  if (typeof kind !== "string" || kind === "") throw wrongType("kind", "a kind of link", kind);
  const own: Fields = { ...(init.data ?? {}) };
  const known = ownFields(kind);
  const general: Fields = {};
  for (const key in init) {
    // A word that a kind has for itself is the kind's: `link` of a tunnel, `mode` of a bond.
    if (known.includes(key) && !isOfLink(key, init[key])) own[key] = init[key];
    else if (MAKING.has(key)) general[key] = init[key];
    else throw unknownKeyword("setting", key, [...MAKING, ...known]);
  }
  const composition = new Composition(interfaces);
  const index = integer(init.index ?? 0, "index", 0, I32_MAX);
  const making = general as LinkInit;
  return composition.compose(making as LinkSettings, kind, own, { index }, making);
}

/** The group of a VXLAN is an address, its port a number; those of a link are not. */
function isOfLink(key: string, value: unknown): boolean {
  if (key === "port") return typeof value === "object";
  return key === "group" && !(typeof value === "string" && /[.:]/.test(value));
}

/** The fields that a kind alone knows. */
function ownFields(kind: string): string[] {
  const { data, further = [] } = kinds.get(kind) ?? NOTHING;
  return [...(data?.fields ?? []), ...further];
}

class Composition {
  readonly #interfaces: Interfaces;
  /** The namespaces that the message names. */
  readonly #places = new DisposableStack();

  constructor(interfaces: Interfaces) {
    this.#interfaces = interfaces;
  }

  async compose(
    settings: LinkSettings,
    kind: string | undefined,
    own: Fields,
    { index }: { index: number },
    making?: LinkInit,
  ): Promise<LinkRequest> {
    const writer = new Writer().raw(linkHeader({ index, ...flagsOf(settings) }));
    const places = this.#places;
    try {
      await this.#write(writer, settings, making?.link);
      await this.#writeInfo(writer, settings, kind, own, making?.peer);
    } catch (error) {
      places.dispose();
      throw error;
    }
    return { body: writer.finish(), places };
  }

  async #write(writer: Writer, settings: LinkSettings, link?: Which): Promise<void> {
    const { master, namespace, inet6 } = settings;
    const plain: Fields = {};
    for (const name of PLAIN) plain[name] = (settings as Fields)[name];
    if (master !== undefined) {
      plain.masterIndex = master === null ? 0 : await this.#interfaces.index(master, "master");
    }
    if (link !== undefined) plain.linkIndex = await this.#interfaces.index(link, "link");
    linkTable.encode(writer, plain);
    if (inet6 !== undefined) {
      checkFields(inet6, ["addrGenMode", "token"], "inet6");
      writer.nest(constant("IFLA", "AF_SPEC"), (families) =>
        families.nest(AF.INET6, (within) => inet6Table.encode(within, inet6, 0, "inet6.")),
      );
    }
    if (namespace !== undefined) this.#places.use(new OpenPlace(namespace)).write(writer);
  }

  async #writeInfo(
    writer: Writer,
    settings: LinkSettings,
    kind: string | undefined,
    own: Fields,
    peer: string | LinkSettings | undefined,
  ): Promise<void> {
    const { port } = settings;
    const portKind = settings.portKind ?? (port === undefined ? undefined : "bridge");
    if (kind === undefined && portKind === undefined) return;
    const data = kind === undefined ? undefined : await this.#data(kind, own, peer);
    const portData =
      portKind === undefined
        ? undefined
        : await this.#fields(kinds.get(portKind)?.port ?? NO_TABLE, port ?? {}, [], "port");
    writer.nest(constant("IFLA", "LINKINFO"), (info) => {
      if (kind !== undefined) info.attribute(constant("IFLA", "INFO_KIND"), latin(kind));
      if (data !== undefined && data.length > 0) {
        info.nest(constant("IFLA", "INFO_DATA"), (within) => within.raw(data));
      }
      if (portKind === undefined) return;
      info.attribute(constant("IFLA", "INFO_SLAVE_KIND"), latin(portKind));
      info.nest(constant("IFLA", "INFO_SLAVE_DATA"), (within) =>
        within.raw(portData as Uint8Array),
      );
    });
  }

  async #data(
    kind: string,
    own: Fields,
    peer: string | LinkSettings | undefined,
  ): Promise<Uint8Array> {
    if (peer !== undefined) return this.#peer(peer);
    const { data = NO_TABLE, prepare, further = [] } = kinds.get(kind) ?? NOTHING;
    const table = data as AttributeTable<Record<string, never>>;
    checkFields(own, [...table.fields, ...further], `a link of kind ${kind}`);
    return this.#fields(table, prepare === undefined ? own : prepare(own), further, "data");
  }

  /** Attributes of a table, in which the names of interfaces become their indices. */
  async #fields(
    table: Pick<typeof NO_TABLE, "fields" | "encode" | "interfaceFields">,
    given: Fields,
    further: readonly string[],
    name: string,
  ): Promise<Uint8Array> {
    checkFields(given, [...table.fields, ...further], name);
    const fields = { ...given };
    for (const field of table.interfaceFields) {
      const which = fields[field];
      if (which !== undefined) {
        fields[field] = await this.#interfaces.index(which as Which, `${name}.${field}`);
      }
    }
    const writer = new Writer();
    table.encode(writer, fields, 0, `${name}.`);
    return writer.finish();
  }

  /** The other end of a veth pair, as a link's message of its own. */
  async #peer(peer: string | LinkSettings): Promise<Uint8Array> {
    const settings: LinkSettings = typeof peer === "string" ? { name: peer } : peer;
    object(settings, "peer");
    for (const key in settings) {
      if (!SETTINGS.has(key)) throw unknownKeyword("setting", key, SETTINGS);
    }
    const inner = new Writer().raw(linkHeader(flagsOf(settings)));
    await this.#write(inner, settings);
    const writer = new Writer();
    writer.nest(constant("VETH_INFO", "PEER"), (within) => within.raw(inner.finish()));
    return writer.finish();
  }
}

const latin = (text: string) => new TextEncoder().encode(text);

/** ifi_flags, and ifi_change: which of them are meant. */
function flagsOf(settings: LinkSettings): { flags: number; change: number } {
  let flags = 0;
  let change = 0;
  for (const [setting, [name, isReverse]] of Object.entries(FLAGS)) {
    const wanted = (settings as Fields)[setting];
    if (wanted === undefined) continue;
    const bit = IFF[name] ?? 0;
    change |= bit;
    if (boolean(wanted, setting) !== isReverse) flags |= bit;
  }
  return { flags, change };
}
