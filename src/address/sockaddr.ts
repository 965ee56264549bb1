// Sockaddr, a struct sockaddr whose bytes can be read and edited in place.

import { type Family, type FamilyName, families } from "../base/constants.ts";
import {
  type Bytes,
  copyOf,
  integer,
  knownKeys,
  object,
  U8_MAX,
  U16_MAX,
  uint8Array,
  wrongType,
} from "../base/validate.ts";
import type { AlgFields } from "./alg.ts";
import type { CanFields } from "./can.ts";
import { codecOf } from "./families.ts";
import {
  type AddressFields,
  type FamilyCodec,
  FIELDS,
  familyOf,
  GENERIC_SIZE,
  headerSize,
  stamp,
} from "./family.ts";
import type { InetFields } from "./inet.ts";
import type { Inet6Fields } from "./inet6.ts";
import type { LinkFields } from "./link.ts";
import type { NetlinkFields } from "./netlink.ts";
import type { PacketFields } from "./packet.ts";
import type { TipcFields } from "./tipc.ts";
import type { UnixFields } from "./unix.ts";
import type { VsockFields } from "./vsock.ts";

/** sizeof(struct sockaddr_storage): no kernel address is longer. */
const STORAGE_SIZE = 128;

/** The fields of an address, besides its family, by family. */
type FieldsByFamily = {
  unspec: object;
  inet: InetFields;
  inet6: Inet6Fields;
  unix: UnixFields;
  local: UnixFields;
  packet: PacketFields;
  link: LinkFields;
  netlink: NetlinkFields;
  vsock: VsockFields;
  can: CanFields;
  alg: AlgFields;
  tipc: TipcFields;
};

/** An address as the plain fields of its family, or as bytes. */
export type AddressInit =
  | {
      [Name in keyof FieldsByFamily]: { readonly family: Name } & Readonly<FieldsByFamily[Name]>;
    }[keyof FieldsByFamily]
  /** One of the two, which is known when the program runs. */
  | ({ readonly family: "inet" | "inet6" } & Readonly<InetFields>)
  | { readonly family: Family; readonly data: Bytes | readonly number[] }
  /** A whole struct sockaddr: what structuredClone makes of a Sockaddr. */
  | { readonly bytes: Uint8Array };

/** An address as a Sockaddr or as plain fields. */
export type AddressLike = Sockaddr | AddressInit;

/** Fields of any family, to change. */
type Changes = Partial<PacketFields & Inet6Fields & NetlinkFields & UnixFields & VsockFields> &
  Partial<CanFields> &
  Partial<Omit<AlgFields, "type"> & Omit<TipcFields, "type">> & {
    readonly type?: string | number;
  };

/** A Sockaddr that is known to be of a family, whose fields are so known to be there. */
export type SockaddrOf<Name extends keyof FieldsRead> = Sockaddr & {
  /** The keyword by which the type is known. */
  readonly family: Name;
} & Readonly<FieldsRead[Name]>;

/** The fields read from an address, by family. */
type FieldsRead = {
  inet: Required<Pick<AddressFields, "address" | "port">>;
  inet6: Required<Pick<AddressFields, "address" | "port" | "scopeId" | "flowinfo">>;
  unix: Required<Pick<AddressFields, "path">>;
  packet: Required<Pick<AddressFields, "ifindex" | "protocol" | "address" | "hatype" | "pkttype">>;
  link: Required<Pick<AddressFields, "ifindex" | "address" | "hatype">>;
  netlink: Required<Pick<AddressFields, "pid" | "groups">>;
  vsock: Required<Pick<AddressFields, "cid" | "port">>;
  can: Required<Pick<AddressFields, "ifindex" | "rxId" | "txId">>;
  alg: Required<Pick<AddressFields, "name" | "features" | "mask">> & { type: string };
  tipc: Required<Pick<AddressFields, "addrtype" | "scope">>;
};

declare module "../base/error.ts" {
  interface SocketError {
    /** The address the call was about. */
    readonly address?: Sockaddr;
  }
}

