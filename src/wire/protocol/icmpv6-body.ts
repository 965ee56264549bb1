// What is behind the first four bytes of an ICMPv6 message, by its type.

import type { Given, Scan } from "../protocol.ts";

/** Fields for building: any of them may be missing. */

/** One type's body, which begins at `at`. */
export type Body<Fields> = {
  /** Where it ends: behind `scan.end`, where it is cut off; NONE with the scan's problem. */
  end(scan: Scan, at: number): number;
  read(layer: Fields, bytes: Uint8Array, at: number, end: number): void;
  size(layer: Given<Fields>): number;
  write(layer: Given<Fields>, bytes: Uint8Array, at: number): void;
};
