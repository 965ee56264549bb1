// libpcap itself, by bun:ffi: what tcpdump -d writes, and its machine.

import { dlopen } from "bun:ffi";
import type { Instruction, Program } from "../../src/bpf/instruction.ts";
import type { Requirement } from "../support/requirements.ts";

const NAMES = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so", "libpcap.dylib"];

function open(name: string) {
  return dlopen(name, {
    bpf_image: { args: ["buffer", "i32"], returns: "cstring" },
    bpf_filter: { args: ["buffer", "buffer", "u32", "u32"], returns: "u32" },
  });
}

function found(): ReturnType<typeof open> | undefined {
  for (const name of NAMES) {
    try {
      return open(name);
    } catch (error) {
      // Not under this name.
      if (!(error instanceof Error)) throw error;
    }
  }
  return undefined;
}

const library = found();

export const libpcap: Requirement = {
  met: library !== undefined,
  remedy: "install libpcap: apt-get install libpcap0.8",
};

function symbols() {
  if (library === undefined) throw new Error("no libpcap");
  return library.symbols;
}

/** struct bpf_insn's, in the machine's byte order. */
function encoded(program: Program): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, jt, jf, k }, index) => {
    view.setUint16(index * 8, code, true);
    bytes[index * 8 + 2] = jt;
    bytes[index * 8 + 3] = jf;
    view.setUint32(index * 8 + 4, k, true);
  });
  return bytes;
}

/** A line of `tcpdump -d`. */
export function image(instruction: Instruction, index: number): string {
  return String(symbols().bpf_image(encoded([instruction]), index));
}

/** What libpcap's machine returns. */
export function filtered(program: Program, packet: Uint8Array, length = packet.length): number {
  return symbols().bpf_filter(encoded(program), packet, length, packet.length);
}