const ZONE_KEYS: ReadonlySet<string> = new Set(["scopeId", "flowinfo"]);

/**
 * A struct sockaddr of any family. Its only own property is `bytes`: so addresses compare by
 * content, and what structuredClone() or postMessage() make of one is an AddressLike.
 */
export class Sockaddr {
  /** The struct sockaddr, exactly as long as the kernel said. */
  readonly bytes: Uint8Array;

  // The fields of its family, which are read from the bytes; undefined in other families.
  /** IPv4, IPv6 or hardware address as text. */
  declare readonly address: string | undefined;
  /** Port of an IPv4, IPv6 or vsock address, host order. */
  declare readonly port: number | undefined;
  /** IPv6: the zone as an interface's index, 0 without. ipv6(7). */
  declare readonly scopeId: number | undefined;
  /** IPv6: flow label and traffic class, host order. */
  declare readonly flowinfo: number | undefined;
  /** Unix: the path; "" is unnamed, a leading NUL abstract. unix(7). */
  declare readonly path: string | undefined;
  /** Packet and CAN: the interface's index; 0 stands for all. */
  declare readonly ifindex: number | undefined;
  /** Packet: the ETH_P_* number, host order. packet(7). */
  declare readonly protocol: number | undefined;
  /** Packet: the ARPHRD_* type of the interface. */
  declare readonly hatype: number | undefined;
  /** Packet: PACKET_HOST, PACKET_OUTGOING and so on. */
  declare readonly pkttype: number | undefined;
  /** Netlink: the port, mostly a process' number. netlink(7). */
  declare readonly pid: number | undefined;
  /** Netlink: the first 32 multicast groups as bits. */
  declare readonly groups: number | undefined;
  /** Vsock: the machine's context identifier. vsock(7). */
  declare readonly cid: number | undefined;
  /** CAN: the identifiers of a transport's receiver and sender. */
  declare readonly rxId: number | undefined;
  /** See `rxId`. */
  declare readonly txId: number | undefined;
  /** Alg: "hash", "skcipher" and so on. */
  declare readonly type: string | number | undefined;
  /** Alg: the algorithm, "sha256". */
  declare readonly name: string | undefined;
  /** Alg: bits of the algorithm to look for, and which of them count. */
  declare readonly features: number | undefined;
  /** See `features`. */
  declare readonly mask: number | undefined;
  /** TIPC: "service", "range" or "socket"; its other fields go by that. */
  declare readonly addrtype: string | undefined;
  /** TIPC: how far the address is known. */
  declare readonly scope: number | undefined;
  /** TIPC: the ends of a range of services. */
  declare readonly lower: number | undefined;
  /** See `lower`. */
  declare readonly upper: number | undefined;
  /** TIPC: the service's instance. */
  declare readonly instance: number | undefined;
  /** TIPC: the node to look the service up at, 0 for any. */
  declare readonly domain: number | undefined;
  /** TIPC: the socket's number, and its node. */
  declare readonly ref: number | undefined;
  /** See `ref`. */
  declare readonly node: number | undefined;

  /**
   * A structure of `family` with `data` behind the family: bytes, or a number of zeros. Without
   * data it has the family's own size, 16 where that is unknown, and is zero.
   */
  constructor(family: Family, data?: Bytes | readonly number[] | number) {
    if (data instanceof Adopted) {
      this.bytes = data.bytes;
      return;
    }
    const number = integer(families.number(family), "family", 0, U16_MAX);
    const start = headerSize();
    const content = contentOf(data ?? (codecOf(number)?.size ?? GENERIC_SIZE) - start);
    const bytes = new Uint8Array(start + content.length);
    if (bytes.length > STORAGE_SIZE) {
      throw new RangeError(`data must have at most ${STORAGE_SIZE - start} bytes`);
    }
    bytes.set(content, start);
    this.bytes = stamp(bytes, number);
  }

  /** An IPv4 address in dotted-decimal notation, and a port. */
  static inet(address: string, port?: number): SockaddrOf<"inet"> {
    return make("inet", port === undefined ? { address } : { address, port });
  }

