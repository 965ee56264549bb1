// The library is built with safety checks: what would go on with wrong numbers ends the process.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import { end } from "../support/program.ts";

const root = join(import.meta.dir, "../..");
/** Functions whose bounds come from checked code: what each would lose is said there. */
const UNCHECKED: Readonly<Record<string, number>> = {
  "zig/checksum_kernel.zig": 3,
  "zig/transfer_windows.zig": 2,
  "zig/tun.zig": 1,
};

test("a number that does not fit ends the process with one line", async () => {
  const library = JSON.stringify(join(root, "src/native/library.ts"));
  const ownership = JSON.stringify(join(root, "src/readiness/ownership.ts"));
  const script = `import { native } from ${library};
    import { eventSourceMemory } from ${ownership};
    native.rawsock_readiness_set_owned(eventSourceMemory(), -5, 1);
    console.log("it went on");`;
  const { stdout, stderr, exitCode, signal } = await end([process.execPath, "-e", script]);
  expect(stdout).toBe("");
  expect(stderr).toStartWith("rawsock: integer does not fit in destination type\n");
  // The runtime reports the signal before it ends by it; Windows has none, and a status for that.
  expect([exitCode, signal]).toEqual(process.platform === "win32" ? [3, null] : [null, "SIGABRT"]);
});

test("only the functions that are known do without", async () => {
  const found: Record<string, number> = {};
  for await (const name of new Glob("zig/*.zig").scan(root)) {
    const text = await Bun.file(join(root, name)).text();
    const count = text.split("@setRuntimeSafety(false)").length - 1;
    if (count > 0) found[name.replaceAll("\\", "/")] = count;
  }
  expect(found).toEqual(UNCHECKED);
  const build = await Bun.file(join(root, "build.zig")).text();
  expect(build).toContain("orelse .ReleaseSafe");
});
