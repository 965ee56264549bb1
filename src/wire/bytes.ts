// Bytes: how they come in, and big-endian numbers in them. The readers check nothing: a header's
// scan has compared its length with what there is.

/** Bytes that are only read: any view, or a whole buffer. */
export type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/** What has no bytes, shared: there is nothing in it that could change. */
export const NOTHING: Uint8Array = new Uint8Array(0);

const { isView } = ArrayBuffer;

/** The bytes as a plain Uint8Array on the same memory: a Buffer's slice() would be no copy. */
export function plainBytes(value: Bytes, name: string): Uint8Array {
  if (value instanceof Uint8Array && value.constructor === Uint8Array) return value;
  if (isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isBuffer(value)) return new Uint8Array(value);
  throw new TypeError(`${name} must be a typed array, a DataView or an ArrayBuffer`);
}

export function isBytes(value: unknown): value is Bytes {
  return isView(value) || isBuffer(value);
}

function isBuffer(value: unknown): value is ArrayBuffer | SharedArrayBuffer {
  // Browsers have SharedArrayBuffer only where a page is isolated.
  const shared = typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer;
  return value instanceof ArrayBuffer || shared;
}

export function u8(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function u24(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) << 8) | (bytes[at + 2] as number);
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

export function put24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 16;
  put16(bytes, at + 1, value);
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value);
}

/** A copy of a part, which stays as it is when the frame's memory is used again. */
export function part(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return end > start ? bytes.slice(start, end) : NOTHING;
}
