// What importing the package loads, and what the first call does.

import { expect, test } from "bun:test";
import { join } from "node:path";
import * as api from "../src/api.ts";
import * as index from "../src/index.ts";
import { bun, end } from "./support/program.ts";

test("the entry exports what api.ts lists, each as what it is", () => {
  const kinds = (module: object) =>
    Object.fromEntries(Object.entries(module).map(([name, value]) => [name, typeof value]));
  expect(kinds(index)).toEqual(kinds(api));
  expect(kinds(index.checksum)).toEqual(kinds(api.checksum));
  const { AF, Socket, SocketError } = api;
  expect({ AF, Socket, SocketError }).toEqual({
    AF: index.AF,
    Socket: index.Socket,
    SocketError: index.SocketError,
  });
});

test("once its part is loaded, each function is the module's own, and one taken before works", () => {
  const { htonl, ntohs } = index;
  expect(index.htons(1)).toBe(256);
  expect(index.checksum.fold(0x1_0000)).toBe(1);
  expect(index.ifNameIndex()).toEqual(api.ifNameIndex());
  const functions = (module: object) =>
    Object.entries(module).filter(([, value]) => typeof value === "function");
  expect(functions(index)).toEqual(functions(api));
  expect(htonl(1)).toBe(0x0100_0000);
  expect(ntohs(0x0102)).toBe(0x0201);
  expect(() => htonl(-1)).toThrow(RangeError);
  expect(index.checksum).toEqual(api.checksum);
});

test("importing opens no descriptor", async () => {
  const script = `
    const { readdirSync } = await import("node:fs");
    const count = () => readdirSync("/proc/self/fd").length;
    const before = count();
    const rawsock = await import(${JSON.stringify(join(import.meta.dir, "../src/index.ts"))});
    console.log(count() - before, rawsock.AF.UNIX);
  `;
  const { stdout } = await end([process.execPath, "-e", script]);
  expect(stdout).toBe(`0 ${index.AF.UNIX}\n`);
});

test("where no descriptor is left to load the rest with, the first call says so, the next works", async () => {
  const { stdout } = await end([
    "sh",
    "-c",
    'ulimit -n 64; exec "$@"',
    "sh",
    ...bun(`
      const { closeSync, openSync } = await import("node:fs");
      const fds = [];
      try { for (;;) fds.push(openSync("/dev/null")); } catch (error) {
        if (error.code !== "EMFILE") throw error;
      }
      const calls = [
        () => rawsock.htons(1),
        () => new rawsock.Message().length,
        () => rawsock.Sockaddr.inet("127.0.0.1").address,
        () => rawsock.checksum.internet(new Uint8Array(2)),
        () => rawsock.Socket.open("unix", "dgram").close(),
        () => rawsock.ifNameIndex("lo"),
      ];
      const rejected = await rawsock.resolve({ node: "::1" }).catch(({ code }) => code);
      console.log(rejected);
      const attempt = (call) => {
        try { return call(); } catch ({ name, syscall, code }) { return [name, syscall, code].join(" "); }
      };
      for (const call of calls) console.log(attempt(call));
      for (const fd of fds) closeSync(fd);
      for (const call of calls) console.log(attempt(call));
    `),
  ]);
  const refused = "SocketError open EMFILE\n".repeat(6);
  expect(stdout).toBe(`EMFILE\n${refused}256\n0\n127.0.0.1\n65535\nundefined\n1\n`);
});
