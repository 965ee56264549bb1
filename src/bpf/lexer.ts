// The words of an assembler source, each with its place.

import { BpfError, quoted } from "./error.ts";

export type Token = {
  readonly kind: "word" | "number" | "mark" | "end";
  /** As written. */
  readonly text: string;
  readonly position: number;
};

// What comes next, from a position on. Comments go from a semicolon to the end of the line, from
// slash and asterisk to their mirror image, and fill the line that begins with a hash.
const BLANK = /(?:\s|;[^\n]*|\/\*[\s\S]*?\*\/|(?<=^|\n)#[^\n]*)+/y;
const WORD = /[A-Za-z_]\w*/y;
/** After WORD failed it begins with a digit. */
const NUMBER = /\w+/y;
const MARK = /[:,[\]()+\-*&#%]/y;

/** How numbers are written: 0x1f, 0b11, 017, 15. */
const BASES: readonly (readonly [form: RegExp, prefix: number, base: number])[] = [
  [/^0x[\da-f]+$/i, 2, 16],
  [/^0b[01]+$/i, 2, 2],
  [/^0[0-7]+$/, 1, 8],
  [/^(0|[1-9]\d*)$/, 0, 10],
];

/** What an instruction's k holds. */
const GREATEST = 0xffff_ffff;

/** Splits a source; the last token is the "end". */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let position = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    return pattern.exec(source)?.[0];
  };
  for (;;) {
    position += match(BLANK)?.length ?? 0;
    if (position >= source.length) break;
    const token = next(match, position);
    if (token === undefined) {
      const opened = source.startsWith("/*", position);
      const character = JSON.stringify(
        String.fromCodePoint(source.codePointAt(position) as number),
      );
      const what = opened ? "a comment that is not closed," : `unexpected ${character}`;
      throw new BpfError(`${what} at ${position}`, { position });
    }
    found.push(token);
    position += token.text.length;
  }
  found.push({ kind: "end", text: "", position: source.length });
  return found;
}

function next(match: (pattern: RegExp) => string | undefined, position: number): Token | undefined {
  const word = match(WORD);
  if (word !== undefined) return { kind: "word", text: word, position };
  const number = match(NUMBER);
  if (number !== undefined) return { kind: "number", text: number, position };
  const mark = match(MARK);
  return mark === undefined ? undefined : { kind: "mark", text: mark, position };
}

/** What a number's token says. */
export function numberIn({ text, position }: Token): number {
  for (const [form, prefix, base] of BASES) {
    if (!form.test(text)) continue;
    const value = Number.parseInt(text.slice(prefix), base);
    if (value <= GREATEST) return value;
    const limit = "0xffffffff is the most";
    throw new BpfError(`${quoted(text)} at ${position} is too large: ${limit}`, { position });
  }
  throw new BpfError(`unexpected ${quoted(text)} at ${position}: that is no number`, { position });
}
