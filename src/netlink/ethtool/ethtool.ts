// Ethtool: what a network card is doing, and its settings. Generic netlink's family "ethtool",
// Documentation/networking/ethtool-netlink.rst. Linux 5.6 and later.

import { closeAll } from "../../base/closing.ts";
import { closedError, namedError } from "../../base/error.ts";
import { I32_MAX, integer, knownKeys, text, unknownKeyword } from "../../base/validate.ts";
import { Socket } from "../../socket/socket.ts";
import { Channel } from "../channel.ts";
import { constant } from "../constants.ts";
import { Families, type Family, type GenericMessage } from "../generic.ts";
import { checkFields, type Encoded } from "../table.ts";
import { Writer } from "../writer.ts";
import { countersOf, type Driver, driverOf } from "./driver.ts";
import {
  type channels,
  type coalesce,
  MESSAGES,
  type MessageName,
  type pause,
  type rings,
  statisticsFlag,
  stringSets,
  type ToldBy,
} from "./messages.ts";

/** An interface: its name or its index. */
type Which = string | number;
type Settings<Table extends { rows: object }> = Omit<
  Encoded<Table["rows"] & Record<string, never>>,
  "interface" | "unknown"
>;

/** What of a feature is so. */
export type Feature = {
  readonly active: boolean;
  /** It was asked for, and is active where what it needs is. */
  readonly wanted: boolean;
  /** Whether it can be changed. */
  readonly fixed: boolean;
};

/** Where `Ethtool.open` opens its sockets. */
export type EthtoolOptions = {
  /** The network namespace to be in: a descriptor, a path, or ip-netns(8)'s name. */
  readonly namespace?: number | string;
};
const KEYS: ReadonlySet<string> = new Set(["namespace"]);
const KEY = Symbol("Ethtool");

/**
 * The settings of network cards, as ethtool(8) tells and changes them. Every call takes an
 * interface by name or by index. What an interface does not have rejects with "EOPNOTSUPP", with
 * the kernel's own sentence where there is one. Changes need CAP_NET_ADMIN.
 */
export class Ethtool implements Disposable {
  readonly #channel: Channel;
  readonly #families: Families;
  /** For what netlink does not tell; it also is in the namespace. */
  readonly #socket: Socket;
  #family: Promise<Family> | undefined;

  private constructor(options: EthtoolOptions, key: symbol) {
    if (key !== KEY) throw new TypeError("an Ethtool is made by Ethtool.open");
    const { namespace } = options;
    this.#channel = new Channel("generic", namespace);
    this.#families = new Families(this.#channel);
    const where = namespace === undefined ? {} : { namespace };
    try {
      this.#socket = Socket.open("inet", "dgram", null, where);
    } catch (error) {
      this.#channel.close();
      throw error;
    }
  }

  /** TypeError: this platform has no netlink sockets; only Linux has. */
  static open(options: EthtoolOptions = {}): Ethtool {
    knownKeys(options, KEYS);
    return new Ethtool(options, KEY);
  }

  /** Whether close() was called. */
  get closed(): boolean {
    return this.#channel.closed;
  }

