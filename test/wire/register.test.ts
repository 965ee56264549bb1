import { describe, expect, test } from "bun:test";
import {
  build,
  dissect,
  type LayerInit,
  register,
  udp as udpCodec,
  vxlan,
  WireError,
} from "../../src/wire/index.ts";

/** A protocol of the caller's own: a type, and how long the payload is. */
type Parcel = { kind: "parcel"; type: number; length: number; sum: number };

declare module "../../src/wire/index.ts" {
  interface Layers {
    parcel: Parcel;
  }
}

const parcel = {
  kind: "parcel" as const,
  decode(bytes: Uint8Array) {
    if (bytes.length < 3) throw new WireError("parcel", bytes.length, "a parcel has 3 bytes");
    const [type = 0, length = 0, sum = 0] = bytes;
    if (type === 0xff) throw new WireError("parcel", 0, "no parcel has type 255");
    const layer: Parcel = { kind: "parcel", type, length, sum };
    const next = type === 4 ? "ipv4" : undefined;
    return { layer, length: 3, payload: bytes.subarray(3, 3 + length), ...(next && { next }) };
  },
  encode(
    layer: LayerInit & { kind: "parcel" },
    payload = new Uint8Array(0),
    _: unknown,
    above?: { kind: string },
  ) {
    const { type = above?.kind === "ipv4" ? 4 : 0, length = payload.length } = layer;
    const sum = layer.sum ?? payload.reduce((total, byte) => (total + byte) & 0xff, 0);
    return Uint8Array.of(type, length, sum, ...payload);
  },
};

// Numbers that no other test has: what is registered stays for all of them.
register({ ...parcel, etherType: 0x9ab7, ipProtocol: [253, 254], udpPort: 40_444 });

const ethernet: LayerInit = { kind: "ethernet", source: "02:00:00:00:00:01" };
const ipv4: LayerInit = { kind: "ipv4", source: "192.0.2.1", destination: "198.51.100.7" };
const udp: LayerInit = { kind: "udp", sourcePort: 1, destinationPort: 2 };
const data = Uint8Array.of(1, 2, 3);

