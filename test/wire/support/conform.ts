// What holds for every protocol: no bytes make it throw anything but a WireError, what it reads it
// writes byte for byte, and what it writes it reads.

import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type AnyLayer,
  type Codec,
  type Decoded,
  dissect,
  type Init,
  type LinkType,
  WireError,
} from "../../../src/wire/index.ts";
import { bytes } from "./arbitrary.ts";
import { judge, type Row } from "./judge.ts";
import { tshark } from "./tshark.ts";

/** RAWSOCK_TEST_RUNS=n for more than a test run should take. */
const numRuns = Number(process.env.RAWSOCK_TEST_RUNS ?? 300);

/** Many runs on a slow machine take more than bun test's 5 seconds. */
const TIMEOUT = 120_000;

type Options = {
  /** Fewer bytes than so many are never a header. */
  readonly least: number;
  /** Whether what is behind the header may be anything; else nothing is. */
  readonly payload?: boolean;
  /** What random bytes begin with, so that they come past the first checks. */
  readonly beginnings: readonly string[];
};

/** What decode gives; undefined where it throws a WireError, which is looked at. */
export function decoded<L extends AnyLayer>(
  codec: Codec<L>,
  given: Uint8Array,
): Decoded<L> | undefined {
  try {
    return codec.decode(given);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    expect(error.layer).toBe(codec.kind);
    expect(error.offset).toBeWithin(0, given.length + 1);
    return undefined;
  }
}

/** Decodes the bytes; what is read has to be written as it was. */
function readAndWritten<L extends AnyLayer>(codec: Codec<L>, given: Uint8Array): void {
  const before = given.slice();
  const result = decoded(codec, given);
  expect(given).toEqual(before);
  if (result === undefined) return;
  const { layer, length, payload } = result;
  expect(length + payload.length).toBeLessThanOrEqual(given.length);
  expect(structuredClone(layer)).toEqual(layer);
  const again = codec.encode(layer as Init<L>, payload);
  if (Buffer.compare(again, given.subarray(0, again.length)) !== 0) {
    expect(again.toHex(), JSON.stringify(layer)).toBe(given.toHex());
  }
}

/** The tests of a protocol, with layers whose fields are all set but those that are computed. */
export function conforms<L extends AnyLayer>(
  codec: Codec<L>,
  layer: fc.Arbitrary<Init<L>>,
  { least, payload = true, beginnings }: Options,
): void {
  const behind = payload ? bytes(20) : fc.constant(new Uint8Array(0));

  test(
    "what is encoded is decoded to the same, and encoded to the same again",
    () => {
      fc.assert(
        fc.property(layer, behind, (init, data) => {
          const encoded = codec.encode(init, data);
          const result = codec.decode(encoded);
          expect(result.layer as object).toMatchObject(init);
          expect(result.payload).toEqual(data);
          expect(result.length).toBe(encoded.length - data.length);
          expect(codec.encode(result.layer as Init<L>, result.payload)).toEqual(encoded);
          // Encoding reads no field but its own, and changes none.
          expect(codec.encode(structuredClone(init), data)).toEqual(encoded);
        }),
        { numRuns },
      );
    },
    TIMEOUT,
  );

  test(
    "no bytes, and fewer than the least header has, are cut off",
    () => {
      fc.assert(
        fc.property(layer, behind, (init, data) => {
          const encoded = codec.encode(init, data);
          for (let length = 0; length < least; length++) {
            expect(() => codec.decode(encoded.subarray(0, length))).toThrow(WireError);
          }
        }),
        { numRuns: 20 },
      );
    },
    TIMEOUT,
  );

  test(
    "every prefix is read and written as it is, or throws a WireError",
    () => {
      fc.assert(
        fc.property(layer, behind, (init, data) => {
          const encoded = codec.encode(init, data);
          for (let length = 0; length <= encoded.length; length++) {
            readAndWritten(codec, encoded.slice(0, length));
          }
        }),
        { numRuns: Math.ceil(numRuns / 10) },
      );
    },
    TIMEOUT,
  );

  test(
    "hostile bytes are read and written as they are, or throw a WireError",
    () => {
      const beginning = fc.constantFrom("", ...beginnings).map((hex) => Uint8Array.fromHex(hex));
      const few = fc.uint8Array({ max: 4, maxLength: 120 });
      fc.assert(
        fc.property(beginning, fc.oneof(bytes(120), few), (first, rest) => {
          readAndWritten(codec, Uint8Array.of(...first, ...rest));
        }),
        { numRuns: 10 * numRuns },
      );
    },
    TIMEOUT,
  );

  test(
    "a layer with bytes that are changed is read and written as it is, or throws",
    () => {
      const changes = fc.array(fc.tuple(fc.nat(), fc.nat(0xff)), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(layer, behind, changes, (init, data, changed) => {
          const encoded = codec.encode(init, data);
          for (const [at, value] of changed) encoded[at % encoded.length] = value;
          readAndWritten(codec, encoded);
        }),
        { numRuns: 3 * numRuns },
      );
    },
    TIMEOUT,
  );
}

/** tshark reads the fields of the frames as we do. Returns how many there were. */
export function judged(
  frames: readonly Uint8Array[],
  table: readonly Row[],
  link: LinkType = "ethernet",
  number = 1,
): void {
  for (const frame of frames) expect(dissect(frame, { link }).problem).toBeNull();
  const names = [...new Set(table.map(({ name }) => name))];
  const fields = tshark(frames, names, { link: number });
  const { compared, differences } = judge(frames, fields, table, link);
  const shown = differences.map((one) => ({ ...one, bytes: frames[one.frame]?.toHex() }));
  expect(shown.slice(0, 3)).toEqual([]);
  expect(compared).toBeGreaterThanOrEqual(frames.length);
}

/** What tshark says of checksums: 1 is a right one. */
export const GOOD = "1";
