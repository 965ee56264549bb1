// The guide for those who come from CLISP names everything that its module exports.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/namespace.ts";
import { program, testWith } from "../support/requirements.ts";
import { zig } from "../support/zig.ts";

const guide = await Bun.file(join(import.meta.dir, "../../docs/from-clisp.md")).text();

const LISP = `
(require "rawsock")
(do-external-symbols (symbol "RAWSOCK") (format t "=~a~%" (string-downcase symbol)))
`;

testWith(program("clisp"))("every name that RAWSOCK exports is in docs/from-clisp.md", () => {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-clisp-"));
  try {
    writeFileSync(join(directory, "list.lisp"), LISP);
    // Debian's module wants a name that its own library should have brought.
    const source = "int ioctl(int, unsigned long, ...);\n";
    const stub = "int rpl_ioctl(int fd, unsigned long r, void *p) { return ioctl(fd, r, p); }\n";
    writeFileSync(join(directory, "stub.c"), source + stub);
    const flags = ["-shared", "-nostdlib", "-fno-sanitize=all"];
    const library = join(directory, "stub.so");
    run(zig, "cc", ...flags, "-o", library, join(directory, "stub.c"));
    const inside = 'cd "$0" && LD_PRELOAD=./stub.so exec clisp -q -norc list.lisp';
    const listed = run("sh", "-c", inside, directory);
    const names = [...listed.matchAll(/^=(.*)$/gm)].map(([, name]) => name as string);
    expect(names.length).toBeGreaterThan(90);
    const told = new Set(guide.match(/[a-z][a-z-]*[a-z]/g));
    expect(names.filter((name) => !told.has(name))).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("the guide's tables have two columns", () => {
  const rows = guide.match(/^\|.*\|$/gm) ?? [];
  expect(rows.length).toBeGreaterThan(40);
  for (const row of rows) expect(row.split(/(?<!\\)\|/).length).toBe(4);
});
