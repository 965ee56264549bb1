// The numbers that `tcpdump -ddd` and bpf_asm print.

import { BpfError, quoted } from "./error.ts";
import type { Instruction, Program } from "./instruction.ts";

const FIELDS = [
  ["code", 0xffff],
  ["jt", 0xff],
  ["jf", 0xff],
  ["k", 0xffff_ffff],
] as const;

/**
 * The program that `tcpdump -ddd` or `bpf_asm` printed: how many instructions there are, then
 * code, jt, jf and k of each, as decimal numbers between blanks or commas.
 *
 * Throws a BpfError with the `position` in the text, and the instruction's `index`. Whether the
 * kernel would accept the program is for `validate` to say.
 */
export function parse(text: string): Program {
  if (typeof text !== "string") throw new TypeError(`text must be a string, not ${typeof text}`);
  const words = [...text.matchAll(/[^\s,]+/g)];
  const [first, ...rest] = words;
  if (first === undefined) {
    throw new BpfError(`unexpected end of the text at ${text.length}: expected a count`, {
      position: text.length,
    });
  }
  const count = numberOf(first, "the count of instructions", 0xffff);
  const program: Instruction[] = [];
  for (let index = 0; index < count; index++) {
    const [code, jt, jf, k] = FIELDS.map(([field, greatest], place) => {
      const word = rest[index * FIELDS.length + place];
      if (word !== undefined) return numberOf(word, field, greatest, index);
      const what = `${field} of instruction ${index} of ${count}`;
      throw new BpfError(`unexpected end of the text at ${text.length}: expected ${what}`, {
        position: text.length,
        index,
      });
    }) as [number, number, number, number];
    program.push({ code, jt, jf, k });
  }
  const more = rest[count * FIELDS.length];
  if (more === undefined) return program;
  const what = `the end after ${count} instructions`;
  throw new BpfError(`unexpected ${quoted(more[0])} at ${more.index}: expected ${what}`, {
    position: more.index,
  });
}

function numberOf(
  { 0: word, index: position }: RegExpExecArray,
  what: string,
  greatest: number,
  index?: number,
): number {
  if (/^\d{1,10}$/.test(word) && Number(word) <= greatest) return Number(word);
  const expected = `${what}, a number from 0 to ${greatest}`;
  throw new BpfError(`unexpected ${quoted(word)} at ${position}: expected ${expected}`, {
    position,
    ...(index === undefined ? {} : { index }),
  });
}
