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
  const address = new BigUint64Array(1);
  const status = native.rawsock_readiness_open(address);
  if (status < 0) return status;
  const { size } = record("readiness_source");
  const { ptr } = native.rawsock_readiness_release as unknown as { ptr: Pointer };
  return adopt(Number(address[0]), 0, size, ptr);
}
