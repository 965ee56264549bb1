// Packets for a program: from a seed, and steered. A packet that is steered is changed while the
// program runs over it, so that its tests end now this way, now the other one.

import type { LinkName } from "../../../src/bpf/compiler/index.ts";
import { CODE, type Instruction, type Program } from "../../../src/bpf/instruction.ts";
import type { PacketMetadata } from "../../../src/bpf/metadata.ts";
import { frameOf } from "../frames.ts";
import type { Random } from "../programs.ts";

export type Packet = { readonly bytes: Uint8Array; readonly metadata: PacketMetadata };

/** What stands before the network header, for a frame of an EtherType. */
function linkHeader(link: LinkName, type: number): readonly number[] {
  const ethertype = [type >> 8, type & 0xff];
  const isIpv6 = type === 0x86dd;
  switch (link) {
    case "null":
      return [isIpv6 ? 10 : 2, 0, 0, 0];
    case "loop":
      return [0, 0, 0, isIpv6 ? 10 : 2];
    case "linux-sll":
      return [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, ...ethertype];
    case "linux-sll2":
      return [...ethertype, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0];
    case "ppp":
      return [0xff, 3, 0, isIpv6 ? 0x57 : 0x21];
    default:
      return [];
  }
}

/** A packet of protocols in each other, or of random bytes. */
export function packetFor(random: Random, link: LinkName): Packet {
  let bytes: Uint8Array;
  if (random.once(3)) {
    bytes = random.bytes(20 + random.below(120));
    // The length of an IPv4 header at about the right place.
    bytes[random.pick([0, 4, 14, 16, 18, 20])] = 0x45;
  } else {
    bytes = frameOf(random);
    if (link !== "ethernet") {
      const type = ((bytes[12] ?? 0) << 8) | (bytes[13] ?? 0);
      bytes = Uint8Array.from([...linkHeader(link, type), ...bytes.subarray(14)]);
    }
  }
  return { bytes, metadata: metadataFor(random, bytes) };
}

function metadataFor(random: Random, bytes: Uint8Array): PacketMetadata {
  return {
    length: random.once(3) ? random.pick([60, 64, 2000, bytes.length + 9]) : bytes.length,
    pkttype: random.pick([0, 4]),
    ifindex: random.pick([1, 2]),
    ...(random.once(2) ? { vlan: { tci: random.pick([0, 5, 6, 0x2005]), tpid: 0x8100 } } : {}),
  };
}

/** Where the accumulator comes from: bytes of the packet, as far as the mask leaves them. */
type Source = { readonly offset: number; readonly size: number; readonly mask: number };

const SIZE: Readonly<Record<number, number>> = {
  [CODE.LD_W_ABS]: 4,
  [CODE.LD_H_ABS]: 2,
  [CODE.LD_B_ABS]: 1,
  [CODE.LD_W_IND]: 4,
  [CODE.LD_H_IND]: 2,
  [CODE.LD_B_IND]: 1,
};

function read(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let index = 0; index < size; index++) value = value * 256 + (bytes[offset + index] ?? 0);
  return value;
}

function write(bytes: Uint8Array, { offset, size, mask }: Source, value: number): void {
  const before = read(bytes, offset, size);
  let after = ((before & ~mask) | (value & mask)) >>> 0;
  for (let index = size - 1; index >= 0; index--) {
    bytes[offset + index] = after & 0xff;
    after >>>= 8;
  }
}

function isConditional({ code }: Instruction): boolean {
  return (code & 7) === 5 && code !== CODE.JA;
}

/** A value with which the jump goes one way or the other. */
function wanted(random: Random, { code }: Instruction, operand: number): number {
  switch (code & 0xf0) {
    case 0x20:
    case 0x30:
      return (operand + random.pick([-1, 0, 1])) >>> 0;
    case 0x40:
      return random.pick([operand, 0, ~operand >>> 0, operand & -operand]);
    default:
      return operand;
  }
}

