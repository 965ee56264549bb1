// Changes of bytes: bits turned, numbers of note, parts taken out, repeated, new, or of another's.

import type { Random } from "../support/frame.ts";

const NUMBERS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 17, 20, 32, 40, 58, 63, 64, 65, 67, 68, 100, 127, 128, 129,
  132, 254, 255, 256, 257, 0x0800, 0x86dd, 0x8100, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fffffff,
  0x80000000, 0xfffffffe, 0xffffffff,
];
const PART = 32;

/** The bytes after one to sixteen changes, at most `largest` of them; what was given stays. */
export function mutated(
  bytes: Uint8Array,
  random: Random,
  { largest = bytes.length + 1024, other = bytes }: { largest?: number; other?: Uint8Array } = {},
): Uint8Array {
  let changed: Uint8Array = bytes.slice();
  for (let changes = 1 << random.below(5); changes > 0; changes--) {
    changed = once(changed, random, other).subarray(0, largest);
  }
  return changed;
}

function once(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(at + 1 + random.below(PART), bytes.length);
  if (bytes.length === 0) return random.bytes(1 + random.below(PART));
  const place = Math.min(at, bytes.length - 1);
  switch (random.below(10)) {
    case 0:
      bytes[place] = (bytes[place] as number) ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[place] = random.below(256);
      return bytes;
    case 2:
      bytes[place] = (bytes[place] as number) + random.below(35) - 17;
      return bytes;
    case 3:
      bytes[place] = random.pick(NUMBERS);
      return bytes;
    case 4:
    case 5:
      return numbered(bytes, place, random);
    case 6:
      return joined(bytes.subarray(0, at), random.bytes(end - at), bytes.subarray(at));
    case 7:
      return joined(bytes.subarray(0, end), bytes.subarray(at));
    case 8:
      // Now and then all of the rest.
      if (random.below(4) === 0) return bytes.slice(0, at);
      return joined(bytes.subarray(0, at), bytes.subarray(end));
    default: {
      const from = random.below(other.length + 1);
      const part = other.subarray(from, from + random.below(other.length - from + 1));
      return joined(bytes.subarray(0, at), part, bytes.subarray(at + part.length));
    }
  }
}

function numbered(bytes: Uint8Array, place: number, random: Random): Uint8Array {
  const size = random.below(2) === 0 ? 2 : 4;
  if (bytes.length < size) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = Math.min(place, bytes.length - size);
  const value = random.pick(NUMBERS);
  if (size === 2) view.setUint16(start, value, random.below(2) === 0);
  else view.setUint32(start, value, random.below(2) === 0);
  return bytes;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
