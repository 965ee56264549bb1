// What IGMPv3 (RFC 3376) and MLDv2 (RFC 3810) have in common: the end of a query, and the records
// of a report.

import { part, put16, u8, u16 } from "../bytes.ts";
import { bit, list, octets, U8, U16, uint } from "../field.ts";
import { putIpv4, putIpv6 } from "../parse.ts";
import type { Given, Scan } from "../protocol.ts";
import { ipv4Text, ipv6Text } from "../text.ts";

/** A record of a report: RFC 3376, section 4.2.4; RFC 3810, section 5.2.5. */
export type GroupRecord = {
  /**
   * 1 mode is include, 2 mode is exclude, 3 change to include, 4 change to exclude, 5 allow new
   * sources, 6 block old sources.
   */
  type: number;
  group: string;
  sources: string[];
  /** Only where there is such data: a multiple of four bytes. */
  auxiliary?: Uint8Array;
};

/** The fields at the end of a query; those that are optional only where they are not 0. */
export type QueryEnd = {
  /** Its presence says that the query is of IGMPv3 or MLDv2. */
  sources?: string[];
  /** Routers shall not restart their timers. */
  suppress?: true;
  /** The querier's robustness variable. */
  robustness?: number;
  /** The code of the querier's interval: seconds up to 127, a floating-point number from 128 on. */
  queryInterval?: number;
  /** The four bits before `suppress`. */
  flags?: number;
};

/** The size of an address. */
export type Family = 4 | 16;

const QUERY_FIXED = 4;
const QUERY_INTERVAL = 1;
const QUERY_COUNT = 2;

const AUXILIARY_LENGTH = 1;
const SOURCE_COUNT = 2;
const GROUP = 4;
const AUXILIARY_MAX = U8 * 4;

function addressText(bytes: Uint8Array, at: number, family: Family): string {
  return family === 4 ? ipv4Text(bytes, at) : ipv6Text(bytes, at);
}

export function putAddress(
  bytes: Uint8Array,
  at: number,
  value: unknown,
  family: Family,
  name: string,
): void {
  if (family === 4) putIpv4(bytes, at, value, name);
  else putIpv6(bytes, at, value, name);
}

/** Where the end of a query at `at` ends; what is behind `scan.end` is not there. */
export function scanQuery({ bytes }: Scan, at: number, family: Family): number {
  return at + QUERY_FIXED + u16(bytes, at + QUERY_COUNT) * family;
}

export function readQuery(
  query: QueryEnd,
  bytes: Uint8Array,
  at: number,
  end: number,
  family: Family,
): void {
  const first = u8(bytes, at);
  query.sources = readAddresses(bytes, at + QUERY_FIXED, end, family);
  if ((first & 8) !== 0) query.suppress = true;
  if ((first & 7) !== 0) query.robustness = first & 7;
  const interval = u8(bytes, at + QUERY_INTERVAL);
  if (interval !== 0) query.queryInterval = interval;
  if (first >> 4 !== 0) query.flags = first >> 4;
}

function readAddresses(bytes: Uint8Array, start: number, end: number, family: Family): string[] {
  const addresses: string[] = [];
  for (let at = start; at < end; at += family) addresses.push(addressText(bytes, at, family));
  return addresses;
}

/** Of no bytes, where there are no sources. */
export function querySize(query: Given<QueryEnd>, family: Family, kind: string): number {
  if (query.sources === undefined) return 0;
  return QUERY_FIXED + counted(query.sources, `${kind}.sources`) * family;
}

function counted(entries: readonly unknown[], name: string): number {
  const { length } = list(entries, name);
  if (length <= U16) return length;
  throw new RangeError(`${name} must have at most ${U16} entries, not ${length}`);
}

