import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, type Init, igmp, type Layers } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { ipv4Address, u8 } from "./support/arbitrary.ts";
import { ether, four, made } from "./support/carrier.ts";
import { conforms, GOOD, judged } from "./support/conform.ts";
import { address, boolean, rows } from "./support/judge.ts";
import { tshark } from "./support/tshark.ts";

type Igmp = Init<Layers["igmp"]>;

const igmpKind = fc.constant("igmp" as const);
const old = fc.record({
  kind: igmpKind,
  type: fc.constantFrom(0x11, 0x12, 0x16, 0x17),
  maxResponse: u8,
  group: ipv4Address,
});
const query3 = fc.record({
  kind: igmpKind,
  type: fc.constant(0x11),
  maxResponse: u8,
  group: ipv4Address,
  sources: fc.array(ipv4Address, { maxLength: 4 }),
  robustness: fc.integer({ min: 1, max: 7 }),
  queryInterval: fc.integer({ min: 1, max: 255 }),
  suppress: fc.constant(true as const),
});
const record = fc.record({
  type: fc.integer({ min: 1, max: 6 }),
  group: ipv4Address,
  sources: fc.array(ipv4Address, { maxLength: 3 }),
});
const report3 = fc.record({
  kind: igmpKind,
  type: fc.constant(0x22),
  maxResponse: fc.constant(0),
  records: fc.array(record, { maxLength: 4 }),
});

describe("igmp, versions 1 and 2", () => {
  conforms(igmp, old, { least: 8, payload: false, beginnings: ["1100", "16000000", "1700"] });
});

describe("igmp, query of version 3", () => {
  conforms(igmp, query3, { least: 8, payload: false, beginnings: ["1164000000000000027d0001"] });

  test("its fields beyond the sources are there only where they are not 0", () => {
    expect(dissect(made("igmp, v3 query")).get("igmp")).toEqual({
      kind: "igmp",
      type: 0x11,
      maxResponse: 100,
      checksum: 12563,
      group: "239.1.2.3",
      sources: ["192.0.2.5"],
      suppress: true,
      robustness: 2,
      queryInterval: 125,
    });
    const plain = igmp.encode({ kind: "igmp", sources: [] });
    expect(plain).toHaveLength(12);
    expect(igmp.decode(plain).layer).toEqual({
      kind: "igmp",
      type: 0x11,
      maxResponse: 0,
      checksum: 0xeeff,
      group: "0.0.0.0",
      sources: [],
    });
  });
});

describe("igmp, report of version 3", () => {
  conforms(igmp, report3, {
    least: 8,
    payload: false,
    beginnings: ["2200000000000001", "22000000000000020401"],
  });

  test("auxiliary data of records is kept", () => {
    const auxiliary = Uint8Array.of(1, 2, 3, 4);
    const records = [{ type: 1, group: "239.1.2.3", sources: ["192.0.2.1"], auxiliary }];
    const encoded = igmp.encode({ kind: "igmp", records });
    expect(encoded.toHex()).toEndWith("01010001ef010203c000020101020304");
    expect(igmp.decode(encoded).layer).toMatchObject({ type: 0x22, records });
    records[0] = { ...records[0], auxiliary: auxiliary.subarray(1) } as (typeof records)[0];
    expect(() => igmp.encode({ kind: "igmp", records })).toThrow(/auxiliary/);
  });

  test("more records than there are, are cut off", () => {
    const encoded = igmp.encode({ kind: "igmp", type: 0x22 });
    encoded[7] = 1;
    expect(() => igmp.decode(encoded)).toThrow(/too few/);
  });
});

describe("igmp", () => {
  test("sources are of queries, records of reports", () => {
    expect(() => igmp.encode({ kind: "igmp", type: 0x16, sources: [] })).toThrow(/igmp\.sources/);
    expect(() => igmp.encode({ kind: "igmp", type: 0x11, records: [] })).toThrow(/igmp\.records/);
  });

  test("a query of 9 to 11 bytes is one of version 2 with a payload", () => {
    const query = igmp.encode({ kind: "igmp", type: 0x11 }, Uint8Array.of(1, 2, 3));
    expect(igmp.decode(query).layer).not.toHaveProperty("sources");
    expect(igmp.decode(query).payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  testWith(program("tshark"))("tshark reads igmp as we do, its checksums right", () => {
    const layer = fc.oneof<fc.Arbitrary<Igmp>[]>(old, query3, report3);
    const to = { ...four, destination: "224.0.0.22" };
    const frames = fc
      .sample(layer, { numRuns: 600, seed: 10 })
      // A query without time is of version 1, in which tshark shows none.
      .map((init) => build([ether, to, { ...init, maxResponse: (init.maxResponse ?? 0) | 1 }]));
    judged(
      frames,
      rows("igmp", {
        "igmp.type": "type",
        "igmp.checksum": "checksum",
        "igmp.max_resp": [
          "maxResponse",
          Number,
          // It reads the code as a floating-point number in version 3, and shows none in reports.
          ({ type, maxResponse, sources }) =>
            type === 0x22 || type === 0x12
              ? undefined
              : sources === undefined || maxResponse < 128
                ? maxResponse
                : ((maxResponse & 15) | 16) << (((maxResponse >> 4) & 7) + 3),
        ],
        "igmp.maddr": [
          "group",
          address,
          ({ group, records }) => records?.map((record) => record.group) ?? group,
        ],
        "igmp.saddr": [
          "sources",
          address,
          ({ sources, records }) => sources ?? records?.flatMap((record) => record.sources),
        ],
        "igmp.record_type": [
          "records: type",
          Number,
          ({ records }) => records?.map((record) => record.type),
        ],
        "igmp.qrv": "robustness",
        "igmp.qqic": ["queryInterval", Number, ({ queryInterval }) => queryInterval],
        "igmp.s": ["suppress", boolean],
      }),
    );
    const found = tshark(frames, ["igmp.checksum.status"]);
    expect(found.map((fields) => fields.get("igmp.checksum.status"))).toEqual(
      frames.map(() => [GOOD]),
    );
  });
});
