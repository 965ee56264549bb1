// rawsock/netlink: attributes and messages, and what the objects' decoders make of them.

import { SocketError } from "../../../src/base/error.ts";
import { decodeAddress } from "../../../src/netlink/address.ts";
import { decodeReply } from "../../../src/netlink/ethtool/ethtool.ts";
import { MESSAGES, type MessageName } from "../../../src/netlink/ethtool/messages.ts";
import {
  type Attribute,
  type AttributeInit,
  decodeAttributes,
  decodeMessages,
  encodeAttributes,
  encodeMessage,
} from "../../../src/netlink/index.ts";
import { linkDecoder } from "../../../src/netlink/link.ts";
import { decodeNeighbour } from "../../../src/netlink/neighbour.ts";
import { decodeNexthop } from "../../../src/netlink/nexthop.ts";
import { routeDecoder } from "../../../src/netlink/route.ts";
import { decodeRule } from "../../../src/netlink/rule.ts";
import { Choices, check, documented, type Harness, same } from "../choices.ts";

type Decode = (bytes: Uint8Array, start: number, end: number) => unknown;

/** Each with the size of its structure, and how one without experience is made. */
const OBJECTS: readonly (readonly [number, Decode, () => Decode])[] = [
  [16, linkDecoder({ statistics: true }), () => linkDecoder({ statistics: true })],
  [8, decodeAddress, () => decodeAddress],
  [12, routeDecoder(), () => routeDecoder()],
  [12, decodeNeighbour, () => decodeNeighbour],
  [12, decodeRule, () => decodeRule],
  [8, decodeNexthop, () => decodeNexthop],
];
const REPLIES = Object.keys(MESSAGES) as MessageName[];

/** Attributes of any types, nested now and then, with right lengths. */
function attributes(choices: Choices, depth: number): AttributeInit[] {
  const made: AttributeInit[] = [];
  for (let count = choices.byte() & 7; count > 0 && !choices.isEmpty; count--) {
    const how = choices.byte();
    const type = choices.byte() & ((how & 1) === 0 ? 63 : 255);
    const inner = depth > 0 && (how & 6) === 6;
    const marks = { nested: (how & 8) !== 0, networkOrder: (how & 16) !== 0 };
    const data = inner ? attributes(choices, depth - 1) : choices.take(choices.byte() & 63);
    made.push({ type, data, ...(inner ? { networkOrder: marks.networkOrder } : marks) });
  }
  return made;
}

/** Decoded, they are what was encoded. */
function compare(given: readonly AttributeInit[], found: readonly Attribute[]): void {
  check(given.length === found.length, () => `${found.length} attributes of ${given.length}`);
  given.forEach(({ type, data = [], nested, networkOrder }, index) => {
    const { type: read, data: bytes, ...marks } = found[index] as Attribute;
    check(read === type, () => `type ${read} of ${type}`);
    check((marks.networkOrder ?? false) === (networkOrder ?? false), () => "the order's mark");
    if (Array.isArray(data)) {
      compare(data, decodeAttributes(bytes));
      return;
    }
    check((marks.nested ?? false) === (nested ?? false), () => "the mark of what nests");
    check(same(data as Uint8Array, bytes), () => "other bytes");
  });
}

/** The same with and without experience, and whatever lies behind. */
function decoded(choices: Choices, body: Uint8Array): void {
  const [size, decode, fresh] = choices.pick(OBJECTS);
  const head = choices.take(size);
  const bytes = Uint8Array.of(...head, ...new Uint8Array(size - head.length), ...body);
  const outcome = (call: Decode, filler: number): string => {
    const room = new Uint8Array(bytes.length + 96).fill(filler);
    room.set(bytes, 32);
    try {
      return Bun.inspect(call(room, 32, 32 + bytes.length), { depth: 9 });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return "RangeError";
    }
  };
  const plain = outcome(fresh(), 0).split("\n");
  for (const [call, filler, what] of [
    [fresh(), 0xff, "what lies behind"],
    [decode, 0xff, "what was decoded before"],
  ] as const) {
    const found = outcome(call, filler).split("\n");
    const at = plain.findIndex((line, index) => line !== found[index]);
    const same = at < 0 && found.length === plain.length;
    check(same, () => `${what} makes ${plain[at]} ${found[at]}, behind ${plain[at - 1]}`);
  }
}

export const harness: Harness = {
  largest: 2048,
  run(input) {
    const choices = new Choices(input);
    const how = choices.byte();
    switch (how & 7) {
      case 0: {
        const found = documented([RangeError], () => decodeAttributes(choices.rest()));
        if (found === undefined) return;
        const again = decodeAttributes(encodeAttributes(found));
        check(Bun.deepEquals(again, found), () => "attributes change when they are encoded");
        return;
      }
      case 1: {
        const given = attributes(choices, 3);
        return compare(given, decodeAttributes(encodeAttributes(given)));
      }
      case 2: {
        const found = documented([RangeError], () => decodeMessages(choices.rest()));
        if (found === undefined) return;
        const bytes = Buffer.concat(found.map((message) => encodeMessage(message)));
        check(Bun.deepEquals(decodeMessages(bytes), found), () => "messages change");
        return;
      }
      case 3: {
        const name = choices.pick(REPLIES);
        const body = (how & 8) === 0 ? choices.rest() : encodeAttributes(attributes(choices, 4));
        documented([SocketError], () => decodeReply(name, body));
        return;
      }
      case 4:
        return decoded(choices, choices.rest());
      default: {
        const object = choices.take(1);
        const structure = choices.take(16);
        const body = encodeAttributes(attributes(choices, 3));
        return decoded(new Choices(Uint8Array.of(...object, ...structure)), body);
      }
    }
  },
};
