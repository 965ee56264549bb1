import { describe, expect, test } from "bun:test";
import { build, dhcp, dissect, icmpv6, type LayerInit, type Packet } from "../../src/wire/index.ts";

const ethernet: LayerInit = {
  kind: "ethernet",
  destination: "02:00:00:00:00:02",
  source: "02:00:00:00:00:01",
};
const ipv4: LayerInit = { kind: "ipv4", source: "192.0.2.1", destination: "198.51.100.7", ttl: 64 };
const ipv6: LayerInit = { kind: "ipv6", source: "2001:db8::1", destination: "2001:db8::2" };
const udp: LayerInit = { kind: "udp", sourcePort: 20_000, destinationPort: 30_000 };
const data = Uint8Array.of(1, 2, 3, 4, 5);

const kinds = ({ layers }: Packet): string[] => layers.map(({ kind }) => kind);

describe("the values of a layer", () => {
  const frame = build([ethernet, ipv4, { kind: "tcp", flags: ["syn", "ack"], window: 512 }, data]);
  const { layers } = dissect(frame);
  const [, ip, tcp] = layers;

  test("are those of the header, under the names of the contract", () => {
    expect(layers).toEqual([
      {
        kind: "ethernet",
        destination: "02:00:00:00:00:02",
        source: "02:00:00:00:00:01",
        type: 0x0800,
      },
      {
        kind: "ipv4",
        dscp: 0,
        ecn: 0,
        totalLength: 45,
        identification: 0,
        dontFragment: false,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: 64,
        protocol: 6,
        checksum: 0x8e8f,
        source: "192.0.2.1",
        destination: "198.51.100.7",
        options: new Uint8Array(0),
      },
      {
        kind: "tcp",
        sourcePort: 0,
        destinationPort: 0,
        sequence: 0,
        acknowledgment: 0,
        flags: ["syn", "ack"],
        window: 512,
        checksum: expect.any(Number),
        urgent: 0,
        options: [],
      },
    ]);
  });

  test("are plain: copies, JSON, spread and console.log show them all", () => {
    expect(structuredClone(layers)).toEqual(layers);
    expect({ ...ip }).toEqual(ip as object);
    expect(JSON.parse(JSON.stringify(tcp))).toEqual(tcp);
    expect(Object.keys(tcp as object)).toContain("flags");
    expect(Bun.inspect(ip)).toContain('source: "192.0.2.1"');
    expect(Object.getPrototypeOf(ip)).toBe(Object.prototype);
  });

  test("stay when the frame's memory is used again", () => {
    const memory = frame.slice();
    const packet = dissect(memory);
    const before = structuredClone(packet.layers);
    memory.fill(0xff);
    expect(packet.layers).toEqual(before);
  });

  test("may be changed without changing another packet's", () => {
    const packet = dissect(frame);
    packet.get("tcp")?.flags.push("urg");
    expect(dissect(frame).get("tcp")?.flags).toEqual(["syn", "ack"]);
  });
});

