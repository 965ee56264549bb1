// What was run where: the counts of whole runs, kept in test/results.json by `--record`, and the
// table of docs/platforms.md that is made of them then, and by `npm run docs`.

import { readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { type Counts, type Rooms, total } from "./suite.ts";

const root = join(import.meta.dir, "..");
const RESULTS = join(root, "test/results.json");
const PAGE = join(root, "docs/platforms.md");
const BEGIN = "<!-- Made of test/results.json by `npm run docs`. -->";
const END = "<!-- That was it. -->";

/** Where tests ran, and how many of each directory passed. */
export type Environment = {
  readonly kernel: string;
  readonly architecture: string;
  readonly bun: string;
  readonly rooms: Rooms;
};

export type Result = Environment & {
  /** glibc unless told. */
  readonly libc?: string;
  /** Emulated by qemu. */
  readonly emulated?: boolean;
  /** The day, as 2026-01-31. */
  readonly date: string;
};

/** By command. */
export type Results = Readonly<Record<string, Result>>;

/** This process' own environment. */
export function environment(rooms: Rooms, bun: string = Bun.version): Environment {
  const version = /^\d+\.\d+/.exec(release())?.[0] ?? release();
  const kernel = `${process.platform === "linux" ? "Linux" : process.platform} ${version}`;
  return { kernel, architecture: process.arch, bun, rooms };
}

const MARK = "<results ";

/** The line in which a guest tells its counts. */
export function guestLine(found: Environment): string {
  return `\n${MARK}${JSON.stringify(found)}>`;
}

export function parseGuestLine(line: string): Environment | undefined {
  const text = line.trim();
  if (!text.startsWith(MARK) || !text.endsWith(">")) return undefined;
  return JSON.parse(text.slice(MARK.length, -1)) as Environment;
}

/** Takes `--record` out of a command's words: it is for whole directories. */
export function recording(words: string[]): boolean {
  const at = words.indexOf("--record");
  if (at < 0) return false;
  words.splice(at, 1);
  if (words.some((word) => word.endsWith(".test.ts"))) {
    throw new TypeError("--record is for whole directories, not for chosen files");
  }
  return true;
}

/** Keeps what a command found, beside what it found of other directories in the same place. */
export function record(command: string, result: Omit<Result, "date">): void {
  const date = new Date().toISOString().slice(0, 10);
  const before = read();
  const known = before[command];
  const same = known !== undefined && where(known) === where(result);
  const rooms = same ? { ...known.rooms, ...result.rooms } : result.rooms;
  const all = { ...before, [command]: { ...result, rooms, date } };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(RESULTS, `${JSON.stringify(sorted, undefined, 2)}\n`);
  writePage();
}

export function read(): Results {
  return JSON.parse(readFileSync(RESULTS, "utf8")) as Results;
}

function where(result: Omit<Result, "date">): string {
  const { kernel, architecture, libc = "glibc", bun, emulated = false } = result;
  return `${kernel}, ${architecture}${emulated ? " emulated" : ""}, ${libc}, Bun ${bun}`;
}

/** How many passed; those that did not, if any. */
function cell(counts: Counts | undefined): string {
  if (counts === undefined) return "";
  const { passed, failed, skipped } = counts;
  const others = [
    failed > 0 ? `**${failed} failed**` : "",
    skipped > 0 ? `${skipped} skipped` : "",
  ];
  return [String(passed), ...others.filter((text) => text !== "")].join(", ");
}

/** What was run where, and how many tests of each directory passed there. */
export function table(results: Results): string {
  const columns = Object.entries(results);
  if (columns.length === 0) return "Nothing is recorded.";
  const rooms = [...new Set(columns.flatMap(([, { rooms }]) => Object.keys(rooms)))].sort();
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const letters = columns.map((_, index) => String.fromCharCode(65 + index));
  const commands = [
    row(["", "command", "where", "when", "passed"]),
    "|---|---|---|---|---|",
    ...columns.map(([command, result], index) =>
      row([
        letters[index] ?? "",
        `\`${command}\``,
        where(result),
        result.date,
        cell(total(result.rooms)),
      ]),
    ),
  ];
  const byRoom = [
    row(["tests of", ...letters]),
    `|---|${"---|".repeat(columns.length)}`,
    ...rooms.map((room) => row([room, ...columns.map(([, { rooms }]) => cell(rooms[room]))])),
  ];
  return [...commands, "", ...byRoom].join("\n");
}

/** The page with the table of these results. */
export function page(text: string, results: Results): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${PAGE} has no place for the table`);
  }
  return `${before}${BEGIN}\n\n${table(results)}\n\n${END}${after}`;
}

/** Writes the table that the counts give. */
function writePage(): void {
  writeFileSync(PAGE, page(readFileSync(PAGE, "utf8"), read()));
}

if (import.meta.main) writePage();
