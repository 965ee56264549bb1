// Memory that the native library mapped and that JavaScript's heap frees.

import { type Pointer, toArrayBuffer } from "bun:ffi";
import { native, record } from "./library.ts";

/** toArrayBuffer as it is: bun-types leaves the deallocator out. */
const adopt = toArrayBuffer as (
  address: number,
  offset: number,
  length: number,
  deallocator: Pointer,
) => ArrayBuffer;

/**
 * The memory of a new event source, or -errno. The heap releases it and the source with it, even
 * where the thread is terminated: then no JavaScript runs, but the heap is torn down.
 */
export function mapEventSource(): ArrayBuffer | number {
  return owned("readiness_source", native.rawsock_readiness_open, native.rawsock_readiness_release);
}

/** The memory of a new lookup, or -errno; released as an event source is. */
export function mapLookup(): ArrayBuffer | number {
  return owned("lookup", native.rawsock_lookup_open, native.rawsock_lookup_release);
}

/** -errno, and of what. */
export type RingFailure = { readonly status: number; readonly syscall: "setsockopt" | "mmap" };

/**
 * The memory of a new ring of a packet socket, or why there is none: its blocks lie where the
 * structure "ring" says. The heap unmaps it when nothing refers to it any more.
 */
export function mapRing(
  fd: number,
  ring: { readonly blockSize: number; readonly blocks: number },
  timeout: number,
  reserve: number,
): ArrayBuffer | RingFailure {
  const { blockSize, blocks } = ring;
  const address = new BigUint64Array(1);
  const { ptr } = native.rawsock_ring_release as unknown as { ptr: Pointer };
  const size = (record("ring").fields.first_block?.[0] ?? 0) + blockSize * blocks;
  // A thread may be terminated wherever a function is entered: between these two none is.
  const status = native.rawsock_ring_open(fd, blockSize, blocks, timeout, reserve, address);
  if (status >= 0) return adopt(Number(address[0]), 0, size, ptr);
  return { status, syscall: address[0] === 0n ? "setsockopt" : "mmap" };
}

/** What `open` makes, a structure of that name, for the heap to `release`. */
function owned(
  structure: string,
  open: (address: BigUint64Array) => number,
  release: object,
): ArrayBuffer | number {
  const address = new BigUint64Array(1);
  const { ptr } = release as { ptr: Pointer };
  const { size } = record(structure);
  // As in mapRing.
  const status = open(address);
  return status < 0 ? status : adopt(Number(address[0]), 0, size, ptr);
}