describe("a registered protocol", () => {
  test("is found by its numbers, and its numbers are filled in", () => {
    const frame = build([ethernet, { kind: "parcel", type: 9 }, data]);
    const packet = dissect(Uint8Array.of(...frame, 0, 0));
    expect(packet.get("ethernet")?.type).toBe(0x9ab7);
    expect(packet.get("parcel")).toEqual({ kind: "parcel", type: 9, length: 3, sum: 6 });
    expect(packet.payload).toEqual(data);
    expect(packet.trailer).toEqual(new Uint8Array(2));
    expect(build([...packet.layers, packet.payload])).toEqual(frame);
  });

  test("with several numbers is found by each, and the first is written", () => {
    expect(dissect(build([ethernet, ipv4, { kind: "parcel" }])).get("ipv4")?.protocol).toBe(253);
    const other = build([ethernet, { ...ipv4, protocol: 254 }, { kind: "parcel" }]);
    expect(dissect(other).get("parcel")).toBeDefined();
    const datagram = build([ethernet, ipv4, { kind: "udp" }, { kind: "parcel" }]);
    expect(dissect(datagram).get("udp")?.destinationPort).toBe(40_444);
  });

  test("says what follows, and its checksum is over finished headers", () => {
    const frame = build([ethernet, { kind: "parcel" }, ipv4, udp, data]);
    const packet = dissect(frame);
    expect(packet.layers.map(({ kind }) => kind)).toEqual(["ethernet", "parcel", "ipv4", "udp"]);
    const sum = frame.subarray(17).reduce((total, byte) => (total + byte) & 0xff, 0);
    expect(packet.get("parcel")?.sum).toBe(sum);
  });

  test("that is cut off or malformed is a problem with its place", () => {
    const frame = build([ethernet, { kind: "parcel", type: 255 }, data]);
    expect(dissect(frame).problem).toEqual({
      kind: "malformed",
      layer: "parcel",
      offset: 14,
      message: "parcel: no parcel has type 255",
    });
    const short = dissect(frame.subarray(0, 16));
    expect(short.problem).toMatchObject({ kind: "truncated", layer: "parcel", offset: 14 });
    const payload = dissect(build([ethernet, { kind: "parcel", length: 9 }, data]));
    expect(payload.problem).toBeNull();
  });

  test("whose decode throws anything but a RangeError is a mistake, which is shown", () => {
    register({
      kind: "broken",
      etherType: 0x9ab8,
      decode: () => {
        throw new TypeError("a mistake");
      },
      encode: () => new Uint8Array(1),
    });
    expect(() => dissect(build([{ ...ethernet, type: 0x9ab8 }, data]))).toThrow("a mistake");
  });

  test("whose decode reads behind the end by a DataView is cut off", () => {
    register({
      kind: "viewed",
      etherType: 0x9ab9,
      decode: (bytes) => {
        const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0);
        return { layer: { kind: "viewed", value }, length: 4 };
      },
      encode: () => new Uint8Array(4),
    });
    const packet = dissect(build([{ ...ethernet, type: 0x9ab9 }, data]));
    expect(packet.problem).toMatchObject({ kind: "truncated", layer: "viewed", offset: 14 });
    expect(packet.payload).toEqual(data);
  });

  test("whose encode gives another size with payload is refused", () => {
    register({
      kind: "growing",
      decode: () => ({ layer: { kind: "growing" }, length: 0 }),
      encode: (_, payload = new Uint8Array(0)) => new Uint8Array(3 * payload.length),
    });
    const layers = [ethernet, { kind: "growing" } as unknown as LayerInit, data];
    expect(() => build(layers)).toThrow("growing: encode must return 3 bytes with this payload");
  });
});

describe("a protocol of this package", () => {
  test("gets more numbers, and keeps what it carries", () => {
    register({ ...vxlan, udpPort: [4789, 8472] });
    const inner: LayerInit[] = [ethernet, ipv4, udp];
    const port: LayerInit = { kind: "udp", destinationPort: 8472 };
    const packet = dissect(
      build([ethernet, ipv4, port, { kind: "vxlan", vni: 5 }, ...inner, data]),
    );
    expect(packet.get("vxlan")?.vni).toBe(5);
    expect(packet.get("udp", 1)).toMatchObject(udp);
  });

  test("is overridden by another of its kind, until it is registered again", () => {
    register({
      kind: "udp",
      ipProtocol: 17,
      decode: () => ({ layer: { kind: "udp", sourcePort: 7 }, length: 1 }),
      encode: () => new Uint8Array(1),
    });
    const frame = build([ethernet, { ...ipv4, protocol: 17 }, data]);
    expect(dissect(frame).layers.at(-1)).toEqual({ kind: "udp", sourcePort: 7 } as never);
    register({ ...udpCodec, ipProtocol: 17 });
    expect(dissect(build([ethernet, ipv4, udp, data])).get("udp")).toMatchObject(udp);
  });
});

test("a registration that is none is refused", () => {
  const { decode, encode } = parcel;
  const register_ = register as (registration: unknown) => void;
  expect(() => register_(undefined)).toThrow("registration must be an object, not undefined");
  expect(() => register_({ decode, encode })).toThrow("kind must be a string");
  expect(() => register_({ kind: "payload", decode, encode })).toThrow(TypeError);
  expect(() => register_({ kind: "x", encode })).toThrow("decode must be a function");
  expect(() => register_({ kind: "x", decode })).toThrow("encode must be a function");
  expect(() => register_({ kind: "x", decode, encode, ipProtocol: 256 })).toThrow(
    "ipProtocol must be an integer from 0 to 255, not 256",
  );
});
