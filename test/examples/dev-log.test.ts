// examples/dev-log.ts, to which logger(1) writes.

import { expect } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { example } from "../support/example.ts";
import { Peer } from "../support/peer.ts";
import { end, NOBODY } from "../support/program.ts";
import { program, setpriv, testWith } from "../support/requirements.ts";

testWith(program("logger", "bsdutils"), setpriv)(
  "the example of a log socket shows who logger(1) is, whatever it says",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "rawsock-log-"));
    const path = join(directory, "log");
    try {
      Bun.spawnSync(["chmod", "755", directory]);
      await using log = new Peer(example("dev-log.ts", path));
      const deadline = Date.now() + 10_000;
      while (!existsSync(path) && Date.now() < deadline) await Bun.sleep(10);
      await Bun.sleep(50);
      const words = ["logger", "--socket", path, "--tag", "test"];
      const first = Bun.spawn([...words, "--priority", "local3.warning", "one\x1b[2Jtwo"]);
      await first.exited;
      const now = new Date().toISOString().slice(0, 13);
      const line = await log.line();
      expect(line).toStartWith(`${now}:`);
      expect(line).toContain(` local3.warning pid ${first.pid} uid 0: `);
      expect(line).toEndWith(" test: one?[2Jtwo");
      const identity = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
      await end(["setpriv", ...identity, ...words, "--priority", "kern.emerg", "liar"]);
      // Without privileges nobody speaks for the kernel: logger says "user" instead.
      expect(await log.line()).toMatch(new RegExp(` user\\.emerg pid \\d+ uid ${NOBODY}: .*liar$`));
      process.kill(log.pid, "SIGINT");
      expect(await log.exited).toBe(0);
      expect(existsSync(path)).toBe(false);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
