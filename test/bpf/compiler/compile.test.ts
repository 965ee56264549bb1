// What compile promises besides libpcap's verdicts: messages, options, names, long jumps.

import { expect, test } from "bun:test";
import { type CompileOptions, compile, compileAsync } from "../../../src/bpf/compiler/index.ts";
import { disassemble } from "../../../src/bpf/disassemble.ts";
import { BpfError } from "../../../src/bpf/error.ts";
import { CODE, type Program } from "../../../src/bpf/instruction.ts";
import { execute, run } from "../../../src/bpf/machine.ts";
import { validate } from "../../../src/bpf/validate.ts";
import { testWith } from "../../support/requirements.ts";
import { FilteredPair } from "../kernel.ts";
import { Random } from "../programs.ts";
import { EXPRESSIONS } from "./expressions.ts";
import { packetFor, steer } from "./packets.ts";

function refusal(expression: string, options: CompileOptions = {}): BpfError {
  try {
    compile(expression, options);
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
  throw new Error(`${expression} is compiled`);
}

test.each([
  ["tcp foo", 4, 'unexpected "foo" at 4: expected "and", "or" or the end but found a name'],
  ["tcp and", 7, "unexpected end at 7: expected something to test but found the end"],
  ["host", 4, "unexpected end at 4: expected a host's address or name but found the end"],
  ["port tcp", 5, 'unexpected "tcp" at 5: expected a port\'s number or name but found a protocol'],
  ["80", 2, 'unexpected end at 2: expected a relation such as "=" or ">" but found the end'],
  ["tcp[13 & 2", 10, 'expected "]"'],
  ["(tcp or udp", 11, 'expected "and", "or" or ")" but found the end'],
  ["tcp ? udp", 4, 'unexpected "?" at 4'],
  ["ip[0:3] = 1", 5, "the size at 5 must be 1, 2 or 4, not 3"],
  ["host 08", 5, '"08" at 5 begins with 0 but is no octal number'],
  ["port 99999999999", 5, '"99999999999" at 5 does not fit in 32 bits'],
  ["port 65536", 5, "65536 is no port"],
  ["tcp host 10.0.0.1", 9, '"tcp" cannot qualify a host of IPv4 at 9'],
  ["net 10.0.0.1/8", 4, '"10.0.0.1" has bits outside its mask of 8 at 4'],
  ["host www.example", 5, "host names are not looked up"],
  ["tcp port nosuchname", 9, '"nosuchname" is no known port at 9'],
  ["udp port ssh", 9, '"ssh" is a port of tcp, not udp, at 9'],
  ["vlan 4096", 0, "4096 is no VLAN tag"],
  ["ip protochain 6", 3, '"protochain" at 3'],
  ["type mgt", 0, "a word of IEEE 802.11"],
  ["vpi 5", 0, "a word of ATM"],
  ["ether host 1:2:3", 11, "is no MAC address"],
  ["ip and arp", 0, "the expression refuses all packets"],
  ["ip[8] / 0 = 1", 6, "division by zero at 6"],
] as const)("%s is refused at character %d", (expression, position, message) => {
  const error = refusal(expression);
  expect(error.message).toContain(message);
  expect(error.position).toBe(position);
  expect(error).toBeInstanceOf(SyntaxError);
});

test("what a link does not have is refused", () => {
  expect(refusal("ether host 02:00:00:00:00:01", { link: "raw" }).message).toContain("Ethernet");
  expect(refusal("vlan", { link: "linux-sll" }).message).toContain("Ethernet");
  expect(refusal("arp", { link: "raw" }).message).toContain("refuses all");
});

test("an empty expression takes every packet", () => {
  const all = [{ code: CODE.RET_K, jt: 0, jf: 0, k: 96 }];
  expect(compile("", { snaplen: 96 })).toEqual(all);
  expect(compile(" \t\n", { snaplen: 96 })).toEqual(all);
});

test("the text that tcpdump -d writes is the same for common filters", () => {
  expect(disassemble(compile("tcp dst port 80 and host 10.0.0.1", { link: "raw" }))).toContain(
    "ldb      [0]",
  );
  expect(disassemble(compile("arp"))).toBe(
    [
      "(000) ldh      [12]",
      "(001) jeq      #0x806           jt 2\tjf 3",
      "(002) ret      #262144",
      "(003) ret      #0",
      "",
    ].join("\n"),
  );
});

test.each([
  ["ip[0] >> - 8 = 1", "a shift by 4294967288, more than 31"],
  ["1 << (30 + 2) + ip[0] = 1", undefined],
  ["ip[0] << (30 + 2) = 1", "a shift by 32, more than 31"],
  ["ip[0] / (2 - 2) = 1", "division by zero"],
  ["ip[0] % (ip[1] & 0) = 1", "division by zero"],
])("what no kernel takes is not what arithmetic is folded to: %s", (expression, message) => {
  if (message === undefined) validate(compile(expression));
  else expect(refusal(expression).message).toContain(message);
});

test("links are also known by their LINKTYPE_ numbers", () => {
  expect(compile("tcp", { link: 1 })).toEqual(compile("tcp"));
  expect(compile("tcp", { link: 101 })).toEqual(compile("tcp", { link: "raw" }));
  expect(compile("tcp", { link: 276 })).toEqual(compile("tcp", { link: "linux-sll2" }));
});

test("wrong options are programmer errors", () => {
  const options = (value: unknown): CompileOptions => value as CompileOptions;
  expect(() => compile("tcp", options({ link: "wifi" }))).toThrow(RangeError);
  expect(() => compile("tcp", options({ link: 127 }))).toThrow("link");
  expect(() => compile("tcp", { snaplen: 0 })).toThrow("snaplen");
  expect(() => compile("tcp", { snaplen: 1.5 })).toThrow(RangeError);
  expect(() => compile("tcp", { netmask: "255.0.0" })).toThrow("netmask");
  expect(() => compile(options(5) as unknown as string)).toThrow(TypeError);
});

test("ip broadcast compares the part of the address that the netmask leaves", () => {
  const ipv4 = (...destination: number[]): Uint8Array => {
    const packet = new Uint8Array(34);
    packet.set([8, 0, 0x45], 12);
    packet.set(destination, 30);
    return packet;
  };
  const program = compile("ip broadcast", { netmask: "255.255.255.0" });
  expect(run(program, ipv4(10, 0, 0, 255))).toBe(262144);
  expect(run(program, ipv4(10, 0, 0, 0))).toBe(262144);
  expect(run(program, ipv4(10, 0, 0, 7))).toBe(0);
  expect(compile("ip broadcast", { netmask: 0xffffff00 })).toEqual(program);
  expect(refusal("ip broadcast", { netmask: 0xffffffff }).message).toContain("netmask");
});

test("names of ports and protocols come from the caller first", () => {
  const names = {
    port: (name: string, protocol: string) =>
      name === "chat" && protocol === "udp" ? 7777 : undefined,
    protocol: (name: string) => (name === "mine" ? 253 : undefined),
    network: (name: string) => (name === "lab" ? 0xc0a8 : undefined),
    ethernet: (name: string) => (name === "box" ? "02:00:00:00:00:07" : undefined),
    host: (name: string) => (name === "box" ? ["10.0.0.7", "fe80::7"] : undefined),
  };
  expect(compile("port chat", { names })).toEqual(compile("udp port 7777"));
  expect(compile("port domain", { names })).toEqual(compile("port 53"));
  expect(compile("portrange domain-chat", { names })).toEqual(compile("portrange 53-7777"));
  expect(compile("ip proto mine", { names })).toEqual(compile("ip proto 253"));
  expect(compile("net lab", { names })).toEqual(compile("net 192.168"));
  expect(compile("ether host box", { names })).toEqual(compile("ether host 2:0:0:0:0:7"));
  expect(compile("host box", { names })).toEqual(compile("host 10.0.0.7 or host fe80::7"));
  expect(compile("ip host box", { names })).toEqual(compile("ip host 10.0.0.7"));
  expect(compile("gateway box", { names })).toEqual(
    compile("ether host 2:0:0:0:0:7 and not (host 10.0.0.7 or host fe80::7)"),
  );
  expect(refusal("host other", { names }).message).toBe('"other" is no known host at 5');
});

test("compileAsync looks up each host name once", async () => {
  const asked: string[] = [];
  const lookup = async (name: string): Promise<string[]> => {
    asked.push(name);
    return name === "a.example" ? ["10.0.0.1", "2001:db8::1"] : ["10.0.0.2"];
  };
  const program = await compileAsync("host a.example and not (host b.example or src a.example)", {
    lookup,
  });
  expect(asked.sort()).toEqual(["a.example", "b.example"]);
  const first = "(host 10.0.0.1 or host 2001:db8::1)";
  const source = "(src 10.0.0.1 or src 2001:db8::1)";
  expect(program).toEqual(compile(`${first} and not (host 10.0.0.2 or ${source})`));
});

test("compileAsync does not look up what is no host, and passes errors on", async () => {
  const lookup = (): never => {
    throw new Error("asked");
  };
  expect(await compileAsync("port domain and ip proto \\tcp", { lookup })).toEqual(
    compile("port 53 and ip proto 6"),
  );
  expect(compileAsync("host somewhere", { lookup })).rejects.toThrow("asked");
  expect(compileAsync("host nowhere", { lookup: () => [] })).rejects.toThrow(BpfError);
});

test("a filter for a live capture finds the tag in the frame or with the kernel", () => {
  const program = compile("vlan 5 and arp", { live: true });
  const inFrame = Uint8Array.from([...new Array(12).fill(0), 0x81, 0, 0, 5, 8, 6, 0, 0]);
  const taken = Uint8Array.from([...new Array(12).fill(0), 8, 6, 0, 0, 0, 0]);
  expect(run(program, inFrame)).toBeGreaterThan(0);
  expect(run(program, taken, { vlan: { tci: 5, tpid: 0x8100 } })).toBeGreaterThan(0);
  expect(run(program, taken, { vlan: { tci: 6, tpid: 0x8100 } })).toBe(0);
  expect(run(program, taken)).toBe(0);
});

/** Frames from and to the hosts, and what of them a program takes. */
function taken(program: Program, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const frame = new Uint8Array(34);
    frame.set([8, 0, 0x45], 12);
    frame.set([10, 1, index >> 8, index & 255], 26);
    if (execute(program, frame, {}) > 0) sum++;
  }
  return sum;
}

