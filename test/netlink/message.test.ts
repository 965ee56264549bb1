// Messages and attributes as bytes: what was encoded is decoded, whatever the bytes.

import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type AttributeInit,
  decodeAttributes,
  decodeMessages,
  encodeAttributes,
  encodeMessage,
  type NetlinkMessage,
} from "../../src/netlink/index.ts";
import { capability, testWith } from "../support/requirements.ts";

const linux = { met: process.platform === "linux", remedy: "needs Linux" };

testWith(linux)("a message and its attributes are as <linux/netlink.h> has them", () => {
  const attributes = encodeAttributes([
    { type: 3, data: Uint8Array.of(0x6c, 0x6f, 0) },
    { type: 18, data: [{ type: 1, data: Uint8Array.of(1, 2, 3, 4) }] },
  ]);
  expect(attributes.toHex()).toBe("070003006c6f0000" + "0c00128008000100" + "01020304");
  const body = new Uint8Array([...new Uint8Array(16), ...attributes]);
  const bytes = encodeMessage({ type: 16, flags: 5, sequence: 0x01020304, port: 9, body });
  expect(bytes.toHex()).toStartWith("34000000100005000403020109000000");
  const [message] = decodeMessages(bytes) as [NetlinkMessage];
  expect(message).toMatchObject({ type: 16, flags: 5, sequence: 0x01020304, port: 9 });
  const [name, info] = decodeAttributes(message.body.subarray(16));
  expect(name).toMatchObject({ type: 3, data: Uint8Array.of(0x6c, 0x6f, 0) });
  expect(info).toMatchObject({ type: 18, nested: true });
  expect(decodeAttributes(info?.data as Uint8Array)).toMatchObject([{ type: 1 }]);
});

const attribute = fc.record({
  type: fc.integer({ min: 0, max: 0x3fff }),
  data: fc.uint8Array({ maxLength: 40 }),
});

testWith(linux)("what was encoded is decoded", () => {
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 8 }), (attributes) => {
      const found = decodeAttributes(encodeAttributes(attributes));
      expect(found.map(({ type, data }) => ({ type, data: new Uint8Array(data) }))).toEqual(
        attributes.map(({ type, data }) => ({ type, data: new Uint8Array(data) })),
      );
    }),
    { numRuns: 300, seed: 18 },
  );
  const bodies = [new Uint8Array(0), Uint8Array.of(1), new Uint8Array(1000).fill(7)];
  const joined = bodies.map((body, type) => encodeMessage({ type, body }));
  const all = new Uint8Array(Buffer.concat(joined));
  expect(decodeMessages(all).map(({ type, body }) => [type, body.length])).toEqual([
    [0, 0],
    [1, 1],
    [2, 1000],
  ]);
});

testWith(linux)("lengths that lie are refused, with their place", () => {
  const lie = (text: string) => () => decodeAttributes(Uint8Array.fromHex(text));
  expect(lie("03000100")).toThrow("the attribute at 0 says that it has 3 bytes, where 4 are left");
  expect(lie("0000010008000100")).toThrow(RangeError);
  expect(lie("0400010009000100")).toThrow("at 4 says that it has 9 bytes, where 4 are left");
  // Less than a header is padding.
  expect(lie("04000100080000")()).toHaveLength(1);
  const message = encodeMessage({ type: 16 });
  message[0] = 15;
  expect(() => decodeMessages(message)).toThrow(
    "at 0 says that it has 15 bytes, where 16 are left",
  );
  message[0] = 255;
  expect(() => decodeMessages(message)).toThrow(RangeError);
  expect(() => decodeMessages(message.subarray(0, 15))).toThrow(RangeError);
  expect(decodeMessages(new Uint8Array(0))).toEqual([]);
});

testWith(linux)("what does not fit is refused before it is encoded", () => {
  const wrong = (attributes: unknown) => () => encodeAttributes(attributes as AttributeInit[]);
  expect(wrong([{ type: 0x4000 }])).toThrow("type must be an integer from 0 to 16383");
  expect(wrong([{ type: 1, data: "text" }])).toThrow("data must be");
  expect(wrong({ type: 1 })).toThrow("attributes must be an array");
  expect(wrong([{ type: 1, data: new Uint8Array(65_532) }])).toThrow(
    "more than an attribute can hold",
  );
  const inner = [{ type: 1, data: new Uint8Array(65_000) }];
  expect(wrong([{ type: 1, data: [...inner, ...inner] }])).toThrow(
    "more than an attribute can hold",
  );
  expect(() => encodeMessage({ type: 65_536 })).toThrow(RangeError);
  expect(() => encodeMessage({ type: 1, flag: 1 } as never)).toThrow('unknown option "flag"');
});

test("where there is no netlink, one error says so", async () => {
  const { Netlink } = await import("../../src/netlink/index.ts");
  if (process.platform === "linux") {
    expect(() => new (Netlink as never as { new (): unknown })()).toThrow("made by Netlink.open");
    expect(() => Netlink.open({ protocol: "routes" })).toThrow('unknown protocol "routes"');
    expect(() => Netlink.open({ namespaces: 1 } as object)).toThrow('unknown option "namespaces"');
  } else expect(() => Netlink.open()).toThrow("this platform has no netlink sockets");
});

testWith(linux)("without privileges it reads, and says what changing needs", async () => {
  const { Netlink } = await import("../../src/netlink/index.ts");
  using netlink = Netlink.open();
  expect((await netlink.links()).some(({ flags }) => flags.includes("loopback"))).toBe(true);
  if (capability("net_admin").met) return;
  expect(netlink.addLink({ kind: "ifb", name: "new0" })).rejects.toThrow("CAP_NET_ADMIN");
});
