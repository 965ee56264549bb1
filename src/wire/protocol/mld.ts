// Multicast listener discovery: version 1 of RFC 2710, version 2 of RFC 3810.

import { put16, u16 } from "../bytes.ts";
import { U16, uint } from "../field.ts";
import { putIpv6 } from "../parse.ts";
import { ipv6Text } from "../text.ts";
import type { Body } from "./icmpv6-body.ts";
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

export type MldFields = {
  /**
   * Of queries: within how many milliseconds to answer; from 32768 on, in version 2, the code of a
   * floating-point number.
   */
  delay?: number;
  /** "::" in a general query. */
  group?: string;
  /** Of a report of version 2. */
  records?: GroupRecord[];
  /** The bits that must be zero, only where they are not. */
  reserved?: number;
} & QueryEnd;

const RESERVED = 2;
const GROUP = 4;
const FIXED = 20;
const QUERY_2_FIXED = 24;

/** A report of version 1, or that a listener leaves. */
export const message: Body<MldFields> = {
  end: (_, at) => at + FIXED,
  read(layer, bytes, at) {
    layer.delay = u16(bytes, at);
    layer.group = ipv6Text(bytes, at + GROUP);
    const reserved = u16(bytes, at + RESERVED);
    if (reserved !== 0) layer.reserved = reserved;
  },
  size: () => FIXED,
  write(layer, bytes, at) {
    put16(bytes, at, uint(layer.delay, "icmpv6.delay", U16));
    put16(bytes, at + RESERVED, uint(layer.reserved, "icmpv6.reserved", U16));
    putIpv6(bytes, at + GROUP, layer.group, "icmpv6.group");
  },
};

/** A query; one of version 2 is longer. */
export const query: Body<MldFields> = {
  end: (scan, at) => (at + QUERY_2_FIXED > scan.end ? at + FIXED : scanQuery(scan, at + FIXED, 16)),
  read(layer, bytes, at, end) {
    message.read(layer, bytes, at, end);
    if (at + QUERY_2_FIXED <= end) readQuery(layer, bytes, at + FIXED, end, 16);
  },
  size: (layer) => FIXED + querySize(layer, 16, "icmpv6"),
  write(layer, bytes, at) {
    message.write(layer, bytes, at);
    writeQuery(layer, bytes, at + FIXED, 16, "icmpv6");
  },
};

const RECORD_COUNT = 2;
const RECORDS = 4;

/** A report of version 2. */
export const report: Body<MldFields> = {
  end(scan, at) {
    if (at + RECORDS > scan.end) return at + RECORDS;
    return scanRecords(scan, at + RECORDS, u16(scan.bytes, at + RECORD_COUNT), 16);
  },
  read(layer, bytes, at, end) {
    layer.records = readRecords(bytes, at + RECORDS, end, 16);
    const reserved = u16(bytes, at);
    if (reserved !== 0) layer.reserved = reserved;
  },
  size: (layer) => RECORDS + recordsSize(layer.records, 16, "icmpv6"),
  write(layer, bytes, at) {
    put16(bytes, at, uint(layer.reserved, "icmpv6.reserved", U16));
    put16(bytes, at + RECORD_COUNT, layer.records?.length ?? 0);
    writeRecords(layer.records, bytes, at + RECORDS, 16, "icmpv6");
  },
};
