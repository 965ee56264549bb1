// Packets as captures give them out, live or from a file.

/** What comes first in a packet: the name of its link type, or the LINKTYPE_ number. */
export type Link =
  | "ethernet"
  | "raw"
  | "null"
  | "loop"
  | "linux-sll"
  | "linux-sll2"
  | "ppp"
  | number;

/** A tag of IEEE 802.1Q: control information and the type that announces it, as on the wire. */
export type VlanTag = {
  /** 16 bits: priority (3), drop eligible (1), VLAN identifier (12). */
  readonly tci: number;
  /** The Ethernet type: 0x8100, or 0x88a8 of an outer tag. */
  readonly tpid: number;
};

/** A packet that was captured live. */
export type CapturedPacket = {
  /** Its bytes, as many as the snaplen allows. */
  readonly data: Uint8Array;
  /** Bytes on the wire. */
  readonly length: number;
  /** Nanoseconds since 1970, UTC. */
  readonly timestamp: bigint;
  /** The interface's index. */
  readonly interface: number;
  /** Whether the host received it or sent it. */
  readonly direction: "in" | "out";
  /** The tag that the network card took off, also put back into `data`. */
  readonly vlan?: VlanTag | undefined;
  /** What the kernel knows of the checksum of the transport header. */
  readonly checksum: "valid" | "partial" | "unknown";
  /** Packets that the kernel dropped between the one before and this one; absent where none. */
  readonly dropped?: number | undefined;
};

/** A packet of a capture file. */
export type FilePacket = {
  /** As many of its bytes as the file has. */
  readonly data: Uint8Array;
  /** Bytes on the wire. */
  readonly length: number;
  /** Nanoseconds since 1970, UTC. */
  readonly timestamp: bigint;
  /** The number of the interface in its section of the file. */
  readonly interface: number;
  /** What `data` begin with. */
  readonly link: Link;
  /** Of several, a line each. */
  readonly comment?: string;
  /** Each of several comments. */
  readonly comments?: readonly string[];
  /** Whether the host received it or sent it, where the file says so: pcapng can. */
  readonly direction?: "in" | "out";
  /** Packets lost between the one before and this one. */
  readonly dropped?: number | undefined;
};
