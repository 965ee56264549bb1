// What capture files hold besides packets.

import type { Link } from "../packet.ts";

/** An interface whose packets are in a file. What a file does not say is left out. */
export type FileInterface = {
  readonly link: Link;
  /** The most bytes that were kept of a packet; 0: all. */
  readonly snaplen: number;
  /** Units in a second that the file counts time in: 1e6, 1e9. */
  readonly resolution: number;
  readonly name?: string;
  readonly description?: string;
  readonly comment?: string;
  /** The filter's expression. */
  readonly filter?: string;
  readonly os?: string;
  readonly hardware?: string;
  readonly mac?: string;
  /** IPv4 and IPv6, with the length of the prefix: "192.0.2.1/24". */
  readonly addresses?: readonly string[];
  /** Bits a second. */
  readonly speed?: number;
  /** Bytes of a frame check sequence at the end of each packet. */
  readonly fcsLength?: number;
};

/** What is known of a part of a pcapng file. */
export type Section = {
  readonly comment?: string;
  readonly hardware?: string;
  readonly os?: string;
  readonly application?: string;
};

/** Names of a host, as the resolver told them while packets were captured. */
export type NameRecord = { readonly address: string; readonly names: readonly string[] };

/** Counters of an interface: of a whole capture, or up to their time. */
export type InterfaceStatistics = {
  /** The number of the interface in its section. */
  readonly interface: number;
  readonly timestamp: bigint;
  /** When the capture began and ended. */
  readonly start?: bigint;
  readonly end?: bigint;
  readonly received?: number;
  /** By the interface, for want of room. */
  readonly dropped?: number;
  /** By the filter. */
  readonly accepted?: number;
  /** By the operating system. */
  readonly systemDropped?: number;
  readonly delivered?: number;
  readonly comment?: string;
};

/** Secrets that decrypt packets, such as an SSLKEYLOGFILE. */
export type Secrets = {
  /** 0x544c534b: the key log of TLS. */
  readonly type: number;
  readonly data: Uint8Array;
};

/** A block of somebody's own. */
export type CustomBlock = {
  /** The private enterprise number of who defines it. */
  readonly enterprise: number;
  /** Whether it still holds where other blocks were changed. */
  readonly copyable: boolean;
  /** In the byte order of its section, with the options behind them. */
  readonly data: Uint8Array;
};

/** A block that is no packet, as `blocks` gets it. */
export type Block =
  | ({ readonly kind: "section"; readonly byteOrder: ByteOrder } & Section)
  | ({ readonly kind: "interface" } & FileInterface)
  | { readonly kind: "names"; readonly names: readonly NameRecord[] }
  | ({ readonly kind: "statistics" } & InterfaceStatistics)
  | ({ readonly kind: "secrets" } & Secrets)
  | ({ readonly kind: "custom" } & CustomBlock)
  | { readonly kind: "unknown"; readonly type: number; readonly data: Uint8Array };

export type ByteOrder = "little" | "big";

/** Numbers of pcapng's blocks (draft-ietf-opsawg-pcapng). */
export const BLOCK = {
  section: 0x0a0d_0d0a,
  interface: 1,
  packet: 2,
  simplePacket: 3,
  names: 4,
  statistics: 5,
  enhancedPacket: 6,
  secrets: 10,
  custom: 0x0bad,
  customUncopied: 0x4000_0bad,
} as const;
/** Tells the byte order of a section. */
export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;

/** Options that every block may have. */
export const OPTION = { end: 0, comment: 1 } as const;
export const SECTION = { hardware: 2, os: 3, application: 4 } as const;
export const INTERFACE = {
  name: 2,
  description: 3,
  ipv4: 4,
  ipv6: 5,
  mac: 6,
  speed: 8,
  resolution: 9,
  filter: 11,
  os: 12,
  fcsLength: 13,
  offset: 14,
  hardware: 15,
} as const;
export const PACKET = { flags: 2, dropped: 4 } as const;
export const STATISTICS = {
  start: 2,
  end: 3,
  received: 4,
  dropped: 5,
  accepted: 6,
  systemDropped: 7,
  delivered: 8,
} as const;
export const RECORD = { end: 0, ipv4: 1, ipv6: 2, mac: 3, eui64: 4 } as const;

/** Blocks and options are padded to whole words. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
