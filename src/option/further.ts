// Options of families that few programs use, whose values are structures: CAN, SCTP, DCCP, TLS and
// the kernel's cryptography.

import { Flags, Keywords, withPrefix } from "../base/keyword.ts";
import { integer, U8_MAX, U16_MAX, U32_MAX, uint8Array, wrongType } from "../base/validate.ts";
import { furtherConstants } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { type IntegerField, Structure } from "../native/record.ts";
import { type Codec, integerBytes, type Readable, readUnsigned, type Writable } from "./codec.ts";
import { fields } from "./structure.ts";

const group = (name: string) => furtherConstants("families")[name] ?? {};

/** A field's C name, and where it is not in host order. */
type Place = string | readonly [field: string, order: "network"];

/** A structure of integers by name; what is left out of a value is 0. */
export function integers<Name extends string>(
  structureName: string,
  places: Readonly<Record<Name, Place>>,
): Codec<Record<Name, number>, Partial<Readonly<Record<Name, number>>>> {
  const structure = new Structure(structureName);
  const names = Object.keys(places) as Name[];
  let found: Map<Name, { field: IntegerField; most: number }> | undefined;
  const all = () => {
    found ??= new Map(
      names.map((name) => {
        const place: Place = places[name];
        const [c, order] = typeof place === "string" ? ([place, "host"] as const) : place;
        const size = structure.field(c)[1];
        const most = size === 1 ? U8_MAX : size === 2 ? U16_MAX : U32_MAX;
        return [name, { field: structure.integer(c, order), most }];
      }),
    );
    return found;
  };
  return {
    shape: `{ ${names.join(", ")} }`,
    decode: (bytes) => {
      const values = [...all()].map(([name, { field }]) => [name, field.get(bytes)]);
      return Object.fromEntries(values) as Record<Name, number>;
    },
    encode: (value, name) => {
      const given = fields(value, name, names);
      const bytes = structure.allocate();
      for (const [key, { field, most }] of all()) {
        field.set(bytes, integer(given[key] ?? 0, `${name} ${key}`, 0, most));
      }
      return bytes;
    },
  };
}

const FILTER_SIZE = 8;
/** CAN_RAW_FILTER_MAX. */
const FILTERS_MAX = 512;

export type CanFilter = {
  /** The identifier, with CAN_EFF_FLAG and so on; with CAN_INV_FILTER all others match. */
  readonly id: number;
  /** The bits of the identifier that count. */
  readonly mask: number;
};

/** CAN_RAW_FILTER: a frame passes that matches one of them; without any, none does. */
export const canFilters: Codec<CanFilter[], readonly CanFilter[]> = {
  shape: "{ id, mask }[]",
  room: FILTERS_MAX * FILTER_SIZE,
  decode: (bytes) =>
    Array.from({ length: bytes.length / FILTER_SIZE }, (_, index) => ({
      id: readUnsigned(bytes, index * FILTER_SIZE, 4),
      mask: readUnsigned(bytes, index * FILTER_SIZE + 4, 4),
    })),
  encode: (value, name) => {
    if (!Array.isArray(value)) throw wrongType(name, "an array of { id, mask }", value);
    if (value.length > FILTERS_MAX) {
      throw new RangeError(`${name} must have at most ${FILTERS_MAX}, not ${value.length}`);
    }
    const bytes = allocate(value.length * FILTER_SIZE);
    for (const [index, filter] of (value as readonly CanFilter[]).entries()) {
      const { id, mask } = fields(filter, name, ["id", "mask"]);
      bytes.set(integerBytes(integer(id, `${name} id`, 0, U32_MAX)), index * FILTER_SIZE);
      bytes.set(integerBytes(integer(mask, `${name} mask`, 0, U32_MAX)), index * FILTER_SIZE + 4);
    }
    return bytes;
  },
};

/** A set of bits as keywords, or as a number to set. */
function flagSet(flags: Flags): Codec<string[], readonly string[] | number> {
  return {
    shape: "list of flags",
    decode: (bytes) => flags.words(readUnsigned(bytes), "told"),
    encode: (value, name) => integerBytes(flags.bitsOrNumber(value, name)),
  };
}

