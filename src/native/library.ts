// Finds and opens the native library, once per JavaScript thread, for what importing the package
// needs of it: the constants, and the functions that come before all others.

import { dlopen, type FFIFunction } from "bun:ffi";
import { lazy } from "../lazy.ts";

/** Offset and size, in bytes, of a field. */
export type Field = readonly [offset: number, size: number];
/** A C structure of this platform; size 0 where the platform lacks it. */
export type Layout = { readonly size: number; readonly fields: Readonly<Record<string, Field>> };
export type ConstantTable = Readonly<Record<string, number>>;

const BUILD = "run `bun run build` in the package's directory, or install rawsock again";

const i32 = "i32";
const u32 = "u32";
const buffer = "buffer";

/** The functions that are needed before all others, in the order of zig/abi.zig. */
export const first = {
  rawsock_strerror: { args: [i32, buffer, u32], returns: i32 },
  rawsock_gai_strerror: { args: [i32, buffer, u32], returns: i32 },
  rawsock_socket: { args: [i32, i32, i32], returns: i32 },
  rawsock_close: { args: [i32], returns: i32 },
  rawsock_set_nonblocking: { args: [i32, u32], returns: i32 },
} as const;

const table = { ...first, rawsock_manifest: { args: [u32, buffer, u32], returns: i32 } } as const;

const BUN_OLDEST = "1.4.0";
const PLATFORMS = "Linux and macOS (x64, arm64) and FreeBSD (x64)";

const PLATFORM = `${process.platform}-${process.arch}`;

/** The library's place in the package, seen from here and from the published bundle alike. */
const PACKAGED = `${import.meta.dir}/../../prebuilt/${PLATFORM}/librawsock.${
  process.platform === "darwin" ? "dylib" : "so"
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
  } catch (cause) {
    throw new Error(`rawsock: the native library for ${PLATFORM} is missing: ${BUILD}`, { cause });
  }
  throw new Error(
    `rawsock does not work on ${PLATFORM}, only on ${PLATFORMS}; types work anywhere`,
  );
}

/** What a required file is: its path, or a module whose default is the path. */
function path(file: string | { readonly default: string }): string {
  const name = typeof file === "string" ? file : file.default;
  return name.startsWith("/") ? name : Bun.fileURLToPath(new URL(name, import.meta.url));
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
  return { file, functions: functionsIn(file, table) };
}

/** The functions of a library's file. */
export function functionsIn<T extends Record<string, FFIFunction>>(file: string, functions: T) {
  try {
    return dlopen(file, functions).symbols;
  } catch (cause) {
    throw unusable(cause);
  }
}

const { file, functions } = open();

/** The library's file. */
export const library = file;
/** Some of the library's functions: >= 0 is the result, < 0 is -errno. functions.ts has all. */
export const core = functions;

/** The error of a library that cannot be opened, or lacks what it should have. */
function unusable(cause: unknown): Error {
  return mismatch(cause instanceof Error ? cause.message : String(cause), cause);
}

export function mismatch(detail: string, cause?: unknown): Error {
  const message = `rawsock: the native library does not match this package (${detail}): ${BUILD}`;
  return new Error(message, { cause });
}

/** The sections of the library's manifest: zig/manifest.zig. */
const SECTIONS = { symbols: 0, constants: 1, records: 2 } as const;

/** A section of the manifest. */
export function read(section: keyof typeof SECTIONS): string {
  let text = new Uint8Array(24 * 1024);
  let length = core.rawsock_manifest(SECTIONS[section], text, text.length);
  if (length > text.length) {
    text = new Uint8Array(length);
    length = core.rawsock_manifest(SECTIONS[section], text, length);
  }
  return new TextDecoder().decode(text.subarray(0, length));
}

/** The platform's constants by group. */
export const constants: Readonly<Record<string, ConstantTable>> = JSON.parse(read("constants"));

/** The layouts of the platform's structures. */
export const records = lazy((): Readonly<Record<string, Layout>> => JSON.parse(read("records")));

/** The layout of a structure; an unknown name is a mistake in this package. */
export function record(name: string): Layout {
  const layout = records()[name];
  if (layout === undefined) throw mismatch(`no record ${name}`);
  return layout;
}
