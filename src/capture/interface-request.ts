// What the kernel tells of an interface through a socket: netdevice(7). Linux.

import { ERRNO, SIOC } from "../base/constants.ts";
import { check } from "../base/error.ts";
import { native } from "../native/library.ts";
import { allocate, decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";

const ifreq = new Structure("ifreq");

/** Anything else is no answer. */
export function isAbsent(status: number): boolean {
  return status === -(ERRNO.ENODEV ?? 0) || status === -(ERRNO.ENXIO ?? 0);
}

/** What ioctl(2) stores behind the name in a struct ifreq, or -errno. */
export class InterfaceRequest {
  readonly #fd: number;
  readonly #bytes = allocate(ifreq.size);
  readonly #value: DataView;

  constructor(fd: number) {
    this.#fd = fd;
    this.#value = new DataView(this.#bytes.buffer, ifreq.offset("ifr_ifru"));
  }

  #ask(request: number | undefined): number {
    return native.rawsock_ioctl(this.#fd, request ?? 0, this.#bytes, 0);
  }

  #setName(name: string): boolean {
    const [, room] = ifreq.field("ifr_ifrn");
    const bytes = new TextEncoder().encode(name);
    this.#bytes.fill(0);
    this.#bytes.set(bytes.subarray(0, room - 1));
    return bytes.length < room;
  }

  /** Undefined: there is none of that name. */
  index(name: string): number | undefined {
    if (!this.#setName(name)) return undefined;
    const status = this.#ask(SIOC.GIFINDEX);
    if (isAbsent(status)) return undefined;
    check(status, "ioctl SIOCGIFINDEX", this.#fd);
    return this.#value.getInt32(0, true);
  }

  /** ARPHRD_*, or -errno. */
  hardwareType(name: string): number {
    this.#setName(name);
    const status = this.#ask(SIOC.GIFHWADDR);
    return status < 0 ? status : this.#value.getUint16(0, true);
  }

  /** Undefined: there is none of that index. */
  name(index: number): string | undefined {
    this.#bytes.fill(0);
    this.#value.setInt32(0, index, true);
    const status = this.#ask(SIOC.GIFNAME);
    if (isAbsent(status)) return undefined;
    check(status, "ioctl SIOCGIFNAME", this.#fd);
    return decodeText(this.#bytes.subarray(0, this.#bytes.indexOf(0)));
  }
}
