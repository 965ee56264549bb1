import { expect, test } from "bun:test";
import { assemble } from "../../src/bpf/assemble.ts";
import { disassemble } from "../../src/bpf/disassemble.ts";
import { EXTENSION_BASE } from "../../src/bpf/instruction.ts";
import { parse } from "../../src/bpf/parse.ts";
import { run } from "../support/namespace.ts";
import { program, testWith } from "../support/requirements.ts";
import { image, libpcap } from "./libpcap.ts";
import { LONG, programOf, Random } from "./programs.ts";

const pcapTest = testWith(libpcap);

pcapTest("every code is written as libpcap writes it", () => {
  const instructions = Array.from({ length: 0x10000 }, (_, code) => {
    return { code, jt: code & 0xff, jf: 255 - (code & 0xff), k: 0x8000_0010 };
  });
  const lines = disassemble(instructions).split("\n");
  const theirs = instructions.map((instruction, index) => image(instruction, index));
  expect(lines).toEqual([...theirs, ""]);
});

pcapTest("every offset around the extensions is written as libpcap writes it", () => {
  for (const code of [0x20, 0x28, 0x30, 0x40, 0xb1]) {
    for (let distance = -8; distance < 80; distance++) {
      const instruction = { code, jt: 0, jf: 0, k: EXTENSION_BASE + distance };
      expect(disassemble([instruction])).toBe(`${image(instruction, 0)}\n`);
    }
  }
});

const EXPRESSIONS = [
  "ip",
  "tcp port 80",
  "host 192.0.2.1 and (port 80 or port 443)",
  "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
  "vlan 100 and udp",
  "ip6 net 2001:db8::/32 and not icmp6",
  "ip[2:2] * 3 - 5 > len >> 2",
  "greater 100 or ether broadcast",
];

testWith(program("tcpdump"))("what tcpdump prints is printed, and read", () => {
  for (const expression of EXPRESSIONS) {
    const [d, dd, ddd] = ["-d", "-dd", "-ddd"].map((option) =>
      run("tcpdump", "-y", "EN10MB", option, expression),
    ) as [string, string, string];
    const compiled = parse(ddd);
    expect(disassemble(compiled)).toBe(d);
    expect(disassemble(compiled, { format: "d" })).toBe(d);
    expect(disassemble(compiled, { format: "dd" })).toBe(dd);
    expect(disassemble(compiled, { format: "ddd" })).toBe(ddd);
    // libpcap leaves numbers behind in instructions that have none, which -d does not show.
    const plain = compiled.map((step) => (step.code === 7 ? { ...step, k: 0 } : step));
    expect(assemble(d)).toEqual(plain);
  }
});

test(
  "assemble(disassemble(p)) is p for random programs",
  () => {
    for (let seed = 0; seed < 3000; seed++) {
      const written = programOf(new Random(seed));
      expect(assemble(disassemble(written))).toEqual(written);
      expect(parse(disassemble(written, { format: "ddd" }))).toEqual(written);
    }
  },
  LONG,
);

test("an unknown format is a TypeError", () => {
  const wrong = "dddd" as "ddd";
  expect(() => disassemble([], { format: wrong })).toThrow(
    new TypeError('format must be "d", "dd" or "ddd", not dddd'),
  );
});
