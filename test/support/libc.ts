// The C library of this process: lookups of names are its own, and libraries differ in them.

const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };

/** Whether it is musl: what is Linux and not glibc. */
export const musl = process.platform === "linux" && header?.glibcVersionRuntime === undefined;

/** The name by which the loader finds it. */
export const libcName = musl
  ? `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`
  : "libc.so.6";

/** What musl says instead. */
const MUSL_WORDS: Readonly<Record<string, string>> = {
  "Cannot assign requested address": "Address not available",
  "Input/output error": "I/O error",
  "Network is unreachable": "Network unreachable",
  "No route to host": "Host is unreachable",
  "Operation not supported": "Not supported",
  "Too many open files": "No file descriptors available",
};

/** The C library's words for an error, by those of glibc. */
export function wordsFor(glibc: string): string {
  return musl ? (MUSL_WORDS[glibc] ?? glibc) : glibc;
}
