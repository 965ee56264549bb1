// Memory that is used for the next frame before the layers of the last one were looked at.

import { expect, test } from "bun:test";
import { arp, dissect, ipv6 } from "../../src/wire/index.ts";
import { Random } from "../support/frame.ts";
import { golden } from "./support/golden.ts";

test("layers of bytes that have changed since are nonsense, and no others become it", () => {
  const random = new Random(7);
  for (const { bytes, link } of golden) {
    for (let round = 0; round < 50; round++) {
      const memory = bytes.slice();
      const packet = dissect(memory, { link });
      const fill = random.pick([0, 1, 0x7f, 0xff, -1]);
      if (fill < 0) memory.set(random.bytes(memory.length));
      else memory.fill(fill);
      const { layers } = packet;
      expect(layers.length).toBeGreaterThan(0);
      expect(packet.toString()).toBeString();
    }
  }
  // What was read behind the end of the memory has left no texts behind for zeros.
  expect(arp.decode(arp.encode({ kind: "arp" })).layer).toMatchObject({
    senderHardware: "00:00:00:00:00:00",
    senderAddress: "0.0.0.0",
  });
  expect(ipv6.decode(ipv6.encode({ kind: "ipv6" })).layer.source).toBe("::");
});

test("layers that were looked at stay as they were, whatever becomes of the bytes", () => {
  for (const { bytes, link } of golden) {
    const memory = bytes.slice();
    const { layers } = dissect(memory, { link });
    memory.fill(0xa5);
    expect(layers).toEqual(dissect(bytes, { link }).layers);
  }
});
