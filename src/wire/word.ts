// Numbers that have names.

import { uint, wrongType } from "./field.ts";

/** The names by number, from 0 up; a number without a name has an empty one. */
export type Names<Word extends string> = readonly (Word | "")[];

export function wordOf<Word extends string>(names: Names<Word>, number: number): Word | number {
  const word = names[number];
  return word === undefined || word === "" ? number : word;
}

/** The number of a name, or the number itself, at most `most`. */
export function numberOf<Word extends string>(
  names: Names<Word>,
  value: Word | number | undefined,
  name: string,
  most: number,
): number {
  if (typeof value !== "string") return uint(value, name, most);
  const number = names.indexOf(value);
  if (number >= 0 && value !== "") return number;
  const known = names.filter((word) => word !== "").map((word) => JSON.stringify(word));
  throw wrongType(name, `a number or one of ${known.join(", ")}`, value);
}

/** The names of the bits that are set, from the lowest up; undefined where one has no name. */
export function flagWords<Word extends string>(
  names: Names<Word>,
  bits: number,
): Word[] | undefined {
  const words: Word[] = [];
  for (let index = 0; bits >> index !== 0; index++) {
    if (((bits >> index) & 1) === 0) continue;
    const word = names[index];
    if (word === undefined || word === "") return undefined;
    words.push(word);
  }
  return words;
}

export function flagBits<Word extends string>(
  names: Names<Word>,
  words: readonly Word[],
  name: string,
): number {
  let bits = 0;
  for (const word of words) bits |= 1 << numberOf(names, word, name, names.length - 1);
  return bits;
}
