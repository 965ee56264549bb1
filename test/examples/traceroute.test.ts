// examples/traceroute.ts beside traceroute(8).

import { expect } from "bun:test";
import { trace } from "../../examples/traceroute.ts";
import { Sockaddr } from "../../src/index.ts";
import { Chain } from "../support/chain.ts";
import { example } from "../support/example.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

/** Hop by hop: who answered, and the marks of those that returned no datagram. */
function hops(output: string): string[] {
  const lines = output.split("\n").filter((line) => /^ *\d+ /.test(line));
  return lines.map((line) =>
    line
      .replaceAll(/[\d.]+ ms/g, "")
      .trim()
      .replaceAll(/ +/g, " "),
  );
}

testWith(namespaces, program("traceroute"))(
  "the example of a traceroute finds the hops that traceroute finds, and their refusals",
  async () => {
    using chain = new Chain();
    chain.router.ip("route", "add", "prohibit", "fd78:9::/64");
    for (const [target, expected] of [
      ["10.78.2.2", ["1 10.78.1.1", "2 10.78.2.2"]],
      ["fd78:2::2", ["1 fd78:1::1", "2 fd78:2::2"]],
      ["fd78:9::1", ["1 fd78:1::1 !X !X !X"]],
    ] as const) {
      const own = await end(chain.left.command(...example("traceroute.ts", target)));
      // One at a time: nobody is told of many refusals at once.
      const theirs = ["traceroute", "-n", "-w", "1", "-q", "1", "-N", "1", target];
      const other = await end(chain.left.command(...theirs));
      expect(own).toMatchObject({ stderr: "", exitCode: 0 });
      expect(hops(own.stdout)).toEqual([...expected]);
      const once = expected.map((line) => line.replace(/( ![NX]).*/, "$1"));
      expect(hops(other.stdout)).toEqual(once);
      expect(own.stdout).toMatch(/^ 1 {2}[\w.:]+(?: {2}\d+\.\d{3} ms(?: ![NX])?){3}$/m);
    }
  },
);

testWith(namespaces)("it goes on behind hops that do not answer, and ends on Ctrl-C", async () => {
  using chain = new Chain();
  chain.router.ip("route", "add", "blackhole", "10.78.9.0/24");
  const target = Sockaddr.inet("10.78.9.1");
  const found = await chain.left.enter(() =>
    Array.fromAsync(trace(target, { most: 2, probes: 2, patience: 30 })),
  );
  const nobody = [undefined, undefined];
  expect(found).toEqual([
    { hop: 1, answers: nobody },
    { hop: 2, answers: nobody },
  ]);
  await using child = new Peer(chain.left.command(...example("traceroute.ts", "10.78.9.1")));
  expect(await child.line()).toBe("traceroute to 10.78.9.1");
  process.kill(child.pid, "SIGINT");
  expect(await child.exited).toBe(0);
});
