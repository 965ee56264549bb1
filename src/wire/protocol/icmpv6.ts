// ICMPv6: RFC 4443, with neighbor discovery (ndp.ts) and multicast listener discovery (mld.ts).
// Behind the header of an error comes the packet that caused it, as far as it is quoted.

import { put16, put32, u8, u16, u32 } from "../bytes.ts";
import { add, finish } from "../checksum.ts";
import { U8, U16, U32, uint } from "../field.ts";
import type { FieldNames, Given, Init, Protocol, Room, Scan } from "../protocol.ts";
import { pseudoSum } from "../pseudo.ts";
import { protocolOf } from "../registry.ts";
import type { Body } from "./icmpv6-body.ts";
import { type MldFields, message, query, report } from "./mld.ts";
import {
  type NdpFields,
  neighborAdvertisement,
  neighborSolicitation,
  redirect,
  routerAdvertisement,
  routerSolicitation,
} from "./ndp.ts";

type OwnFields = {
  type: number;
  code: number;
  checksum: number;
  /** Of echo messages. */
  identifier?: number;
  sequence?: number;
  /** Packet too big: of the next hop. */
  mtu?: number;
  /** Parameter problem: the offset of the byte that is wrong. */
  pointer?: number;
};

/** Of a type that has no fields here, all behind the checksum is payload. */
export type Icmpv6 = { kind: "icmpv6" } & OwnFields & NdpFields & MldFields;

type Fields = Omit<Icmpv6, "kind">;

const PROTOCOL = 58;
const HEADER = 4;
const WORD = 4;

const CODE = 1;
const CHECKSUM = 2;
const BODY = 4;

const UNREACHABLE = 1;
const PARAMETER_PROBLEM = 4;

/** The body of one word. */
function word(
  read: (layer: Fields, bytes: Uint8Array, at: number) => void,
  write: (layer: Given<Fields>, bytes: Uint8Array, at: number) => void,
): Body<Fields> {
  return { end: (_, at) => at + WORD, read, size: () => WORD, write };
}

const unused = word(
  (layer, bytes, at) => {
    const reserved = u32(bytes, at);
    if (reserved !== 0) layer.reserved = reserved;
  },
  (layer, bytes, at) => put32(bytes, at, uint(layer.reserved, "icmpv6.reserved", U32)),
);

const tooBig = word(
  (layer, bytes, at) => {
    layer.mtu = u32(bytes, at);
  },
  (layer, bytes, at) => put32(bytes, at, uint(layer.mtu, "icmpv6.mtu", U32)),
);

const parameterProblem = word(
  (layer, bytes, at) => {
    layer.pointer = u32(bytes, at);
  },
  (layer, bytes, at) => put32(bytes, at, uint(layer.pointer, "icmpv6.pointer", U32)),
);

const echo = word(
  (layer, bytes, at) => {
    layer.identifier = u16(bytes, at);
    layer.sequence = u16(bytes, at + 2);
  },
  (layer, bytes, at) => {
    put16(bytes, at, uint(layer.identifier, "icmpv6.identifier", U16));
    put16(bytes, at + 2, uint(layer.sequence, "icmpv6.sequence", U16));
  },
);

const BODIES: ReadonlyMap<number, Body<Fields>> = new Map<number, Body<Fields>>([
  [UNREACHABLE, unused],
  [2, tooBig],
  [3, unused],
  [PARAMETER_PROBLEM, parameterProblem],
  [128, echo],
  [129, echo],
  [130, query],
  [131, message],
  [132, message],
  [133, routerSolicitation],
  [134, routerAdvertisement],
  [135, neighborSolicitation],
  [136, neighborAdvertisement],
  [137, redirect],
  [143, report],
]);

function scan(scan: Scan): number {
  const { bytes, start, end, left } = scan;
  if (left < HEADER) return scan.truncated("icmpv6", HEADER);
  const type = u8(bytes, start);
  const body = BODIES.get(type);
  if (body === undefined) return HEADER;
  const behind = body.end(scan, start + BODY);
  if (behind < 0) return behind;
  if (behind > end) return scan.truncated("icmpv6", behind - start);
  if (type >= UNREACHABLE && type <= PARAMETER_PROBLEM) {
    scan.next = protocolOf("ipv6");
    scan.partial = true;
  }
  return behind - start;
}

function read(bytes: Uint8Array, start: number, end: number): Icmpv6 {
  const layer: Icmpv6 = {
    kind: "icmpv6",
    type: u8(bytes, start),
    code: u8(bytes, start + CODE),
    checksum: u16(bytes, start + CHECKSUM),
  };
  BODIES.get(layer.type)?.read(layer, bytes, start + BODY, end);
  return layer;
}

function bodyOf(layer: Init<Icmpv6>): Body<Fields> | undefined {
  return BODIES.get(uint(layer.type, "icmpv6.type", U8));
}

function size(layer: Init<Icmpv6>): number {
  return HEADER + (bodyOf(layer)?.size(layer) ?? 0);
}

function write(layer: Init<Icmpv6>, { bytes, start }: Room): void {
  bytes[start] = uint(layer.type, "icmpv6.type", U8);
  bytes[start + CODE] = uint(layer.code, "icmpv6.code", U8);
  put16(bytes, start + CHECKSUM, uint(layer.checksum, "icmpv6.checksum", U16));
  bodyOf(layer)?.write(layer, bytes, start + BODY);
}

function seal(layer: Init<Icmpv6>, { bytes, start, end, network }: Room): void {
  if (layer.checksum !== undefined || network < 0) return;
  const sum = add(pseudoSum(bytes, network, start, end, PROTOCOL), bytes, start, end);
  put16(bytes, start + CHECKSUM, finish(sum));
}

const FIELDS: FieldNames<Icmpv6> = {
  type: true,
  code: true,
  checksum: true,
  identifier: true,
  sequence: true,
  mtu: true,
  pointer: true,
  target: true,
  destination: true,
  hopLimit: true,
  managed: true,
  other: true,
  lifetime: true,
  reachable: true,
  retransmit: true,
  preference: true,
  homeAgent: true,
  proxy: true,
  router: true,
  solicited: true,
  override: true,
  options: true,
  reserved: true,
  delay: true,
  group: true,
  records: true,
  sources: true,
  suppress: true,
  robustness: true,
  queryInterval: true,
  flags: true,
};

export const icmpv6: Protocol<Icmpv6> = {
  kind: "icmpv6",
  fields: FIELDS,
  scan,
  read,
  size,
  write,
  seal,
};
