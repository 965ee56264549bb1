// Names and addresses: getaddrinfo(3), getnameinfo(3), RFC 3493, section 6.

import { type AddressLike, received, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import {
  AI,
  type Family,
  type FamilyName,
  families,
  NI,
  type Protocol,
  type SocketType,
  type TypeName,
  types,
} from "../base/constants.ts";
import { AddrInfoError, check } from "../base/error.ts";
import { FlagOptions, Flags } from "../base/keyword.ts";
import { lazy } from "../base/lazy.ts";
import { protocolNumber } from "../base/protocol.ts";
import { encodableText, integer, knownKeys, U16_MAX } from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate, decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";
import { checkLookupLimits, type LookupLimits, lookUp } from "./lookup.ts";

/** What to look up: a node, a service, or both. */
export type AddrInfoHints = {
  /** A host name or a numeric address. */
  readonly node?: string | null;
  /** A service name or a port. */
  readonly service?: string | number | null;
  /** Addresses of that family only. */
  readonly family?: Family;
  /** For sockets of that type only; else there is an entry for each type. */
  readonly type?: SocketType;
  /** For that protocol only. */
  readonly protocol?: Protocol;
  /** Without a node: the wildcard address, to bind, instead of the loopback. */
  readonly passive?: boolean;
  /** Ask for the canonical name. */
  readonly canonname?: boolean;
  /** `node` is an address: no name service is asked. */
  readonly numerichost?: boolean;
  /** `service` is a port: no database is asked. */
  readonly numericserv?: boolean;
  /** With the family "inet6": IPv4 addresses as ::ffff:…, where there are no others. */
  readonly v4mapped?: boolean;
  /** With `v4mapped`: both kinds. */
  readonly all?: boolean;
  /** Only families of which this system has an address besides loopback's. */
  readonly addrconfig?: boolean;
};

/** One answer of getaddrinfo(3): what to give to socket() and connect(). */
export type AddrInfo = {
  /** As keywords, what the C library returns: glibc the hints' flags, musl none. */
  flags: string[];
  /** The family, for socket(). */
  family: FamilyName | number;
  /** The type, for socket(). */
  type: TypeName | number;
  /** The protocol's number. */
  protocol: number;
  /** The address with the service's port. */
  address: Sockaddr;
  /** The canonical name, of the first entry where it was asked for. */
  canonname: string | null;
};

const status = new Structure("addrinfo_status");
const eaiField = status.integer("eai");
const errnoField = status.integer("errno");
const entry = new Structure("addrinfo_entry");
/** Where the fields of an entry lie, all of 4 bytes: in words. */
const places = lazy(() => {
  const word = (name: string) => entry.offset(name) / 4;
  return {
    size: word("size"),
    flags: word("flags"),
    family: word("family"),
    kind: word("kind"),
    protocol: word("protocol"),
    addressLength: word("address_length"),
    canonnameLength: word("canonname_length"),
  };
});

const encoder = new TextEncoder();

const hintFlags = new FlagOptions(
  AI,
  ["passive", "canonname", "numerichost", "numericserv", "v4mapped", "all", "addrconfig"],
  ["node", "service", "family", "type", "protocol"],
);
export const addressFlags = new Flags("flag", () => AI);

/** The arguments of the call, checked. */
type Query = {
  readonly node: Uint8Array | null;
  readonly service: Uint8Array | null;
  /** struct addrinfo's flags, family, type and protocol. */
  readonly hints: Int32Array;
  /** The flags. */
  readonly flags: number;
  /** For messages. */
  readonly subject: string;
};

function queryOf(options: AddrInfoHints): Query {
  const flags = hintFlags.bits(options);
  const node = options.node ?? null;
  const service = serviceText(options.service);
  const family = families.number(options.family);
  const hints = new Int32Array([
    flags,
    family,
    types.number(options.type),
    protocolNumber(family, options.protocol),
  ]);
  return {
    node: node === null ? null : cText(encodableText(node, "node")),
    service: service === null ? null : cText(service),
    hints,
    flags,
    subject: [node, service].filter((part) => part !== null).join(":"),
  };
}

/** Bytes of the call's own: two texts are needed at once. */
function cText(text: string): Uint8Array {
  return encoder.encode(`${text}\0`);
}

function serviceText(service: string | number | null | undefined): string | null {
  if (service === undefined || service === null) return null;
  if (typeof service === "number") return String(integer(service, "service", 0, U16_MAX));
  const text = encodableText(service, "service");
  // The C libraries wrap port numbers around.
  if (/^\s*[+-]?\d+$/.test(text)) integer(Number(text), "service", 0, U16_MAX);
  return text;
}

let room = allocate(16 * 1024);

/**
 * getaddrinfo(3): the addresses of a node and a service, best first. Blocks while a name server is
 * asked, and no signal ends that: see `resolve`. Failing, throws an AddrInfoError.
 */
export function getaddrinfo(hints: AddrInfoHints): AddrInfo[] {
  const query = queryOf(hints);
  return decode(ask(query), query);
}

/** The answer, in the calling thread: zig/resolve.zig says what it is. */
function ask({ node, service, hints }: Query): Uint8Array {
  for (;;) {
    const length = native.rawsock_getaddrinfo(node, service, hints, room, room.length);
    check(length, "getaddrinfo");
    if (length <= room.length) return room.subarray(0, length);
    room = allocate(length * 2);
  }
}

function decode(bytes: Uint8Array, { flags, subject }: Query): AddrInfo[] {
  throwStatus(bytes, "getaddrinfo", subject);
  const list: AddrInfo[] = [];
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const place = places();
  for (let offset = status.size; offset < bytes.length; ) {
    const at = offset / 4;
    const value = (word: number) => words[at + word] as number;
    const addressStart = offset + entry.size;
    const addressEnd = addressStart + value(place.addressLength);
    const address = received(bytes.subarray(addressStart, addressEnd));
    if (address === null) throw new Error("rawsock: getaddrinfo returned no address");
    const nameEnd = addressEnd + value(place.canonnameLength);
    // musl gives a name always, and with every entry.
    const named = (flags & CANONNAME) !== 0 && list.length === 0 && nameEnd > addressEnd;
    list.push({
      // glibc returns those it was called with.
      flags: addressFlags.words(value(place.flags) & (flags | ~NUMERIC)),
      family: families.name(value(place.family)),
      type: types.name(value(place.kind)),
      protocol: value(place.protocol),
      address,
      canonname: named ? decodeText(bytes.subarray(addressEnd, nameEnd)) : null,
    });
    offset += value(place.size);
  }
  return list;
}

function throwStatus(bytes: Uint8Array, syscall: string, subject: string): void {
  const eai = eaiField.getSigned(bytes);
  if (eai !== 0) throw new AddrInfoError(eai, errnoField.get(bytes), syscall, subject);
}

const LIMITS: ReadonlySet<string> = new Set(["signal", "timeout"]);

const CANONNAME = AI.CANONNAME ?? 0;
const NUMERIC = (AI.NUMERICHOST ?? 0) | (AI.NUMERICSERV ?? 0);
/** With these even an address may take more than to read it. */
const MORE = CANONNAME | (AI.ADDRCONFIG ?? 0);

/** The answer where nobody need be asked for it, because the node is an address; else null. */
function numericAnswer(query: Query): AddrInfo[] | null {
  if (query.node === null || (query.flags & MORE) !== 0) return null;
  const { hints, flags } = query;
  hints[0] = flags | NUMERIC;
  const answer = ask(query);
  hints[0] = flags;
  return eaiField.get(answer) === 0 ? decode(answer, query) : null;
}

/**
 * getaddrinfo(3) in a thread of its own: nothing here waits for it. A node that is an address needs
 * none, for nobody is asked. At most 16 lookups run at once. A pending one keeps the process alive.
 * Rejects with what `getaddrinfo` throws, with the reason of an aborted `signal`, and with a
 * SocketError, "ETIMEDOUT", after `timeout` milliseconds; what the C library asks then goes on
 * behind the scenes and counts as running until it ends.
 */
export async function resolve(
  hints: AddrInfoHints,
  limits: LookupLimits = {},
): Promise<AddrInfo[]> {
  const query = queryOf(hints);
  knownKeys(limits, LIMITS);
  checkLookupLimits(limits);
  const answer = numericAnswer(query);
  if (answer === null) return decode(await lookUp(query, limits), query);
  // Timers must not starve.
  if (++answered % ANSWERS_PER_TURN === 0) await nextTurn();
  return answer;
}

const ANSWERS_PER_TURN = 64;
let answered = 0;

const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** What getnameinfo(3) is to find out, and how. */
export type NameInfoOptions = {
  /** Only the host's name for local hosts. */
  readonly nofqdn?: boolean;
  /** The address as text: no name service is asked. */
  readonly numerichost?: boolean;
  /** Fail where the address has no name. */
  readonly namereqd?: boolean;
  /** The port as text: no database is asked. */
  readonly numericserv?: boolean;
  /** The service's name for datagrams, where it differs. */
  readonly dgram?: boolean;
};

const nameFlags = new FlagOptions(NI, [
  "nofqdn",
  "numerichost",
  "namereqd",
  "numericserv",
  "dgram",
]);
const nameRoom = lazy(() => allocate(status.size + NODE_ROOM + SERVICE_ROOM));
const NODE_ROOM = NI.MAXHOST ?? 1025;
/** More than any name or path has; the library asks for what it needs. */
const SERVICE_ROOM = 256;

/**
 * getnameinfo(3): the names of an address and its port. Blocks while a name server is asked.
 * Failing, throws an AddrInfoError.
 */
export function getnameinfo(
  address: AddressLike,
  options: NameInfoOptions = {},
): { node: string; service: string } {
  const flags = nameFlags.bits(options);
  const { bytes } = toSockaddr(address);
  const out = nameRoom();
  check(native.rawsock_getnameinfo(bytes, bytes.length, flags, out, out.length), "getnameinfo");
  throwStatus(out, "getnameinfo", String(toSockaddr(address)));
  const serviceStart = status.size + NODE_ROOM;
  return {
    node: untilNul(out.subarray(status.size, serviceStart)),
    service: untilNul(out.subarray(serviceStart)),
  };
}

function untilNul(bytes: Uint8Array): string {
  return decodeText(bytes.subarray(0, bytes.indexOf(0)));
}