/** CAN_RAW_ERR_FILTER: the classes of errors, of linux/can/error.h, whose frames are wanted. */
export const canErrors = flagSet(
  new Flags(
    "CAN error class",
    () => withPrefix(group("CAN"), "ERR_"),
    /^(?!(TX_TIMEOUT|LOSTARB|CRTL|PROT|TRX|ACK|BUSOFF|BUSERROR|RESTARTED|CNT)$)/,
  ),
);

const EVENT = /^sctp_(.*)_event$/;
const eventRecord = new Structure("sctp_event_subscribe");
const eventNames = () =>
  eventRecord.names().map((field) => (EVENT.exec(field)?.[1] ?? field).replaceAll("_", "-"));

/** SCTP_EVENTS: what is told, "association", "shutdown", as RFC 6458, section 6.2.1, has it. */
export const sctpEvents: Codec<string[], readonly string[]> = {
  shape: "list of events",
  decode: (bytes) => eventNames().filter((_, index) => (bytes[index] ?? 0) !== 0),
  encode: (value, name) => {
    if (!Array.isArray(value)) throw wrongType(name, "an array of events", value);
    const names = eventNames();
    const known = new Keywords(name, () =>
      Object.fromEntries(names.map((event, index) => [event, index])),
    );
    const bytes = eventRecord.allocate();
    for (const event of value as readonly string[]) {
      if (typeof event !== "string") throw wrongType(name, "an array of events", event);
      bytes[known.number(event)] = 1;
    }
    return bytes;
  },
};

/** enum sctp_sn_type, whose names have nothing in common. */
const EVENT_NAMES: ReadonlySet<string> = new Set([
  "ASSOC_CHANGE",
  "PEER_ADDR_CHANGE",
  "SEND_FAILED",
  "REMOTE_ERROR",
  "SHUTDOWN_EVENT",
  "PARTIAL_DELIVERY_EVENT",
  "ADAPTATION_INDICATION",
  "AUTHENTICATION_EVENT",
  "SENDER_DRY_EVENT",
  "STREAM_RESET_EVENT",
  "ASSOC_RESET_EVENT",
  "STREAM_CHANGE_EVENT",
  "SEND_FAILED_EVENT",
]);

/** SCTP_ASSOC_CHANGE and so on, by keyword: "assoc-change". */
const sctpEventTypes = new Keywords("type", () =>
  Object.fromEntries(Object.entries(group("SCTP")).filter(([name]) => EVENT_NAMES.has(name))),
);

const oneEvent = new Structure("sctp_event");

/** SCTP_EVENT: whether an event is told, of one association, or of those to come. */
export const sctpEvent: Writable<{
  readonly type: string | number;
  readonly on: boolean;
  readonly association?: number;
}> = {
  shape: "{ type, on, association? }",
  encode: (value, name) => {
    const { type, on, association = 0 } = fields(value, name, ["type", "on", "association"]);
    if (typeof on !== "boolean") throw wrongType(`${name} on`, "a boolean", on);
    if (type === null || type === undefined) throw wrongType(`${name} type`, "a keyword", type);
    const number = integer(sctpEventTypes.number(type), `${name} type`, 0, U16_MAX);
    const bytes = oneEvent.allocate();
    const id = integer(association, `${name} association`, 0, U32_MAX);
    oneEvent.integer("se_assoc_id").set(bytes, id);
    oneEvent.integer("se_type").set(bytes, number);
    oneEvent.integer("se_on").set(bytes, Number(on));
    return bytes;
  },
};

/** SCTP_GET_ASSOC_ID_LIST: behind their number. */
export const associations: Readable<number[]> = {
  shape: "number[]",
  decode: (bytes) => {
    const room = Math.max(0, (bytes.length - 4) >> 2);
    const length = Math.min(readUnsigned(bytes, 0, 4), room);
    return Array.from({ length }, (_, index) => readUnsigned(bytes, 4 + index * 4, 4));
  },
};

