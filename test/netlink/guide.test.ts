// The code of docs/netlink.md and the examples do what is said beside them.

import { describe, expect } from "bun:test";
import { join } from "node:path";
import { Namespace } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const repository = join(import.meta.dir, "../..");
const guide = await Bun.file(join(repository, "docs/netlink.md")).text();
const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```(?:\n\n```text\n([\s\S]*?)^```)?/gm)];
const entry = JSON.stringify(join(repository, "src/netlink/index.ts"));

describe("the guide's blocks print what is behind their //, or what follows them", () => {
  expect(blocks.length).toBeGreaterThan(5);
  for (const [place, [, block = "", output]] of blocks.entries()) {
    testWith(namespaces)(`block ${place + 1}`, async () => {
      using namespace = new Namespace();

      const script = block.replaceAll('"rawsock/netlink"', entry);
      const command = namespace.command(process.execPath, "-e", script);
      const { stdout, stderr } = await end(command);
      const told = [...block.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
      expect(stderr).toBe("");
      // A name comes with its NUL.
      expect(told.length).toBeGreaterThan(0);
      const expected = output === undefined ? told : output.trimEnd().split("\n");
      expect(stdout.replaceAll("\0", "").trimEnd().split("\n")).toEqual(expected as string[]);
    });
  }
});

const example = (name: string, ...words: string[]) => [
  process.execPath,
  join(repository, "examples", name),
  ...words,
];

testWith(namespaces)("the link monitor tells what is there and what happens", async () => {
  using namespace = new Namespace();
  const shown = end(namespace.command(...example("link-monitor.ts", "2")));
  await Bun.sleep(1000 * patience);
  namespace.ip("link", "add", "new0", "type", "ifb");
  namespace.ip("link", "delete", "new0");
  const { stdout, stderr, exitCode } = await shown;
  expect([stderr, exitCode]).toEqual(["", 0]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toBe("present link lo loopback unknown");
  expect(lines).toContain("present address 127.0.0.1/8 on lo");
  expect(lines).toContain("present rule 32766 from all lookup");
  expect(lines.slice(-2)).toEqual(["new link new0 ifb down", "delete link new0 ifb down"]);
});

testWith(namespaces, program("unshare", "util-linux"))(
  "the laboratory carries a datagram over its routes",
  async () => {
    const { stdout, stderr } = await end(example("veth-lab.ts"));
    expect(stderr).toBe("");
    const [way, datagram, neighbour] = stdout.trimEnd().split("\n");
    expect(way).toBe("to 10.9.0.1 by 10.0.0.2 from 10.8.0.1");
    expect(datagram).toBe("hello from 10.8.0.1");
    expect(neighbour).toMatch(/^its neighbour 10\.0\.0\.2 is \w+: ([0-9a-f]{2}:?){6}$/);
  },
);
