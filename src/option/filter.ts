// What a socket lets in: classic BPF programs and the ICMP types of raw sockets. socket(7), raw(7).

import { lazy } from "../base/lazy.ts";
import { type Bytes, integer, uint8Array, unknownKeyword, wrongType } from "../base/validate.ts";
import { constants } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { filterProgram } from "../native/pointers.ts";
import { Structure } from "../native/record.ts";
import { type Codec, integerBytes, type Readable, readUnsigned, type Writable } from "./codec.ts";
import { fields } from "./structure.ts";

const INT32_MAX = 2 ** 31 - 1;
const UINT32_MAX = 2 ** 32 - 1;
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
    k.set(target, integer(constant, "k", 0, UINT32_MAX));
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
      ? integerBytes(integer(value, name, 0, INT32_MAX))
      : filter.encode(value, name),
};

/** Which ICMP types a raw socket lets through or keeps out: keywords ("echoreply") or numbers. */
export type IcmpFilterInput =
  | { readonly pass: readonly (string | number)[] }
  | { readonly block: readonly (string | number)[] };
export type IcmpFilter = { pass: (string | number)[] } | { block: (string | number)[] };

/** A filter of `size` * 8 types, where the kernel keeps a bit for each type to keep out. */
function typeFilter(size: number, names: () => ReadonlyMap<string, number>) {
  const types = size * 8;
  const numberOf = (value: string | number, name: string): number => {
    if (typeof value === "number") return integer(value, `${name} type`, 0, types - 1);
    const found = names().get(value);
    if (found === undefined) throw unknownKeyword(`${name} type`, String(value), names().keys());
    return found;
  };
  const codec: Codec<IcmpFilter, IcmpFilterInput> = {
    shape: "{ pass: types } or { block: types }",
    room: size,
    // Told as the shorter of the two lists.
    decode: (bytes) => {
      const keywords = new Map([...names()].map(([keyword, number]) => [number, keyword]));
      const [pass, block]: [(string | number)[], (string | number)[]] = [[], []];
      for (let type = 0; type < types; type++) {
        const blocked = ((readUnsigned(bytes, type >> 3, 1) >> (type & 7)) & 1) === 1;
        (blocked ? block : pass).push(keywords.get(type) ?? type);
      }
      return block.length <= pass.length ? { block } : { pass };
    },
    encode: (value, name) => {
      const given: { pass?: unknown; block?: unknown } = fields(value, name, ["pass", "block"]);
      const list = given.pass ?? given.block;
      if (("pass" in given && "block" in given) || !Array.isArray(list)) {
        throw wrongType(name, "{ pass: types } or { block: types }", value);
      }
      const bytes = allocate(size).fill(given.pass === undefined ? 0 : 0xff);
      for (const type of list) {
        const number = numberOf(type, name);
        const bit = 1 << (number & 7);
        const byte = bytes[number >> 3] ?? 0;
        bytes[number >> 3] = given.pass === undefined ? byte | bit : byte & ~bit;
      }
      return bytes;
    },
  };
  return codec;
}

function typeNames(
  table: Readonly<Record<string, number>>,
  prefix: string,
  names: string,
): Map<string, number> {
  const named = new Map<string, number>();
  for (const name of names.split(" ")) {
    const number = table[prefix + name];
    if (number !== undefined) named.set(name.toLowerCase().replaceAll("_", "-"), number);
  }
  return named;
}

/** ICMP_FILTER, types 0 to 31. raw(7). */
export const icmpFilter = typeFilter(
  4,
  lazy(() =>
    typeNames(
      constants.single ?? {},
      "ICMP_",
      "ECHOREPLY DEST_UNREACH SOURCE_QUENCH REDIRECT ECHO TIME_EXCEEDED PARAMETERPROB TIMESTAMP " +
        "TIMESTAMPREPLY INFO_REQUEST INFO_REPLY ADDRESS ADDRESSREPLY",
    ),
  ),
);

/** ICMP6_FILTER, types 0 to 255. RFC 3542, section 3.2. */
export const icmp6Filter = typeFilter(
  32,
  lazy(() =>
    typeNames(
      constants.ICMPV6 ?? {},
      "",
      "DEST_UNREACH PKT_TOOBIG TIME_EXCEED PARAMPROB ECHO_REQUEST ECHO_REPLY MGM_QUERY " +
        "MGM_REPORT MGM_REDUCTION NI_QUERY NI_REPLY MLD2_REPORT",
    ),
  ),
);
