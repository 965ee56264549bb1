// The network interfaces and their addresses. getifaddrs(3), rtnetlink(7), if_nametoindex(3).

import { interfaceIndex, interfaceName } from "../address/interface.ts";
import { received, type Sockaddr } from "../address/sockaddr.ts";
import { IFF } from "../base/constants.ts";
import { failure, namedError } from "../base/error.ts";
import { Flags } from "../base/keyword.ts";
import { lazy } from "../base/lazy.ts";
import { integer, knownKeys, U32_MAX, wrongType } from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate, decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";

/** A flag of an interface: the name of its IFF_* constant in lower case, `_` as `-`. */
export type InterfaceFlag =
  | "up"
  | "broadcast"
  | "loopback"
  | "pointopoint"
  | "running"
  | "noarp"
  | "promisc"
  | "allmulti"
  | "master"
  | "slave"
  | "multicast"
  | "dynamic"
  | "lower-up"
  | "dormant"
  | (string & {});

/** Counters of an interface since it was made: struct rtnl_link_stats64. */
export type LinkStatistics = {
  /** Packets received. */
  readonly rxPackets: number;
  /** Packets sent. */
  readonly txPackets: number;
  /** Bytes received. */
  readonly rxBytes: number;
  /** Bytes sent. */
  readonly txBytes: number;
  /** Packets received with an error. */
  readonly rxErrors: number;
  /** Packets that could not be sent. */
  readonly txErrors: number;
  /** Packets received for which there was no room. */
  readonly rxDropped: number;
  /** Packets dropped instead of sent. */
  readonly txDropped: number;
  /** Multicast packets received. */
  readonly multicast: number;
  /** Collisions while sending. */
  readonly collisions: number;
  readonly [counter: string]: number;
};

const header = new Structure("interface_header");
const inFullWord = header.offset("in_full") / 4;
const entry = new Structure("interface_entry");
const sizeField = entry.integer("size");
const indexWord = entry.offset("index") / 4;
const flagsWord = entry.offset("flags") / 4;
const sizeWord = sizeField.offset / 4;
const laterWord = entry.offset("destination_later") / 4;
const [addressLength] = entry.field("address_length");
const [netmaskLength] = entry.field("netmask_length");
const [destinationLength] = entry.field("destination_length");
const [nameLength] = entry.field("name_length");

/** The largest datagram a netlink dump comes in is 32 KiB. */
const scratch = lazy(() => allocate(64 * 1024));
let room = allocate(16 * 1024);
let roomWords = new Uint32Array(room.buffer);

/** A list as the library wrote it. */
class Snapshot {
  readonly words: Uint32Array;
  #bytes: Uint8Array | undefined;

  constructor(addresses: boolean) {
    const length = fill(addresses);
    this.words = roomWords.slice(0, length >> 2);
  }

  /** Made when it is first needed: a view takes longer than the copy. */
  get bytes(): Uint8Array {
    this.#bytes ??= new Uint8Array(this.words.buffer);
    return this.#bytes;
  }

  /** The places of the entries. */
  *offsets(): Generator<number> {
    for (let offset = header.size; offset < this.words.byteLength; ) {
      yield offset;
      offset += this.words[(offset >> 2) + sizeWord] as number;
    }
  }

  /** The bytes of an address, `length` long, `before` bytes behind the entry's fixed part. */
  slice(offset: number, before: number, length: number): Uint8Array {
    const start = offset + entry.size + before;
    return this.bytes.subarray(start, start + length);
  }
}

type AskedLater = { statistics?: LinkStatistics | null; destination?: Sockaddr | null };

const CHANGING = "the interfaces changed each time they were read: try again";

const ADDRESSES = 1;
const IN_FULL = 2;
/** Where IPv6 did not know all interfaces, it is not asked again for so many calls. */
const CALLS_IN_FULL = 32;
let callsInFull = 0;

