// Replies with any bytes changed: values, or a RangeError; never a loop, never beyond the end.

import { expect } from "bun:test";
import { decodeAddress } from "../../src/netlink/address.ts";
import { group } from "../../src/netlink/constants.ts";
import {
  type AttributeInit,
  decodeAttributes,
  decodeMessages,
  encodeAttributes,
} from "../../src/netlink/index.ts";
import { linkDecoder } from "../../src/netlink/link.ts";
import { decodeNeighbour } from "../../src/netlink/neighbour.ts";
import { routeDecoder } from "../../src/netlink/route.ts";
import { decodeRule } from "../../src/netlink/rule.ts";
import { mutated } from "../fuzz/mutation.ts";
import { Random } from "../support/frame.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { lab } from "./support/lab.ts";

/** RAWSOCK_TEST_MUTATIONS=100000 takes a minute. */
const MUTATIONS = Number(process.env.RAWSOCK_TEST_MUTATIONS ?? 5000);

const linux = { met: process.platform === "linux", remedy: "needs Linux" };

type Decode = (bytes: Uint8Array, start: number, end: number) => unknown;

const kinds: readonly (readonly [string, number, Decode])[] = [
  ["getlink", 16, linkDecoder({ statistics: true })],
  ["getaddr", 8, decodeAddress],
  ["getroute", 12, routeDecoder()],
  ["getneigh", 12, decodeNeighbour],
  ["getrule", 12, decodeRule],
];

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
  const random = new Random(0x1234_5678);
  let refused = 0;
  let values = 0;
  for (const [type, header, decode] of kinds) {
    const replies = await netlink.request(type, ["dump"], new Uint8Array(header));
    expect(replies.length).toBeGreaterThan(2);
    for (let round = 0; round < MUTATIONS / kinds.length; round++) {
      const { body } = random.pick(replies);
      const bytes = mutated(body, random);
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
  const decoded = linkDecoder({ statistics: true })(body, 0, body.length);
  for (const filler of [0, 0xff]) {
    const room = new Uint8Array(body.length + 100).fill(filler);
    room.set(body, 32);
    expect(linkDecoder({ statistics: true })(room, 32, 32 + body.length)).toEqual(decoded);
  }
});

testWith(namespaces)("what was decoded before changes nothing, mutated or not", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.addLink({ kind: "bridge", name: "br0" });
  await netlink.setLink("vb", { master: "br0" });
  for (const id of [5, 6, 7]) {
    await netlink.addLink({ kind: "vxlan", name: `vx${id}`, id, group: "239.1.1.1", link: "va" });
    const metrics = { mtu: 1300 + id };
    await netlink.addRoute({ destination: `10.${id}.0.0/16`, interface: "va", metrics });
    await netlink.addRoute({ destination: `10.9.${id}.0/24`, gateway: "10.1.0.4", metric: id });
  }
  namespace.ip("link", "property", "add", "dev", "va", "altname", "another");
  const random = new Random(0x0bad_cafe);
  const makers = [
    ["getlink", 16, () => linkDecoder({ statistics: true })],
    ["getroute", 12, routeDecoder],
  ] as const;
  for (const [type, header, make] of makers) {
    const replies = await netlink.request(type, ["dump"], new Uint8Array(header));
    const room = new Uint8Array(new ArrayBuffer(65_536));
    const experienced: Decode = make();
    const kept: [given: unknown, text: string][] = [];
    for (let round = 0; round < MUTATIONS / 5; round++) {
      const { body } = random.pick(replies);
      const bytes = random.below(2) === 0 ? body : mutated(body, random);
      room.set(bytes, 16);
      const end = 16 + bytes.length;
      const outcome = (decode: Decode) => {
        try {
          return decode(room, 16, end);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          return error.message;
        }
      };
      const fresh = outcome(make());
      const own = outcome(experienced);
      expect(own).toStrictEqual(fresh);
      const text = (value: unknown) => Bun.inspect(value, { depth: 9 });
      expect(text(own)).toBe(text(fresh));
      // Nothing is shared with those that were given before.
      kept.push([own, text(own)]);
      if (kept.length > 20) {
        const [given, before] = kept.shift() as [unknown, string];
        expect(text(given)).toBe(before);
        if (typeof given === "object" && given !== null) scribble(given);
      }
    }
  }
});

/** A message of a link, of the type Ethernet, with its attributes. */
function linkMessage(...attributes: AttributeInit[]): Uint8Array {
  return Uint8Array.of(0, 0, 1, 0, ...new Uint8Array(12), ...encodeAttributes(attributes));
}

testWith(linux)("the order of keys does not depend on what was decoded before", () => {
  const ifla = (name: string, data: NonNullable<AttributeInit["data"]>) => {
    return { type: group("IFLA")[name] as number, data };
  };
  const kind = ifla("INFO_KIND", Buffer.from("bridge\0"));
  const data = ifla("INFO_DATA", []);
  const portKind = ifla("INFO_SLAVE_KIND", Buffer.from("bond\0"));
  const port = ifla("INFO_SLAVE_DATA", []);
  const mtu = ifla("MTU", Uint8Array.of(0, 4, 0, 0));
  const pin = (...inner: AttributeInit[]) => ifla("DPLL_PIN", inner);
  const info = (...inner: AttributeInit[]) => ifla("LINKINFO", inner);
  const one = { type: 1, data: Uint8Array.of(1, 2, 3, 4) };
  for (const [earlier, later] of [
    [linkMessage(info(kind, data)), linkMessage(info(data, kind))],
    [linkMessage(info(portKind, port), mtu), linkMessage(info(port, portKind), mtu)],
    [linkMessage(info(kind, portKind)), linkMessage(info(portKind, kind))],
    // Empty, it is no field.
    [linkMessage(pin(), mtu), linkMessage(pin(one), mtu)],
    [linkMessage(pin(one), mtu), linkMessage(pin(), mtu)],
  ] as const) {
    const experienced = linkDecoder({ statistics: true });
    // The second time there is a pattern.
    for (const message of [earlier, later, earlier, later]) {
      const own = experienced(message, 0, message.length);
      const fresh = linkDecoder({ statistics: true })(message, 0, message.length);
      expect(Bun.inspect(own, { depth: 9 })).toBe(Bun.inspect(fresh, { depth: 9 }));
      expect(own).toStrictEqual(fresh);
    }
  }
});

/** Changes all that it holds. */
function scribble(value: object): void {
  const fields = value as Record<string, unknown>;
  for (const [name, own] of Object.entries(fields)) {
    if (ArrayBuffer.isView(own)) (own as Uint8Array).fill(0x5a);
    else if (typeof own === "object" && own !== null) scribble(own);
    else fields[name] = "changed";
  }
}
