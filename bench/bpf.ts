// Packet filters beside libpcap in C (bpf.c), and the function that `filter` makes beside `run`.

import { dlopen } from "bun:ffi";
import {
  type Bytes,
  compile as compileExpression,
  filter,
  type PacketFilter,
  run,
} from "../src/bpf/index.ts";
import { execute } from "../src/bpf/machine.ts";
import { NOTHING_KNOWN } from "../src/bpf/metadata.ts";
import { type Case, compile, type Suite, type Timer } from "./harness.ts";

const EXPRESSIONS = [
  "ip",
  "tcp port 443",
  "host 192.0.2.1 and (port 80 or port 443)",
  "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
] as const;

/** The bytes of a frame. */
const SIZE = 64;

function library() {
  return dlopen(compile("bpf.c"), {
    open_libpcap: { args: [], returns: "i32" },
    native_filter: { args: ["buffer", "buffer", "u32"], returns: "i32" },
    time_filter: { args: ["buffer", "buffer", "u32", "u32", "u32"], returns: "f64" },
    time_compile: { args: ["buffer", "u32"], returns: "f64" },
  }).symbols;
}

/** An IPv4 segment or datagram in an Ethernet frame. */
function frame(type: number, protocol: number, last: number, port: number): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  bytes.set([type >> 8, type & 0xff, 0x45, 0, 0, 50], 12);
  bytes[23] = protocol;
  bytes.set([192, 0, 2, last, 198, 51, 100, 7, 0xc0, 0x01, port >> 8, port & 0xff], 26);
  bytes[47] = 0x02;
  return bytes;
}

/** What all expressions let through. */
const MATCHING = frame(0x0800, 6, 1, 443);
/** What comes in turn, of which some match: no engine can keep what it read of one. */
const MIXED = Array.from({ length: 64 }, (_, index) =>
  frame(
    index % 8 === 7 ? 0x0806 : index % 8 === 6 ? 0x86dd : 0x0800,
    index % 3 === 0 ? 17 : 6,
    index % 5,
    index % 4 === 0 ? 443 : 1024 + index,
  ),
);

/** Every result ends here, so that none is optimised away. */
const sink = new Int32Array(1);

function drain(value: number): void {
  sink[0] = (sink[0] as number) ^ value;
}

type Loop = (keep: PacketFilter, packets: readonly Uint8Array[], calls: number) => number;

let loops = 0;

/** The text of a loop over one packet, or over many in turn. */
const ONE = `const packet = packets[0];
  for (let call = 0; call < calls; call++) sum ^= keep(packet);`;
const MANY = `for (let call = 0, next = 0; call < calls; call++) {
    sum ^= keep(packets[next]);
    if (++next === packets.length) next = 0;
  }`;

/**
 * A loop of a filter's own: what it calls is then known to the compiler, as in a program. Of loops
 * with the same text the engine makes one, so each has its number.
 */
function looping(keep: PacketFilter, packets: readonly Uint8Array[]): Timer {
  const body = packets.length === 1 ? ONE : MANY;
  const text = `/* ${loops++} */ let sum = 0;\n${body}\nreturn sum;`;
  const loop = new Function("keep", "packets", "calls", text) as Loop;
  return (calls) => {
    const begin = Bun.nanoseconds();
    drain(loop(keep, packets, calls));
    return (Bun.nanoseconds() - begin) / calls;
  };
}

/** For C. */
function text(expression: string): Uint8Array {
  return new TextEncoder().encode(`${expression}\0`);
}

/** `run`, which checks the program first, as for a program that is run once. */
function besideRun(expression: string): Case {
  const program = compileExpression(expression);
  return {
    name: `filter: ${expression}`,
    goal: { ratio: 1 / 20 },
    against: "run",
    ours: looping(filter(expression), [MATCHING]),
    native: looping((packet) => run(program, packet), [MATCHING]),
  };
}

/** The machine alone, which is what `filter` falls back to without eval. */
function besideMachine(expression: string): Case {
  const program = compileExpression(expression);
  const machine = (packet: Bytes) => execute(program, packet as Uint8Array, NOTHING_KNOWN);
  return {
    name: `filter: ${expression}`,
    against: "the machine",
    ours: looping(filter(expression), [MATCHING]),
    native: looping(machine, [MATCHING]),
  };
}

function besideC(c: ReturnType<typeof library>, expression: string, mixed: boolean): Case {
  const packets = mixed ? MIXED : [MATCHING];
  const keep = filter(expression);
  for (const packet of packets) {
    if (keep(packet) !== c.native_filter(text(expression), packet, SIZE)) {
      throw new Error(`the verdicts of ${expression} differ`);
    }
  }
  const all = Uint8Array.from(packets.flatMap((packet) => [...packet]));
  const source = text(expression);
  return {
    name: `${mixed ? "mixed" : "filter"}: ${expression}`,
    goal: { ratio: 2 },
    against: "libpcap in C",
    ours: looping(keep, packets),
    native: (calls) => c.time_filter(source, all, SIZE, packets.length, calls),
  };
}

function compiling(c: ReturnType<typeof library>, expression: string): Case {
  const source = text(expression);
  return {
    name: `compile: ${expression}`,
    goal: { extraNanoseconds: 1e6 },
    against: "pcap_compile in C",
    ours: (calls) => {
      const begin = Bun.nanoseconds();
      for (let call = 0; call < calls; call++) drain(compileExpression(expression).length);
      return (Bun.nanoseconds() - begin) / calls;
    },
    native: (calls) => c.time_compile(source, calls),
  };
}

function cases(): Case[] {
  const own = [besideRun, besideMachine].flatMap((beside) =>
    EXPRESSIONS.map((expression) => beside(expression)),
  );
  const c = library();
  if (c.open_libpcap() === 0) {
    console.log("left out, there is no libpcap: apt-get install libpcap0.8");
    return own;
  }
  return [
    ...own,
    ...[false, true].flatMap((mixed) => EXPRESSIONS.map((one) => besideC(c, one, mixed))),
    ...EXPRESSIONS.map((expression) => compiling(c, expression)),
  ];
}

export const bpf: Suite = { title: "Packet filters", cases };
