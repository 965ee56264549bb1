// Frames that say whose they are, how many came before, and when they were sent; the rest is
// noise that the receiver knows, too.

import { Random } from "./random.ts";

/** magic, flow, sequence, length: 4 bytes each; the time: 8 bytes; flags: 4 bytes. */
export const HEADER = 28;
const MAGIC = 0x72617773;
export const FRAME_MAX = 4000;

/** Of a frame that brings a descriptor. */
export const RIGHTS = 1;
/** Of the last one. */
export const LAST = 2;

const noise = new Uint8Array(65_536);
const random = new Random(1);
for (let at = 0; at < noise.length; at++) noise[at] = random.integer(0, 255);

function noiseOf(flow: number, sequence: number, length: number): Uint8Array {
  const start = (flow * 131 + sequence * 977) % (noise.length - FRAME_MAX);
  return noise.subarray(start, start + length);
}

/** Writes a frame of `length` bytes, at least HEADER, to the beginning of `target`. */
export function writeFrame(
  target: Uint8Array,
  { flow, sequence, length, flags = 0 }: Omit<Frame, "time" | "flags"> & { flags?: number },
): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  view.setUint32(0, MAGIC);
  view.setUint32(4, flow);
  view.setUint32(8, sequence);
  view.setUint32(12, length);
  view.setFloat64(16, performance.now());
  view.setUint32(24, flags);
  target.set(noiseOf(flow, sequence, length - HEADER), HEADER);
}

export type Frame = {
  readonly flow: number;
  readonly sequence: number;
  readonly length: number;
  readonly time: number;
  readonly flags: number;
};

/** The frame that begins there, its content compared where it is whole; a text: what is wrong. */
export function readFrame(bytes: Uint8Array): Frame | string {
  if (bytes.length < HEADER) return `only ${bytes.length} bytes`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== MAGIC) return "no frame begins there";
  const flow = view.getUint32(4);
  const sequence = view.getUint32(8);
  const length = view.getUint32(12);
  const frame = { flow, sequence, length, time: view.getFloat64(16), flags: view.getUint32(24) };
  if (length < HEADER || length > FRAME_MAX) return `a frame of ${length} bytes`;
  if (length > bytes.length) return frame;
  const wanted = noiseOf(flow, sequence, length - HEADER);
  if (Buffer.compare(bytes.subarray(HEADER, length), wanted) === 0) return frame;
  return `frame ${sequence} of flow ${flow} has another content`;
}
