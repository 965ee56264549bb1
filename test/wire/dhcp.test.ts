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

  test("what is behind the end is payload", () => {
    const { layer, payload, length } = dhcp.decode(options(`ff${"00".repeat(59)}`));
    expect(layer).not.toHaveProperty("rawOptions");
    expect([payload.length, length]).toEqual([59, 241]);
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
