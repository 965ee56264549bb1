// The tables of the reference: complete, true of every platform's library, and of this kernel.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CONTROL, controlCodecs, numberOf } from "../../scripts/tables.ts";
import {
  bind,
  close,
  getsockname,
  Message,
  type OptionName,
  recvmsg,
  Sockaddr,
  sendto,
  setSocketOption,
  socket,
} from "../../src/index.ts";
import { optionNames } from "../../src/option/table.ts";
import { manifest } from "../support/manifest.ts";
import { ipv6, kernel, testWith } from "../support/requirements.ts";

const root = join(import.meta.dir, "../..");
const linux = { met: process.platform === "linux", remedy: "the tables are Linux's" };

testWith(linux)("every kind is in the table, where the package knows it", () => {
  const codecs = controlCodecs();
  const here = Object.keys(CONTROL).filter((kind) => CONTROL[kind]?.systems !== "Windows");
  expect([...new Set(codecs.map(({ kind }) => kind))].sort()).toEqual(here.sort());
  for (const { kind, level, type } of codecs) {
    const places = CONTROL[kind]?.places.map((names) => names.map(numberOf)) ?? [];
    const known = places.some(([first, second]) => first === level && second === type);
    expect(`${kind} ${level} ${type} ${known}`).toBe(`${kind} ${level} ${type} true`);
  }
});

test("the options that the table names are options", () => {
  const names = new Set<string>(optionNames());
  for (const { receive, send } of Object.values(CONTROL)) {
    for (const [, name = ""] of `${receive} ${send}`.matchAll(/`([A-Z][A-Z0-9_]+)`/g)) {
      expect(`${name} ${names.has(name)}`).toBe(`${name} true`);
    }
  }
});

const SYSTEMS = { macOS: "darwin-x64/librawsock.dylib", FreeBSD: "freebsd-x64/librawsock.so" };

describe("a system that the table names has the constants of the kind", () => {
  for (const [system, library] of Object.entries(SYSTEMS)) {
    const path = join(root, "prebuilt", library);
    const built = { met: existsSync(path), remedy: "npm run build:all" };
    testWith(built)(system, () => {
      const { constants: groups } = manifest(readFileSync(path));
      const known = (name: string) => {
        const [, group = "", rest = ""] = /^([A-Z0-9]+)_(.*)$/.exec(name) ?? [];
        return groups[group]?.[rest] !== undefined;
      };
      for (const [kind, { places, systems }] of Object.entries(CONTROL)) {
        if (systems !== "all" && !systems.includes(system)) continue;
        const there = places.some((names) => names.every(known));
        expect(`${kind} ${there}`).toBe(`${kind} true`);
      }
    });
  }
});

describe("what docs/platforms.md says is Linux's is in no other system's headers", async () => {
  const guide = await Bun.file(join(root, "docs/platforms.md")).text();
  const section = guide.split("## What Linux alone has")[1]?.split("\n\nAbstract")[0] ?? "";
  const names = [...section.matchAll(/`([A-Z][A-Z0-9]+)_([A-Z0-9_]+)`/g)].map((found) => found);
  for (const [system, library] of Object.entries(SYSTEMS)) {
    const path = join(root, "prebuilt", library);
    const built = { met: existsSync(path), remedy: "npm run build:all" };
    testWith(built)(system, () => {
      const { constants: groups } = manifest(readFileSync(path));
      expect(names.length).toBeGreaterThan(20);
      const there = names.filter(
        ([name, group = "", rest = ""]) =>
          groups[group]?.[rest] !== undefined || groups.single?.[name.slice(1, -1)] !== undefined,
      );
      expect(there.map(([name]) => name)).toEqual([]);
    });
  }
});

/** Kinds that come with any datagram once the option is set. */
const SWITCHES: readonly (readonly [
  family: "inet" | "inet6",
  OptionName,
  kind: string,
  since?: string,
])[] = [
  ["inet", "SO_TIMESTAMPNS", "timestamp"],
  ["inet", "SO_TIMESTAMP", "timestamp"],
  ["inet", "IP_PKTINFO", "pktinfo"],
  ["inet", "IP_RECVTTL", "ttl"],
  ["inet", "IP_RECVTOS", "tos"],
  ["inet", "IP_RECVORIGDSTADDR", "origdstaddr"],
  ["inet", "SO_RCVMARK", "mark", "5.19"],
  ["inet", "SO_RCVPRIORITY", "priority", "6.14"],
  ["inet6", "IPV6_RECVPKTINFO", "pktinfo"],
  ["inet6", "IPV6_RECVHOPLIMIT", "hoplimit"],
  ["inet6", "IPV6_RECVTCLASS", "tclass"],
  ["inet6", "IPV6_RECVORIGDSTADDR", "origdstaddr"],
];

describe("the option of the table switches the kind on", () => {
  for (const [family, option, kind, since = "5.10"] of SWITCHES) {
    const needed = family === "inet6" ? [ipv6] : [];
    testWith(kernel(since), ...needed)(`${option}: ${kind}`, () => {
      expect(CONTROL[kind]?.receive).toContain(`\`${option}\``);
      const fd = socket(family, "dgram");
      try {
        bind(fd, family === "inet" ? Sockaddr.inet("127.0.0.1") : Sockaddr.inet6("::1"));
        const kinds = () => {
          sendto(fd, new Uint8Array(1), getsockname(fd));
          const message = new Message({ iovec: [new Uint8Array(1)] });
          recvmsg(fd, message);
          return message.control.map((control) => control.kind as string);
        };
        expect(kinds()).not.toContain(kind);
        setSocketOption(fd, option, true as never);
        expect(kinds()).toContain(kind);
      } finally {
        close(fd);
      }
    });
  }
});