describe("a packet", () => {
  const packet = dissect(build([ethernet, ipv4, udp, data]));

  test("gives a layer by its kind, the same one as in layers", () => {
    expect(packet.get("udp")?.destinationPort).toBe(30_000);
    expect(packet.get("udp")).toBe(packet.layers[2] as ReturnType<typeof packet.get<"udp">>);
    expect(packet.get("tcp")).toBeUndefined();
    expect(packet.get("udp", 1)).toBeUndefined();
  });

  test("gives the nth layer of a kind", () => {
    const tunnel = dissect(build([ethernet, ipv4, { ...ipv4, ttl: 3 }, udp, data]));
    expect(tunnel.get("ipv4")?.ttl).toBe(64);
    expect(tunnel.get("ipv4", 1)?.ttl).toBe(3);
    expect(tunnel.span("ipv4", 1)).toEqual({ start: 34, end: 54 });
  });

  test("is shown whole by console.log and JSON", () => {
    expect(Bun.inspect(packet)).toContain("destinationPort: 30000");
    expect(JSON.parse(JSON.stringify(packet)).layers[2]).toEqual(packet.get("udp"));
    expect(String(packet)).toBe("IP 192.0.2.1.20000 > 198.51.100.7.30000: UDP, length 5");
  });

  test("of a Buffer, of another view and of a whole buffer is the same", () => {
    const { bytes } = packet;
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    for (const same of [Buffer.from(bytes), new DataView(bytes.buffer), bytes.buffer, shared]) {
      const { layers, payload } = dissect(same);
      expect(layers).toEqual(packet.layers);
      expect(payload).toEqual(packet.payload);
      expect(payload.constructor).toBe(Uint8Array);
    }
  });

  test("that is no bytes, or has no such link, is a TypeError", () => {
    expect(() => dissect("frame" as never)).toThrow(TypeError);
    expect(() => dissect(undefined as never)).toThrow("frame must be a typed array");
    expect(() => dissect(data, { link: "wifi" as never })).toThrow(/^link must be .*"wifi"$/);
    expect(() => dissect(data, { link: -1 })).toThrow(RangeError);
  });

  test("of a socket that gives no header of a link begins with what `link` names", () => {
    const advertisement = icmpv6.encode({ kind: "icmpv6", type: 134, lifetime: 1800 });
    const packet = dissect(advertisement, { link: "icmpv6" });
    expect(packet.get("icmpv6")).toMatchObject({ type: 134, lifetime: 1800 });
    expect(kinds(dissect(advertisement.subarray(0, 3), { link: "icmpv6" }))).toEqual([]);
    const message = dhcp.encode({ kind: "dhcp", messageType: "discover" });
    expect(dissect(message, { link: "dhcp" }).get("dhcp")?.messageType).toBe("discover");
    // These bytes are no message, which is no problem of theirs.
    const other = dissect(message.with(0, 9), { link: "dhcp" });
    expect([kinds(other), other.problem, other.payload.length]).toEqual([[], null, message.length]);
    const from = build([udp, { kind: "dhcp", messageType: "discover" }]);
    expect(kinds(dissect(from.with(3, 67), { link: "udp" }))[0]).toBe("udp");
    expect(() => dissect(data, { link: "toString" as never })).toThrow(TypeError);
  });

  test("of a link type that nobody knows is payload", () => {
    const { layers, payload, problem } = dissect(data, { link: 147 });
    expect({ layers, payload, problem }).toEqual({ layers: [], payload: data, problem: null });
  });

  test("without a link header is IPv4 or IPv6 by its version", () => {
    expect(kinds(dissect(build([ipv4, udp]), { link: "raw" }))).toEqual(["ipv4", "udp"]);
    expect(kinds(dissect(build([ipv6, udp]), { link: 101 }))).toEqual(["ipv6", "udp"]);
    expect(dissect(Uint8Array.of(0x75), { link: "raw" }).problem).toMatchObject({
      kind: "malformed",
      layer: "ipv4",
      message: "ipv4: version 7",
    });
  });
});

describe("a frame that is cut off", () => {
  const frame = build([ethernet, ipv4, udp, data]);

  test("in a header has no such layer, and the problem says which and where", () => {
    const packet = dissect(frame.subarray(0, 37));
    expect(kinds(packet)).toEqual(["ethernet", "ipv4"]);
    expect(packet.problem).toMatchObject({ kind: "truncated", layer: "udp", offset: 34 });
    expect(packet.payload).toEqual(frame.subarray(34, 37));
  });

  test("in the payload has all its layers, and the problem is there", () => {
    const packet = dissect(frame.subarray(0, 44));
    expect(kinds(packet)).toEqual(["ethernet", "ipv4", "udp"]);
    expect(packet.problem).toMatchObject({ kind: "truncated", layer: "ipv4", offset: 34 });
    expect(packet.payload).toEqual(data.subarray(0, 2));
    expect(packet.trailer).toHaveLength(0);
  });

  test("as a quoted one has no problem", () => {
    const quoted = build([ipv4, udp, data]).subarray(0, 28);
    const packet = dissect(build([ethernet, ipv4, { kind: "icmp", type: 3, code: 3 }, quoted]));
    expect(kinds(packet)).toEqual(["ethernet", "ipv4", "icmp", "ipv4", "udp"]);
    expect(packet.problem).toBeNull();
    const short = dissect(
      build([ethernet, ipv4, { kind: "icmp", type: 3, code: 3 }, quoted.subarray(0, 23)]),
    );
    expect(kinds(short)).toEqual(["ethernet", "ipv4", "icmp", "ipv4"]);
    expect(short.problem).toBeNull();
    expect(short.payload).toHaveLength(3);
  });
});

