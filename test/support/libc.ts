// The C library of this process: lookups of names are its own, and libraries differ in them.

const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };

/** Whether it is musl: what is Linux and not glibc. */
export const musl = process.platform === "linux" && header?.glibcVersionRuntime === undefined;

/** The name by which the loader finds it. */
export const libcName = musl
  ? `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`
  : "libc.so.6";
