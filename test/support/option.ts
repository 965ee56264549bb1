// setsockopt(2) of the C library, for what a test needs of the kernel.

import { dlopen } from "bun:ffi";

const musl = `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`;
const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
const libc = dlopen(report.header?.glibcVersionRuntime === undefined ? musl : "libc.so.6", {
  setsockopt: { args: ["i32", "i32", "i32", "buffer", "u32"], returns: "i32" },
}).symbols;

/** Sets an option to an integer or to bytes. */
export function setOption(
  fd: number,
  level: number | undefined,
  name: number | undefined,
  value: number | Uint8Array = 1,
): void {
  if (level === undefined || name === undefined) throw new Error("the platform lacks the option");
  const bytes = typeof value === "number" ? new Uint8Array(new Int32Array([value]).buffer) : value;
  if (libc.setsockopt(fd, level, name, bytes, bytes.length) !== 0) {
    throw new Error(`setsockopt ${level} ${name} failed`);
  }
}