describe("a length", () => {
  test("of IPv4 that is 0 goes to the end", () => {
    const frame = build([ethernet, { ...ipv4, totalLength: 0 }, udp, data]);
    const packet = dissect(frame);
    expect(packet.problem).toBeNull();
    expect(packet.payload).toEqual(data);
    expect(packet.get("ipv4")?.totalLength).toBe(0);
  });

  test("of IPv4 that is less than its header's is malformed", () => {
    const packet = dissect(build([ethernet, { ...ipv4, totalLength: 19 }, udp, data]));
    expect(kinds(packet)).toEqual(["ethernet"]);
    expect(packet.problem).toMatchObject({ kind: "malformed", layer: "ipv4", offset: 16 });
  });

  test("that leaves something over gives it as trailer", () => {
    const frame = build([ethernet, ipv4, udp, data], { minimumLength: 60 });
    expect(frame).toHaveLength(60);
    const packet = dissect(frame);
    expect(packet.payload).toEqual(data);
    expect(packet.trailer).toEqual(new Uint8Array(13));
    expect(packet.problem).toBeNull();
  });

  test("of a padded ARP is its own", () => {
    const packet = dissect(build([ethernet, { kind: "arp" }], { minimumLength: 60 }));
    expect(packet.payload).toHaveLength(0);
    expect(packet.trailer).toHaveLength(18);
  });

  test("of IEEE 802.3 bounds what LLC carries", () => {
    const stp: LayerInit = { kind: "llc", dsap: 0x42, ssap: 0x42, control: 3 };
    const frame = build([ethernet, stp, data], { minimumLength: 60 });
    const packet = dissect(frame);
    expect(packet.get("ethernet")).toMatchObject({ length: 8 });
    expect(packet.get("ethernet")).not.toHaveProperty("type");
    expect(packet.payload).toEqual(data);
    expect(packet.trailer).toHaveLength(38);
  });

  test("of a jumbogram is in its hop-by-hop option", () => {
    const large = new Uint8Array(70_000);
    const jumbo = new Uint8Array(4);
    new DataView(jumbo.buffer).setUint32(0, 8 + 8 + large.length);
    const options = [{ type: 0xc2, data: jumbo }];
    const frame = build([ethernet, ipv6, { kind: "hop-by-hop", options }, udp, large]);
    const packet = dissect(Uint8Array.of(...frame, 9, 9));
    expect(packet.problem).toBeNull();
    expect(packet.get("ipv6")?.payloadLength).toBe(0);
    expect(packet.get("udp")?.length).toBe(0);
    expect(packet.payload).toHaveLength(large.length);
    expect(packet.trailer).toEqual(Uint8Array.of(9, 9));
  });
});

describe("a fragment", () => {
  test("of IPv4 that is not the first is payload", () => {
    const fragment: LayerInit = { ...ipv4, protocol: 17, fragmentOffset: 1480 };
    const packet = dissect(build([ethernet, fragment, data]));
    expect(kinds(packet)).toEqual(["ethernet", "ipv4"]);
    expect(packet.payload).toEqual(data);
  });

  test("that is the first has the header, whose length is the whole packet's", () => {
    const first: LayerInit = { ...ipv4, moreFragments: true };
    const packet = dissect(build([ethernet, first, { ...udp, length: 3000 }, data]));
    expect(kinds(packet)).toEqual(["ethernet", "ipv4", "udp"]);
    expect(packet.problem).toBeNull();
  });

  test("of IPv6 is the same; an atomic one is a whole packet", () => {
    const at = (fragmentOffset: number, moreFragments: boolean): LayerInit[] => [
      ethernet,
      ipv6,
      { kind: "fragment", fragmentOffset, moreFragments, nextHeader: 17 },
    ];
    expect(kinds(dissect(build([...at(8, true), data])))).toEqual(["ethernet", "ipv6", "fragment"]);
    const atomic = dissect(build([...at(0, false), udp, data]));
    expect(kinds(atomic)).toEqual(["ethernet", "ipv6", "fragment", "udp"]);
  });
});

test("IPv6 extension headers are read in any order and number", () => {
  const extensions: LayerInit[] = [
    { kind: "destination-options" },
    { kind: "routing", data: new Uint8Array(20) },
    { kind: "hop-by-hop" },
    { kind: "authentication", icv: new Uint8Array(12) },
    { kind: "destination-options" },
  ];
  const chain = [ipv6, ...extensions, ...extensions, ...extensions, udp];
  const packet = dissect(build([ethernet, ...chain, data]));
  expect(kinds(packet)).toEqual(["ethernet", ...chain.map(({ kind }) => kind)]);
  expect(packet.problem).toBeNull();
});

test("more than a hundred headers are a problem, and payload", () => {
  const tags = new Array<LayerInit>(150).fill({ kind: "vlan", id: 7 });
  const packet = dissect(build([ethernet, ...tags, ipv4, udp]));
  expect(packet.layers).toHaveLength(100);
  expect(packet.problem).toMatchObject({ kind: "malformed", layer: "vlan" });
});
