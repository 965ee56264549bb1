// The virtio header before a packet, and segments of 64 KiB that it makes possible.

import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  decodeVirtioHeader,
  encodeVirtioHeader,
  type Tun,
  type VirtioHeader,
} from "../../src/tun/index.ts";
import { Namespace } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { python, testWith, tun as tunDevice } from "../support/requirements.ts";
import { device, udpPacket } from "../support/tun.ts";
import { download } from "./download.ts";

const runs = Number(process.env.RAWSOCK_TEST_RUNS ?? 200);

test("a header is what <linux/virtio_net.h> says, byte by byte", () => {
  const bytes = encodeVirtioHeader({
    flags: ["needs-csum"],
    segmentation: "tcpv4",
    ecn: true,
    headerLength: 0x0102,
    segmentSize: 0x0304,
    checksumStart: 0x0506,
    checksumOffset: 0x0708,
  });
  expect([...bytes]).toEqual([1, 0x81, 2, 1, 4, 3, 6, 5, 8, 7]);
  expect([...encodeVirtioHeader()]).toEqual(Array(10).fill(0));
  expect([...encodeVirtioHeader({}, 12)]).toEqual(Array(12).fill(0));
  expect(decodeVirtioHeader(new Uint8Array(40).fill(0xff))).toMatchObject({
    segmentation: 0x7f,
    ecn: true,
    segmentSize: 0xffff,
  });
  expect(() => decodeVirtioHeader(new Uint8Array(9))).toThrow(RangeError);
  expect(() => encodeVirtioHeader({ segmentSize: 65_536 })).toThrow(RangeError);
  expect(() => encodeVirtioHeader({ flags: ["csum"] })).toThrow(/unknown flag "csum".*needs-csum/);
  expect(() => encodeVirtioHeader({ segmentation: "tso4" })).toThrow(/tcpv4/);
  expect(() => encodeVirtioHeader({ segment: 1 } as object)).toThrow("segmentSize");
});

test("what is encoded is decoded, and any bytes are", () => {
  const number = fc.integer({ min: 0, max: 0xffff });
  const header = fc.record({
    flags: fc.subarray(["needs-csum", "data-valid", "rsc-info"]),
    segmentation: fc.constantFrom("none", "tcpv4", "udp", "tcpv6", "udp-l4"),
    ecn: fc.boolean(),
    headerLength: number,
    segmentSize: number,
    checksumStart: number,
    checksumOffset: number,
  });
  fc.assert(
    fc.property(header, fc.integer({ min: 10, max: 40 }), (init, size) => {
      const bytes = encodeVirtioHeader(init, size);
      expect(bytes.length).toBe(size);
      expect(decodeVirtioHeader(bytes)).toEqual(init as VirtioHeader);
    }),
    { numRuns: runs, seed: 1 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (bytes) => {
      const { flags: _, ...rest } = decodeVirtioHeader(bytes);
      expect([...encodeVirtioHeader(rest)].slice(1)).toEqual([...bytes.subarray(1)]);
    }),
    { numRuns: runs, seed: 2 },
  );
});

testWith(tunDevice, python)(
  "TCP's segments of up to 64 KiB pass between two devices with offloads, whole",
  async () => {
    using a = new Namespace();
    using b = new Namespace();
    const open = (namespace: Namespace) =>
      device(namespace, { virtioHeader: true }).setOffload(["csum", "tso4", "tso6", "tso-ecn"]);
    using left = open(a);
    using right = open(b);
    expect([left.headerSize, right.headerSize]).toEqual([10, 10]);
    b.ip("addr", "flush", "dev", right.name);
    b.ip("addr", "add", "10.78.0.2/24", "dev", right.name);
    let largest = 0;
    const kinds = new Set<string | number>();
    const forward = async (from: Tun, to: Tun) => {
      for await (const { data, flags } of from.messages()) {
        expect(flags).toEqual([]);
        const header = decodeVirtioHeader(data);
        kinds.add(header.segmentation);
        if (header.segmentation === "tcpv4") {
          expect(header.flags).toEqual(["needs-csum"]);
          expect([header.checksumStart, header.checksumOffset]).toEqual([20, 16]);
          expect(header.segmentSize).toBeLessThanOrEqual(1460);
        }
        largest = Math.max(largest, data.length);
        await to.send(data);
      }
    };
    const forwarding = Promise.allSettled([forward(left, right), forward(right, left)]);
    const { received, expected } = await download(b, a, "10.78.0.2", 8_000_000);
    expect(received).toBe(expected);
    // As much as goes in a millisecond, which on a slow machine is less.
    expect(largest).toBeGreaterThan(30_000 / patience);
    expect([...kinds].sort()).toEqual(["none", "tcpv4"]);
    left.close();
    right.close();
    for (const outcome of await forwarding) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "ECANCELED" } });
    }
  },
);

testWith(tunDevice)("a header that does not fit its packet is refused", async () => {
  using namespace = new Namespace();
  using tun = device(namespace, { virtioHeader: 12 });
  expect(tun.headerSize).toBe(12);
  const packet = udpPacket(new Uint8Array(10));
  const send = (init: object) => {
    const header = encodeVirtioHeader(init, tun.headerSize);
    return tun.send(new Uint8Array([...header, ...packet]));
  };
  expect(await send({})).toBe(12 + 38);
  const wrong = { segmentation: "tcpv4", segmentSize: 0 };
  await expect(send(wrong)).rejects.toThrow("or its virtio header is wrong");
  await expect(tun.send(packet, { end: 5 })).rejects.toMatchObject({ code: "EINVAL" });
  expect(() => tun.setOffload(["tso4"])).toThrow('need "csum"');
});
