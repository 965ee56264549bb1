// Descriptors of the C library's for calls that are to fail: as many as are asked for, and closed
// when the call is over, unless the call has closed them.

import { dlopen } from "bun:ffi";
import type { Source } from "../../support/given.ts";
import { libcName } from "../../support/libc.ts";
import type { Injector } from "./injector.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const NUMBER = { args: ["i32", "i32", "i32"], returns: "i32" } as const;

function libc() {
  return dlopen(libcName, {
    socket: NUMBER,
    socketpair: { args: ["i32", "i32", "i32", "buffer"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    connect: { args: ["i32", "buffer", "u32"], returns: "i32" },
    send: { args: ["i32", "buffer", "u32", "i32"], returns: "i32" },
  }).symbols;
}

export class Provider implements Source {
  readonly injector: Injector;
  readonly #prepared = new Map<string, unknown[]>();
  readonly #libc = libc();
  readonly #pair = new Int32Array(2);
  /** What was given, and the number of the file of each. */
  #files = new Map<number, number>();

  constructor(injector: Injector) {
    this.injector = injector;
  }

  /** Makes some of each before they are asked for, when none can be made any more. */
  prepare(): void {
    const kinds = ["udp", "tcp", "datagrams", "streams"] as const;
    for (const kind of kinds) {
      const all = [0, 1, 2].map(() => this[kind]());
      this.#prepared.set(kind, all);
    }
  }

  #ready<T>(kind: string): T | undefined {
    return this.#prepared.get(kind)?.pop() as T | undefined;
  }

  udp(): number {
    return this.#ready<number>("udp") ?? this.#own(this.#libc.socket(AF_INET, SOCK_DGRAM, 0));
  }

  tcp(): number {
    return this.#ready<number>("tcp") ?? this.#own(this.#libc.socket(AF_INET, SOCK_STREAM, 0));
  }

  datagrams(): readonly [number, number] {
    return this.#ready<readonly [number, number]>("datagrams") ?? this.#two(SOCK_DGRAM);
  }

  streams(): readonly [number, number] {
    return this.#ready<readonly [number, number]>("streams") ?? this.#two(SOCK_STREAM);
  }

  send(fd: number, data: Uint8Array): void {
    this.#libc.send(fd, data, data.length, 0);
  }

  /** Sends a datagram to nobody, over the loopback interface. */
  greet(fd: number): void {
    const family = new Uint8Array(new Uint16Array([AF_INET]).buffer);
    const discard = Uint8Array.of(...family, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    this.#libc.connect(fd, discard, discard.length);
    this.send(fd, Uint8Array.of(1, 2, 3, 4));
  }

  #two(type: number): readonly [number, number] {
    if (this.#libc.socketpair(AF_UNIX, type, 0, this.#pair) < 0) throw new Error("socketpair");
    const [a = -1, b = -1] = this.#pair;
    return [this.#own(a), this.#own(b)];
  }

  #own(fd: number): number {
    if (fd < 0) throw new Error("no descriptor could be made");
    const file = this.injector.descriptors().get(fd);
    if (file !== undefined) this.#files.set(fd, file);
    return fd;
  }

  /** Closes what was given and is still open. */
  close(): void {
    const open = this.injector.descriptors();
    for (const [fd, file] of this.#files) {
      if (open.get(fd) === file) this.#libc.close(fd);
    }
    this.#files = new Map();
  }

  /** Leaves a descriptor to a call that closes it later, in a thread. */
  release(fd: number): number {
    this.#files.delete(fd);
    return fd;
  }
}
