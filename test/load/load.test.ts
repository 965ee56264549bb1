// A short part of `npm run test:load`: RAWSOCK_TEST_LOAD is how many minutes, 2 where .ci/run runs
// the tests.

import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { namespaces, testWith, tun } from "../support/requirements.ts";

const script = join(import.meta.dir, "../../scripts/load.ts");
const MINUTES = process.env.RAWSOCK_TEST_LOAD ?? "0.25";
const SEED = "7";
/** What it may take longer: to start, to end, and on a machine that has other things to do. */
const GRACE_MS = 180_000;

const test = testWith(namespaces, tun);

function ours(pid: number): string[] {
  return readdirSync("/run/netns").filter((name) => name.startsWith(`rawsock-${pid}-`));
}

test(
  `traffic of all kinds for ${MINUTES} minutes: nothing is lost but what the kernel counted`,
  async () => {
    const child = Bun.spawn([process.execPath, script, MINUTES, SEED], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const output = await new Response(child.stdout).text();
    // Its figures are of use where all is well, too.
    console.log(output.trimEnd());
    expect(output.split("\n").filter((line) => /fault of|FAULTS/.test(line))).toEqual([]);
    expect(await child.exited).toBe(0);
  },
  Number(MINUTES) * 60_000 + GRACE_MS,
);

test(
  "interrupted, it ends early, reports, and leaves no namespace",
  async () => {
    const child = Bun.spawn([process.execPath, script, "5", SEED, "udp|unix"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const reader = child.stdout.getReader();
    await reader.read();
    const [, pid = "0"] = /(\d+)/.exec(await childOf(child.pid)) ?? [];
    while (ours(Number(pid)).length < 2) await Bun.sleep(20);
    await Bun.sleep(1000);
    child.kill("SIGINT");
    let output = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      output += new TextDecoder().decode(value);
    }
    expect(await child.exited).toBe(130);
    expect(output).toMatch(/unix dgram: .* ok\n/);
    expect(ours(Number(pid))).toEqual([]);
  },
  GRACE_MS,
);

/** The process that one has started, which takes a moment. */
async function childOf(pid: number): Promise<string> {
  for (;;) {
    const children = await Bun.file(`/proc/${pid}/task/${pid}/children`).text();
    if (children.trim() !== "") return children;
    await Bun.sleep(10);
  }
}
