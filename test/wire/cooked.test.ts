import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, linuxSll, linuxSll2 } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { mac, u8, u16, u32 } from "./support/arbitrary.ts";
import { four, made, six } from "./support/carrier.ts";
import { conforms, judged } from "./support/conform.ts";
import { address, rows } from "./support/judge.ts";

const sender = fc.oneof(mac, fc.constantFrom("", "01", "01:02:03:04:05:06:07:08"));
const anySll = fc.record({
  kind: fc.constant("linux-sll" as const),
  packetType: u16,
  hardwareType: u16,
  address: sender,
  protocol: fc.constant(0x88b5),
});
const anySll2 = fc.record({
  kind: fc.constant("linux-sll2" as const),
  protocol: fc.constant(0x88b5),
  interface: u32,
  hardwareType: u16,
  packetType: u8,
  address: sender,
});

describe("linux-sll", () => {
  conforms(linuxSll, anySll, { least: 16, beginnings: ["00000001000602000000000100000800"] });

  test("what follows is of an EtherType, or llc", () => {
    const packet = dissect(build([{ kind: "linux-sll" }, six]), { link: "linux-sll" });
    expect(packet.layers[0]).toMatchObject({ protocol: 0x86dd });
    expect(packet.layers[1]?.kind).toBe("ipv6");
    const llc = dissect(made("linux-sll, 802.2"), { link: "linux-sll" });
    expect(llc.layers).toEqual([
      {
        kind: "linux-sll",
        packetType: 2,
        hardwareType: 1,
        address: "02:00:00:00:00:01",
        protocol: 4,
      },
      { kind: "llc", dsap: 0x42, ssap: 0x42, control: 3 },
    ]);
    expect(linuxSll.decode(build([{ kind: "linux-sll" }, { kind: "llc" }])).layer.protocol).toBe(4);
  });

  test("of netlink the protocol is a family", () => {
    const init = { kind: "linux-sll", hardwareType: 824, protocol: 0x0800 } as const;
    expect(dissect(build([init, four]), { link: 113 }).layers).toHaveLength(1);
  });

  test("an address that is longer than its eight bytes keeps its length", () => {
    const bytes = Uint8Array.fromHex("00000020001401020304050607080800");
    const { layer } = linuxSll.decode(bytes);
    expect(layer).toMatchObject({ address: "01:02:03:04:05:06:07:08", addressLength: 20 });
    expect(linuxSll.encode(layer)).toEqual(bytes);
    const long = "01:02:03:04:05:06:07:08:09";
    expect(() => linuxSll.encode({ kind: "linux-sll", address: long })).toThrow(/address/);
    const padding = new Uint8Array(3);
    const address = "02:00:00:00:00:01";
    expect(() => linuxSll.encode({ kind: "linux-sll", address, padding })).toThrow(/padding/);
  });
});

describe("linux-sll2", () => {
  conforms(linuxSll2, anySll2, { least: 20, beginnings: ["08000000000000010001000602"] });

  test("it has the interface", () => {
    const packet = dissect(made("linux-sll2, loopback"), { link: "linux-sll2" });
    expect(packet.layers[0]).toEqual({
      kind: "linux-sll2",
      protocol: 0x86dd,
      interface: 1,
      hardwareType: 772,
      packetType: 0,
      address: "00:00:00:00:00:00",
    });
    expect(packet.get("ipv6")).toBeDefined();
  });
});

testWith(program("tshark"))("tshark reads cooked captures as we do", () => {
  const packetType = fc.nat(4);
  const one = fc.record({ packetType, address: mac, interface: u32 });
  const sample = fc.sample(one, { numRuns: 200, seed: 11 });
  const common = {
    "sll.pkttype": "packetType",
    "sll.hatype": "hardwareType",
    "sll.src.eth": ["address", address],
    "sll.etype": "protocol",
  } as const;
  judged(
    sample.map(({ packetType, address }) =>
      build([{ kind: "linux-sll", packetType, address, hardwareType: 1 }, four]),
    ),
    rows("linux-sll", common),
    "linux-sll",
    113,
  );
  judged(
    sample.map((fields) => build([{ kind: "linux-sll2", ...fields, hardwareType: 1 }, six])),
    rows("linux-sll2", { ...common, "sll.ifindex": "interface" }),
    "linux-sll2",
    276,
  );
});
