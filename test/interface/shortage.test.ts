// Where no descriptor is left, nobody could look: that is said, not that there is no such thing.

import { expect, test } from "bun:test";
import { musl } from "../support/libc.ts";
import { bun, end } from "../support/program.ts";

/** musl's list of protocols is its own, for which it opens nothing. */
const databases = ['() => rawsock.service("http")'].concat(
  musl ? [] : '() => rawsock.protocol("ospf")',
);

test("where no descriptor is left, interfaces and protocols are not said to be missing", async () => {
  const script = `
    try { for (;;) rawsock.socket("unix", "dgram"); } catch (error) {
      if (error.code !== "EMFILE") throw error;
    }
    for (const call of [
      () => rawsock.ifNameIndex("lo"),
      () => rawsock.ifNameIndex(1),
      () => rawsock.ifNameIndex(),
      () => rawsock.ifaddrs(),
      ${databases},
      () => rawsock.socketpair("inet", "raw", "ospf"),
    ]) {
      try { console.log(call()); } catch ({ code }) { console.log(code); }
    }`;
  const { stdout } = await end(["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", ...bun(script)]);
  expect(stdout.trim().split("\n")).toEqual(Array(5 + databases.length).fill("EMFILE"));
});
