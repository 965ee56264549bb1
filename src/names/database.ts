// The databases of protocols, networks and services. getprotoent(3), getnetent(3), getservent(3).
//
// What is in them is the C library's affair. glibc reads /etc. musl finds services there, one by
// one, and lists none; it has protocols built in, and knows no networks.

import { AF, type Family, type FamilyName, families } from "../base/constants.ts";
import { failure, namedError } from "../base/error.ts";
import { htons } from "../base/order.ts";
import { encodableText, I32_MAX, integer, U32_MAX, wrongType } from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate, decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";

/** A line of protocols(5). */
export type ProtocolEntry = {
  /** The official name, "icmp". */
  name: string;
  /** Other names. */
  aliases: string[];
  /** The IP protocol's number. */
  protocol: number;
};
/** A line of networks(5). */
export type NetworkEntry = {
  /** The official name, "loopback". */
  name: string;
  /** Other names. */
  aliases: string[];
  /** The family of its addresses: "inet". */
  family: FamilyName | number;
  /** The network's number, host order: 127.0.0.0 is 0x7f000000. */
  network: number;
};
/** A line of services(5). */
export type ServiceEntry = {
  /** The official name, "domain". */
  name: string;
  /** Other names. */
  aliases: string[];
  /** The port, host order. */
  port: number;
  /** The transport that it is for, "udp". */
  protocol: string;
};

const entry = new Structure("netdb_entry");
const sizeField = entry.integer("size");
const numberField = entry.integer("number");
const familyField = entry.integer("family");
const encoder = new TextEncoder();

type Raw = { readonly number: number; readonly family: number; readonly texts: string[] };

let room = allocate(32 * 1024);

/** Calls until the answer fits, and takes it apart. */
function entries(call: (room: Uint8Array) => number, what: string): Raw[] {
  for (;;) {
    const length = call(room);
    if (length < 0) throw refused(length, what);
    if (length <= room.length) return decode(room.subarray(0, length));
    room = allocate(length * 2);
  }
}

function refused(result: number, what: string): Error {
  const error = failure(result, what);
  if (error.code !== "ENOSYS") return error;
  return namedError("ENOSYS", what, { remedy: "this C library does not have it" });
}

function decode(bytes: Uint8Array): Raw[] {
  const list: Raw[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const whole = bytes.subarray(offset, offset + sizeField.get(bytes.subarray(offset)));
    list.push({
      number: numberField.get(whole),
      family: familyField.get(whole),
      // Every text ends with a NUL.
      texts: decodeText(whole.subarray(entry.size, whole.length - 1)).split("\0"),
    });
    offset += whole.length;
  }
  return list;
}

function cText(value: string, name: string): Uint8Array {
  return encoder.encode(`${encodableText(value, name)}\0`);
}

/** A name for C, or null and the number. */
function key(what: string | number, least: number, most: number): [Uint8Array | null, number] {
  if (typeof what === "string") return [cText(what, "what"), 0];
  if (typeof what !== "number") throw wrongType("what", "a name or a number", what);
  return [null, integer(what, "what", least, most)];
}

/** getprotobyname(3), getprotobynumber(3): null where there is none. */
export function protocol(what: string | number): ProtocolEntry | null;
/** getprotoent(3): all of them; musl's are built in. */
export function protocol(): ProtocolEntry[];
export function protocol(what?: string | number): ProtocolEntry | null | ProtocolEntry[] {
  if (what === undefined) {
    const all = entries((out) => native.rawsock_protocols(out, out.length), "getprotoent");
    return all.map(protocolEntry);
  }
  const [name, number] = key(what, 0, I32_MAX);
  const call = name === null ? "getprotobynumber" : "getprotobyname";
  const [found] = entries((out) => native.rawsock_protocol(name, number, out, out.length), call);
  return found === undefined ? null : protocolEntry(found);
}

function protocolEntry({ number, texts: [name = "", ...aliases] }: Raw): ProtocolEntry {
  return { name, aliases, protocol: number };
}

/**
 * getnetbyname(3), getnetbyaddr(3): null where there is none. A number is in host order, and of
 * `family`, "inet" where it is omitted; with a name, `family` excludes networks of others.
 */
export function network(what: string | number, family?: Family): NetworkEntry | null;
/** getnetent(3): all of them; musl knows none. */
export function network(): NetworkEntry[];
export function network(
  what?: string | number,
  family?: Family,
): NetworkEntry | null | NetworkEntry[] {
  if (what === undefined) {
    const all = entries((out) => native.rawsock_networks(out, out.length), "getnetent");
    return all.map(networkEntry);
  }
  const [name, number] = key(what, 0, U32_MAX);
  const wanted = families.number(family ?? AF.INET);
  const call = name === null ? "getnetbyaddr" : "getnetbyname";
  const [found] = entries(
    (out) => native.rawsock_network(name, number, wanted, out, out.length),
    call,
  );
  if (found === undefined) return null;
  const excluded = family !== undefined && family !== null && found.family !== wanted;
  return excluded ? null : networkEntry(found);
}

function networkEntry({ number, family, texts: [name = "", ...aliases] }: Raw): NetworkEntry {
  return { name, aliases, family: families.name(family), network: number };
}

/** getservbyname(3), getservbyport(3), for one protocol or for any: null where there is none. */
export function service(what: string | number, protocol?: string): ServiceEntry | null;
/** getservent(3): all of them; musl, which finds them one by one, lists none. */
export function service(): ServiceEntry[];
export function service(
  what?: string | number,
  protocol?: string,
): ServiceEntry | null | ServiceEntry[] {
  if (what === undefined) {
    const all = entries((out) => native.rawsock_services(out, out.length), "getservent");
    return all.map(serviceEntry);
  }
  const [name, number] = key(what, 0, 0xffff);
  const transport =
    protocol === undefined || protocol === null ? null : cText(protocol, "protocol");
  const call = name === null ? "getservbyport" : "getservbyname";
  const [found] = entries(
    (out) => native.rawsock_service(name, htons(number), transport, out, out.length),
    call,
  );
  return found === undefined ? null : serviceEntry(found);
}

function serviceEntry({ number, texts: [name = "", protocol = "", ...aliases] }: Raw) {
  return { name, aliases, port: number, protocol } satisfies ServiceEntry;
}