  /** An IPv6 address, its zone behind a % or as `scopeId`, and a port. */
  static inet6(
    address: string,
    port?: number,
    options: Omit<Inet6Fields, "address" | "port"> = {},
  ): SockaddrOf<"inet6"> {
    knownKeys(options, ZONE_KEYS);
    return make("inet6", { ...options, address, ...(port === undefined ? {} : { port }) });
  }

  /** A pathname; "" is unnamed, a leading NUL makes it abstract (Linux). */
  static unix(path: string | Bytes): SockaddrOf<"unix"> {
    return make("unix", { path });
  }

  /** A link-layer address, its protocol in host order or as a keyword. packet(7). */
  static packet(fields: PacketFields): SockaddrOf<"packet"> {
    return make("packet", fields);
  }

  /** A netlink port and multicast groups. netlink(7). */
  static netlink(fields: NetlinkFields = {}): SockaddrOf<"netlink"> {
    return make("netlink", fields);
  }

  /** A virtual machine's context identifier and port. vsock(7). */
  static vsock(fields: VsockFields): SockaddrOf<"vsock"> {
    return make("vsock", fields);
  }

  /** A CAN bus, by name or index. linux/can.h. */
  static can(fields: CanFields = {}): SockaddrOf<"can"> {
    return make("can", fields);
  }

  /** An algorithm of the kernel's cryptography: `{ type: "hash", name: "sha256" }`. */
  static alg(fields: AlgFields): SockaddrOf<"alg"> {
    return make("alg", fields);
  }

  /** A TIPC service, range of services, or socket. linux/tipc.h. */
  static tipc(fields: TipcFields): SockaddrOf<"tipc"> {
    return make("tipc", fields);
  }

  /** A copy of a whole struct sockaddr. */
  static from(bytes: Bytes): Sockaddr {
    const copy = copyOf(bytes, "bytes");
    if (copy.length < headerSize() || copy.length > STORAGE_SIZE) {
      throw new RangeError(
        `a struct sockaddr has ${headerSize()} to ${STORAGE_SIZE} bytes, not ${copy.length}`,
      );
    }
    return adopt(copy);
  }

  /** The family's keyword, or its number where it has none. */
  get family(): FamilyName | number {
    return families.name(familyOf(this.bytes));
  }

  /** Whether it is of a family, whose fields it then has. */
  is<Name extends keyof FieldsRead>(family: Name): this is SockaddrOf<Name> {
    return familyOf(this.bytes) === families.number(family) && this.#codec() !== undefined;
  }

  /** The bytes after the family; writing to them changes the address. */
  get data(): Uint8Array {
    return this.bytes.subarray(headerSize());
  }

