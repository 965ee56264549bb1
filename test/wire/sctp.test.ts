import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, sctp } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { bytes, port, u8, u32 } from "./support/arbitrary.ts";
import { ether, four, made, six } from "./support/carrier.ts";
import { conforms, GOOD, judged } from "./support/conform.ts";
import { octets, rows } from "./support/judge.ts";
import { tshark } from "./support/tshark.ts";

const chunk = fc.record({ type: u8, flags: u8, value: bytes(20) });
const anySctp = fc.record({
  kind: fc.constant("sctp" as const),
  sourcePort: port,
  destinationPort: port,
  verificationTag: u32,
  chunks: fc.array(chunk, { maxLength: 5 }),
});
const HEADER = "13881389000000070000000";

describe("sctp", () => {
  conforms(sctp, anySctp, {
    least: 12,
    payload: false,
    beginnings: [`${HEADER}0`, `${HEADER}001000014`, `${HEADER}000030013`],
  });

  test("chunks are read without the zeros that fill them up", () => {
    const packet = dissect(made("sctp, chunks"));
    const text = new TextEncoder();
    expect(packet.get("sctp")).toMatchObject({
      sourcePort: 1,
      destinationPort: 2,
      verificationTag: 0x01020304,
      chunks: [
        { type: 3, flags: 0 },
        { type: 0, value: Uint8Array.of(0, 0, 0, 8, ...bytesOf(8), ...text.encode("five!")) },
        { type: 0, flags: 2, value: Uint8Array.of(0, 0, 0, 9, ...bytesOf(8), ...text.encode("1")) },
        { type: 14, flags: 0, value: new Uint8Array(0) },
      ],
    });
    expect(packet.payload).toHaveLength(0);
  });

  test("the CRC32c of scapy is computed", () => {
    const frame = made("sctp, chunks");
    const layers = dissect(frame).layers.map((layer) =>
      layer.kind === "sctp" ? { ...layer, checksum: undefined } : layer,
    );
    expect(build(layers)).toEqual(frame);
  });

  test("the CRC32c of RFC 3720's examples is right", () => {
    // The checksum is that of header and chunk; without a header its bytes are zeros.
    for (const [hex, crc] of [
      ["00".repeat(32), 0x8a9136aa],
      ["ff".repeat(32), 0x62a8ab43],
    ] as const) {
      expect(Bun.hash.crc32(Uint8Array.fromHex(hex))).not.toBe(crc);
      expect(crc32c(Uint8Array.fromHex(hex))).toBe(crc);
    }
    fc.assert(
      fc.property(anySctp, (init) => {
        const encoded = sctp.encode(init);
        const checksum = new DataView(encoded.buffer).getUint32(8, true);
        encoded.fill(0, 8, 12);
        expect(checksum).toBe(crc32c(encoded));
      }),
    );
  });

  test("bytes that fill up and are no zeros, or are missing, are kept", () => {
    const header = `${HEADER}0`.padEnd(24, "0");
    const strange = Uint8Array.fromHex(`${header}010000050aff0000`);
    const { layer } = sctp.decode(strange);
    expect(layer.chunks).toEqual([
      { type: 1, flags: 0, value: Uint8Array.of(10), padding: Uint8Array.of(0xff, 0, 0) },
    ]);
    expect(sctp.encode(layer)).toEqual(strange);
    const bare = strange.subarray(0, -3);
    expect(sctp.decode(bare).layer.chunks[0]?.padding).toHaveLength(0);
    expect(sctp.encode(sctp.decode(bare).layer)).toEqual(bare);
  });

  test("a chunk that is cut off is the payload, and the problem says where", () => {
    const frame = made("sctp, chunks");
    const start = 34 + 12 + 16;
    for (let length = start + 1; length < start + 21; length++) {
      const { problem, payload, layers } = dissect(frame.subarray(0, length));
      expect(problem).toMatchObject({ kind: "truncated", layer: "ipv4", offset: 34 });
      expect(layers.at(-1)).toMatchObject({ kind: "sctp", chunks: [{ type: 3 }] });
      expect(payload).toHaveLength(length - start);
    }
    const alone = build([ether, four, { kind: "sctp" }], Uint8Array.of(0, 0, 0, 9, 1));
    expect(dissect(alone).problem).toMatchObject({ layer: "sctp", offset: 46 });
  });

  test("a chunk whose length is less than its header is malformed", () => {
    for (let length = 0; length < 4; length++) {
      const bytes = sctp.encode({ kind: "sctp" }, Uint8Array.of(0, 0, 0, length));
      expect(() => sctp.decode(bytes)).toThrow(/chunk's length/);
    }
  });

  test("a value that no length can say is refused", () => {
    const value = new Uint8Array(0xffff - 4);
    const encode = (value: Uint8Array) =>
      sctp.encode({ chunks: [{ type: 0, flags: 0, value }], kind: "sctp" });
    expect(encode(value)).toHaveLength(12 + 0x1_0000);
    expect(() => encode(new Uint8Array(value.length + 1))).toThrow(/sctp\.chunks: value/);
  });

  testWith(program("tshark"))("tshark reads sctp as we do, its checksums right", () => {
    // Types that tshark does not know, for it looks into the values of others.
    const unknown = fc.record({ type: fc.constantFrom(0x20, 0x7f), flags: u8, value: bytes(20) });
    const layer = fc.record({
      ...{ kind: fc.constant("sctp" as const), verificationTag: u32 },
      sourcePort: port,
      destinationPort: port,
      chunks: fc.array(unknown, { minLength: 1, maxLength: 5 }),
    });
    const frames = fc
      .sample(fc.tuple(layer, fc.constantFrom(four, six)), { numRuns: 400, seed: 9 })
      .map(([init, network]) => build([ether, network, init]));
    judged(
      frames,
      rows("sctp", {
        "sctp.srcport": "sourcePort",
        "sctp.dstport": "destinationPort",
        "sctp.verification_tag": "verificationTag",
        "sctp.checksum": "checksum",
        "sctp.chunk_type": ["chunks", Number, ({ chunks }) => chunks.map(({ type }) => type)],
        "sctp.chunk_flags": ["chunks", Number, ({ chunks }) => chunks.map(({ flags }) => flags)],
        "sctp.chunk_value": [
          "chunks",
          octets,
          ({ chunks }) =>
            chunks.filter(({ value }) => value.length > 0).map(({ value }) => value.toHex()),
        ],
      }),
    );
    const found = tshark(frames, ["sctp.checksum.status"]);
    expect(found.map((fields) => fields.get("sctp.checksum.status"))).toEqual(
      frames.map(() => [GOOD]),
    );
  });
});

function bytesOf(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** Bit by bit, as the polynomial divides. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * 0x82f6_3b78);
  }
  return ~crc >>> 0;
}
