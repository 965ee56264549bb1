// A Worker that reads `length` bytes from a descriptor and counts how often each value came.

import { read } from "../../src/index.ts";

declare const self: Worker;

self.onmessage = ({ data: { fd, length } }) => {
  const counts: number[] = [0, 0, 0, 0];
  const buffer = new Uint8Array(65_536);
  let left = length;
  while (left > 0) {
    const count = read(fd, buffer);
    for (const byte of buffer.subarray(0, count)) counts[byte] = (counts[byte] ?? 0) + 1;
    left -= count;
  }
  self.postMessage(counts);
};
