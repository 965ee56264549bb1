// The libraries of all platforms, as far as one machine can check them: their symbols, and their
// manifests beside the headers of their platforms. Nothing of them runs.

import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as index from "../../src/index.ts";
import { compare, symbolsIn } from "../../src/native/library.ts";
import { symbols } from "../../src/native/symbols.ts";
import { statements } from "../support/abi.ts";
import { exportedNames } from "../support/exports.ts";
import { manifest } from "../support/manifest.ts";
import { run } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { zig } from "../support/zig.ts";

const root = join(import.meta.dir, "../..");

/** The shipped libraries: the targets whose headers they must agree with, the first their own. */
const PLATFORMS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "linux-x64/librawsock.so": ["x86_64-linux-gnu", "x86_64-linux-musl"],
  "linux-arm64/librawsock.so": ["aarch64-linux-gnu", "aarch64-linux-musl"],
  "darwin-x64/librawsock.dylib": ["x86_64-macos"],
  "darwin-arm64/librawsock.dylib": ["aarch64-macos"],
  "freebsd-x64/librawsock.so": ["x86_64-freebsd"],
  "win32-x64/rawsock.dll": ["x86_64-windows-gnu"],
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

/** The library's own structure where Windows has another: statistics of an interface. */
function withoutOwn(stated: Map<string, number>): void {
  for (const expression of stated.keys()) {
    if (expression.includes("struct rtnl_link_stats64")) stated.delete(expression);
  }
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
      compare(symbolsIn(symbols), found);
    });

    test("every symbol is there for a linker", () => {
      const names = [...Object.keys(symbolsIn(symbols)), "rawsock_manifest"];
      if (own.includes("windows")) {
        // The others are the linker's.
        const exported = exportedNames(readFileSync(path)).filter((name) => /^[a-z]/.test(name));
        expect(exported.sort()).toEqual(names.sort());
        return;
      }
      const declarations = names.map((name) => `extern int ${name}(void);`).join("\n");
      const calls = names.map((name) => `sum += (long)&${name};`).join("\n");
      const text = `${declarations}\nlong sum(void) { long sum = 0;\n${calls}\nreturn sum; }`;
      compile(own, text, path);
      const wrong = text.replaceAll("rawsock_close", "rawsock_absent");
      expect(() => compile(own, wrong, path)).toThrow("rawsock_absent");
    });

    test(`every size, offset and constant is that of the headers of ${own}`, () => {
      const stated = statements(manifest(readFileSync(path)));
      if (own.includes("windows")) withoutOwn(stated);
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

    test("the package can be imported, encodes what there is, and refuses the rest", async () => {
      const sections = manifest(readFileSync(path)).text;
      const { stdout, stderr } = await end(importedWith(sections));
      expect(stderr).toBe("");
      const [exported, linux, ...refusals] = stdout.trim().split("\n");
      expect(Number(exported)).toBe(Object.keys(index).length);
      expect(linux).toBe(String(own.includes("linux")));
      for (const refusal of refusals) expect(refusal).toStartWith("TypeError");
      // Descriptors are passed by all of them but Windows.
      const refused = own.includes("linux") ? 0 : own.includes("windows") ? 4 : 3;
      expect(refusals.length).toBe(refused);
    });
  });
}

/** Runs a program that sees the package with another platform's manifest, and no system calls. */
function importedWith(sections: readonly string[]): string[] {
  const library = join(root, "src/native/library.ts");
  const program = `
    import { plugin } from "bun";
    import { readFileSync } from "node:fs";
    const sections = ${JSON.stringify(sections)}.map((text) => new TextEncoder().encode(text));
    globalThis.foreign = new Proxy({}, { get: (_, name) => name === "rawsock_manifest"
      ? (section, room) => (room.set(sections[section].subarray(0, room.length)), sections[section].length)
      : () => -1 });
    plugin({ name: "foreign", setup(build) {
      build.onLoad({ filter: /native\\/library\\.ts$/ }, () => ({ loader: "ts", contents:
        readFileSync(${JSON.stringify(library)}, "utf8")
          .replace("const opened = open();", 'const opened = { file: "", functions: globalThis.foreign }; void open;') }));
    } });
    const rawsock = await import(${JSON.stringify(join(root, "src/index.ts"))});
    const attempt = (call) => {
      try { call(); } catch ({ name, message }) { console.log(name, message); }
    };
    console.log(Object.keys(rawsock).length);
    console.log(rawsock.AF.PACKET !== undefined);
    attempt(() => rawsock.encodeControl([{ kind: "rights", fds: [1] }]));
    rawsock.Sockaddr.unix("/x").with({ path: "/y" });
    new rawsock.Sockaddr("inet6").toJSON;
    new rawsock.Message({ iovec: [new Uint8Array(4)] });
    attempt(() => rawsock.Sockaddr.packet({ ifindex: 1 }));
    attempt(() => rawsock.Sockaddr.netlink());
    attempt(() => rawsock.encodeControl([{ kind: "auxdata", status: 0, length: 0, snaplen: 0 }]));
  `;
  return [process.execPath, "-e", program];
}
