// PPP over Ethernet: RFC 2516. The tags of its discovery stage are payload.

import { put16, u8, u16 } from "../bytes.ts";
import { U8, U16, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { protocolOf } from "../registry.ts";

/** PPP over Ethernet: RFC 2516. */
export type Pppoe = {
  kind: "pppoe";
  version: number;
  /** 0 in a session, where PPP follows; 0x09 for the discovery's first packet, and so on. */
  code: number;
  session: number;
  /** Of the payload. */
  length: number;
  /** Only where it is not 1. */
  type?: number;
};

const HEADER = 6;
const SESSION_STAGE = 0;

const CODE = 1;
const SESSION = 2;
const LENGTH = 4;

function scan(scan: Scan): number {
  if (scan.left < HEADER) return scan.truncated("pppoe", HEADER);
  const { bytes, start } = scan;
  if (u8(bytes, start + CODE) === SESSION_STAGE) scan.next = protocolOf("ppp");
  const payload = start + HEADER;
  scan.limit("pppoe", payload + u16(bytes, start + LENGTH), payload);
  return HEADER;
}

function read(bytes: Uint8Array, start: number): Pppoe {
  const versionAndType = u8(bytes, start);
  const layer: Pppoe = {
    kind: "pppoe",
    version: versionAndType >> 4,
    code: u8(bytes, start + CODE),
    session: u16(bytes, start + SESSION),
    length: u16(bytes, start + LENGTH),
  };
  const type = versionAndType & 15;
  if (type !== 1) layer.type = type;
  return layer;
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Pppoe>, { bytes, start, payload, end }: Room): void {
  const version = uint(layer.version, "pppoe.version", 15, 1);
  bytes[start] = (version << 4) | uint(layer.type, "pppoe.type", 15, 1);
  bytes[start + CODE] = uint(layer.code, "pppoe.code", U8);
  put16(bytes, start + SESSION, uint(layer.session, "pppoe.session", U16));
  put16(bytes, start + LENGTH, lengthOf(layer, end - payload));
}

function lengthOf(layer: Init<Pppoe>, computed: number): number {
  if (layer.length !== undefined) return uint(layer.length, "pppoe.length", U16);
  if (computed <= U16) return computed;
  throw new RangeError(`a payload of pppoe has at most ${U16} bytes, not ${computed}`);
}

const DISCOVERY = 0x8863;
const SESSION_TYPE = 0x8864;

/** The EtherType that says which stage it is. */
export function pppoeEtherType(layer: { kind: string; code?: unknown }): number {
  return (layer.code ?? SESSION_STAGE) === SESSION_STAGE ? SESSION_TYPE : DISCOVERY;
}

const FIELDS: FieldNames<Pppoe> = {
  version: true,
  code: true,
  session: true,
  length: true,
  type: true,
};

export const pppoe: Protocol<Pppoe> = { kind: "pppoe", fields: FIELDS, scan, read, size, write };
