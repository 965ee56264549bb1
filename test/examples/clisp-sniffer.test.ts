// examples/clisp-sniffer.ts beside the demo that comes with CLISP.

import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";
import { example } from "../support/example.ts";
import { Namespace, run } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";
import { zig } from "../support/zig.ts";

const [demo = ""] = existsSync("/usr/lib")
  ? new Glob("clisp-*/rawsock/demos/sniffer.lisp").scanSync({ cwd: "/usr/lib", absolute: true })
  : [];
const sniffer = { ...program("clisp"), met: program("clisp").met && demo !== "" };

/** Debian's module wants a name that its own library should have brought. */
const STUB =
  "int ioctl(int, unsigned long, ...);\n" +
  "int rpl_ioctl(int fd, unsigned long r, void *p) { return ioctl(fd, r, p); }\n";

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
    const directory = mkdtempSync(join(tmpdir(), "rawsock-clisp-"));
    try {
      using namespace = new Namespace();
      const count = "4";
      const theirs = ["-domain", ":packet", "-type", ":raw", "-repeat", count];
      const own = ["--domain", "packet", "--type", "raw", "--repeat", count];
      writeFileSync(join(directory, "stub.c"), STUB);
      const flags = ["-shared", "-nostdlib", "-fno-sanitize=all"];
      run(zig, "cc", ...flags, "-o", join(directory, "stub.so"), join(directory, "stub.c"));
      // In its directory: a path with a space would be two in LD_PRELOAD.
      const inside = 'cd "$0" && LD_PRELOAD=./stub.so exec clisp -q -q -norc -on-error exit "$@"';
      await using lisp = new Peer(
        namespace.command("sh", "-c", inside, directory, demo, ...theirs),
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
      expect([await bun.exited, await lisp.exited]).toEqual([0, 0]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);

test("its help tells the domains and types of the system", async () => {
  const { stdout, exitCode } = await end(example("clisp-sniffer.ts", "--help"));
  expect(exitCode).toBe(0);
  expect(stdout).toContain("--bufsiz 1518\n");
  expect(stdout).toMatch(/domains: .*INET6/);
});
