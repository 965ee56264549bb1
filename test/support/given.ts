// Descriptors made by the C library before anything else happens, for calls that shall not depend
// on there being more.

import { dlopen } from "bun:ffi";
import { libcName } from "./libc.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;

const NUMBER = { args: ["i32", "i32", "i32"], returns: "i32" } as const;
const SEND = { args: ["i32", "buffer", "u32", "i32"], returns: "i32" } as const;
const PAIR = { args: ["i32", "i32", "i32", "buffer"], returns: "i32" } as const;

/** Where calls get what they need from. */
export type Source = Pick<Given, "udp" | "tcp" | "datagrams" | "streams" | "send">;

/** Each is given out once. */
export class Given {
  readonly #udp: number[];
  readonly #tcp: number[];
  readonly #datagrams: (readonly [number, number])[];
  readonly #streams: (readonly [number, number])[];
  readonly #send: (fd: number, data: Uint8Array, length: number, flags: number) => unknown;

  /** `count` of each kind; the pairs are of unix sockets. */
  constructor(count: number) {
    const library = dlopen(libcName, { socket: NUMBER, socketpair: PAIR, send: SEND });
    const { socket, socketpair, send } = library.symbols;
    const pair = (type: number) => {
      const fds = new Int32Array(2);
      needed(socketpair(AF_UNIX, type, 0, fds));
      return [fds[0] as number, fds[1] as number] as const;
    };
    this.#udp = Array.from({ length: count }, () => needed(socket(AF_INET, SOCK_DGRAM, 0)));
    this.#tcp = Array.from({ length: count }, () => needed(socket(AF_INET, SOCK_STREAM, 0)));
    this.#datagrams = Array.from({ length: count }, () => pair(SOCK_DGRAM));
    this.#streams = Array.from({ length: count }, () => pair(SOCK_STREAM));
    this.#send = send;
  }

  udp(): number {
    return taken(this.#udp);
  }

  tcp(): number {
    return taken(this.#tcp);
  }

  /** Connected with each other. */
  datagrams(): readonly [number, number] {
    return taken(this.#datagrams);
  }

  streams(): readonly [number, number] {
    return taken(this.#streams);
  }

  /** Sends without the package. */
  send(fd: number, data: Uint8Array): void {
    this.#send(fd, data, data.length, 0);
  }
}

function needed(fd: number): number {
  if (fd < 0) throw new Error("no descriptor could be made");
  return fd;
}

function taken<T>(list: T[]): T {
  const one = list.pop();
  if (one === undefined) throw new Error("more descriptors were asked for than were made");
  return one;
}
