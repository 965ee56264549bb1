// Sockaddr, a struct sockaddr whose bytes can be read and edited in place.

import { AF, type Family, type FamilyName, families } from "../base/constants.ts";
import {
  type Bytes,
  copyOf,
  integer,
  knownKeys,
  object,
  uint8Array,
  wrongType,
} from "../base/validate.ts";
import type {
  AddressFields,
  FamilyCodec,
  Inet6Fields,
  InetFields,
  NetlinkFields,
  PacketFields,
  UnixFields,
  VsockFields,
} from "./family.ts";
import * as layouts from "./family.ts";

/** The size of struct sockaddr itself, taken for families without a layout of their own. */
const GENERIC_SIZE = 16;
/** sizeof(struct sockaddr_storage): no kernel address is longer. */
const STORAGE_SIZE = 128;

/** An address as a Sockaddr or as the plain fields of its family. */
export type AddressLike =
  | Sockaddr
  | ({ readonly family: "inet" } & Readonly<InetFields>)
  | ({ readonly family: "inet6" } & Readonly<Inet6Fields>)
  | ({ readonly family: "unix" | "local" } & Readonly<UnixFields>)
  | ({ readonly family: "packet" } & Readonly<PacketFields>)
  | ({ readonly family: "netlink" } & Readonly<NetlinkFields>)
  | ({ readonly family: "vsock" } & Readonly<VsockFields>)
  | { readonly family: "unspec" }
  | { readonly family: Family; readonly data: Bytes | readonly number[] };

const ZONE_KEYS: ReadonlySet<string> = new Set(["scopeId", "flowinfo"]);

let replace: (target: Sockaddr, bytes: Uint8Array) => void;

/** A struct sockaddr of any family. */
export class Sockaddr {
  #bytes: Uint8Array;

  static {
    replace = (target, bytes) => {
      if (target.#bytes.length === bytes.length) target.#bytes.set(bytes);
      else target.#bytes = bytes.slice();
    };
  }

  /**
   * A structure of `family` with `data` behind the family: bytes, or a number of zeros. Without
   * data it has the family's own size, 16 where that is unknown, and is zero.
   */
  constructor(family: Family, data?: Bytes | readonly number[] | number) {
    if (data instanceof Adopted) {
      this.#bytes = data.bytes;
      return;
    }
    const number = integer(families().number(family), "family", 0, 0xffff);
    const size = layouts.codecs.get(number)?.size ?? GENERIC_SIZE;
    const content = contentOf(data ?? size - layouts.headerSize);
    const bytes = new Uint8Array(layouts.headerSize + content.length);
    if (bytes.length > STORAGE_SIZE) {
      throw new RangeError(`data must have at most ${STORAGE_SIZE - layouts.headerSize} bytes`);
    }
    bytes.set(content, layouts.headerSize);
    this.#bytes = layouts.stamp(bytes, number);
  }

  /** An IPv4 address in dotted-decimal notation, and a port. */
  static inet(address: string, port?: number): Sockaddr {
    return adopt(layouts.inet.encode(port === undefined ? { address } : { address, port }));
  }

  /** An IPv6 address, its zone behind a % or as `scopeId`, and a port. */
  static inet6(
    address: string,
    port?: number,
    options: Omit<Inet6Fields, "address" | "port"> = {},
  ): Sockaddr {
    knownKeys(options, ZONE_KEYS);
    return adopt(
      layouts.inet6.encode({ ...options, address, ...(port === undefined ? {} : { port }) }),
    );
  }

  /** A pathname; "" is unnamed, a leading NUL makes it abstract (Linux). */
  static unix(path: string | Bytes): Sockaddr {
    return adopt(layouts.unix.encode({ path }));
  }

  /** A link-layer address, its protocol in host order or as a keyword. packet(7). */
  static packet(fields: PacketFields): Sockaddr {
    return toSockaddr({ ...object(fields, "fields"), family: "packet" } as AddressLike);
  }

  /** A netlink port and multicast groups. netlink(7). */
  static netlink(fields: NetlinkFields = {}): Sockaddr {
    return toSockaddr({ ...object(fields, "fields"), family: "netlink" } as AddressLike);
  }

  /** A virtual machine's context identifier and port. vsock(7). */
  static vsock(fields: VsockFields): Sockaddr {
    return toSockaddr({ ...object(fields, "fields"), family: "vsock" } as AddressLike);
  }

  /** A copy of a whole struct sockaddr. */
  static from(bytes: Bytes): Sockaddr {
    const copy = copyOf(bytes, "bytes");
    const { headerSize } = layouts;
    if (copy.length < headerSize || copy.length > STORAGE_SIZE) {
      throw new RangeError(
        `a struct sockaddr has ${headerSize} to ${STORAGE_SIZE} bytes, not ${copy.length}`,
      );
    }
    return adopt(copy);
  }

  /** The struct sockaddr, exactly as long as the kernel said. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get family(): FamilyName | number {
    return families().name(layouts.familyOf(this.#bytes));
  }

  /** The bytes after the family; writing to them changes the address. */
  get data(): Uint8Array {
    return this.#bytes.subarray(layouts.headerSize);
  }

  get address(): string | undefined {
    return this.#fields().address;
  }

  get port(): number | undefined {
    return this.#fields().port;
  }

  get scopeId(): number | undefined {
    return this.#fields().scopeId;
  }

  get flowinfo(): number | undefined {
    return this.#fields().flowinfo;
  }

  get path(): string | undefined {
    return this.#fields().path;
  }

  get ifindex(): number | undefined {
    return this.#fields().ifindex;
  }

  get protocol(): number | undefined {
    return this.#fields().protocol;
  }

  get hatype(): number | undefined {
    return this.#fields().hatype;
  }

  get pkttype(): number | undefined {
    return this.#fields().pkttype;
  }

  get pid(): number | undefined {
    return this.#fields().pid;
  }

  get groups(): number | undefined {
    return this.#fields().groups;
  }

  get cid(): number | undefined {
    return this.#fields().cid;
  }

  #codec(): FamilyCodec | undefined {
    const codec = layouts.codecs.get(layouts.familyOf(this.#bytes));
    return codec !== undefined && this.#bytes.length >= codec.least ? codec : undefined;
  }

  #used(): Uint8Array {
    return this.#bytes.subarray(0, this.#codec()?.used?.(this.#bytes));
  }

  #fields(): AddressFields {
    return this.#codec()?.decode(this.#bytes) ?? {};
  }

