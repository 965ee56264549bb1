import { expect, test } from "bun:test";
import { join } from "node:path";
import { guide } from "../support/guide.ts";
import { Namespace } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const repository = join(import.meta.dir, "../..");

guide("docs/bpf.md");

/** Waits until somebody in the namespace receives from an interface. */
async function packetSocketBound(namespace: Namespace): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const { stdout } = await end(namespace.command("cat", "/proc/net/packet"));
    const sockets = stdout.trim().split("\n").slice(1);
    // Reference, type, protocol, the interface's index.
    if (sockets.some((line) => Number(line.trim().split(/\s+/)[4]) > 0)) return;
    await Bun.sleep(10);
  }
  throw new Error("no packet socket was bound");
}

const example = join(repository, "examples/filter.ts");

testWith(namespaces, program("ping", "iputils-ping"))(
  "the example shows what its filter lets through, and nothing else",
  async () => {
    using namespace = new Namespace();
    const words = namespace.command(process.execPath, example, "lo", "icmp[icmptype] =", "8");
    const shown = end(words);
    await packetSocketBound(namespace);
    await end(namespace.command("ping", "-c", "3", "-i", "0.2", "127.0.0.1"));
    const { stdout, stderr, exitCode } = await shown;
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const [listing, seen] = stdout.split("\n\n");
    expect(listing).toMatch(/^\(000\) ldh {6}\[12\]\n(.*\n)*.*ret {6}#0$/);
    const line = "127.0.0.1 > 127.0.0.1 ICMP echo request 98 bytes";
    expect(seen?.trimEnd().split("\n")).toEqual([line, line, line]);
  },
);

test("the example marks the place of a mistake", async () => {
  const { stdout, stderr, exitCode } = await end([process.execPath, example, "lo", "tcp porf 80"]);
  expect([stdout, exitCode]).toEqual(["", 1]);
  expect(stderr).toStartWith("tcp porf 80\n    ^ ");
});
