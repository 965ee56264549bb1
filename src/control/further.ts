// Control messages of families that few programs use: cryptography of the kernel
// (Documentation/crypto/userspace-if.rst), TLS (Documentation/networking/tls.rst), SCTP (RFC 6458,
// section 5.3) and DCCP (linux/dccp.h). Linux.

import { IPPROTO, SOL } from "../base/constants.ts";
import { Keywords, withPrefix } from "../base/keyword.ts";
import { integer, U8_MAX, U16_MAX, U32_MAX, uint8Array, wrongType } from "../base/validate.ts";
import { furtherConstants } from "../native/library.ts";
import { Structure } from "../native/record.ts";
import { at, type ControlCodec, integerAt, type Place, type Shape } from "./codec.ts";

export type FurtherControl =
  | { kind: "alg-operation"; value: "encrypt" | "decrypt" | number }
  | { kind: "alg-iv"; iv: Uint8Array }
  /** Bytes of associated data, at the beginning of what is sent. */
  | { kind: "alg-associated"; length: number }
  /** The content type of RFC 8446, section 5.1: 23 is application data. */
  | { kind: "tls-record"; type: number }
  | {
      kind: "sctp-send";
      stream?: number;
      /** SCTP_UNORDERED, SCTP_EOF and so on. */
      flags?: number;
      /** The payload protocol identifier, in host order. */
      ppid?: number;
      context?: number;
      association?: number;
    }
  | {
      kind: "sctp-receive";
      stream: number;
      /** The number within the stream. */
      sequence: number;
      flags: number;
      ppid: number;
      tsn: number;
      cumulativeTsn: number;
      context: number;
      association: number;
    }
  /** Of the message behind the received one, as far as it has arrived. */
  | {
      kind: "sctp-next";
      stream: number;
      flags: number;
      ppid: number;
      length: number;
      association: number;
    }
  /** How reliably: SCTP_PR_SCTP_TTL with milliseconds, SCTP_PR_SCTP_RTX with a count, and so on. */
  | { kind: "sctp-partial"; policy?: number; value?: number }
  /** Of the association that the message begins; 0 is the socket's own. */
  | {
      kind: "sctp-init";
      outStreams?: number;
      maxInStreams?: number;
      maxAttempts?: number;
      /** Milliseconds. */
      maxInitTimeout?: number;
    }
  | { kind: "dccp-priority"; value: number };

type Of<Kind> = Extract<FurtherControl, { kind: Kind }>;

const group = (name: string) => furtherConstants("families")[name] ?? {};

function operation(): Shape<Of<"alg-operation">> {
  const words = new Keywords("value", () => withPrefix(group("ALG"), "OP_"));
  return {
    size: () => 4,
    encode({ value }, view, at) {
      if (value === null || value === undefined) throw wrongType("value", "a keyword", value);
      view.setUint32(at, words.number(value), true);
    },
    decode(view, at, length) {
      if (length !== 4) return null;
      const value = words.name(view.getUint32(at, true)) as Of<"alg-operation">["value"];
      return { kind: "alg-operation", value };
    },
  };
}

function initialisationVector(): Shape<Of<"alg-iv">> {
  const { size } = new Structure("af_alg_iv");
  const bytesAt = (view: DataView, at: number, length: number) =>
    new Uint8Array(view.buffer, view.byteOffset + at + size, length);
  return {
    size: ({ iv }) => size + uint8Array(iv, "iv").length,
    encode({ iv }, view, at) {
      view.setUint32(at, iv.length, true);
      bytesAt(view, at, iv.length).set(uint8Array(iv, "iv"));
    },
    decode(view, at, length) {
      if (length < size || view.getUint32(at, true) !== length - size) return null;
      return { kind: "alg-iv", iv: bytesAt(view, at, length - size).slice() };
    },
  };
}

/** A field of a structure: its name here, its C name, and where it is no host-order integer. */
type Line = readonly [name: string, field: string, order?: "network"];

