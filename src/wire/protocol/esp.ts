// IPsec's encapsulating security payload: RFC 4303. What is behind the header is encrypted and
// stays payload.

import { put32, u32 } from "../bytes.ts";
import { U32, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";

/** IPsec's encapsulating security payload: RFC 4303. The rest is encrypted and stays payload. */
export type Esp = {
  kind: "esp";
  /** The security parameters index. */
  spi: number;
  sequence: number;
};

const HEADER = 8;

const SPI = 0;
const SEQUENCE = 4;

function scan(scan: Scan): number {
  return scan.left < HEADER ? scan.truncated("esp", HEADER) : HEADER;
}

function read(bytes: Uint8Array, start: number): Esp {
  return { kind: "esp", spi: u32(bytes, start + SPI), sequence: u32(bytes, start + SEQUENCE) };
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Esp>, { bytes, start }: Room): void {
  put32(bytes, start + SPI, uint(layer.spi, "esp.spi", U32));
  put32(bytes, start + SEQUENCE, uint(layer.sequence, "esp.sequence", U32));
}

const FIELDS: FieldNames<Esp> = { spi: true, sequence: true };

export const esp: Protocol<Esp> = { kind: "esp", fields: FIELDS, scan, read, size, write };
