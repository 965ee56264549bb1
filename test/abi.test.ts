// The manifest beside the system headers: a C program prints the size and the offsets of every
// structure and the value of every constant.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, records } from "../src/native/library.ts";
import { run } from "./support/namespace.ts";
import { TARGET, zig } from "./support/zig.ts";

const root = join(import.meta.dir, "..");

/** Structures of the library's own, which no header has. */
const OWN: ReadonlySet<string> = new Set([
  "address_slot",
  "addrinfo_status",
  "addrinfo_hints",
  "addrinfo_entry",
  "netdb_entry",
  "interface_header",
  "interface_entry",
  "message_slot",
  "readiness_source",
  "readiness_ready",
  "batch_header",
  "control_header",
  "checksum_verdict",
]);

/** Bytes that hold bit-fields, which have no address in C. */
const BIT_FIELDS: ReadonlySet<string> = new Set(["tcp_info.tcpi_wscale", "tcp_info.tcpi_flags"]);

/** Names of groups whose C prefix is not their name. */
const PREFIXES: Readonly<Record<string, string>> = { ERRNO: "", single: "" };

const structures = Object.keys(records).filter((name) => !OWN.has(name));

function program(): string {
  const lines: string[] = [];
  for (const name of structures) {
    lines.push(`printf("${name} %zu\\n", sizeof(struct ${name}));`);
    for (const field in records[name]?.fields) {
      if (BIT_FIELDS.has(`${name}.${field}`)) continue;
      const member = `((struct ${name} *)0)->${field}`;
      lines.push(
        `printf("${name}.${field} %zu,%zu\\n", offsetof(struct ${name}, ${field}), sizeof(${member}));`,
      );
    }
  }
  for (const [group, names] of Object.entries(constants)) {
    for (const name in names) {
      const c = `${PREFIXES[group] ?? `${group}_`}${name}`;
      lines.push(`printf("${group}.${name} %lld\\n", (long long)(${c}));`);
    }
  }
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
    const executable = join(directory, "abi");
    writeFileSync(source, program());
    run(zig, "cc", "-target", TARGET, "-w", "-o", executable, source);
    const printed = new Map(
      run(executable)
        .trim()
        .split("\n")
        .map((line) => line.split(" ") as [string, string]),
    );
    const stated = new Map<string, string>();
    for (const name of structures) {
      stated.set(name, String(records[name]?.size));
      for (const [field, place] of Object.entries(records[name]?.fields ?? {})) {
        if (!BIT_FIELDS.has(`${name}.${field}`)) stated.set(`${name}.${field}`, String(place));
      }
    }
    for (const [group, names] of Object.entries(constants)) {
      for (const [name, value] of Object.entries(names)) {
        stated.set(`${group}.${name}`, String(value));
      }
    }
    expect(stated).toEqual(printed);
    expect(stated.size).toBeGreaterThan(900);
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
