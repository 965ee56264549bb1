// Checksums from TypeScript against the same work in C (checksum.c), in one run, round by round in
// turn: `bun bench/checksum.ts`. Only the ratios and differences of one run mean anything.

import { dlopen } from "bun:ffi";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checksum } from "../src/index.ts";

const ROUNDS = 15;
/** A round takes about this long. */
const ROUND_NANOSECONDS = 5e6;

/** Nanoseconds per call of `calls` calls. */
type Timer = (calls: number) => number;

export type Case = { readonly name: string; readonly ours: Timer; readonly native: Timer };
export type Outcome = { readonly name: string; readonly ours: number; readonly native: number };

function compileNative() {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-bench-"));
  const library = join(directory, "checksum.so");
  const source = new URL("checksum.c", import.meta.url).pathname;
  const flags = ["-O3", "-march=x86_64_v3", "-shared", "-fPIC", "-fno-sanitize=all"];
  const command = ["zig", "cc", ...flags, "-o", library, source];
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  const { symbols } = dlopen(library, {
    native_internet: { args: ["buffer", "u32"], returns: "u32" },
    native_tcp: { args: ["buffer", "u32"], returns: "i32" },
    time_internet: { args: ["buffer", "u32", "u32"], returns: "f64" },
    time_tcp: { args: ["buffer", "u32", "u32"], returns: "f64" },
  });
  rmSync(directory, { recursive: true });
  return symbols;
}

/** `bytes` as they are anywhere: pseudo-random. */
function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0, state = 1; index < size; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

function tcpFrame(size: number): Uint8Array {
  const frame = randomBytes(size);
  const total = size - 14;
  frame.set([0x08, 0x00, 0x45, 0x00, total >> 8, total & 0xff, 0x12, 0x34, 0x40, 0x00, 64, 6], 12);
  frame[14 + 20 + 12] = 0x50;
  return frame;
}

/** The sink of every result, so that none is optimised away. */
let sink = 0;

export function cases(): Case[] {
  const native = compileNative();
  const list: Case[] = [];
  const sizes = { "20 B": 20, "64 B": 64, "1500 B": 1500, "9000 B": 9000 };
  const large = { "64 KiB": 64 * 1024, "16 MiB": 16 * 1024 * 1024 };
  for (const [label, size] of Object.entries({ ...sizes, ...large })) {
    const data = randomBytes(size);
    if (checksum.internet(data) !== native.native_internet(data, size)) {
      throw new Error(`the sums of ${label} differ`);
    }
    list.push({
      name: `internet ${label}`,
      ours: (calls) => {
        const begin = Bun.nanoseconds();
        for (let call = 0; call < calls; call++) sink ^= checksum.internet(data);
        return (Bun.nanoseconds() - begin) / calls;
      },
      native: (calls) => native.time_internet(data, size, calls),
    });
  }
  const frame = tcpFrame(1500);
  if (checksum.tcp(frame.slice()) !== native.native_tcp(frame.slice(), frame.length)) {
    throw new Error("the sums of the frame differ");
  }
  list.push({
    name: "tcp 1500 B",
    ours: (calls) => {
      const begin = Bun.nanoseconds();
      for (let call = 0; call < calls; call++) sink ^= checksum.tcp(frame);
      return (Bun.nanoseconds() - begin) / calls;
    },
    native: (calls) => native.time_tcp(frame, frame.length, calls),
  });
  return list;
}

/** The medians of rounds that alternate between both. */
export function measure({ name, ours, native }: Case): Outcome {
  const calls = Math.max(1, Math.round(ROUND_NANOSECONDS / native(100)));
  const times: { ours: number[]; native: number[] } = { ours: [], native: [] };
  // The first rounds warm the compiler and the clock up.
  for (let round = -3; round < ROUNDS; round++) {
    const mine = ours(calls);
    const theirs = native(calls);
    if (round < 0) continue;
    times.ours.push(mine);
    times.native.push(theirs);
  }
  return { name, ours: median(times.ours), native: median(times.native) };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

if (import.meta.main) {
  console.log("                     ours ns   native ns    ratio  difference ns");
  for (const one of cases()) {
    const { name, ours, native } = measure(one);
    const columns = [
      name.padEnd(16),
      ours.toFixed(1).padStart(12),
      native.toFixed(1).padStart(12),
      (ours / native).toFixed(2).padStart(9),
      (ours - native).toFixed(1).padStart(15),
    ];
    console.log(columns.join(""));
  }
  if (sink === -1) console.log();
}
