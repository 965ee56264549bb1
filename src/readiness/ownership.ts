// What this thread owns: descriptors that are closed where it is terminated.

import { failure } from "../base/error.ts";
import { native } from "../native/library.ts";
import { mapEventSource } from "../native/mapping.ts";

let memory: Uint8Array | undefined;

/** The memory of this thread's event source, or -errno where there is none to be had. */
function map(): Uint8Array | number {
  if (memory !== undefined) return memory;
  const mapped = mapEventSource();
  if (typeof mapped === "number") return mapped;
  memory = new Uint8Array(mapped);
  return memory;
}

/** The memory of this thread's event source, which remembers what the thread owns. */
export function eventSourceMemory(): Uint8Array {
  const mapped = map();
  if (typeof mapped === "number") throw failure(mapped, "mmap");
  return mapped;
}

/**
 * The same for a call that may bring descriptors; null, and they are not remembered, where there is
 * no memory for it.
 */
export function ownerMemory(): Uint8Array | null {
  const mapped = map();
  return typeof mapped === "number" ? null : mapped;
}

/** Has a descriptor closed when the thread is terminated. */
export function own(fd: number): void {
  if (memory !== undefined) native.rawsock_readiness_set_owned(memory, fd, 1);
}

/** It is the program's from now on. */
export function disown(fd: number): void {
  if (memory !== undefined) native.rawsock_readiness_set_owned(memory, fd, 0);
}

/** Closes a descriptor that the thread owns: 0, or -errno. */
export function closeOwned(fd: number): number {
  return memory === undefined ? native.rawsock_close(fd) : native.rawsock_owned_close(memory, fd);
}
