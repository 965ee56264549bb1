// Random Ethernet frames: protocols in each other, cut off and spoiled here and there.

import type { Random } from "./programs.ts";

/** Something that is carried: its EtherType and its bytes. */
type Packet = { readonly type: number; readonly bytes: readonly number[] };

const word = (value: number) => [(value >> 8) & 0xff, value & 0xff];

/** A frame for somebody else, so that no network stack answers. */
export function frameOf(random: Random): Uint8Array {
  const { type, bytes } = packet(random, 3);
  const frame = Uint8Array.from([2, 1, 2, 3, 4, 5, 2, 6, 7, 8, 9, 10, ...word(type), ...bytes]);
  if (random.once(10)) frame[14 + random.below(30)] = random.below(256);
  // The kernel drops what ends before the tag that it wants to take out.
  return random.once(8) ? frame.slice(0, 20 + random.below(frame.length - 20)) : frame;
}

function packet(random: Random, depth: number): Packet {
  const kinds = [ipv4, ipv4, ipv4, ipv6, ipv6, ipv6, vlan, pppoe, other];
  return random.pick(depth > 0 ? kinds : [ipv4, ipv6, other])(random, depth - 1);
}

function ipv4(random: Random, depth: number): Packet {
  const words = 5 + (random.once(3) ? random.below(10) : 0);
  const [protocol, bytes] = transport(random, depth);
  const fragment = random.once(6) ? random.pick([0x2000, 0x4000, 0x0001, 0x2010]) : 0;
  const header = [0x40 | words, 0, ...word(words * 4 + bytes.length), 0, 0, ...word(fragment)];
  const rest = [64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
  return { type: 0x0800, bytes: [...header, ...rest, ...random.bytes(words * 4 - 20), ...bytes] };
}

function ipv6(random: Random, depth: number): Packet {
  let [next, bytes] = transport(random, depth);
  for (let times = random.once(2) ? random.below(4) : 0; times > 0; times--) {
    const kind = random.pick([0, 43, 44, 60, 51]);
    const units = kind === 44 ? 0 : random.below(3);
    const offset = random.once(2) ? 0 : random.below(0x10000);
    const body =
      kind === 44 ? [0, ...word(offset), 0, 0, 0, 1] : [units, ...random.bytes(6 + units * 8)];
    bytes = [next, ...body, ...bytes];
    next = kind;
  }
  const header = [0x60, 0, 0, 0, ...word(bytes.length), next, 64];
  return { type: 0x86dd, bytes: [...header, ...random.bytes(32), ...bytes] };
}

function vlan(random: Random, depth: number): Packet {
  const { type, bytes } = packet(random, depth);
  return { type: random.pick([0x8100, 0x88a8]), bytes: [0, 7, ...word(type), ...bytes] };
}

function pppoe(random: Random, depth: number): Packet {
  const { type, bytes } = packet(random, depth);
  const numbers: Record<number, number> = { 2048: 0x21, 34525: 0x57 };
  const protocol = numbers[type] ?? random.pick([0xc021, 0x0281, 0x0020]);
  const start = random.once(8) ? random.bytes(2) : [0x11, 0];
  return {
    type: 0x8864,
    bytes: [...start, 0, 1, ...word(bytes.length + 2), ...word(protocol), ...bytes],
  };
}

function other(random: Random): Packet {
  const type = random.pick([0x0806, 0x8035, 0x8847, 0x88b5, 0x1234]);
  return { type, bytes: [...random.bytes(60)] };
}

/** A protocol over IP, and its bytes. */
function transport(random: Random, depth: number): [protocol: number, bytes: readonly number[]] {
  const bytes = [...random.bytes(20 + random.below(60))];
  const protocol = random.pick([6, 6, 6, 17, 136, 1, 58, 2, 33, 132, 4, 41, 47, 50, 51, 137, 59]);
  if (protocol === 4 && depth > 0) return [protocol, ipv4(random, depth - 1).bytes];
  if (protocol === 41 && depth > 0) return [protocol, ipv6(random, depth - 1).bytes];
  if (protocol === 47 && depth > 0) return [protocol, gre(random, depth - 1)];
  return [protocol, bytes];
}

function gre(random: Random, depth: number): readonly number[] {
  const flags = random.pick([0, 0, 0x8000, 0x2000, 0x1000, 0xb000, 0x4000, 0x0001, 0x2001]);
  const optional = [0x8000, 0x2000, 0x1000].filter((flag) => (flags & flag) !== 0).length * 4;
  const inner = packet(random, depth);
  const bridged = random.once(3);
  const type = bridged ? 0x6558 : inner.type;
  const ethernet = bridged ? [...random.bytes(12), ...word(inner.type)] : [];
  return [...word(flags), ...word(type), ...random.bytes(optional), ...ethernet, ...inner.bytes];
}
