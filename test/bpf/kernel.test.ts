// The kernel is the judge: programs are attached to a socket, and packets sent to it.

import { expect } from "bun:test";
import { assemble } from "../../src/bpf/assemble.ts";
import { disassemble } from "../../src/bpf/disassemble.ts";
import { BpfError } from "../../src/bpf/error.ts";
import { CODE, INSTRUCTIONS_MAX, OPERATIONS, type Program } from "../../src/bpf/instruction.ts";
import { run } from "../../src/bpf/machine.ts";
import { realise } from "../../src/bpf/realise.ts";
import { validate } from "../../src/bpf/validate.ts";
import { testWith } from "../support/requirements.ts";
import { FilteredPair } from "./kernel.ts";
import { packetOf, programOf, Random, repeated, spoiled } from "./programs.ts";

const linux = { met: process.platform === "linux", remedy: "run on Linux" };
const linuxTest = testWith(linux);

function accepts(program: Program): boolean {
  try {
    validate(program);
    return true;
  } catch (error) {
    if (error instanceof BpfError) return false;
    throw error;
  }
}

linuxTest("the verdict of kernel, run and filter is the same for random programs", () => {
  using pair = new FilteredPair();
  let telling = 0;
  for (let seed = 0; seed < 4000; seed++) {
    const random = new Random(seed);
    const program = programOf(random);
    if (!pair.attach(program)) throw new Error(`seed ${seed}: refused\n${disassemble(program)}`);
    const keep = realise(program);
    for (let count = 0; count < 6; count++) {
      const packet = packetOf(random);
      const machine = run(program, packet);
      const kept = Math.min(machine, packet.length);
      const verdicts = { kernel: pair.verdict(packet), machine: kept, fast: keep(packet) };
      if (verdicts.kernel !== kept || verdicts.fast !== machine) {
        const about = `${JSON.stringify(verdicts)} of ${machine}, packet ${packet.toHex()}`;
        throw new Error(`seed ${seed}: ${about}\n${disassemble(program)}`);
      }
      if (kept > 0 && kept < packet.length) telling++;
    }
  }
  // Most verdicts tell a byte of A.
  expect(telling).toBeGreaterThan(6000);
});

linuxTest("the kernel refuses exactly the programs that validate refuses", () => {
  using pair = new FilteredPair();
  const counts = { accepted: 0, refused: 0 };
  for (let seed = 0; seed < 12_000; seed++) {
    const random = new Random(seed);
    const program = spoiled(programOf(random), random);
    if (program.length === 0) {
      expect(accepts(program)).toBe(false);
      continue;
    }
    const accepted = pair.attach(program);
    if (accepts(program) !== accepted) {
      throw new Error(
        `seed ${seed}: kernel ${accepted}\n${disassemble(program, { format: "ddd" })}`,
      );
    }
    counts[accepted ? "accepted" : "refused"]++;
  }
  expect(counts.accepted).toBeGreaterThan(2000);
  expect(counts.refused).toBeGreaterThan(4000);
});

linuxTest("of all codes, the kernel has those of the table", () => {
  using pair = new FilteredPair();
  for (let code = 0; code < 0x10000; code++) {
    // Every field is right for whichever operation it may be.
    const start = { code: CODE.STX, jt: 0, jf: 0, k: 1 };
    const end = { code: CODE.RET_K, jt: 0, jf: 0, k: 0 };
    if (code >= 0x200 && code % 251 !== 0) continue;
    const program = [start, { code, jt: 0, jf: 0, k: 1 }, end, end];
    expect([code, pair.attach(program)]).toEqual([code, OPERATIONS.has(code)]);
    expect(accepts(program)).toBe(OPERATIONS.has(code));
  }
});

linuxTest("at most 4096 instructions, and jumps of all lengths", () => {
  using pair = new FilteredPair();
  const end = { code: CODE.RET_K, jt: 0, jf: 0, k: 7 };
  const add = { code: CODE.ADD_K, jt: 0, jf: 0, k: 1 };
  const longest = repeated(add, INSTRUCTIONS_MAX, end);
  expect([accepts(longest), pair.attach(longest)]).toEqual([true, true]);
  // The kernel refuses it by its count; our own option does so before.
  expect(accepts(repeated(add, INSTRUCTIONS_MAX + 1, end))).toBe(false);
  const packet = new Uint8Array(9);
  for (const skip of [0, 1, 255, 256, 4000, INSTRUCTIONS_MAX - 2, INSTRUCTIONS_MAX - 1]) {
    const over = [{ code: CODE.JA, jt: 0, jf: 0, k: skip }, ...longest.slice(1)];
    const fits = skip < INSTRUCTIONS_MAX - 1;
    expect([skip, accepts(over), pair.attach(over)]).toEqual([skip, fits, fits]);
    if (!fits) continue;
    expect([pair.verdict(packet), run(over, packet), realise(over)(packet)]).toEqual([7, 7, 7]);
  }
});

linuxTest("netlink attributes are found where the kernel finds them", () => {
  using pair = new FilteredPair();
  let found = 0;
  for (let seed = 0; seed < 4000; seed++) {
    const random = new Random(seed);
    const packet = attributes(random);
    const [start, type] = [random.below(6) * (random.once(9) ? 1 : 4), random.below(3)];
    const name = random.pick(["nla", "nlan"]);
    const program = assemble(`ld #${start}\nldx #${type}\nld ${name}\nadd #1\nret a`);
    pair.attach(program);
    const verdict = run(program, packet);
    expect([seed, pair.verdict(packet)]).toEqual([seed, Math.min(verdict, packet.length)]);
    expect(realise(program)(packet)).toBe(verdict);
    if (verdict > 1) found++;
  }
  expect(found).toBeGreaterThan(300);
});

/** A few netlink attributes, not all of them right. */
function attributes(random: Random): Uint8Array {
  const packet = new Uint8Array(40 + random.below(40));
  const words = new DataView(packet.buffer);
  for (let offset = 0; offset + 4 <= packet.length; ) {
    const length = 4 + random.below(random.once(3) ? 30 : 12);
    words.setUint16(offset, random.once(20) ? random.below(100) : length, true);
    words.setUint16(offset + 2, random.below(3) | (random.once(4) ? 0x8000 : 0), true);
    offset += random.once(3) ? 4 : (length + 3) & ~3;
  }
  return packet;
}

linuxTest("without a device the kernel ends the program with what A holds", () => {
  using pair = new FilteredPair();
  for (const name of ["ifidx", "hatype"]) {
    const program = assemble(`ld #5\nld ${name}\nret #9`);
    const packet = new Uint8Array(20);
    pair.attach(program);
    expect([pair.verdict(packet), run(program, packet), realise(program)(packet)]).toEqual([
      5, 5, 5,
    ]);
  }
});
