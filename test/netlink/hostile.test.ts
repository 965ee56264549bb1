// Replies with any bytes changed: values, or a RangeError; never a loop, never beyond the end.

import { expect } from "bun:test";
import { decodeAddress } from "../../src/netlink/address.ts";
import { decodeAttributes, decodeMessages } from "../../src/netlink/index.ts";
import { decodeLinkWhole } from "../../src/netlink/link.ts";
import { decodeNeighbour } from "../../src/netlink/neighbour.ts";
import { decodeRoute } from "../../src/netlink/route.ts";
import { decodeRule } from "../../src/netlink/rule.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { lab } from "./support/lab.ts";

/** RAWSOCK_TEST_MUTATIONS=100000 takes a minute. */
const MUTATIONS = Number(process.env.RAWSOCK_TEST_MUTATIONS ?? 5000);

/** xorshift32. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

type Decode = (bytes: Uint8Array, start: number, end: number) => unknown;

const kinds: readonly (readonly [string, number, Decode])[] = [
  ["getlink", 16, decodeLinkWhole],
  ["getaddr", 8, decodeAddress],
  ["getroute", 12, decodeRoute],
  ["getneigh", 12, decodeNeighbour],
  ["getrule", 12, decodeRule],
];

/** Changes some bytes, and often a length; sometimes cuts it off. */
function mutate(body: Uint8Array, next: (below: number) => number): Uint8Array {
  const bytes = body.slice();
  for (let count = 1 + next(4); count > 0; count--) {
    const place = next(3) === 0 ? next(bytes.length) & ~3 : next(bytes.length);
    bytes[place] = next(4) === 0 ? ([0, 1, 3, 4, 0xff][next(5)] ?? 0) : next(256);
  }
  return next(4) === 0 ? bytes.slice(0, next(bytes.length + 1)) : bytes;
}

testWith(namespaces)("mutated replies are values or a RangeError", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.addLink({ kind: "bridge", name: "br0" });
  await netlink.setLink("vb", { master: "br0" });
  await netlink.addLink({ kind: "vxlan", name: "vx", id: 5, group: "239.1.1.1", link: "va" });
  await netlink.addLink({ kind: "macvlan", name: "mv", link: "va" });
  namespace.ip("tuntap", "add", "dev", "t0", "mode", "tun");
  await netlink.addRoute({
    ...{ destination: "10.9.0.0/16", metrics: { mtu: 1300 }, metric: 7 },
    multipath: [{ gateway: "10.1.0.4", weight: 3 }, { gateway: "10.1.0.5" }],
  });
  await netlink.addRule({
    priority: 500,
    from: "10.0.0.0/8",
    sport: { start: 1, end: 2 },
    table: 9,
  });
  const next = random(0x1234_5678);
  let refused = 0;
  let values = 0;
  for (const [type, header, decode] of kinds) {
    const replies = await netlink.request(type, ["dump"], new Uint8Array(header));
    expect(replies.length).toBeGreaterThan(2);
    for (let round = 0; round < MUTATIONS / kinds.length; round++) {
      const { body } = replies[next(replies.length)] as { body: Uint8Array };
      const bytes = mutate(body, next);
      // What lies behind is not to be read.
      const room = new Uint8Array(bytes.length + 64).fill(0xff);
      room.set(bytes);
      for (const call of [
        () => decode(room, 0, bytes.length),
        () => decodeAttributes(bytes.subarray(Math.min(header, bytes.length))),
        () => decodeMessages(bytes),
      ]) {
        try {
          call();
          values++;
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          refused++;
        }
      }
    }
  }
  expect(values).toBeGreaterThan(MUTATIONS / 2);
  expect(refused).toBeGreaterThan(MUTATIONS / 2);
});

testWith(namespaces)("what one reply has does not depend on what lies behind it", async () => {
  using made = await lab();
  const [reply] = await made.netlink.request("getlink", ["dump"], new Uint8Array(16));
  const { body } = reply as { body: Uint8Array };
  const decoded = decodeLinkWhole(body, 0, body.length);
  for (const filler of [0, 0xff]) {
    const room = new Uint8Array(body.length + 100).fill(filler);
    room.set(body, 32);
    expect(decodeLinkWhole(room, 32, 32 + body.length)).toEqual(decoded);
  }
});
