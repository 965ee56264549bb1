// The one error of this room: a source that can't be read, or a program the kernel would refuse.

/** Where the mistake is. */
export type BpfErrorPlace = {
  /** The character of the expression or source, counted from 0. */
  readonly position?: number;
  /** The instruction, counted from 0. */
  readonly index?: number;
};

/**
 * An expression or source that means nothing, or a program that the kernel would refuse. The
 * message names the place.
 */
export class BpfError extends SyntaxError {
  /** "BpfError". */
  override readonly name = "BpfError";
  /** Also those of the compiler that `rawsock` has with it, which is a copy. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof SyntaxError && value.name === "BpfError";
  }

  /** The character of the expression or source at which the mistake begins, counted from 0. */
  readonly position: number;
  /** The instruction that is wrong, counted from 0; absent where there is none. */
  declare readonly index?: number;

  /** Made by this package. */
  constructor(message: string, { position = 0, index }: BpfErrorPlace = {}) {
    super(message);
    this.position = position;
    if (index !== undefined) this.index = index;
  }
}

/** How much of a text a message quotes. */
const QUOTED_MAX = 40;

/** A piece of a source in quotation marks, shortened, as it may be anything. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text);
}
