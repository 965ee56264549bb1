// What a command writes: at once, line by line, whatever standard output is. Not by
// process.stdout, whose loading takes longer than a ping.

import { ERRNO } from "../../base/constants.ts";
import { SocketError } from "../../base/error.ts";
import { lazy } from "../../base/lazy.ts";
import { ioctl } from "../../calls/ioctl.ts";
import { poll } from "../../calls/poll.ts";
import { write as writeTo } from "../../calls/transfer.ts";
import { constants } from "../../native/library.ts";
import { Structure } from "../../native/record.ts";
import { Unread } from "./failure.ts";

const STDOUT = 1;
const STDERR = 2;
const COLUMNS = 80;
const encoder = new TextEncoder();

/** The columns of the terminal that a descriptor is; 0 where it is none. */
function columnsOf(fd: number): number {
  const request = constants.single?.TIOCGWINSZ;
  if (request === undefined) return 0;
  const layout = new Structure("winsize");
  const bytes = new Uint8Array(layout.size);
  try {
    ioctl(fd, request, bytes);
  } catch (error) {
    if (error instanceof SocketError) return 0;
    throw error;
  }
  return layout.integer("ws_col").get(bytes) || COLUMNS;
}

/** Windows' library writes to sockets alone. */
const writeSome =
  process.platform === "win32"
    ? (fd: number, bytes: Uint8Array, start: number) => writeFile(fd, bytes.subarray(start))
    : (fd: number, bytes: Uint8Array, start: number) => writeTo(fd, bytes, { start });

/** Codes of a file, or a pipe, that nobody reads any more. */
const UNREAD: ReadonlySet<unknown> = new Set(["EPIPE", "EOF", "EIO"]);

function writeFile(fd: number, bytes: Uint8Array): number {
  try {
    return process.getBuiltinModule("node:fs").writeSync(fd, bytes);
  } catch (error) {
    if (error instanceof Error && "code" in error && UNREAD.has(error.code)) throw new Unread();
    throw error;
  }
}

/** All of it, also to what does not take everything at once. Unread: nobody reads any more. */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let start = 0; start < bytes.length; ) {
    try {
      start += writeSome(fd, bytes, start);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      if (error.errno === ERRNO.EPIPE || error.errno === ERRNO.EIO) throw new Unread();
      if (error.errno === ERRNO.EAGAIN) wait(fd);
      else if (error.errno !== ERRNO.EINTR) throw error;
    }
  }
}

function wait(fd: number): void {
  try {
    poll([{ fd, events: ["out"] }]);
  } catch (error) {
    if (!(error instanceof SocketError) || error.errno !== ERRNO.EINTR) throw error;
  }
}

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Colour = keyof typeof COLOURS;

export class Output {
  /** Columns of the terminal that standard output is; 0: it is none. */
  readonly #columns = lazy(() => columnsOf(STDOUT));
  readonly #errorColumns = lazy(() => columnsOf(STDERR));
  #statusLength = 0;

  /** Is standard output a terminal? */
  get isTerminal(): boolean {
    return this.#columns() > 0;
  }

  get columns(): number {
    return this.#columns() || COLUMNS;
  }

  /** Writes a line, or several. */
  line(text: string): void {
    this.#clear();
    writeAll(STDOUT, encoder.encode(`${text}\n`));
  }

  /** Writes text as it is. */
  write(text: string): void {
    writeAll(STDOUT, encoder.encode(text));
  }

  bytes(bytes: Uint8Array): void {
    writeAll(STDOUT, bytes);
  }

  /** An object in one line: bigints as decimal text, bytes as hexadecimal text. */
  json(value: object): void {
    this.line(toJson(value));
  }

  /** A line on standard error. */
  note(text: string): void {
    this.#clear();
    writeAll(STDERR, encoder.encode(`${text}\n`));
  }

  /** Shows how far it is, in a line of a terminal that the next replaces; nothing elsewhere. */
  progress(text: string): void {
    const columns = this.#errorColumns();
    if (columns === 0) return;
    const shown = text.slice(0, columns - 1);
    writeAll(STDERR, encoder.encode(`\r${shown.padEnd(this.#statusLength)}`));
    this.#statusLength = shown.length;
  }

  /** Takes the progress away. */
  #clear(): void {
    if (this.#statusLength === 0) return;
    writeAll(STDERR, encoder.encode(`\r${" ".repeat(this.#statusLength)}\r`));
    this.#statusLength = 0;
  }

  end(): void {
    this.#clear();
  }

  /** Colours, on a terminal alone: https://no-color.org. */
  paint(colour: Colour, text: string): string {
    if (!this.#paints()) return text;
    return `\u001b[${COLOURS[colour]}m${text}\u001b[0m`;
  }

  readonly #paints = lazy(
    () => this.isTerminal && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb",
  );
}

/** JSON in one line. */
export function toJson(value: object): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === "bigint") return member.toString();
    if (member instanceof Uint8Array) return member.toHex();
    // JSON has no such number.
    if (member === Number.POSITIVE_INFINITY) return "infinity";
    if (member instanceof Map) return Object.fromEntries(member);
    return member;
  });
}
