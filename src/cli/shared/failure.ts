// How a command ends other than well: without a stack trace where the user can mend it.

/** The command line is wrong: status 2, and a hint at the help. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command cannot do what it was asked for. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** Nobody reads what the command writes: it ends without a word, as SIGPIPE would end it. */
export class Unread extends Error {
  override readonly name = "Unread";
}

/** 128 and the number of SIGPIPE: what a shell tells of the classic tools. */
export const UNREAD_STATUS = 141;
export const USAGE_STATUS = 2;

/** What to tell of an error, in one line; undefined for a fault of the command itself. */
export function explained(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof Failure || error instanceof UsageError) return error.message;
  // What the kernel, the resolver and the file system refuse.
  if ("code" in error && "syscall" in error) return error.message;
  // What the package refuses: the arguments were the user's.
  const refused =
    error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError;
  return refused && !isFault(error) ? error.message : undefined;
}

/** The engine's own errors of a broken program. */
function isFault({ message, name }: Error): boolean {
  return name === "TypeError" && /is not (a function|an object)|undefined is|null is/.test(message);
}
