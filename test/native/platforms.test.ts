// The libraries of all platforms, as far as one machine can check them: their symbols, and their
// manifests beside the headers of their platforms. Nothing of them runs.

import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare, symbolsIn } from "../../src/native/library.ts";
import { symbols } from "../../src/native/symbols.ts";
import { type Abi, statements } from "../support/abi.ts";
import { run } from "../support/namespace.ts";
import { zig } from "../support/zig.ts";

const root = join(import.meta.dir, "../..");

type Manifest = Abi & {
  readonly target: string;
  readonly symbols: Readonly<Record<string, string>>;
};

/** The shipped libraries: the targets whose headers they must agree with, the first their own. */
const PLATFORMS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "linux-x64/librawsock.so": ["x86_64-linux-gnu", "x86_64-linux-musl"],
  "linux-arm64/librawsock.so": ["aarch64-linux-gnu", "aarch64-linux-musl"],
  "darwin-x64/librawsock.dylib": ["x86_64-macos"],
  "darwin-arm64/librawsock.dylib": ["aarch64-macos"],
  "freebsd-x64/librawsock.so": ["x86_64-freebsd"],
};

/** Where musl's headers may differ: the system calls take the kernel's, which glibc's are. */
const MUSL_OWN = [
  // Limits that nobody passes to the kernel, or that the kernel clips.
  "AF_MAX",
  "PF_MAX",
  "NI_MAXHOST",
  "SOMAXCONN",
  // socklen_t and padding, which musl clears before the call.
  "sizeof(((struct cmsghdr *)0)->cmsg_len)",
];

/** The JSON object within a library's bytes that begins like this. */
function json(library: string, beginning: string) {
  const start = library.indexOf(beginning);
  if (start < 0) throw new Error(`the library holds no ${beginning}`);
  let depth = 0;
  for (let end = start; end < library.length; end++) {
    if (library[end] === "{") depth++;
    if (library[end] === "}" && --depth === 0) return JSON.parse(library.slice(start, end + 1));
  }
}

/** The sections of the manifest within a library's bytes. */
function manifest(library: Buffer): Manifest {
  const text = library.toString("latin1");
  const pattern = /((?:linux|macos|freebsd)-\w+)\n(rawsock_[^\n]+)\n/;
  const [, target = "", list = ""] = pattern.exec(text) ?? [];
  return {
    target,
    symbols: symbolsIn(list),
    constants: json(text, '{"AF":{'),
    records: json(text, '{"sockaddr":{"size":'),
  };
}

/** Compiles, and with `library` links, a C program for a target; throws where that fails. */
function compile(target: string, text: string, library?: string): void {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-platforms-"));
  try {
    const source = join(directory, "main.c");
    writeFileSync(source, text);
    const shared = [
      "-shared",
      "-nostdlib",
      ...(/linux|freebsd/.test(target) ? ["-Wl,-z,defs"] : []),
    ];
    const link = library === undefined ? ["-c"] : [...shared, library];
    const words = ["-target", target, "-w", "-ferror-limit=0", "-O1"];
    run(zig, "cc", ...words, source, ...link, "-o", join(directory, "main"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A program that compiles where every statement holds; `optional`: of those that are there. */
function assertions(stated: ReadonlyMap<string, number>, optional: boolean): string {
  const lines = [`#include "${root}/zig/headers.h"`, "#include <stddef.h>"];
  for (const [expression, value] of stated) {
    const macro = /^\w+$/.test(expression);
    if (optional && macro) lines.push(`#ifdef ${expression}`);
    lines.push(`_Static_assert((long long)(${expression}) == ${value}LL, "not ${value}");`);
    if (optional && macro) lines.push("#endif");
  }
  return lines.join("\n");
}

beforeAll(() => {
  run(zig, "build", "all", "--build-file", join(root, "build.zig"));
}, 600_000);

for (const [file, [own, ...others]] of Object.entries(PLATFORMS)) {
  const path = join(root, "prebuilt", file);
  describe(file, () => {
    test("the manifest names the target and the symbols of this package", () => {
      const { target, symbols: found } = manifest(readFileSync(path));
      const [architecture, system] = own.split("-");
      expect(target).toBe(`${system}-${architecture}`);
      compare(symbols, found);
    });

    test("every symbol is there for a linker", () => {
      const names = [...Object.keys(symbols), "rawsock_manifest"];
      const declarations = names.map((name) => `extern int ${name}(void);`).join("\n");
      const calls = names.map((name) => `sum += (long)&${name};`).join("\n");
      const text = `${declarations}\nlong sum(void) { long sum = 0;\n${calls}\nreturn sum; }`;
      compile(own, text, path);
      const wrong = text.replaceAll("rawsock_close", "rawsock_absent");
      expect(() => compile(own, wrong, path)).toThrow("rawsock_absent");
    });

    test(`every size, offset and constant is that of the headers of ${own}`, () => {
      const stated = statements(manifest(readFileSync(path)));
      expect(stated.size).toBeGreaterThan(500);
      compile(own, assertions(stated, false));
      const wrong = new Map(stated).set("AF_INET", 77);
      expect(() => compile(own, assertions(wrong, false))).toThrow("not 77");
    });

    test.each(others)("what the headers of %s have too has the same value", (other) => {
      const stated = statements(manifest(readFileSync(path)));
      for (const expression of MUSL_OWN) stated.delete(expression);
      compile(other, assertions(stated, true));
    });
  });
}
