// examples/clisp-sniffer.ts beside the demo that comes with CLISP.

import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { Glob } from "bun";
import { example } from "../support/example.ts";
import { Namespace } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const [demo = ""] = existsSync("/usr/lib")
  ? new Glob("clisp-*/rawsock/demos/sniffer.lisp").scanSync({ cwd: "/usr/lib", absolute: true })
  : [];
const sniffer = { ...program("clisp"), met: program("clisp").met && demo !== "" };

/** Behind the address: the length, and the bytes. */
function bytesOf(line: string): string {
  return line
    .toLowerCase()
    .replace(/^.*len=/, "")
    .replaceAll(",", "")
    .trim();
}

testWith(namespaces, sniffer)(
  "the example of CLISP's sniffer shows the bytes that CLISP's shows",
  async () => {
    using namespace = new Namespace();
    const count = "4";
    const theirs = ["-domain", ":packet", "-type", ":raw", "-repeat", count];
    const own = ["--domain", "packet", "--type", "raw", "--repeat", count];
    await using lisp = new Peer(
      namespace.command("clisp", "-q", "-q", "-norc", "-on-error", "exit", demo, ...theirs),
    );
    await using bun = new Peer(namespace.command(...example("clisp-sniffer.ts", ...own)));
    for (let tries = 0; tries < 1000; tries++) {
      const sockets = String(Bun.spawnSync(namespace.command("cat", "/proc/net/packet")).stdout);
      if (sockets.trim().split("\n").length === 3) break;
      await Bun.sleep(10);
    }
    expect(namespace.ping("127.0.0.1")).toBe(1);
    const lines = { lisp: [] as string[], bun: [] as string[] };
    for (let index = 0; index < Number(count); index++) {
      lines.lisp.push(await lisp.line());
      lines.bun.push(await bun.line());
    }
    expect(lines.bun.map(bytesOf)).toEqual(lines.lisp.map(bytesOf));
    expect(lines.bun[0]).toMatch(/^family: packet 8 0 1 0 0 0 .* len=98 00 00 00 .*$/);
    expect(await bun.exited).toBe(0);
  },
);

testWith(program("bun"))("its help tells the domains and types of the system", async () => {
  const { stdout, exitCode } = await end(example("clisp-sniffer.ts", "--help"));
  expect(exitCode).toBe(0);
  expect(stdout).toContain("--bufsiz 1518\n");
  expect(stdout).toMatch(/domains: .*INET6/);
});