  #codec(): FamilyCodec | undefined {
    const codec = codecOf(familyOf(this.bytes));
    return codec !== undefined && this.bytes.length >= codec.least ? codec : undefined;
  }

  #used(): Uint8Array {
    return this.bytes.subarray(0, this.#codec()?.used?.(this.bytes));
  }

  #fields(): AddressFields {
    return this.#codec()?.decode(this.bytes) ?? {};
  }

  static {
    for (const name of FIELDS) {
      const get = function (this: Sockaddr) {
        return this.#fields()[name];
      };
      Object.defineProperty(Sockaddr.prototype, name, { get, configurable: true });
    }
  }

  /** The same address with some of its fields changed: `address.with({ port: 53 })`. */
  with(fields: Changes): this {
    const changes: Record<string, unknown> = { ...object(fields, "fields") };
    const kept: Record<string, unknown> = this.#fields();
    // Another interface takes the place of the one there was.
    if ("interface" in changes) delete kept.ifindex;
    if (typeof changes.address === "string" && changes.address.includes("%")) delete kept.scopeId;
    return toSockaddr({ family: this.family, ...kept, ...changes } as AddressInit) as this;
  }

  /** The address as text: "127.0.0.1:80", "[fe80::1%2]:80", "unix:/run/x". */
  toString(): string {
    return this.#codec()?.text(this.bytes) ?? `${this.family}:${this.data.toHex()}`;
  }

  /** The family and its fields, which are an AddressLike. */
  toJSON(): AddressInit {
    const fields = this.#fields();
    const lossy = fields.path?.includes("\ufffd") ?? false;
    if (this.#codec() === undefined || lossy) return { family: this.family, data: [...this.data] };
    return { family: this.family, ...fields } as AddressInit;
  }

  /** Whether both have the same bytes, as far as these mean anything. */
  equals(other: AddressLike): boolean {
    const theirs = toSockaddr(other).#used();
    const ours = this.#used();
    return theirs.length === ours.length && theirs.every((byte, index) => byte === ours[index]);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Sockaddr ${this}`;
  }
}

/** Marks bytes that a Sockaddr takes over instead of copying. */
class Adopted {
  bytes: Uint8Array = new Uint8Array(0);
}

/** Of the one that is just being made. */
const adopted = new Adopted();

function adopt(bytes: Uint8Array): Sockaddr {
  adopted.bytes = bytes;
  return new Sockaddr(0, adopted as unknown as Uint8Array);
}

function make<Name extends keyof FieldsRead>(
  family: Name,
  fields: FieldsByFamily[Name],
): SockaddrOf<Name> {
  return toSockaddr({ ...object(fields, "fields"), family } as AddressInit) as SockaddrOf<Name>;
}

/** A Sockaddr of bytes in scratch memory, or null where the kernel gave no address. */
export function received(bytes: Uint8Array | null): Sockaddr | null {
  return bytes === null ? null : receivedCopy(bytes.slice());
}

/** Like `received`, of bytes that nobody else has. */
export function receivedCopy(bytes: Uint8Array): Sockaddr | null {
  return bytes.length < headerSize() ? null : adopt(bytes);
}

/** Like `received`, but fills `target`. */
export function receivedInto(target: Sockaddr, bytes: Uint8Array | null): Sockaddr | null {
  if (bytes === null || bytes.length < headerSize()) return null;
  if (target.bytes.length === bytes.length) target.bytes.set(bytes);
  else (target as { bytes: Uint8Array }).bytes = bytes.slice();
  return target;
}

function contentOf(data: Bytes | readonly number[] | number): Uint8Array {
  if (typeof data === "number") return new Uint8Array(integer(data, "data", 0, STORAGE_SIZE));
  if (Array.isArray(data)) {
    return Uint8Array.from(data, (byte) => integer(byte, "data", 0, U8_MAX));
  }
  return uint8Array(data as Bytes, "data");
}

/** The address as a Sockaddr; a Sockaddr is returned as it is. */
export function toSockaddr(address: AddressLike): Sockaddr {
  if (address instanceof Sockaddr) return address;
  if (typeof address !== "object" || address === null) {
    throw wrongType("address", "a Sockaddr or an object with a family", address);
  }
  if (!("family" in address)) {
    if (!("bytes" in address)) throw new TypeError("address must have a family");
    knownKeys(address, BYTES_KEYS);
    return Sockaddr.from(address.bytes);
  }
  const family = families.number(address.family);
  if ("data" in address) {
    knownKeys(address, DATA_KEYS);
    return new Sockaddr(family, address.data);
  }
  const codec = codecOf(family);
  if (codec === undefined) {
    throw new TypeError(`an address of family ${address.family} needs its data`);
  }
  knownKeys(address, keysOf(codec));
  return adopt(codec.encode(address as never));
}

const BYTES_KEYS: ReadonlySet<string> = new Set(["bytes"]);
const DATA_KEYS: ReadonlySet<string> = new Set(["family", "data"]);
const keySets = new Map<FamilyCodec, ReadonlySet<string>>();

function keysOf(codec: FamilyCodec): ReadonlySet<string> {
  const known = keySets.get(codec);
  if (known !== undefined) return known;
  const keys = new Set(["family", ...codec.keys]);
  keySets.set(codec, keys);
  return keys;
}