/** DCCP_SOCKOPT_SERVICE: the services' codes, the own one first. RFC 4340, section 8.1.2. */
export const dccpService: Codec<number[], number | readonly number[]> = {
  shape: "number[]",
  decode: (bytes) =>
    Array.from({ length: bytes.length >> 2 }, (_, index) =>
      readUnsigned(bytes.slice(index * 4, index * 4 + 4).reverse()),
    ),
  encode: (value, name) => {
    const codes = typeof value === "number" ? [value] : value;
    if (!Array.isArray(codes)) throw wrongType(name, "a number, or an array of them", value);
    const bytes = allocate(codes.length * 4);
    for (const [index, code] of (codes as readonly number[]).entries()) {
      bytes.set(integerBytes(integer(code, name, 0, U32_MAX)).reverse(), index * 4);
    }
    return bytes;
  },
};

/** Numbers of one byte each, the preferred first: DCCP's congestion controls. */
export const byteList: Codec<number[], readonly number[]> = {
  shape: "number[]",
  decode: (bytes) => [...bytes],
  encode: (value, name) => {
    if (!Array.isArray(value)) throw wrongType(name, "an array of numbers", value);
    return Uint8Array.from(value as readonly number[], (one) => integer(one, name, 0, U8_MAX));
  },
};

const ciphers = new Keywords("cipher", () => withPrefix(group("TLS"), "CIPHER_"), {
  except: /_SIZE$/,
});
const VERSIONS = { "1.2": 0x0303, "1.3": 0x0304 } as const;
type TlsVersion = keyof typeof VERSIONS;
const header = new Structure("tls_crypto_info");
/** What a program has of a key: its name here, the field's, and whether a cipher may lack it. */
const PARTS = [
  ["iv", "iv"],
  ["key", "key"],
  ["salt", "salt"],
  ["sequence", "rec_seq"],
] as const;

export type TlsKeys = {
  readonly version: TlsVersion;
  /** "aes-gcm-128" and so on: TLS_CIPHER_*. */
  readonly cipher: string;
  readonly iv: Uint8Array;
  readonly key: Uint8Array;
  /** "chacha20-poly1305" has none. */
  readonly salt?: Uint8Array;
  /** The number of the next record, eight bytes; 0 unless told. */
  readonly sequence?: Uint8Array;
};

/** TLS_TX and TLS_RX: what records are encrypted and decrypted with. linux/tls.h. */
export const tlsKeys: Writable<TlsKeys> = {
  shape: "{ version, cipher, iv, key, salt?, sequence? }",
  encode: (value, name) => {
    const names = ["version", "cipher", ...PARTS.map(([part]) => part)];
    const given = fields(value, name, names);
    const version = Object.hasOwn(VERSIONS, given.version) ? VERSIONS[given.version] : undefined;
    if (version === undefined) throw new TypeError(`${name} version must be "1.2" or "1.3"`);
    if (typeof given.cipher !== "string")
      throw wrongType(`${name} cipher`, "a keyword", given.cipher);
    const number = ciphers.number(given.cipher);
    const structure = new Structure(`tls12_crypto_info_${given.cipher.replaceAll("-", "_")}`);
    const bytes = structure.allocate();
    header.integer("version").set(bytes, version);
    header.integer("cipher_type").set(bytes, number);
    for (const [part, field] of PARTS) {
      const [at, size] = structure.has(field) ? structure.field(field) : [0, 0];
      const optional = part === "sequence" || (part === "salt" && size === 0);
      if (given[part] === undefined && optional) continue;
      const content = uint8Array(given[part] as Uint8Array, `${name} ${part}`);
      if (content.length !== size) {
        throw new RangeError(`${name} ${part} must have ${size} bytes, not ${content.length}`);
      }
      bytes.set(content, at);
    }
    return bytes;
  },
};

/** As many bytes as the value says, which is how ALG_SET_AEAD_AUTHSIZE is told. */
export const lengthItself: Writable<number> = {
  shape: "number",
  encode: (value, name) => allocate(integer(value, name, 0, U8_MAX)),
};