export function writeQuery(
  query: Given<QueryEnd>,
  bytes: Uint8Array,
  at: number,
  family: Family,
  kind: string,
): void {
  const { sources } = query;
  if (sources === undefined) return;
  bytes[at] =
    (uint(query.flags, `${kind}.flags`, 15) << 4) |
    (bit(query.suppress, `${kind}.suppress`) << 3) |
    uint(query.robustness, `${kind}.robustness`, 7);
  bytes[at + QUERY_INTERVAL] = uint(query.queryInterval, `${kind}.queryInterval`, U8);
  put16(bytes, at + QUERY_COUNT, sources.length);
  writeAddresses(sources, bytes, at + QUERY_FIXED, family, `${kind}.sources`);
}

function writeAddresses(
  addresses: readonly string[],
  bytes: Uint8Array,
  start: number,
  family: Family,
  name: string,
): void {
  let at = start;
  for (const address of addresses) {
    putAddress(bytes, at, address, family, name);
    at += family;
  }
}

/** Where `count` records end; behind `scan.end`, where they are cut off. */
export function scanRecords(
  { bytes, end }: Scan,
  start: number,
  count: number,
  family: Family,
): number {
  let at = start;
  for (let index = 0; index < count; index++) {
    if (at + GROUP + family > end) return at + GROUP + family;
    at = recordEnd(bytes, at, family);
  }
  return at;
}

function recordEnd(bytes: Uint8Array, at: number, family: Family): number {
  const sources = u16(bytes, at + SOURCE_COUNT) * family;
  return at + GROUP + family + sources + u8(bytes, at + AUXILIARY_LENGTH) * 4;
}

export function readRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
  family: Family,
): GroupRecord[] {
  const records: GroupRecord[] = [];
  for (let at = start; at < end; at = recordEnd(bytes, at, family)) {
    const sources = at + GROUP + family;
    const auxiliary = sources + u16(bytes, at + SOURCE_COUNT) * family;
    const behind = recordEnd(bytes, at, family);
    const record: GroupRecord = {
      type: u8(bytes, at),
      group: addressText(bytes, at + GROUP, family),
      sources: readAddresses(bytes, sources, Math.min(auxiliary, end), family),
    };
    if (behind > auxiliary) record.auxiliary = part(bytes, auxiliary, behind);
    records.push(record);
  }
  return records;
}

export function recordsSize(
  records: readonly GroupRecord[] | undefined,
  family: Family,
  kind: string,
): number {
  if (records === undefined) return 0;
  counted(records, `${kind}.records`);
  let size = 0;
  for (const record of records) size += recordSize(record, family, kind);
  return size;
}

function recordSize(record: Given<GroupRecord>, family: Family, kind: string): number {
  const auxiliary = octets(record.auxiliary, `${kind}.records: auxiliary`).length;
  if (auxiliary % 4 !== 0 || auxiliary > AUXILIARY_MAX) {
    const expected = `a multiple of 4 up to ${AUXILIARY_MAX} bytes`;
    throw new RangeError(`${kind}.records: auxiliary must be ${expected}, not ${auxiliary}`);
  }
  const sources = counted(record.sources ?? [], `${kind}.records: sources`);
  return GROUP + family + sources * family + auxiliary;
}

export function writeRecords(
  records: readonly GroupRecord[] | undefined,
  bytes: Uint8Array,
  start: number,
  family: Family,
  kind: string,
): void {
  let at = start;
  for (const record of records ?? []) {
    const sources = record.sources ?? [];
    const auxiliary = octets(record.auxiliary, `${kind}.records: auxiliary`);
    bytes[at] = uint(record.type, `${kind}.records: type`, U8);
    bytes[at + AUXILIARY_LENGTH] = auxiliary.length / 4;
    put16(bytes, at + SOURCE_COUNT, sources.length);
    putAddress(bytes, at + GROUP, record.group, family, `${kind}.records: group`);
    const first = at + GROUP + family;
    writeAddresses(sources, bytes, first, family, `${kind}.records: sources`);
    bytes.set(auxiliary, first + sources.length * family);
    at += recordSize(record, family, kind);
  }
}