  toString(): string {
    const codec = this.#codec();
    if (codec !== undefined) return codec.text(this.#bytes);
    return `${this.family}:${this.data.toHex()}`;
  }

  /** The family and its fields, which are an AddressLike again. */
  toJSON(): { family: FamilyName | number } & (AddressFields | { data: number[] }) {
    const fields = this.#fields();
    const lossy = fields.path?.includes("\ufffd") ?? false;
    if (this.#codec() === undefined || lossy) return { family: this.family, data: [...this.data] };
    return { family: this.family, ...fields };
  }

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
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

function adopt(bytes: Uint8Array): Sockaddr {
  return new Sockaddr(0, new Adopted(bytes) as unknown as Uint8Array);
}

/** A Sockaddr of bytes in scratch memory, or null where the kernel gave no address. */
export function received(bytes: Uint8Array | null): Sockaddr | null {
  return bytes === null ? null : receivedCopy(bytes.slice());
}

/** Like `received`, of bytes that nobody else has. */
export function receivedCopy(bytes: Uint8Array): Sockaddr | null {
  return bytes.length < layouts.headerSize ? null : adopt(bytes);
}

/** Like `received`, but fills `target`. */
export function receivedInto(target: Sockaddr, bytes: Uint8Array | null): Sockaddr | null {
  if (bytes === null || bytes.length < layouts.headerSize) return null;
  replace(target, bytes);
  return target;
}

function contentOf(data: Bytes | readonly number[] | number): Uint8Array {
  if (typeof data === "number") return new Uint8Array(integer(data, "data", 0, STORAGE_SIZE));
  if (Array.isArray(data)) {
    return Uint8Array.from(data, (byte) => integer(byte, "data", 0, 0xff));
  }
  return uint8Array(data as Bytes, "data");
}

/** The address as a Sockaddr; a Sockaddr is returned as it is. */
export function toSockaddr(address: AddressLike): Sockaddr {
  if (address instanceof Sockaddr) return address;
  if (typeof address !== "object" || address === null) {
    throw wrongType("address", "a Sockaddr or an object with a family", address);
  }
  if (!("family" in address)) throw new TypeError("address must have a family");
  const family = families().number(address.family);
  knownKeys(address, acceptedKeys(family, "data" in address));
  if ("data" in address) return new Sockaddr(family, address.data);
  switch (family) {
    case AF.INET:
      return adopt(layouts.inet.encode(address as InetFields));
    case AF.INET6:
      return adopt(layouts.inet6.encode(address as Inet6Fields));
    case AF.UNIX:
      return adopt(layouts.unix.encode(address as UnixFields));
    case AF.PACKET:
      return adopt(layouts.packet.encode(address as PacketFields));
    case AF.NETLINK:
      return adopt(layouts.netlink.encode(address as NetlinkFields));
    case AF.VSOCK:
      return adopt(layouts.vsock.encode(address as VsockFields));
    case AF.UNSPEC:
      return new Sockaddr(AF.UNSPEC);
    default:
      throw new TypeError(`an address of family ${address.family} needs its data`);
  }
}

const keySets = new Map<number, ReadonlySet<string>>();
const DATA_KEYS: ReadonlySet<string> = new Set(["family", "data"]);

function acceptedKeys(family: number, raw: boolean): ReadonlySet<string> {
  if (raw) return DATA_KEYS;
  let keys = keySets.get(family);
  if (keys === undefined) {
    keys = new Set(["family", ...(layouts.codecs.get(family)?.keys ?? ["data"])]);
    keySets.set(family, keys);
  }
  return keys;
}
