import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  build,
  type DhcpValue,
  dhcp,
  dhcpOptions,
  dissect,
  type Layers,
} from "../../src/wire/index.ts";
import { made } from "./support/carrier.ts";

type Dhcp = Layers["dhcp"];
type Options = Dhcp["options"];

const FIXED = `0101060001020304${"00".repeat(228)}63825363`;
const options = (hex: string) => Uint8Array.fromHex(FIXED + hex);

describe("dhcp, options", () => {
  test("the message's type comes first; where it is elsewhere, it keeps its place", () => {
    const encoded = dhcp.encode({
      kind: "dhcp",
      messageType: "discover",
      options: new Map([["host-name", "a"]]),
    });
    expect(encoded.toHex().slice(480)).toBe("3501010c0161ff");
    const { layer } = dhcp.decode(options("0c0161350108ff"));
    expect(layer.messageType).toBe("inform");
    expect([...layer.options]).toEqual([
      ["host-name", "a"],
      ["message-type", 8],
    ]);
    expect(layer).not.toHaveProperty("rawOptions");
    expect(dhcp.encode(layer)).toEqual(options("0c0161350108ff"));
    const changed = dhcp.encode({ ...layer, messageType: "release" });
    expect(changed).toEqual(options("0c0161350107ff"));
    const unnamed = dhcp.decode(options("350163ff")).layer;
    expect(unnamed.messageType).toBe(0x63);
    expect(dhcp.encode(unnamed)).toEqual(options("350163ff"));
  });

  test("an option in pieces is one, and one that is too long is written in pieces", () => {
    const layer = dissect(made("dhcp, option in pieces")).get("dhcp") as Dhcp;
    const value = layer.options.get("vendor-specific-information") as Uint8Array;
    expect(new TextDecoder().decode(value)).toBe("x".repeat(255) + "y".repeat(45));
    expect(layer).not.toHaveProperty("rawOptions");
    const apart = dhcp.decode(options("2b01012b01020c01612b0103ff")).layer;
    expect(apart.options.get("vendor-specific-information")).toEqual(Uint8Array.of(1, 2, 3));
    expect(apart.rawOptions?.toHex()).toBe("2b01012b01020c01612b0103ff");
    expect(dhcp.encode(apart)).toEqual(options("2b01012b01020c01612b0103ff"));
    for (const hex of ["2b01012b0102ff", `2bff${"01".repeat(255)}2b00ff`]) {
      const { layer } = dhcp.decode(options(hex));
      expect(layer.rawOptions?.toHex()).toBe(hex);
      expect(dhcp.encode(layer)).toEqual(options(hex));
    }
    const { rawOptions: _, ...rest } = apart;
    expect(dhcp.encode(rest)).toEqual(options("2b030102030c0161ff"));
  });

  test("bytes that fill up, compressed names and a missing end are kept", () => {
    for (const name of ["dhcp, padded, type last", "dhcp, compressed names"]) {
      const packet = dissect(made(name));
      expect(packet.get("dhcp")).toHaveProperty("rawOptions");
      expect(build([...packet.layers, packet.payload])).toEqual(made(name));
    }
    expect(dissect(made("dhcp, compressed names")).get("dhcp")?.options).toEqual(
      new Map([["domain-search", ["example.org", "a.example.org"]]]),
    );
    const endless = dhcp.decode(options("0c0161")).layer;
    expect(endless.options).toEqual(new Map([["host-name", "a"]]));
    expect(dhcp.encode(endless)).toEqual(options("0c0161"));
  });

  test("an option that has no such value is its bytes, by its name", () => {
    for (const [hex, name] of [
      ["0103ffffff", "subnet-mask"],
      ["0300", "router"],
      ["0305c000020100", "router"],
      ["0c02c328", "host-name"],
      ["130102", "ip-forwarding"],
      ["1a03000102", "interface-mtu"],
      ["3303000001", "lease-time"],
      ["77020161", "domain-search"],
      ["7702c000", "domain-search"],
      // A pointer to a name of no labels.
      ["7705016100c002", "domain-search"],
      ["790421c00002", "classless-static-route"],
      ["350200ff", "message-type"],
    ] as const) {
      const encoded = options(`${hex}ff`);
      const { layer } = dhcp.decode(encoded);
      expect(layer.options.get(name)).toEqual(Uint8Array.fromHex(hex.slice(4)));
      expect(dhcp.encode(layer)).toEqual(encoded);
    }
  });

  test("names of any bytes are read, or kept, in time that does not grow with their pointers", () => {
    const alphabet = fc.constantFrom(0, 1, 2, 3, 0x61, 0x2e, 0x40, 0xc0, 0xc1, 0xff);
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 40 }), (value) => {
        const encoded = options(`${Uint8Array.of(119, value.length, ...value).toHex()}ff`);
        const { layer } = dhcp.decode(encoded);
        expect(dhcp.encode(layer)).toEqual(encoded);
        const { rawOptions: _, ...rest } = layer;
        expect(dhcp.decode(dhcp.encode(rest)).layer.options).toEqual(layer.options);
      }),
      { numRuns: 5000 },
    );
    const longest = `${`3f${"61".repeat(63)}`.repeat(3)}3d${"61".repeat(61)}00`;
    const name = dhcp.decode(options(`77ff${longest}ff`)).layer.options.get("domain-search");
    expect((name as string[])[0]).toHaveLength(253);
    const longer = `${longest.replace("3d", "3e").slice(0, -2)}6100`;
    const bytes = dhcp.decode(options(`77ff${longer.slice(0, 510)}770100ff`)).layer.options;
    expect(bytes.get("domain-search")).toBeInstanceOf(Uint8Array);
    // Each pointer leads to the one before it.
    const chain = Array.from({ length: 8000 }, (_, index) =>
      index === 0 ? 0xc000 : 0xc000 + 1 + 2 * index,
    );
    const value = Uint8Array.of(0x01, 0x61, 0, ...chain.flatMap((word) => [word >> 8, word & 255]));
    const layer = { kind: "dhcp", options: new Map([[119, value]]) } as const;
    const encoded = dhcp.encode(layer);
    const begin = performance.now();
    expect(dhcp.decode(encoded).layer.options.get("domain-search")).toEqual(value);
    expect(performance.now() - begin).toBeLessThan(500);
  });

  test("options may be given by number, of any kind as bytes", () => {
    const given = new Map<number, DhcpValue>([
      [3, ["192.0.2.1"]],
      [12, Uint8Array.of(0x61)],
      [200, Uint8Array.of(1)],
    ]);
    const { layer } = dhcp.decode(dhcp.encode({ kind: "dhcp", options: given }));
    expect(layer.options).toEqual(
      new Map<string | number, DhcpValue>([
        ["router", ["192.0.2.1"]],
        ["host-name", "a"],
        [200, Uint8Array.of(1)],
      ]) as Options,
    );
  });

  test("options may be given as an object, with their types", () => {
    const given = dhcpOptions({
      "requested-address": "192.0.2.9",
      "parameter-request-list": [1, 3, 6],
      "host-name": undefined,
      200: Uint8Array.of(1),
    });
    expect([...given.keys()]).toEqual([200, "requested-address", "parameter-request-list"]);
    const { layer } = dhcp.decode(dhcp.encode({ kind: "dhcp", options: given }));
    expect(layer.options).toEqual(given);
    expect(() => dhcpOptions({ "no-such": 1 } as never)).toThrow(/dhcp\.options/);
  });

  test("what a client asks for may be given by name, and is read by number", () => {
    const asked = ["subnet-mask", 252, "router"] as const;
    const given = dhcpOptions({ "parameter-request-list": [...asked] });
    const { layer } = dhcp.decode(dhcp.encode({ kind: "dhcp", options: given }));
    expect(layer.options.get("parameter-request-list")).toEqual([1, 252, 3]);
    const wrong = new Map([["parameter-request-list", ["no-such"]]]) as never;
    expect(() => dhcp.encode({ kind: "dhcp", options: wrong })).toThrow(/no-such/);
  });

  test("the options are a plain Map for toEqual, structuredClone, spread and JSON", () => {
    const { layer } = dhcp.decode(options("0c0161c80101ff"));
    const plain = new Map<string | number, DhcpValue>([
      ["host-name", "a"],
      [200, Uint8Array.of(1)],
    ]) as Options;
    expect(layer.options).toStrictEqual(plain);
    expect(structuredClone(layer)).toEqual(layer);
    expect(new Map([...layer.options])).toStrictEqual(plain);
    expect(Bun.inspect(layer.options)).toBe(Bun.inspect(plain));
    expect(JSON.parse(JSON.stringify(layer)).options).toEqual({
      "200": { "0": 1 },
      "host-name": "a",
    });
  });

  test("options that are cut off are truncated", () => {
    for (const hex of ["0c", "0c02", "0c0261", "350101330400"]) {
      expect(() => dhcp.decode(options(hex))).toThrow(/too few/);
    }
  });

  test("values that fit nowhere are refused by name", () => {
    const encode = (key: unknown, value: unknown) => () =>
      dhcp.encode({ kind: "dhcp", options: new Map([[key, value]]) as never });
    expect(encode("router", "192.0.2.1")).toThrow(/dhcp\.options: router/);
    expect(encode("router", [undefined])).toThrow(/dhcp\.options: router/);
    expect(encode("lease-time", -1)).toThrow(/dhcp\.options: lease-time/);
    expect(encode("lease-time", undefined)).toThrow(/dhcp\.options: lease-time/);
    expect(encode("time-offset", 2 ** 31)).toThrow(/dhcp\.options: time-offset/);
    expect(encode("ip-forwarding", 1)).toThrow(/dhcp\.options: ip-forwarding/);
    expect(encode("host-name", 1)).toThrow(/dhcp\.options: host-name/);
    expect(encode("client-identifier", "x")).toThrow(/dhcp\.options: client-identifier/);
    expect(encode("no-such", 1)).toThrow(/dhcp\.options/);
    expect(encode("constructor", 1)).toThrow(/dhcp\.options/);
    expect(encode(255, new Uint8Array(0))).toThrow(/1 to 254/);
    expect(encode(200, "x")).toThrow(/dhcp\.options: 200/);
    const plain = { router: ["192.0.2.1"] } as never;
    expect(() => dhcp.encode({ kind: "dhcp", options: plain })).toThrow(/a Map/);
    expect(() => dhcp.encode({ kind: "dhcp", messageType: "hello" as never })).toThrow(
      /dhcp\.messageType/,
    );
    expect(() => dhcp.encode({ kind: "dhcp", operation: 3 as never })).toThrow(/dhcp\.operation/);
    const hardware = `02${":00".repeat(16)}`;
    expect(() => dhcp.encode({ kind: "dhcp", hardware })).toThrow(/dhcp\.hardware/);
  });
});
