import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, type DhcpValue, dhcp, dissect, type Layers } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { bytes, ipv4Address, mac, u8, u16, u32 } from "./support/arbitrary.ts";
import { ether, four, made } from "./support/carrier.ts";
import { conforms, judged } from "./support/conform.ts";
import { address, boolean, number, rows } from "./support/judge.ts";

type Dhcp = Layers["dhcp"];
type Options = Dhcp["options"];

const ascii = fc.stringMatching(/^[a-z0-9.-]{1,30}$/);
const domain = fc
  .array(fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/), { minLength: 1, maxLength: 3 })
  .map((labels) => labels.join("."));
const many = fc.array(ipv4Address, { minLength: 1, maxLength: 4 });

/** Options that may be there, in any order. */
const anyOptions: fc.Arbitrary<Options> = fc
  .record(
    {
      "subnet-mask": ipv4Address,
      "time-offset": fc.integer({ min: -43_200, max: 43_200 }),
      router: many,
      "domain-name-server": many,
      "host-name": ascii,
      "domain-name": domain,
      "ip-forwarding": fc.boolean(),
      "interface-mtu": u16,
      "broadcast-address": ipv4Address,
      "requested-address": ipv4Address,
      "lease-time": u32,
      "server-identifier": ipv4Address,
      "parameter-request-list": fc.array(u8, { maxLength: 10 }),
      "maximum-message-size": u16,
      "renewal-time": u32,
      "rebinding-time": u32,
      "vendor-class-identifier": ascii,
      "client-identifier": bytes(6, 2),
      "path-mtu-plateau-table": fc.array(u16, { minLength: 1, maxLength: 4 }),
      "domain-search": fc.array(domain, { minLength: 1, maxLength: 3 }),
      "classless-static-route": fc.constant([
        { destination: "198.51.100.0", prefixLength: 23, router: "192.0.2.1" },
        { destination: "0.0.0.0", prefixLength: 0, router: "192.0.2.2" },
      ]),
      224: bytes(20),
    },
    { requiredKeys: [] },
  )
  .map((record) => new Map(entries(record)));

function entries(record: object): [keyof typeof record, DhcpValue][] {
  return Object.entries(record).map(([key, value]) => [
    (/^\d+$/.test(key) ? Number(key) : key) as never,
    value as DhcpValue,
  ]);
}

const anyDhcp = fc.record({
  kind: fc.constant("dhcp" as const),
  operation: fc.constantFrom("request" as const, "reply" as const),
  transaction: u32,
  seconds: u16,
  broadcast: fc.boolean(),
  client: ipv4Address,
  your: ipv4Address,
  server: ipv4Address,
  relay: ipv4Address,
  hardware: mac,
  serverName: fc.oneof(fc.constant(""), ascii),
  file: fc.oneof(fc.constant(""), ascii),
  messageType: fc.constantFrom("discover", "offer", "request", "ack", "nak", "inform"),
  options: anyOptions,
});

const fixed = (first: string) => `${first}${"00".repeat(236 - first.length / 2)}63825363`;
const FIRST = "0101060001020304";
const options = (hex: string) => Uint8Array.fromHex(fixed(FIRST) + hex);

