// What a socket lets in: classic BPF programs. socket(7), packet(7).

import { lazy } from "../base/lazy.ts";
import { type Bytes, I32_MAX, integer, U32_MAX, uint8Array } from "../base/validate.ts";
import { allocate } from "../native/memory.ts";
import { filterProgram } from "../native/pointers.ts";
import { Structure } from "../native/record.ts";
import { integerBytes, type Readable, type Writable } from "./codec.ts";
import { fields } from "./structure.ts";

/** BPF_MAXINSNS. */
const INSTRUCTIONS_MAX = 4096;

/** A classic BPF instruction, struct sock_filter. */
export type FilterInstruction = {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
};

const instruction = lazy(() => {
  const record = new Structure("sock_filter");
  return {
    size: record.size,
    code: record.integer("code"),
    jt: record.integer("jt"),
    jf: record.integer("jf"),
    k: record.integer("k"),
  };
});

export type Program = readonly FilterInstruction[] | Bytes;

/** SO_ATTACH_FILTER: instructions as objects, or as the bytes of struct sock_filter. */
export const filter: Writable<Program> = {
  shape: "{ code, jt, jf, k }[] or bytes",
  encode: (value, name) => {
    const bytes = Array.isArray(value) ? assembled(value, name) : uint8Array(value as Bytes, name);
    const { size } = instruction();
    const length = bytes.length / size;
    if (!Number.isInteger(length) || length < 1 || length > INSTRUCTIONS_MAX) {
      throw new RangeError(
        `${name} must be 1 to ${INSTRUCTIONS_MAX} instructions of ${size} bytes`,
      );
    }
    return filterProgram(bytes, length);
  },
};

function assembled(program: readonly FilterInstruction[], name: string): Uint8Array {
  const { size, code, jt, jf, k } = instruction();
  const bytes = allocate(program.length * size);
  for (const [index, step] of program.entries()) {
    const { code: c, jt: t, jf: f, k: constant } = fields(step, name, ["code", "jt", "jf", "k"]);
    const target = bytes.subarray(index * size);
    code.set(target, integer(c, "code", 0, 0xffff));
    jt.set(target, integer(t, "jt", 0, 0xff));
    jf.set(target, integer(f, "jf", 0, 0xff));
    k.set(target, integer(constant, "k", 0, U32_MAX));
  }
  return bytes;
}

/** SO_GET_FILTER: the attached program, empty where there is none. */
export const attachedFilter: Readable<FilterInstruction[]> = {
  shape: "{ code, jt, jf, k }[]",
  decode: (bytes) => {
    const { size, code, jt, jf, k } = instruction();
    return Array.from({ length: bytes.length / size }, (_, index) => {
      const step = bytes.subarray(index * size);
      return { code: code.get(step), jt: jt.get(step), jf: jf.get(step), k: k.get(step) };
    });
  },
};

/** PACKET_FANOUT_DATA: a classic program, or the descriptor of a loaded eBPF one. */
export const fanoutData: Writable<Program | number> = {
  shape: "{ code, jt, jf, k }[] or a descriptor",
  encode: (value, name) =>
    typeof value === "number"
      ? integerBytes(integer(value, name, 0, I32_MAX))
      : filter.encode(value, name),
};