/** Arithmetic, as the machine does it. */
function calculated(code: number, left: number, right: number): number {
  const results: Readonly<Record<number, () => number>> = {
    0: () => left + right,
    16: () => left - right,
    32: () => Math.imul(left, right),
    48: () => (right === 0 ? 0 : Math.floor(left / right)),
    64: () => left | right,
    80: () => left & right,
    96: () => left << right,
    112: () => left >>> right,
    128: () => -left,
    144: () => (right === 0 ? 0 : left % right),
    160: () => left ^ right,
  };
  return (results[code & 0xf0]?.() ?? 0) >>> 0;
}

/** Runs the program over a copy of the packet, which is changed at jumps where `random` says so. */
export function steer(program: Program, packet: Packet, random: Random): Packet {
  const bytes = packet.bytes.slice();
  const memory = new Uint32Array(16);
  const gently = random.once(2);
  let [a, x] = [0, 0];
  let source: Source | undefined;
  for (let index = 0; index < program.length; index++) {
    const instruction = program[index] as Instruction;
    const { code, jt, jf, k } = instruction;
    const size = SIZE[code];
    if (size !== undefined) {
      const isIndexed = (code & 0xe0) === 0x40;
      const offset = isIndexed ? x + k : k;
      source = undefined;
      if (offset >= 0xfff00000) {
        a = random.pick([0, 1, 4, 5]);
        continue;
      }
      if (offset + size > bytes.length) break;
      a = read(bytes, offset, size);
      source = { offset, size, mask: 0xffffffff };
      continue;
    }
    if (isConditional(instruction)) {
      const operand = (code & 8) === 0 ? k : x;
      if (source !== undefined && (gently ? random.once(2) : !random.once(8))) {
        write(bytes, source, wanted(random, instruction, operand));
        a = (read(bytes, source.offset, source.size) & source.mask) >>> 0;
      }
      const tests: Readonly<Record<number, boolean>> = {
        16: a === operand,
        32: a > operand,
        48: a >= operand,
        64: (a & operand) !== 0,
      };
      index += tests[code & 0xf0] ? jt : jf;
      continue;
    }
    switch (code) {
      case CODE.JA:
        index += k;
        break;
      case CODE.LD_W_LEN:
        a = packet.metadata.length ?? bytes.length;
        source = undefined;
        break;
      case CODE.LD_MEM:
        a = memory[k] ?? 0;
        source = undefined;
        break;
      case CODE.LD_IMM:
        a = k;
        source = undefined;
        break;
      case CODE.LDX_B_MSH:
        if (k >= bytes.length) return { ...packet, bytes };
        if (random.once(2)) bytes[k] = 0x45;
        x = ((bytes[k] ?? 0) & 0xf) * 4;
        break;
      case CODE.LDX_MEM:
        x = memory[k] ?? 0;
        break;
      case CODE.LDX_IMM:
        x = k;
        break;
      case CODE.ST:
        memory[k] = a;
        break;
      case CODE.STX:
        memory[k] = x;
        break;
      case CODE.TAX:
        x = a;
        break;
      case CODE.TXA:
        a = x;
        source = undefined;
        break;
      case CODE.RET_K:
        return { ...packet, bytes };
      default:
        a = calculated(code, a, (code & 8) === 0 ? k : x);
        if (code === CODE.AND_K && source !== undefined) {
          source = { ...source, mask: (source.mask & k) >>> 0 };
        } else {
          source = undefined;
        }
    }
  }
  return { ...packet, bytes };
}

/** The packet without its end: somewhere, but within the headers for the most part. */
export function cutOff(packet: Packet, random: Random): Packet {
  const { bytes, metadata } = packet;
  const length = random.below(Math.min(bytes.length, 100) + 1);
  return { bytes: bytes.slice(0, length), metadata: { ...metadata, length: bytes.length } };
}