  /** The family itself, for requests that have no method here, and its notifications. */
  async family(): Promise<Family> {
    if (this.closed) throw closedError("CTRL_CMD_GETFAMILY");
    const family = this.#family ?? this.#families.family("ethtool");
    this.#family = family;
    try {
      return await family;
    } catch (error) {
      // The next call asks again.
      if (this.#family === family) this.#family = undefined;
      throw error;
    }
  }

  /** Whether there is a link, and why not where the driver says. */
  linkState(which: Which): Promise<ToldBy<"LINKSTATE">> {
    return this.#get("LINKSTATE", which);
  }

  /** Connector and transceiver. */
  linkInfo(which: Which): Promise<ToldBy<"LINKINFO">> {
    return this.#get("LINKINFO", which);
  }

  /** Speed in Mb/s, duplex, and what is advertised by both sides. */
  linkModes(which: Which): Promise<ToldBy<"LINKMODES">> {
    return this.#get("LINKMODES", which);
  }

  /** What the card and the kernel do to packets: "tx-tcp-segmentation", "rx-gro". */
  async features(which: Which): Promise<Record<string, Feature>> {
    const {
      fixed = {},
      active = {},
      wanted = {},
      changeable = {},
    } = await this.#get("FEATURES", which);
    const found: Record<string, Feature> = {};
    // What can be changed is told with a mask, and so of every feature there is.
    for (const name of Object.keys(changeable)) {
      found[name] = {
        active: active[name] === true,
        wanted: wanted[name] === true,
        fixed: fixed[name] === true || changeable[name] !== true,
      };
    }
    return found;
  }

  /**
   * Asks for features to be on or off. Resolves to the names of those that are not as asked for:
   * because they are fixed, or need others.
   */
  async setFeatures(which: Which, wanted: Readonly<Record<string, boolean>>): Promise<string[]> {
    await this.#set("FEATURES", which, { wanted });
    const features = await this.features(which);
    return Object.entries(wanted).flatMap(([name, on]) =>
      features[name]?.active === on ? [] : [name],
    );
  }

  /** How many packets its queues hold. */
  rings(which: Which): Promise<ToldBy<"RINGS">> {
    return this.#get("RINGS", which);
  }

  /** Sets how many packets its queues hold; what is left out stays. RINGS_SET. */
  setRings(which: Which, settings: Settings<typeof rings>): Promise<void> {
    return this.#set("RINGS", which, settings);
  }

  /** How many queues it has. */
  channels(which: Which): Promise<ToldBy<"CHANNELS">> {
    return this.#get("CHANNELS", which);
  }

  /** Sets how many queues it has; what is left out stays. CHANNELS_SET. */
  setChannels(which: Which, settings: Settings<typeof channels>): Promise<void> {
    return this.#set("CHANNELS", which, settings);
  }

  /** How long it waits for more packets before it interrupts. */
  coalesce(which: Which): Promise<ToldBy<"COALESCE">> {
    return this.#get("COALESCE", which);
  }

  /** Sets when it interrupts, in microseconds and packets; what is left out stays. COALESCE_SET. */
  setCoalesce(which: Which, settings: Settings<typeof coalesce>): Promise<void> {
    return this.#set("COALESCE", which, settings);
  }

  /** Ethernet's flow control, and its counters. */
  pause(which: Which): Promise<ToldBy<"PAUSE">> {
    return this.#get("PAUSE", which, statisticsFlag());
  }

  /** Sets Ethernet's flow control; what is left out stays. PAUSE_SET. */
  setPause(which: Which, settings: Settings<typeof pause>): Promise<void> {
    return this.#set("PAUSE", which, settings);
  }

  /** What it can stamp, and the number of its clock, of /dev/ptp*. */
  timestamping(which: Which): Promise<ToldBy<"TSINFO">> {
    return this.#get("TSINFO", which);
  }

  /** Flags of the driver's own. */
  async privateFlags(which: Which): Promise<Record<string, boolean>> {
    return (await this.#get("PRIVFLAGS", which)).flags ?? {};
  }

  /** Sets flags of the driver's own, by name; those left out stay. PRIVFLAGS_SET. */
  setPrivateFlags(which: Which, flags: Readonly<Record<string, boolean>>): Promise<void> {
    return this.#set("PRIVFLAGS", which, { flags });
  }

  /** The names of a set, in their order: "features", "link-modes", "stats", or a number. */
  async strings(set: string | number, which?: Which): Promise<string[]> {
    const id = integer(stringSets.number(set), "set", 0, I32_MAX);
    const told = await this.#get("STRSET", which, 0, { sets: [{ id }] });
    const [first] = told.sets ?? [];
    const found: string[] = [];
    for (const { index, value } of first?.strings ?? []) {
      if (index !== undefined && value !== undefined) found[index] = value;
    }
    return found;
  }

  /** The driver's own counters, by the names that it has for them. */
  async statistics(which: Which): Promise<Record<string, number | bigint>> {
    const { name } = await this.#interface(which);
    return countersOf(this.#socket, name, await this.strings("stats", which));
  }

  /** The driver, its version and that of the firmware, and where the card is. */
  async driver(which: Which): Promise<Driver> {
    const { name } = await this.#interface(which);
    return driverOf(this.#socket, name);
  }

  /** Every message has both names of its interface. */
  async #interface(which: Which): Promise<{ name: string }> {
    const told = await this.#told("STRSET", which, 0, { sets: [{ id: 0 }] });
    const name = (told as { interface?: { name?: string } }).interface?.name;
    if (name === undefined) throw namedError("ENODEV", "ETHTOOL_MSG_STRSET_GET");
    return { name };
  }

  async #get<Name extends MessageName>(
    name: Name,
    which: Which | undefined,
    flags = 0,
    fields: object = {},
  ): Promise<ToldBy<Name>> {
    const { interface: _, ...told } = await this.#told(name, which, flags, fields);
    return told as ToldBy<Name>;
  }

  async #told(
    name: MessageName,
    which: Which | undefined,
    flags: number,
    fields: object,
  ): Promise<{ interface?: unknown }> {
    const [reply] = await this.#ask(name, "GET", which, flags, fields);
    if (reply === undefined) throw namedError("ENODATA", `ETHTOOL_MSG_${name}_GET`);
    return decodeReply(name, reply.body);
  }

  async #set(name: MessageName, which: Which, settings: object): Promise<void> {
    const accepted = MESSAGES[name].fields.filter((field) => field !== "interface");
    for (const key in settings) {
      if (!accepted.includes(key)) throw unknownKeyword("setting", key, accepted);
    }
    checkFields(settings, accepted, "settings");
    await this.#ask(name, "SET", which, 0, settings);
  }

  async #ask(
    name: MessageName,
    action: "GET" | "SET",
    which: Which | undefined,
    flags: number,
    fields: object,
  ): Promise<GenericMessage[]> {
    const table: { encode(writer: Writer, values: object): void } = MESSAGES[name];
    const writer = new Writer();
    const header = { ...named(which), ...(flags !== 0 && { flags }) };
    table.encode(writer, { ...fields, interface: header });
    const family = await this.family();
    return family.request(constant("ETHTOOL_MSG", `${name}_${action}`), writer.finish(), {
      name: `ETHTOOL_MSG_${name}_${action}`,
      ...(which !== undefined && { subject: String(which) }),
    });
  }

  /** Closes its sockets; rejects what waits with the code "ECANCELED". */
  close(): void {
    closeAll([this.#families, this.#channel, this.#socket]);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What a reply tells. SocketError EBADMSG: it is malformed. */
export function decodeReply(name: MessageName, body: Uint8Array): { interface?: unknown } {
  const told = {};
  try {
    MESSAGES[name].decode(body, 0, body.length, told);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const remedy = `a malformed reply: ${error.message}`;
    throw namedError("EBADMSG", `ETHTOOL_MSG_${name}_GET`, { remedy });
  }
  return told;
}

function named(which: Which | undefined): { name?: string; index?: number } {
  if (which === undefined) return {};
  if (typeof which === "number") return { index: integer(which, "interface", 1, I32_MAX) };
  const name = text(which, "interface");
  if (name === "") throw new TypeError("interface must not be empty");
  return { name };
}