/** A kind that is a structure of integers. */
function structureAt<M extends { readonly kind: string }>(
  place: Place,
  kind: M["kind"],
  structureName: string,
  lines: readonly Line[],
): ControlCodec[] {
  return at<M>(place, kind, () => {
    const structure = new Structure(structureName);
    const fields = lines.map(([name, field, order]) => {
      const [, size] = structure.field(field);
      return { name, most: size === 2 ? U16_MAX : U32_MAX, place: structure.integer(field, order) };
    });
    const { size } = structure;
    const bytesAt = (view: DataView, at: number) =>
      new Uint8Array(view.buffer, view.byteOffset + at, size);
    return {
      size: () => size,
      encode(message, view, at) {
        const values = message as unknown as Readonly<Record<string, number | undefined>>;
        for (const { name, most, place } of fields) {
          place.set(bytesAt(view, at), integer(values[name] ?? 0, name, 0, most));
        }
      },
      decode(view, at, length) {
        if (length !== size) return null;
        const values = fields.map(({ name, place }) => [name, place.get(bytesAt(view, at))]);
        return { kind, ...Object.fromEntries(values) } as M;
      },
    };
  });
}

/** The kinds, by family. */
export function furtherCodecs(): readonly ControlCodec[] {
  const ALG = group("ALG");
  const TLS = group("TLS");
  const SCTP = group("SCTP");
  const DCCP = group("DCCP");
  const byte = { most: U8_MAX, width: 1 } as const;
  return [
    at<Of<"alg-operation">>([SOL.ALG, ALG.SET_OP], "alg-operation", operation),
    at<Of<"alg-iv">>([SOL.ALG, ALG.SET_IV], "alg-iv", initialisationVector),
    integerAt([SOL.ALG, ALG.SET_AEAD_ASSOCLEN], "alg-associated", "length", { most: U32_MAX }),
    // What is sent goes by the first, what arrives by the second.
    integerAt([SOL.TLS, TLS.SET_RECORD_TYPE], "tls-record", "type", byte),
    integerAt([SOL.TLS, TLS.GET_RECORD_TYPE], "tls-record", "type", byte),
    structureAt<Of<"sctp-send">>([IPPROTO.SCTP, SCTP.SNDINFO], "sctp-send", "sctp_sndinfo", [
      ["stream", "snd_sid"],
      ["flags", "snd_flags"],
      ["ppid", "snd_ppid", "network"],
      ["context", "snd_context"],
      ["association", "snd_assoc_id"],
    ]),
    structureAt<Of<"sctp-receive">>([IPPROTO.SCTP, SCTP.RCVINFO], "sctp-receive", "sctp_rcvinfo", [
      ["stream", "rcv_sid"],
      ["sequence", "rcv_ssn"],
      ["flags", "rcv_flags"],
      ["ppid", "rcv_ppid", "network"],
      ["tsn", "rcv_tsn"],
      ["cumulativeTsn", "rcv_cumtsn"],
      ["context", "rcv_context"],
      ["association", "rcv_assoc_id"],
    ]),
    structureAt<Of<"sctp-next">>([IPPROTO.SCTP, SCTP.NXTINFO], "sctp-next", "sctp_nxtinfo", [
      ["stream", "nxt_sid"],
      ["flags", "nxt_flags"],
      ["ppid", "nxt_ppid", "network"],
      ["length", "nxt_length"],
      ["association", "nxt_assoc_id"],
    ]),
    structureAt<Of<"sctp-partial">>([IPPROTO.SCTP, SCTP.PRINFO], "sctp-partial", "sctp_prinfo", [
      ["policy", "pr_policy"],
      ["value", "pr_value"],
    ]),
    structureAt<Of<"sctp-init">>([IPPROTO.SCTP, SCTP.INIT], "sctp-init", "sctp_initmsg", [
      ["outStreams", "sinit_num_ostreams"],
      ["maxInStreams", "sinit_max_instreams"],
      ["maxAttempts", "sinit_max_attempts"],
      ["maxInitTimeout", "sinit_max_init_timeo"],
    ]),
    integerAt([SOL.DCCP, DCCP.SCM_PRIORITY], "dccp-priority", "value", { most: U32_MAX }),
  ].flat();
}
