// examples/link-watch.ts while ip(8) makes, changes and deletes interfaces.

import { expect } from "bun:test";
import { example } from "../support/example.ts";
import { Namespace } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { namespaces, testWith } from "../support/requirements.ts";

testWith(namespaces)("the example of a watch tells what ip(8) does to links", async () => {
  using namespace = new Namespace();
  await using watch = new Peer(namespace.command(...example("link-watch.ts")));
  // What happens before it listens it does not hear.
  for (let tries = 0; tries < 500; tries++) {
    const listed = String(Bun.spawnSync(namespace.command("cat", "/proc/net/netlink")).stdout);
    const sockets = listed.split("\n").map((line) => line.split(/\s+/));
    if (sockets.some(([, , pid, groups]) => pid === `${watch.pid}` && Number(groups) > 0)) break;
    await Bun.sleep(10);
  }
  namespace.ip("link", "add", "first", "mtu", "1400", "type", "veth", "peer", "name", "second");
  const index = /^(\d+): first/.exec(namespace.ip("link", "show", "first"))?.[1];
  namespace.ip("link", "set", "first", "up");
  namespace.ip("link", "set", "first", "name", "renamed");
  namespace.ip("link", "del", "renamed");
  const lines: string[] = [];
  const deleted = () => lines.filter((line) => line.startsWith("deleted "));
  while (deleted().length < 2) lines.push(await watch.line());
  expect(lines).toContain(`new ${index}: first mtu 1400 <BROADCAST,MULTICAST>`);
  expect(lines.some((line) => line.startsWith(`new ${index}: first mtu 1400 <UP,`))).toBe(true);
  expect(lines.some((line) => line.startsWith(`new ${index}: renamed mtu 1400 <UP,`))).toBe(true);
  expect(
    deleted()
      .map((line) => line.split(" ")[2])
      .sort(),
  ).toEqual(["renamed", "second"]);
  process.kill(watch.pid, "SIGINT");
  expect(await watch.exited).toBe(0);
});
