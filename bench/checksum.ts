// Checksums beside the best loop in C, with AVX2 (checksum.c).

import { dlopen } from "bun:ffi";
import { checksum } from "../src/index.ts";
import { native } from "../src/native/library.ts";
import { type Case, compile, type Goal, type Suite, type Timer } from "./harness.ts";

function library() {
  return dlopen(compile("checksum.c"), {
    native_internet: { args: ["buffer", "u32"], returns: "u32" },
    native_tcp: { args: ["buffer", "u32"], returns: "i32" },
    time_internet: { args: ["buffer", "u32", "u32"], returns: "f64" },
    time_tcp: { args: ["buffer", "u32", "u32"], returns: "f64" },
  }).symbols;
}

const CALL: Goal = { extraNanoseconds: 10 };
const LOOP: Goal = { ratio: 1.06 };

const SIZES: readonly (readonly [label: string, size: number, goal: Goal])[] = [
  ["20 B", 20, CALL],
  ["64 B", 64, CALL],
  ["1500 B", 1500, CALL],
  ["9000 B", 9000, LOOP],
  ["64 KiB", 64 * 1024, LOOP],
  ["16 MiB", 16 * 1024 * 1024, LOOP],
];

/** How the cost grows with the frame. */
const FRAMES = [64, 128, 256, 512, 1024, 1500, 4096, 9000] as const;

export function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0, state = 1; index < size; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export function tcpFrame(size: number): Uint8Array {
  const frame = randomBytes(size);
  const total = size - 14;
  frame.set([0x08, 0x00, 0x45, 0x00, total >> 8, total & 0xff, 0x12, 0x34, 0x40, 0x00, 64, 6], 12);
  frame[14 + 20 + 12] = 0x50;
  return frame;
}

/** Every result ends here, so that none is optimised away. */
let sink = 0;

/** As zig/checksum.zig numbers the kernels. */
const AVX2 = 1;

/** Bodies of loops: functions of their own, as a call of a call would cost more than the sum. */
type Loop = (data: Uint8Array, calls: number) => void;

const loopOfAny: Loop = (data, calls) => {
  for (let call = 0; call < calls; call++) sink ^= checksum.internet(data);
};

const loopOfAvx2: Loop = (data, calls) => {
  const { length } = data;
  for (let call = 0; call < calls; call++) {
    sink ^= native.rawsock_checksum_partial(data, 0, length, 0, AVX2) ^ 0xffff;
  }
};

const loopOfTcp: Loop = (frame, calls) => {
  for (let call = 0; call < calls; call++) sink ^= checksum.tcp(frame);
};

function looping(loop: Loop, data: Uint8Array): Timer {
  return (calls) => {
    const begin = Bun.nanoseconds();
    loop(data, calls);
    return (Bun.nanoseconds() - begin) / calls;
  };
}

export const sumTimer = (data: Uint8Array): Timer => looping(loopOfAny, data);
export const tcpTimer = (frame: Uint8Array): Timer => looping(loopOfTcp, frame);

function cases(): Case[] {
  const c = library();
  const sumsBy = (what: string, loop: Loop) =>
    SIZES.map(([label, size, goal]): Case => {
      const data = randomBytes(size);
      sink = 0;
      loop(data, 1);
      if (sink !== c.native_internet(data, size)) throw new Error(`the sums of ${label} differ`);
      return {
        name: `internet ${label}${what}`,
        goal,
        ours: looping(loop, data),
        native: (calls) => c.time_internet(data, size, calls),
      };
    });
  const sums = sumsBy("", loopOfAny);
  // The loop in C has AVX2: where ours has more, its AVX2 loop is measured as well.
  if (native.rawsock_checksum_kernel() > AVX2) sums.push(...sumsBy(", by AVX2", loopOfAvx2));
  const frames = FRAMES.map((size): Case => {
    const frame = tcpFrame(size);
    if (checksum.tcp(frame.slice()) !== c.native_tcp(frame.slice(), frame.length)) {
      throw new Error("the sums of the frame differ");
    }
    return {
      name: `tcp, a frame of ${size} B`,
      ...(size === 1500 ? { goal: { extraNanoseconds: 20 } } : {}),
      ours: tcpTimer(frame),
      native: (calls) => c.time_tcp(frame, frame.length, calls),
      end: () => {
        if (sink === -1) throw new Error("no sum is negative");
      },
    };
  });
  return [...sums, ...frames];
}

export const checksums: Suite = { title: "Checksums", cases };
