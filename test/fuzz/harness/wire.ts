// rawsock/wire: bytes are taken apart and built again, fragments put together.

import * as wire from "../../../src/wire/index.ts";
import { golden } from "../../wire/support/golden.ts";
import { frame } from "../../wire/support/stack.ts";
import { Choices, check, documented, type Harness, same } from "../choices.ts";

const LINKS = [1, 0, 9, 50, 51, 101, 108, 113, 228, 229, 276] as const;
const codecs = Object.values<unknown>(wire).filter(
  (value): value is wire.Codec<wire.AnyLayer> =>
    typeof value === "object" && value !== null && "decode" in value,
);

/** What is taken apart without a problem is built again as it was. */
function dissected(bytes: Uint8Array, link: number): wire.Packet {
  const packet = wire.dissect(bytes, { link });
  const { layers, payload, trailer, problem } = packet;
  const text = wire.format(packet);
  check(!/\p{Cc}/u.test(text), () => `a control character in ${JSON.stringify(text)}`);
  if (problem !== null) {
    const { offset } = problem;
    check(offset >= 0 && offset <= bytes.length, () => `a problem at ${offset}`);
    return packet;
  }
  const rebuilt = Uint8Array.of(...wire.build([...layers, payload]), ...trailer);
  check(same(rebuilt, bytes), () => `built ${rebuilt.toHex()} of ${bytes.toHex()}`);
  return packet;
}

/** A codec by itself: a WireError within the bytes, or what is encoded to the same. */
function decoded(codec: wire.Codec<wire.AnyLayer>, bytes: Uint8Array): void {
  try {
    const { layer, length, payload } = codec.decode(bytes);
    check(layer.kind === codec.kind, () => `${layer.kind} of ${codec.kind}`);
    check(length + payload.length <= bytes.length, () => "more than there is");
    const again = codec.encode(layer as wire.Init<wire.AnyLayer>, payload);
    check(same(again, bytes.subarray(0, again.length)), () => `${codec.kind} ${again.toHex()}`);
  } catch (error) {
    if (!(error instanceof wire.WireError)) throw error;
    const { layer, offset } = error;
    check(layer === codec.kind, () => `an error of ${layer}`);
    check(offset >= 0 && offset <= bytes.length, () => `an error at ${offset}`);
  }
}

/** Fragments with any places and lengths: bounded, and what comes out is a packet. */
function reassembled(choices: Choices): void {
  const memory = choices.integer(2);
  const reassembler = new wire.Reassembler({ memory, timeout: 1000 });
  let time = 0n;
  while (!choices.isEmpty) {
    const how = choices.byte();
    const data = choices.take(choices.byte());
    const offset = choices.byte() * 8;
    const ip = { source: "10.0.0.1", destination: "10.0.0.2", id: how >> 6, protocol: 17 };
    const flags = { moreFragments: (how & 1) !== 0, fragmentOffset: offset };
    const built = documented([RangeError, TypeError, wire.WireError], () =>
      wire.build([{ kind: "ipv4", ...ip, ...flags } as wire.LayerInit, data]),
    );
    const bytes = (how & 2) !== 0 || built === undefined ? data : built;
    time += BigInt(how & 0x3c) * 10_000_000n;
    const packet = reassembler.add(wire.dissect(bytes, { link: 101 }), time);
    check(reassembler.memory <= memory + 70_000, () => `${reassembler.memory} bytes are kept`);
    check(reassembler.memory >= 0 && reassembler.pending >= 0, () => "less than nothing");
    if (packet !== null) check(!/\p{Cc}/u.test(String(packet)), () => "a control character");
    if (reassembler.pending === 0) {
      check(reassembler.memory === 0, () => `${reassembler.memory} bytes of nothing`);
    }
  }
  reassembler.clear();
  check(reassembler.memory === 0, () => "bytes after clear");
}

/** Layers as fast-check makes them, and then their bytes changed. */
function built(choices: Choices): void {
  const { layers, payload } = choices.value(frame);
  const bytes = wire.build([...layers, payload]);
  dissected(bytes, 1);
  while (!choices.isEmpty) bytes[choices.integer(2) % bytes.length] = choices.byte();
  dissected(bytes, 1);
}

/** DHCP behind UDP, whose options are bytes of the client's and the server's. */
function dhcp(choices: Choices): void {
  const direction = choices.byte() & 1;
  const [sourcePort, destinationPort] = direction === 0 ? [68, 67] : [67, 68];
  const udp = { kind: "udp", sourcePort, destinationPort } as const;
  const head = new Uint8Array(240);
  head.set([1 + direction, 1, 6, 0]);
  head.set([0x63, 0x82, 0x53, 0x63], 236);
  const options = choices.rest();
  const bytes = wire.build([{ kind: "ipv4" }, udp, Uint8Array.of(...head, ...options)]);
  const packet = dissected(bytes, 101);
  const message = packet.layers.find(({ kind }) => kind === "dhcp") as wire.Dhcp | undefined;
  if (message === undefined) return;
  const values = Object.fromEntries(message.options) as wire.DhcpOptionValues;
  documented([TypeError, RangeError], () => wire.dhcpOptions(values));
}

export const harness: Harness = {
  largest: 2048,
  seeds: golden.flatMap(({ bytes, link }) => [
    Uint8Array.of(0, Math.max(LINKS.indexOf(link as 1), 0), ...bytes),
  ]),
  run(input) {
    const choices = new Choices(input);
    const how = choices.byte();
    switch (how % 6) {
      case 0:
      case 1: {
        const link = choices.pick(LINKS);
        const bytes = choices.rest();
        wire.hexdump(bytes.subarray(0, 40));
        dissected(bytes, link);
        return;
      }
      case 2: {
        const codec = choices.pick(codecs);
        return decoded(codec, choices.rest());
      }
      case 3:
        return reassembled(choices);
      case 4:
        return built(choices);
      default:
        return dhcp(choices);
    }
  },
};