describe("dhcp", () => {
  conforms(dhcp, anyDhcp, {
    least: 240,
    payload: true,
    beginnings: [fixed(FIRST), fixed(`02${FIRST.slice(2)}`), `${fixed(FIRST)}350105`],
  });

  test("an acknowledgment, by scapy", () => {
    const packet = dissect(made("dhcp, many options"));
    expect(packet.get("dhcp")).toEqual({
      kind: "dhcp",
      operation: "reply",
      transaction: 0x01020304,
      seconds: 3,
      broadcast: true,
      client: "0.0.0.0",
      your: "192.0.2.9",
      server: "192.0.2.1",
      relay: "192.0.2.254",
      hardware: "02:00:00:00:00:01",
      serverName: "server",
      file: "boot/file",
      messageType: "ack",
      options: new Map<keyof Options | number, DhcpValue>([
        ["server-identifier", "192.0.2.1"],
        ["lease-time", 3600],
        ["renewal-time", 1800],
        ["rebinding-time", 3150],
        ["subnet-mask", "255.255.255.0"],
        ["router", ["192.0.2.1", "192.0.2.2"]],
        ["domain-name-server", ["192.0.2.3"]],
        ["domain-name", "example.org"],
        ["broadcast-address", "192.0.2.255"],
        ["interface-mtu", 1400],
        ["ntp-server", ["192.0.2.4"]],
        ["default-ip-time-to-live", 64],
        [
          "classless-static-route",
          [
            { destination: "10.1.2.0", prefixLength: 24, router: "192.0.2.1" },
            { destination: "0.0.0.0", prefixLength: 0, router: "192.0.2.2" },
            { destination: "198.51.100.1", prefixLength: 32, router: "192.0.2.3" },
          ],
        ],
        ["domain-search", ["example.org", "a.example.org"]],
        ["client-system-architecture", [0, 7]],
        ["time-offset", -18_000],
        [224, new TextEncoder().encode("mine")],
      ] as [never, DhcpValue][]) as Options,
      hops: 1,
    });
    expect(packet.payload).toHaveLength(0);
  });

  test("the ports are those of the one it goes to", () => {
    const udp = { kind: "udp" } as const;
    const port = (operation: "request" | "reply") =>
      dissect(build([four, udp, { kind: "dhcp", operation }]), { link: "raw" }).get("udp");
    expect(port("request")).toMatchObject({ destinationPort: 67 });
    expect(port("reply")).toMatchObject({ destinationPort: 68 });
  });

  test("the smallest message has the end of its options", () => {
    const encoded = dhcp.encode({ kind: "dhcp" });
    expect(encoded).toHaveLength(241);
    expect(encoded[240]).toBe(255);
    expect(dhcp.decode(encoded).layer).toEqual({
      kind: "dhcp",
      operation: "request",
      transaction: 0,
      seconds: 0,
      broadcast: false,
      client: "0.0.0.0",
      your: "0.0.0.0",
      server: "0.0.0.0",
      relay: "0.0.0.0",
      hardware: "",
      serverName: "",
      file: "",
      options: new Map(),
    });
  });

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

  test("what is behind the end is payload", () => {
    const { layer, payload, length } = dhcp.decode(options(`ff${"00".repeat(59)}`));
    expect(layer).not.toHaveProperty("rawOptions");
    expect([payload.length, length]).toEqual([59, 241]);
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
    const chain = Array.from({ length: 8000 }, (_, index) => 0xc000 + Math.max(0, 2 * index));
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

  test("names that are no text with zeros behind keep all of their bytes", () => {
    const encoded = options("ff");
    encoded.set(Uint8Array.of(0x61, 0, 1), 44);
    encoded.fill(0xff, 108, 236);
    const { layer } = dhcp.decode(encoded);
    expect(layer).toMatchObject({ serverName: "a", file: "" });
    expect(layer.serverNameBytes).toHaveLength(64);
    expect(layer.fileBytes).toHaveLength(128);
    expect(dhcp.encode(layer)).toEqual(encoded);
    const full = dhcp.encode({ kind: "dhcp", serverName: "n".repeat(64), file: "f".repeat(128) });
    expect(dhcp.decode(full).layer.serverName).toBe("n".repeat(64));
    expect(() => dhcp.encode({ kind: "dhcp", serverName: "n".repeat(65) })).toThrow(/serverName/);
  });

  test("what is on the port and is something else stays payload, and is no problem", () => {
    const udp = { kind: "udp", sourcePort: 68, destinationPort: 67 } as const;
    for (const data of [
      new Uint8Array(300),
      Uint8Array.fromHex(`0101060001020304${"00".repeat(240)}`),
      Uint8Array.fromHex(`${fixed("010111")}ff`),
      new TextEncoder().encode("hello"),
    ]) {
      const packet = dissect(build([four, udp], data), { link: "raw" });
      expect(packet.problem).toBeNull();
      expect(packet.layers.at(-1)?.kind).toBe("udp");
      expect(packet.payload).toEqual(data);
    }
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

  testWith(program("tshark"))("tshark reads dhcp as we do", () => {
    const udp = { kind: "udp", sourcePort: 68, destinationPort: 67 } as const;
    const frames = fc
      .sample(anyDhcp, { numRuns: 400, seed: 16 })
      .map((init) => build([ether, four, udp, init]));
    const option =
      (name: string) =>
      ({ options }: Dhcp) =>
        options.get(name as never) as string | number | string[] | number[] | undefined;
    judged(
      frames,
      rows("dhcp", {
        "dhcp.type": ["operation", number, ({ operation }) => (operation === "reply" ? 2 : 1)],
        "dhcp.id": "transaction",
        "dhcp.secs": "seconds",
        "dhcp.flags.bc": ["broadcast", boolean],
        "dhcp.ip.client": ["client", address],
        "dhcp.ip.your": ["your", address],
        "dhcp.ip.server": ["server", address],
        "dhcp.ip.relay": ["relay", address],
        "dhcp.hw.mac_addr": ["hardware", address],
        "dhcp.server": ["serverName", String, ({ serverName }) => serverName || undefined],
        "dhcp.file": ["file", String, ({ file }) => file || undefined],
        "dhcp.option.subnet_mask": ["subnet-mask", address, option("subnet-mask")],
        "dhcp.option.time_offset": ["time-offset", number, option("time-offset")],
        "dhcp.option.router": ["router", address, option("router")],
        "dhcp.option.domain_name_server": ["dns", address, option("domain-name-server")],
        "dhcp.option.hostname": ["host-name", String, option("host-name")],
        "dhcp.option.domain_name": ["domain-name", String, option("domain-name")],
        "dhcp.option.interface_mtu": ["interface-mtu", number, option("interface-mtu")],
        "dhcp.option.broadcast_address": ["broadcast", address, option("broadcast-address")],
        "dhcp.option.requested_ip_address": ["requested", address, option("requested-address")],
        "dhcp.option.ip_address_lease_time": ["lease-time", number, option("lease-time")],
        "dhcp.option.dhcp_server_id": ["server-identifier", address, option("server-identifier")],
        "dhcp.option.request_list_item": ["list", number, option("parameter-request-list")],
        "dhcp.option.dhcp_max_message_size": ["size", number, option("maximum-message-size")],
        "dhcp.option.renewal_time_value": ["renewal-time", number, option("renewal-time")],
        "dhcp.option.rebinding_time_value": ["rebinding", number, option("rebinding-time")],
        "dhcp.option.vendor_class_id": ["vendor", String, option("vendor-class-identifier")],
      }),
    );
  });
});
