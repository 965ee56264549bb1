// TCP_INFO: struct tcp_info of linux/tcp.h by the names it has there, without tcpi_. tcp(7).

import { Flags, Keywords } from "../base/keyword.ts";
import { lazy } from "../base/lazy.ts";
import { constants, type Field } from "../native/library.ts";
import { Structure } from "../native/record.ts";
import { type Readable, readUnsigned } from "./codec.ts";

/** What every kernel tells. Times in microseconds, those of the last events in milliseconds. */
type Always =
  | "retransmits"
  | "probes"
  | "backoff"
  | "sndWscale"
  | "rcvWscale"
  | "rto"
  | "ato"
  | "sndMss"
  | "rcvMss"
  | "unacked"
  | "sacked"
  | "lost"
  | "retrans"
  | "fackets"
  | "lastDataSent"
  | "lastAckSent"
  | "lastDataRecv"
  | "lastAckRecv"
  | "pmtu"
  | "rcvSsthresh"
  | "rtt"
  | "rttvar"
  | "sndSsthresh"
  | "sndCwnd"
  | "advmss"
  | "reordering"
  | "rcvRtt"
  | "rcvSpace"
  | "totalRetrans";

/** What newer kernels tell besides. Rates in bytes per second, Infinity where there is no limit. */
type Newer =
  | "fastopenClientFail"
  | "pacingRate"
  | "maxPacingRate"
  | "bytesAcked"
  | "bytesReceived"
  | "segsOut"
  | "segsIn"
  | "notsentBytes"
  | "minRtt"
  | "dataSegsIn"
  | "dataSegsOut"
  | "deliveryRate"
  | "busyTime"
  | "rwndLimited"
  | "sndbufLimited"
  | "delivered"
  | "deliveredCe"
  | "bytesSent"
  | "bytesRetrans"
  | "dsackDups"
  | "reordSeen"
  | "rcvOoopack"
  | "sndWnd"
  | "rcvWnd"
  | "rehash"
  | "totalRto"
  | "totalRtoRecoveries"
  | "totalRtoTime"
  | "receivedCe"
  | "deliveredE1Bytes"
  | "deliveredE0Bytes"
  | "deliveredCeBytes"
  | "receivedE1Bytes"
  | "receivedE0Bytes"
  | "receivedCeBytes"
  | "accecnFailMode"
  | "accecnOptSeen";

type CongestionState = "open" | "disorder" | "cwr" | "recovery" | "loss";

/**
 * Counters of 64 bits are numbers: exact to 2^53, which a connection at 100 Gbit/s takes eight days
 * for; only the kernel's all-ones becomes Infinity.
 */
export type TcpInfo = {
  /** "established", "syn-sent", "listen", …, or the number where it has no name. */
  state: string | number;
  caState: CongestionState | number;
  /** What was negotiated: "timestamps", "sack", "wscale", "ecn", … */
  options: string[];
  deliveryRateAppLimited: boolean;
} & { [name in Always]: number } & { [name in Newer]?: number };

export const CONGESTION_STATES: readonly CongestionState[] = [
  "open",
  "disorder",
  "cwr",
  "recovery",
  "loss",
];

export const tcpOptions = new Flags("option", () => constants.TCPI_OPT ?? {});

export const tcpStates = new Keywords("state", () => constants.BPF_TCP ?? {}, {
  except: /^MAX_STATES$/,
});

/** Fields that are plain numbers: their names here and where they lie. */
const numbers = lazy(() => {
  const special = /^tcpi_(state|ca_state|options|wscale|flags)$/;
  const structure = new Structure("tcp_info");
  return structure
    .names()
    .filter((name) => !special.test(name))
    .map((name): [string, Field] => [camelCase(name), structure.field(name)]);
});

function camelCase(name: string): string {
  return name
    .replace(/^tcpi_/, "")
    .replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export const tcpInfo: Readable<TcpInfo> = {
  shape: "named fields of struct tcp_info",
  room: 512,
  decode: (bytes) => {
    const structure = new Structure("tcp_info");
    const small = (name: string) => structure.integer(`tcpi_${name}`).get(bytes);
    const info: Record<string, unknown> = {
      state: tcpStates.name(small("state")),
      caState: CONGESTION_STATES[small("ca_state")] ?? small("ca_state"),
      options: tcpOptions.words(small("options"), "told"),
      sndWscale: small("wscale") & 0xf,
      rcvWscale: small("wscale") >> 4,
      deliveryRateAppLimited: (small("flags") & 1) === 1,
      fastopenClientFail: (small("flags") >> 1) & 3,
    };
    for (const [name, [offset, size]] of numbers()) {
      if (offset + size > bytes.length) break;
      const unlimited = size === 8 && bytes.subarray(offset, offset + 8).every((b) => b === 0xff);
      info[name] = unlimited ? Infinity : readUnsigned(bytes, offset, size);
    }
    return info as TcpInfo;
  },
};
