// What stands beside many.ts: epoll loops in C over many sockets. This file as a program has those
// that wait for datagrams, for one process may not have enough descriptors for both sides.

import { dlopen } from "bun:ffi";
import { readFileSync } from "node:fs";
import { bind, getsockname, Sockaddr, type Socket, socket } from "../src/index.ts";

/** Of how many that wait some get datagrams. */
export const BUSY = 100;
const ADDRESS_SIZE = 16;

/** The loops of many.c, which is compiled. */
export const epollLoops = (library: string) =>
  dlopen(library, {
    open_set: { args: ["buffer", "u32"], returns: "i32" },
    send_to_all: { args: ["i32", "buffer", "u32"], returns: "void" },
    time_events: { args: ["i32", "u32"], returns: "f64" },
    connect_all: { args: ["buffer", "buffer", "u32"], returns: "i32" },
    reset_all: { args: ["buffer", "u32"], returns: "void" },
    time_connections: { args: ["i32", "buffer", "u32"], returns: "f64" },
    time_closing: { args: ["buffer", "u32"], returns: "f64" },
  }).symbols;

/** The addresses of the busy ones, evenly spread among all, one behind the other. */
export function busyAddresses(all: readonly (number | Socket)[]): Uint8Array {
  const step = Math.max(1, Math.floor(all.length / BUSY));
  const bytes = new Uint8Array(BUSY * ADDRESS_SIZE);
  for (let index = 0; index < BUSY; index++) {
    const one = all[(index * step) % all.length] as number | Socket;
    bytes.set(getsockname(one).bytes, index * ADDRESS_SIZE);
  }
  return bytes;
}

/** How many descriptors this process may open. */
export function descriptorLimit(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}

if (import.meta.main) {
  const loops = epollLoops(process.argv[2] ?? "");
  const from = socket("inet", "dgram");
  const sets = new Map<number, { readonly set: number; readonly addresses: Uint8Array }>();

  const open = (count: number) => {
    const fds = Array.from({ length: count }, () => {
      const fd = socket("inet", "dgram");
      // An address of their own, that there are ports enough.
      bind(fd, Sockaddr.inet("127.0.0.2"));
      return fd;
    });
    return { set: loops.open_set(new Int32Array(fds), count), addresses: busyAddresses(fds) };
  };
  for await (const line of console) {
    const [count = 0, calls = 0] = line.split(" ").map(Number);
    const { set, addresses } = sets.get(count) ?? open(count);
    sets.set(count, { set, addresses });
    let spent = 0;
    for (let call = 0; call < calls; call++) {
      loops.send_to_all(from, addresses, BUSY);
      spent += loops.time_events(set, BUSY);
    }
    console.log(spent / calls);
  }
}
