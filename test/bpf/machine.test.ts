import { describe, expect, test } from "bun:test";
import { assemble } from "../../src/bpf/assemble.ts";
import { BpfError } from "../../src/bpf/error.ts";
import { CODE, EXTENSION, EXTENSION_NAMES, type Program } from "../../src/bpf/instruction.ts";
import { run } from "../../src/bpf/machine.ts";
import type { PacketMetadata } from "../../src/bpf/metadata.ts";
import { realise } from "../../src/bpf/realise.ts";
import { testWith } from "../support/requirements.ts";
import { filtered, libpcap } from "./libpcap.ts";
import { LONG, packetOf, programOf, Random } from "./programs.ts";

const packet = Uint8Array.from({ length: 32 }, (_, index) => 0xf0 + index);

/** What a source returns: from run, and from its function, which must not differ. */
function result(source: string): number {
  const program = assemble(source);
  const value = run(program, packet);
  expect(realise(program)(packet)).toBe(value);
  return value;
}

describe("registers have 32 bits and no sign", () => {
  for (const [source, expected] of [
    ["ld #-1\nadd #2\nret a", 1],
    ["ld #1\nsub #2\nret a", 0xffff_ffff],
    ["ld #0xffffffff\nmul #0xffffffff\nret a", 1],
    [
      "ld #0x12345678\nldx #0x9abcdef0\nmul x\nret a",
      Number((0x12345678n * 0x9abcdef0n) & 0xffff_ffffn),
    ],
    ["ld #-2\ndiv #2\nret a", 0x7fff_ffff],
    ["ld #-1\ndiv #1\nret a", 0xffff_ffff],
    ["ld #-1\nmod #10\nret a", 5],
    ["ld #-1\nldx #0x80000000\nmod x\nret a", 0x7fff_ffff],
    ["ld #1\nneg\nret a", 0xffff_ffff],
    ["ld #0\nneg\nret a", 0],
    ["ld #0x80000000\nneg\nret a", 0x8000_0000],
    ["ld #-1\nrsh #1\nret a", 0x7fff_ffff],
    ["ld #-1\nrsh #0\nret a", 0xffff_ffff],
    ["ld #-1\nlsh #31\nret a", 0x8000_0000],
    ["ld #3\nldx #33\nlsh x\nret a", 6],
    ["ld #3\nldx #33\nrsh x\nret a", 1],
    ["ld #0xf0f0f0f0\nxor #-1\nret a", 0x0f0f_0f0f],
    ["ld #0x80000000\nor #1\nret a", 0x8000_0001],
    ["ld #-1\nand #0x80000000\nret a", 0x8000_0000],
    ["ld #0xf0f0f0f0\nldx #-1\nld xor_x\nret a", 0x0f0f_0f0f],
    ["ld #0x80000000\njgt #1, y\nret #0\ny: ret #1", 1],
    ["ld #-1\nldx #1\njge x, y\nret #0\ny: ret #1", 1],
    ["ld #-1\njeq #-1, y\nret #0\ny: ret #1", 1],
    ["ld #0x80000000\njset #0x80000000, y\nret #0\ny: ret #1", 1],
    ["ret #-1", 0xffff_ffff],
    ["ldx #-1\ntxa\nst M[2]\nldx M[2]\nldi 0\ntxa\nret a", 0xffff_ffff],
  ] as const) {
    test(source.replaceAll("\n", "; "), () => expect(result(source)).toBe(expected));
  }
});

describe("what ends a program with 0", () => {
  for (const source of [
    "ld [29]\nret #1",
    "ldh [31]\nret #1",
    "ldb [32]\nret #1",
    "ld [0x7fffffff]\nret #1",
    "ldx #29\nld [x + 0]\nret #1",
    "ldx #-1\nldb [x]\nret #1",
    "ldxb 4*([32]&0xf)\nret #1",
    "ldx #0\nld #1\ndiv x\nret #1",
    "ldx #0\nld #1\nmod x\nret #1",
  ]) {
    test(source.replaceAll("\n", "; "), () => expect(result(source)).toBe(0));
  }
});

describe("loads", () => {
  for (const [source, expected] of [
    ["ld [0]\nret a", 0xf0f1_f2f3],
    ["ldh [12]\nret a", 0xfcfd],
    ["ldb [31]\nret a", 0x0f],
    ["ld [28]\nret a", 0x0c0d_0e0f],
    ["ldx #30\nldh [x]\nret a", 0x0e0f],
    ["ldx #30\nldh [x - 2]\nret a", 0x0c0d],
    ["ldx #-2\nldh [x + 2]\nret a", 0xf0f1],
    ["ldxb 4*([1]&0xf)\ntxa\nret a", 4],
    ["ldxb 4*([31]&0xf)\ntxa\nret a", 60],
    ["ld len\nret a", 32],
    ["ldx len\ntxa\nret a", 32],
  ] as const) {
    test(source.replaceAll("\n", "; "), () => expect(result(source)).toBe(expected));
  }
});

