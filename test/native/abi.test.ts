// The manifest beside the system headers: a C program prints the size and the offsets of every
// structure and the value of every constant.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, furtherConstants, records } from "../../src/native/library.ts";
import { statements } from "../support/abi.ts";
import { musl } from "../support/libc.ts";
import { run } from "../support/namespace.ts";
import { ARCHITECTURE, zig } from "../support/zig.ts";

const root = join(import.meta.dir, "../..");

const stated = statements({
  records: records(),
  constants: { ...constants, ...furtherConstants("families"), ...furtherConstants("network") },
});

function program(): string {
  const lines = [...stated.keys()].map(
    (expression) => `printf("%s=%lld\\n", "${expression}", (long long)(${expression}));`,
  );
  return `#include "${root}/zig/headers.h"
#include <stddef.h>
#include <stdio.h>
int main(void) {
${lines.join("\n")}
return 0;
}
`;
}

test("every size, offset and constant is that of the system headers", () => {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-abi-"));
  try {
    const source = join(directory, "abi.c");
    const [object, executable] = [join(directory, "abi.o"), join(directory, "abi")];
    writeFileSync(source, program());
    const compile = ["cc", "-O1", "-w", "-target"];
    run(zig, ...compile, `${ARCHITECTURE}-linux-gnu`, "-c", "-o", object, source);
    // The loader that starts it is this machine's.
    const libc = musl ? "musl" : "gnu";
    run(zig, ...compile, `${ARCHITECTURE}-linux-${libc}`, "-dynamic", "-o", executable, object);
    const printed = new Map(
      run(executable)
        .trim()
        .split("\n")
        .map((line) => [line.slice(0, line.lastIndexOf("=")), Number(line.split("=").at(-1))]),
    );
    expect(stated).toEqual(printed);
    expect(stated.size).toBeGreaterThan(3000);
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 120_000);

test("the groups hold what a C program would look for", () => {
  for (const name of ["AF.PACKET", "SO.BINDTODEVICE", "IPV6.RECVPKTINFO", "TCP.INFO", "UDP.GRO"]) {
    const [group, member] = name.split(".") as [string, string];
    expect(constants[group]?.[member]).toBeNumber();
  }
});