test("a program of thousands of instructions jumps as far as it must", () => {
  const hosts = Array.from({ length: 1200 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
  const program = compile(`host (${hosts.join(" or ")})`);
  validate(program);
  // Each host is tested as source in IP, as source in ARP, and as destination in either; what is
  // put in between for long jumps serves many of them.
  expect(program.length).toBeGreaterThan(3600);
  expect(program.length).toBeLessThan(3600 * 1.02);
  expect(taken(program, 2000)).toBe(1200);
  const none = compile(`not src host (${hosts.join(" or ")})`);
  validate(none);
  expect(taken(none, 2000)).toBe(800);
}, 60_000);

test("the kernel takes a long program that keeps words in its memory", () => {
  // validate() follows memory as the kernel does: past a return as if it fell through.
  for (const count of [1, 31, 62, 63, 64, 65]) {
    const ports = Array.from({ length: count }, (_, index) => `tcp port ${index + 1}`).join(" or ");
    for (const expression of [`geneve and (${ports})`, `udp port 9 and geneve and not (${ports})`])
      for (const optimize of [true, false]) validate(compile(expression, { optimize }));
  }
});

test("an expression whose program no kernel would take is refused", () => {
  const ports = Array.from({ length: 4200 }, (_, index) => `tcp src port ${index * 2}`);
  expect(refusal(ports.join(" or ")).message).toContain("4096");
}, 60_000);

test("the same expression gives the same program, and no call changes another", () => {
  const before = EXPRESSIONS.slice(0, 200).map((expression) => attemptText(expression));
  const after = EXPRESSIONS.slice(0, 200).map((expression) => attemptText(expression));
  expect(after).toEqual(before);
});

function attemptText(expression: string): string {
  try {
    return disassemble(compile(expression));
  } catch (error) {
    if (error instanceof BpfError) return error.message;
    throw error;
  }
}

test("a typical expression is compiled within a millisecond", () => {
  for (const expression of ["tcp port 80", "host 10.0.0.1 and not port 22", "icmp or icmp6"]) {
    const times = Array.from({ length: 400 }, () => {
      const begin = performance.now();
      compile(expression);
      return performance.now() - begin;
    });
    times.sort((first, second) => first - second);
    expect(times[200]).toBeLessThan(1);
  }
});

const linux = { met: process.platform === "linux", remedy: "run on Linux" };

/** What only packets that a device received have. */
const METADATA = /inbound|outbound|ifindex|geneve/;

testWith(linux)("the kernel takes the programs and decides as the machine does", () => {
  using pair = new FilteredPair();
  let packets = 0;
  EXPRESSIONS.forEach((expression, seed) => {
    if (METADATA.test(expression) || attemptText(expression).startsWith('"')) return;
    let program: Program;
    try {
      program = compile(expression);
    } catch (error) {
      if (error instanceof BpfError) return;
      throw error;
    }
    expect([expression, pair.attach(program)]).toEqual([expression, true]);
    const random = new Random(seed);
    for (let count = 0; count < 6; count++) {
      const { bytes } = steer(program, packetFor(random, "ethernet"), random);
      const kept = Math.min(execute(program, bytes, {}), bytes.length);
      expect([expression, pair.verdict(bytes)]).toEqual([expression, kept]);
      packets++;
    }
  });
  expect(packets).toBeGreaterThan(3000);
});