/** Fills `room`, which grows as needed, and returns the length. */
function fill(addresses: boolean): number {
  const messages = scratch();
  const again = callsInFull === 0;
  if (!again) callsInFull--;
  const wanted = (addresses ? ADDRESSES : 0) | (again ? 0 : IN_FULL);
  for (;;) {
    const length = native.rawsock_interfaces(wanted, room, room.length, messages, messages.length);
    if (length < 0) throw refused(length);
    if (length <= room.length) {
      if (again && roomWords[inFullWord] !== 0) callsInFull = CALLS_IN_FULL;
      return length;
    }
    // More may come while it grows.
    room = allocate(Math.ceil(length / 4096) * 4096 + 4096);
    roomWords = new Uint32Array(room.buffer);
  }
}

function refused(result: number): Error {
  const error = failure(result, "getifaddrs");
  return error.code === "EAGAIN" ? namedError("EAGAIN", "getifaddrs", { remedy: CHANGING }) : error;
}

/**
 * An interface, whose address is its hardware address or null where it has none; or one of the
 * interface's network addresses. Its own properties make it compare and clone by content.
 */
export class InterfaceAddress {
  /** The interface's index. */
  readonly index: number;
  /** All flags, as IFF_* bits. */
  readonly flagBits: number;
  /** The entry as the library wrote it. */
  readonly bytes: Uint8Array;
  readonly #snapshot: Snapshot;
  readonly #offset: number;
  /** What the kernel was asked for later. One field: a list has many entries. */
  #asked: AskedLater | undefined;

  /** Made by `ifaddrs`. */
  constructor(snapshot: Snapshot, offset: number) {
    this.#snapshot = snapshot;
    this.#offset = offset;
    const { words } = snapshot;
    const word = offset >> 2;
    this.index = words[word + indexWord] as number;
    this.flagBits = words[word + flagsWord] as number;
    this.bytes = snapshot.bytes.subarray(offset, offset + (words[word + sizeWord] as number));
  }

