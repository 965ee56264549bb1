// IGMP: version 1 of RFC 1112, version 2 of RFC 2236, version 3 of RFC 3376.

import { put16, u8, u16 } from "../bytes.ts";
import { add, finish } from "../checksum.ts";
import { U8, U16, uint } from "../field.ts";
import { putIpv4 } from "../parse.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { ipv4Text } from "../text.ts";
import {
  type GroupRecord,
  type QueryEnd,
  querySize,
  readQuery,
  readRecords,
  recordsSize,
  scanQuery,
  scanRecords,
  writeQuery,
  writeRecords,
} from "./multicast-records.ts";

/** IGMP: RFC 1112, RFC 2236, RFC 3376. Which fields it has goes by its `type`. */
export type Igmp = {
  kind: "igmp";
  /** 0x11 query; 0x12, 0x16 and 0x22 report of version 1, 2 and 3; 0x17 leave. */
  type: number;
  /**
   * In tenths of a second; from 128 on, in version 3, the code of a floating-point number. In other
   * messages than queries the byte means nothing.
   */
  maxResponse: number;
  checksum: number;
  /** 0.0.0.0 in a general query. A report of version 3 has none. */
  group?: string;
  /** Of a report of version 3. */
  records?: GroupRecord[];
  /** The 16 bits before the number of records, only where they are not 0. */
  reserved?: number;
} & QueryEnd;

const HEADER = 8;
const QUERY_3_HEADER = 12;

const MAX_RESPONSE = 1;
const CHECKSUM = 2;
const GROUP = 4;
const RESERVED = 4;
const RECORD_COUNT = 6;

const QUERY = 0x11;
const REPORT_3 = 0x22;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("igmp", HEADER);
  const type = u8(bytes, start);
  let length = HEADER;
  if (type === QUERY && left >= QUERY_3_HEADER) {
    length = scanQuery(scan, start + HEADER, 4) - start;
  } else if (type === REPORT_3) {
    length = scanRecords(scan, start + HEADER, u16(bytes, start + RECORD_COUNT), 4) - start;
  }
  return left < length ? scan.truncated("igmp", length) : length;
}

function read(bytes: Uint8Array, start: number, end: number): Igmp {
  const type = u8(bytes, start);
  const layer: Igmp = {
    kind: "igmp",
    type,
    maxResponse: u8(bytes, start + MAX_RESPONSE),
    checksum: u16(bytes, start + CHECKSUM),
  };
  if (type === REPORT_3) {
    layer.records = readRecords(bytes, start + HEADER, end, 4);
    const reserved = u16(bytes, start + RESERVED);
    if (reserved !== 0) layer.reserved = reserved;
    return layer;
  }
  layer.group = ipv4Text(bytes, start + GROUP);
  if (end - start >= QUERY_3_HEADER) readQuery(layer, bytes, start + HEADER, end, 4);
  return layer;
}

/** Where none is set, that which has the fields that are. */
function typeOf(layer: Init<Igmp>): number {
  let computed = 0;
  if (layer.records !== undefined) computed = REPORT_3;
  else if (layer.sources !== undefined) computed = QUERY;
  const type = uint(layer.type, "igmp.type", U8, computed);
  if (layer.records !== undefined && type !== REPORT_3) throw unfit("records", REPORT_3, type);
  if (layer.sources !== undefined && type !== QUERY) throw unfit("sources", QUERY, type);
  return type;
}

function unfit(field: string, expected: number, type: number): RangeError {
  return new RangeError(`igmp.${field} needs igmp.type ${expected}, not ${type}`);
}

function size(layer: Init<Igmp>): number {
  typeOf(layer);
  return HEADER + querySize(layer, 4, "igmp") + recordsSize(layer.records, 4, "igmp");
}

function write(layer: Init<Igmp>, { bytes, start }: Room): void {
  const type = typeOf(layer);
  bytes[start] = type;
  bytes[start + MAX_RESPONSE] = uint(layer.maxResponse, "igmp.maxResponse", U8);
  put16(bytes, start + CHECKSUM, uint(layer.checksum, "igmp.checksum", U16));
  if (type === REPORT_3) {
    put16(bytes, start + RESERVED, uint(layer.reserved, "igmp.reserved", U16));
    put16(bytes, start + RECORD_COUNT, layer.records?.length ?? 0);
    writeRecords(layer.records, bytes, start + HEADER, 4, "igmp");
  } else {
    putIpv4(bytes, start + GROUP, layer.group, "igmp.group");
    writeQuery(layer, bytes, start + HEADER, 4, "igmp");
  }
}

function seal(layer: Init<Igmp>, { bytes, start, end }: Room): void {
  if (layer.checksum !== undefined) return;
  put16(bytes, start + CHECKSUM, finish(add(0, bytes, start, end)));
}

const FIELDS: FieldNames<Igmp> = {
  type: true,
  maxResponse: true,
  checksum: true,
  group: true,
  records: true,
  reserved: true,
  sources: true,
  suppress: true,
  robustness: true,
  queryInterval: true,
  flags: true,
};

export const igmp: Protocol<Igmp> = { kind: "igmp", fields: FIELDS, scan, read, size, write, seal };
