// Descriptors that a test must not leave behind.

import { fstatSync, readdirSync, statSync } from "node:fs";
import { close, Sockaddr, SocketError, socket } from "../../src/index.ts";
import { openHandles } from "./handles.ts";

const WINDOWS = process.platform === "win32";

/** Handles that threads of the engine may open meanwhile; elsewhere they have no descriptors. */
export const ENGINE_HANDLES = WINDOWS ? 2 : 0;

/** How many descriptors this process has open. */
export function openDescriptors(): number {
  return WINDOWS ? openHandles() : readdirSync("/proc/self/fd").length;
}

/** As many, when what threads and the event loop close later is closed, or some time later. */
export async function settledDescriptors(most: number): Promise<number> {
  for (let tries = 0; tries < 100 && openDescriptors() > most; tries++) await Bun.sleep(20);
  return openDescriptors();
}

/** How many sockets this process has open: not what the event loop has besides. */
export function openSockets(): number {
  if (WINDOWS) return openHandles();
  return readdirSync("/proc/self/fd").filter((name) => {
    const path = `/proc/self/fd/${name}`;
    return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
  }).length;
}

/** How many descriptors of this process are `fds` or copies of them. */
export function copies(fds: readonly number[]): number {
  const inodes = new Set(fds.map((fd) => fstatSync(fd).ino));
  return readdirSync("/proc/self/fd").filter((name) => {
    const target = statSync(`/proc/self/fd/${name}`, { throwIfNoEntry: false });
    return target !== undefined && inodes.has(target.ino);
  }).length;
}

/** Descriptors that are closed at the end of a `using` block. */
export class Descriptors implements Disposable {
  readonly #open = new Set<number>();

  own<T extends number | readonly number[]>(descriptors: T): T {
    for (const fd of [descriptors].flat()) this.#open.add(fd);
    return descriptors;
  }

  /** Closes one early. */
  close(fd: number): void {
    this.#open.delete(fd);
    close(fd);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) close(fd);
  }
}

/** What a call throws, as a SocketError. */
export function socketError(call: () => unknown): SocketError {
  try {
    call();
  } catch (error) {
    if (error instanceof SocketError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** An IPv4 loopback address, its port chosen by the kernel when it is bound. */
export const loopback = Sockaddr.inet("127.0.0.1");

/** A descriptor number that is not open. */
export function closedDescriptor(): number {
  // Threads of the engine open handles, too: none so many.
  if (WINDOWS) return 0x7ffc;
  const fd = socket("inet", "dgram");
  close(fd);
  return fd;
}