  #byte(field: number): number {
    return this.#snapshot.bytes[this.#offset + field] as number;
  }

  /** The interface's name; of an IPv4 address its label, "eth0:1". */
  get name(): string {
    const before =
      this.#byte(addressLength) + this.#byte(netmaskLength) + this.#byte(destinationLength);
    return decodeText(this.#snapshot.slice(this.#offset, before, this.#byte(nameLength)));
  }

  /** The flags that have a name. */
  get flags(): InterfaceFlag[] {
    return interfaceFlags.words(this.flagBits);
  }

  /** The address; null where the interface has none of the family. */
  get address(): Sockaddr | null {
    return this.#sockaddr(0, this.#byte(addressLength));
  }

  /** The mask of the address's network. */
  get netmask(): Sockaddr | null {
    return this.#sockaddr(this.#byte(addressLength), this.#byte(netmaskLength));
  }

  /**
   * The broadcast address, or the peer of a point-to-point link. An interface's own is asked of
   * the kernel when it is first read, and null as `statistics` are.
   */
  get destination(): Sockaddr | null {
    if (this.#snapshot.words[(this.#offset >> 2) + laterWord] !== 0) {
      const asked = this.#later();
      if (asked.destination === undefined) {
        asked.destination = readDestination(this.index, this.#snapshot.bytes);
      }
      return asked.destination;
    }
    const before = this.#byte(addressLength) + this.#byte(netmaskLength);
    return this.#sockaddr(before, this.#byte(destinationLength));
  }

  #sockaddr(before: number, length: number): Sockaddr | null {
    return length === 0 ? null : received(this.#snapshot.slice(this.#offset, before, length));
  }

  /**
   * The interface's counters, asked of the kernel when they are first read. null for a network
   * address, for an interface that is gone or of another network namespace, and on macOS and
   * FreeBSD.
   */
  get statistics(): LinkStatistics | null {
    const asked = this.#later();
    asked.statistics ??= this.#isLink() ? readStatistics(this.index, this.#snapshot.bytes) : null;
    return asked.statistics;
  }

  #later(): AskedLater {
    this.#asked ??= {};
    return this.#asked;
  }

  /** Network addresses have a netmask. */
  #isLink(): boolean {
    if (this.#byte(netmaskLength) !== 0) return false;
    if (this.#byte(addressLength) === 0) return true;
    return this.address?.family === "packet" || this.address?.family === "link";
  }

  /** All of it as a plain object. */
  toJSON() {
    const { name, index, flags, flagBits, address, netmask, destination, statistics } = this;
    return { name, index, flags, flagBits, address, netmask, destination, statistics };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    const { name, index, flags, flagBits, address, netmask, destination } = this;
    return { name, index, flags, flagBits, address, netmask, destination };
  }
}

/** IFF_VOLATILE is a mask of several. */
export const interfaceFlags = new Flags("flag", () => IFF);

const counters = lazy(() => {
  const structure = new Structure("rtnl_link_stats64");
  return structure.names().map((name) => {
    const property = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    return [property, structure.integer(name)] as const;
  });
});
const answerRoom = lazy(() => allocate(1024));

/** Calls `ask` with room for what it writes: those bytes, or null where the interface is gone. */
function askLink(
  ask: typeof native.rawsock_interface_statistics,
  index: number,
  owner: Uint8Array,
): Uint8Array | null {
  const answer = answerRoom();
  const messages = scratch();
  const length = ask(index, owner, answer, answer.length, messages, messages.length);
  if (length >= 0) return answer.subarray(0, length);
  const error = failure(length, "rtnetlink RTM_GETLINK");
  if (["ENODEV", "ENODATA", "EOPNOTSUPP"].includes(error.code)) return null;
  throw error;
}

function readDestination(index: number, owner: Uint8Array): Sockaddr | null {
  return received(askLink(native.rawsock_interface_destination, index, owner));
}

function readStatistics(index: number, owner: Uint8Array): LinkStatistics | null {
  const known = askLink(native.rawsock_interface_statistics, index, owner);
  if (known === null) return null;
  const entries = counters()
    .filter(([, field]) => field.end <= known.length)
    .map(([property, field]) => [property, field.get(known)] as const);
  return Object.fromEntries(entries) as LinkStatistics;
}

const NO_OPTIONS = {};
const FILTERS: ReadonlySet<string> = new Set(["flagsAnd", "flagsOr"]);

/**
 * getifaddrs(3): every interface, and then every address of every family, in the kernel's order;
 * those that are down or without an address too. `flagsAnd`: only where all of these are set;
 * `flagsOr`: only where at least one is, so that an empty array leaves nothing.
 */
export function ifaddrs(
  options: {
    readonly flagsAnd?: readonly InterfaceFlag[];
    readonly flagsOr?: readonly InterfaceFlag[];
  } = NO_OPTIONS,
): InterfaceAddress[] {
  if (options !== NO_OPTIONS) knownKeys(options, FILTERS);
  const all =
    options.flagsAnd === undefined ? 0 : interfaceFlags.bits(options.flagsAnd, "flagsAnd");
  const some =
    options.flagsOr === undefined ? null : interfaceFlags.bits(options.flagsOr, "flagsOr");
  const snapshot = new Snapshot(true);
  const { words } = snapshot;
  const list: InterfaceAddress[] = [];
  for (let offset = header.size; offset < words.byteLength; ) {
    const word = offset >> 2;
    const bits = words[word + flagsWord] as number;
    if ((bits & all) === all && (some === null || (bits & some) !== 0)) {
      list.push(new InterfaceAddress(snapshot, offset));
    }
    offset += words[word + sizeWord] as number;
  }
  return list;
}

/** if_nametoindex(3): an unknown name throws a SocketError, ENODEV. */
export function ifNameIndex(name: string): number;
/** if_indextoname(3): an unknown index throws a SocketError, ENODEV. */
export function ifNameIndex(index: number): string;
/** if_nameindex(3): all interfaces. */
export function ifNameIndex(): { index: number; name: string }[];
export function ifNameIndex(
  what?: string | number,
): number | string | { index: number; name: string }[] {
  if (what === undefined) {
    const snapshot = new Snapshot(false);
    return Array.from(snapshot.offsets(), (offset) => {
      const { index, name } = new InterfaceAddress(snapshot, offset);
      return { index, name };
    });
  }
  if (typeof what === "string") return interfaceIndex(what);
  if (typeof what !== "number") throw wrongType("what", "an interface's name or index", what);
  return interfaceName(integer(what, "index", 0, U32_MAX));
}
