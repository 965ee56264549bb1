// Finds and opens the native library, once per JavaScript thread, and makes sure that it is the one
// this package was written against.

import { dlopen } from "bun:ffi";
import { functions, symbols } from "./symbols.ts";

/** Offset and size, in bytes, of a field. */
export type Field = readonly [offset: number, size: number];
/** A C structure of this platform; size 0 where the platform lacks it. */
export type Layout = { readonly size: number; readonly fields: Readonly<Record<string, Field>> };
export type ConstantTable = Readonly<Record<string, number>>;
type Table = Readonly<Record<string, string>>;

const BUILD = "run `bun run build` in the package's directory, or install rawsock again";

const table = functions();

const BUN_OLDEST = "1.4.1";
const PLATFORMS = "Linux and macOS (x64, arm64), FreeBSD and Windows (x64)";

const PLATFORM = `${process.platform}-${process.arch}`;

const FILES: Readonly<Record<string, string>> = {
  darwin: "librawsock.dylib",
  win32: "rawsock.dll",
};

/** The library's place in the package, seen from here and from the published bundle alike. */
const PACKAGED = `${import.meta.dir}/../../prebuilt/${PLATFORM}/${
  FILES[process.platform] ?? "librawsock.so"
}`;

/**
 * The library that a user's bundler has taken along, relative to the bundle. The conditions are
 * literal so that `bun build --compile` embeds this platform's file alone; inside of `try` a
 * bundler does without the files that are not there.
 */
function bundled(): string {
  try {
    if (process.platform === "linux" && process.arch === "x64") {
      return path(require("../../prebuilt/linux-x64/librawsock.so"));
    }
    if (process.platform === "linux" && process.arch === "arm64") {
      return path(require("../../prebuilt/linux-arm64/librawsock.so"));
    }
    if (process.platform === "darwin" && process.arch === "x64") {
      return path(require("../../prebuilt/darwin-x64/librawsock.dylib"));
    }
    if (process.platform === "darwin" && process.arch === "arm64") {
      return path(require("../../prebuilt/darwin-arm64/librawsock.dylib"));
    }
    if (process.platform === "freebsd" && process.arch === "x64") {
      return path(require("../../prebuilt/freebsd-x64/librawsock.so"));
    }
    if (process.platform === "win32" && process.arch === "x64") {
      return path(require("../../prebuilt/win32-x64/rawsock.dll"));
    }
  } catch (cause) {
    throw new Error(`rawsock: the native library for ${PLATFORM} is missing: ${BUILD}`, { cause });
  }
  throw new Error(
    `rawsock does not work on ${PLATFORM}, only on ${PLATFORMS}; types work anywhere`,
  );
}

/** On Windows with a drive: `C:\\`, or `B:/` inside of a compiled executable. */
const ABSOLUTE = /^([A-Za-z]:)?[\\/]/;

/** What a required file is: its path, or a module whose default is the path. */
function path(file: string | { readonly default: string }): string {
  const name = typeof file === "string" ? file : file.default;
  return ABSOLUTE.test(name) ? name : `${import.meta.dir}/${name}`;
}

// Without top-level await, so that the package can also be required.
function open() {
  if (Bun.semver.order(Bun.version, BUN_OLDEST) < 0) {
    throw new Error(
      `rawsock needs Bun ${BUN_OLDEST} or newer, not ${Bun.version}: run \`bun upgrade\``,
    );
  }
  try {
    return { file: PACKAGED, functions: dlopen(PACKAGED, table).symbols };
  } catch (cause) {
    // Not by node:fs, whose import takes longer than all of this.
    if (Bun.file(PACKAGED).size > 0) throw unusable(cause);
  }
  const file = bundled();
  try {
    return { file, functions: dlopen(file, table).symbols };
  } catch (cause) {
    throw unusable(cause);
  }
}

/** The error of a library that cannot be opened, or lacks what it should have. */
function unusable(cause: unknown): Error {
  return mismatch(cause instanceof Error ? cause.message : String(cause), cause);
}

function mismatch(detail: string, cause?: unknown): Error {
  const message = `rawsock: the native library does not match this package (${detail}): ${BUILD}`;
  return new Error(message, { cause });
}

const opened = open();

/** The library's file. */
export const library = opened.file;
/** The functions: >= 0 is the result, < 0 is -errno. */
export const native = opened.functions;

/** The sections of the library's manifest: zig/manifest.zig. */
const SECTIONS = { head: 0, records: 1, families: 2, network: 3 } as const;

/** A section of the library's account of itself. */
function manifest(section: keyof typeof SECTIONS): string {
  let text = new Uint8Array(32 * 1024);
  let length = native.rawsock_manifest(SECTIONS[section], text, text.length);
  if (length > text.length) {
    text = new Uint8Array(length);
    length = native.rawsock_manifest(SECTIONS[section], text, length);
  }
  return new TextDecoder().decode(text.subarray(0, length));
}

const [system = "", stated = "", constantsText = "{}"] = manifest("head").split("\n");

/** The symbols of a text `name types,name types`. */
export function symbolsIn(text: string): Table {
  const entries = text
    .trim()
    .split(/,\n?/)
    .map((symbol) => {
      const [name = "", ...types] = symbol.split(" ");
      return [name, types.join(" ")] as const;
    });
  return Object.fromEntries(entries);
}

/** Throws where the library's symbols are not those of `expected`. */
export function compare(expected: Table, actual: Table): void {
  for (const name in expected) {
    if (expected[name] === actual[name]) continue;
    const found = actual[name] === undefined ? "absent" : `(${actual[name]})`;
    throw mismatch(`${name}(${expected[name]}) is ${found} there`);
  }
  for (const name in actual) {
    if (!(name in expected)) throw mismatch(`${name} is unknown here`);
  }
}

// One by one takes longer, and tells which differs.
if (symbols.replaceAll("\n", "") !== stated) compare(symbolsIn(symbols), symbolsIn(stated));

/** The operating system and the architecture that the library was built for. */
export const target = system;

/** The platform's constants by group. */
export const constants: Readonly<Record<string, ConstantTable>> = JSON.parse(constantsText);

const further = new Map<string, Readonly<Record<string, ConstantTable>>>();

/**
 * Constants that few programs need, by group: of CAN, TIPC, SCTP, TLS and kernel cryptography, and
 * of network configuration. They are in the library, and parsed when they are first asked for.
 */
export function furtherConstants(section: "families" | "network") {
  let groups = further.get(section);
  if (groups === undefined) {
    groups = JSON.parse(manifest(section)) as Readonly<Record<string, ConstantTable>>;
    further.set(section, groups);
  }
  return groups;
}

let layouts: Readonly<Record<string, Layout>> | undefined;

/** The layouts of the platform's structures. */
export function records(): Readonly<Record<string, Layout>> {
  layouts ??= JSON.parse(manifest("records")) as Readonly<Record<string, Layout>>;
  return layouts;
}

/** The layout of a structure; an unknown name is a mistake in this package. */
export function record(name: string): Layout {
  const layout = records()[name];
  if (layout === undefined) throw mismatch(`no record ${name}`);
  return layout;
}
