// Addresses of memory that the native library, or the kernel, reads and writes.

import { ptr } from "bun:ffi";
import { type Layout, record } from "./library.ts";
import { allocate } from "./memory.ts";

/** Words of a struct iovec table: pointer and length, each 64 bits, in the platform's order. */
const WORDS_PER_ELEMENT = 4;
const HIGH_WORD = 2 ** 32;
/** Where the pointer is, and where the length: a WSABUF of Windows begins with that. */
let pointerWord = -1;
let lengthWord = -1;
let vectors = new Uint32Array(new ArrayBuffer(64 * WORDS_PER_ELEMENT * 4));

/** A struct iovec table over `views[start..end]`, for the next call only. */
export function vectorTable(
  views: readonly ArrayBufferView[],
  start: number,
  end: number,
): Uint32Array {
  const words = (end - start) * WORDS_PER_ELEMENT;
  if (vectors.length < words) vectors = new Uint32Array(new ArrayBuffer(words * 4));
  if (pointerWord < 0) findWords();
  let word = 0;
  for (let index = start; index < end; index++, word += WORDS_PER_ELEMENT) {
    const view = views[index] as ArrayBufferView;
    const length = view.byteLength;
    // An empty view has no address.
    const address = length === 0 ? 0 : ptr(view as NodeJS.TypedArray);
    vectors[word + pointerWord] = address % HIGH_WORD;
    vectors[word + pointerWord + 1] = address / HIGH_WORD;
    vectors[word + lengthWord] = length % HIGH_WORD;
    vectors[word + lengthWord + 1] = length / HIGH_WORD;
  }
  return vectors;
}

function findWords(): void {
  const { fields } = record("iovec");
  pointerWord = (fields.iov_base?.[0] ?? 0) / 4;
  lengthWord = (fields.iov_len?.[0] ?? 0) / 4;
}

/**
 * The address of a view's first byte, which from now on stays the same as long as the view is
 * referenced; 0 for an empty view.
 */
export function stableAddress(view: ArrayBufferView): number {
  // A small typed array moves when `.buffer` is first touched: touch it now.
  return view.buffer.byteLength === 0 || view.byteLength === 0 ? 0 : ptr(view as NodeJS.TypedArray);
}

/** The instructions that a program's structure points to live as long as it does. */
const programs = new WeakMap<Uint8Array, Uint8Array>();

/** A struct sock_fprog over a copy of `count` instructions. */
export function filterProgram(instructions: Uint8Array, count: number): Uint8Array {
  return programOver(record("sock_fprog"), "len", "filter", instructions, count);
}

/** A struct bpf_program over a copy of `count` instructions: bpf(4). */
export function deviceProgram(instructions: Uint8Array, count: number): Uint8Array {
  return programOver(record("bpf_program"), "bf_len", "bf_insns", instructions, count);
}

function programOver(
  { size, fields }: Layout,
  length: string,
  pointer: string,
  instructions: Uint8Array,
  count: number,
): Uint8Array {
  const copy = allocate(instructions.length);
  copy.set(instructions);
  const program = allocate(size);
  const view = new DataView(program.buffer);
  // The structure is little-endian and otherwise zeros: 16 bits do for each.
  view.setUint16(fields[length]?.[0] ?? 0, count, true);
  view.setBigUint64(fields[pointer]?.[0] ?? 0, BigInt(ptr(copy)), true);
  programs.set(program, copy);
  return program;
}