test("the length on the wire is told, or that of the bytes", () => {
  const program = assemble("ld len\nret a");
  expect(run(program, packet, { length: 1500 })).toBe(1500);
  expect(realise(program)(packet, 1500)).toBe(1500);
  expect(realise(program)(packet, 1500, { length: 7 })).toBe(1500);
  expect(realise(program)(packet, undefined, { length: 7 })).toBe(7);
  // What is not there is not read, however long the packet was.
  expect(run(assemble("ldb [40]\nret #1"), packet, { length: 1500 })).toBe(0);
});

test("every kind of view and buffer is a packet", () => {
  const program = assemble("ldh [0]\nret a");
  const keep = realise(program);
  const shared = new SharedArrayBuffer(2);
  new Uint8Array(shared).set([0xf0, 0xf1]);
  for (const bytes of [
    packet,
    Buffer.from(packet),
    packet.buffer,
    shared,
    new DataView(packet.buffer, 0, 8),
    new Uint16Array(packet.buffer),
  ]) {
    expect([run(program, bytes), keep(bytes)]).toEqual([0xf0f1, 0xf0f1]);
  }
  expect(keep(packet.subarray(1))).toBe(0xf1f2);
  expect(keep(new DataView(packet.buffer, 1))).toBe(0xf1f2);
});

test("wrong arguments are TypeErrors and RangeErrors that name them", () => {
  const program = assemble("ld len\nret a");
  const keep = realise(program);
  const text = "abc" as unknown as Uint8Array;
  for (const call of [() => run(program, text), () => keep(text)]) {
    expect(call).toThrow(new TypeError("packet must be an ArrayBuffer or a view, not string"));
  }
  for (const call of [() => run(program, packet, { length: -1 }), () => keep(packet, -1)]) {
    expect(call).toThrow(new RangeError("length must be an integer from 0 to 4294967295, not -1"));
  }
  const vlan = { tci: 0x10000, tpid: 0x8100 };
  expect(() => run(program, packet, { vlan })).toThrow(
    new RangeError("vlan.tci must be an integer from 0 to 65535, not 65536"),
  );
  const unknown = { len: 5 } as { length?: number };
  expect(() => run(program, packet, unknown)).toThrow('unknown metadata "len"; accepted: length,');
  const mark = "1" as unknown as number;
  expect(() => keep(packet, undefined, { mark })).toThrow(
    new TypeError("mark must be a number, not string"),
  );
});

test(
  "run and its function are told the same by every extension",
  () => {
    const steady = [...EXTENSION_NAMES.keys()].filter((offset) => offset !== EXTENSION.RANDOM);
    for (let seed = 0; seed < 2000; seed++) {
      const random = new Random(seed);
      const names = Array.from({ length: 3 }, () => random.pick(steady) | 0);
      const source = names.map((name) => `ld [${name}]\nadd x\ntax`).join("\n");
      const program = assemble(`ld #${random.below(20)}\nldx #${random.word()}\n${source}\nret a`);
      const metadata = metadataOf(random);
      const bytes = packetOf(random);
      const fast = realise(program)(bytes, undefined, metadata);
      expect([seed, fast]).toEqual([seed, run(program, bytes, metadata)]);
    }
  },
  LONG,
);

/** Some of what can be known, at random. */
function metadataOf(random: Random): PacketMetadata {
  const [word, half] = [() => random.word(), () => random.below(0x10000)];
  const all: PacketMetadata = {
    ...{ length: word(), protocol: half(), pkttype: random.below(8), ifindex: word() },
    ...{ hatype: half(), vlan: { tci: half(), tpid: half() }, mark: word(), queue: half() },
    ...{ rxhash: word(), cpu: word(), network: random.below(40) },
  };
  return Object.fromEntries(Object.entries(all).filter(() => !random.once(3)));
}

describe("a program that the kernel would refuse does not run", () => {
  const step = (code: number, k = 0, jt = 0, jf = 0) => ({ code, jt, jf, k });
  const end = step(CODE.RET_K, 1);
  for (const [name, program, error] of [
    ["empty", [], BpfError],
    ["without an end", [step(CODE.TAX)], BpfError],
    ["an unknown code that is never reached", [end, step(0x0e), end], BpfError],
    ["a word that was not written", [step(CODE.LD_MEM, 1), end], BpfError],
    ["a jump back", [step(CODE.JA, 0xffff_ffff), end], BpfError],
    ["a jump back by a sign", [step(CODE.JA, -1), end], RangeError],
    ["a branch back", [step(CODE.JEQ_K, 0, -1, -1), end], RangeError],
    ["a jump nowhere", [step(CODE.JA, Number.NaN), end], RangeError],
  ] as const) {
    test(name, () => expect(() => run(program as Program, packet)).toThrow(error));
  }
});

/** Not the shifts by a register, where libpcap does not count modulo 32, nor the extensions. */
function isSameInLibpcap(program: Program): boolean {
  return program.every(
    ({ code, k }) => code !== CODE.LSH_X && code !== CODE.RSH_X && k < 0x8000_0000,
  );
}

testWith(libpcap)("libpcap's machine agrees, where it is defined to", () => {
  let compared = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const random = new Random(seed);
    const program = programOf(random);
    if (!isSameInLibpcap(program)) continue;
    const bytes = packetOf(random);
    expect([seed, run(program, bytes)]).toEqual([seed, filtered(program, bytes)]);
    compared++;
  }
  expect(compared).toBeGreaterThan(500);
});
