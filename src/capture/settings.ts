// The options of a capture, checked before anything happens.

import {
  boolean,
  I32_MAX,
  integer,
  knownKeys,
  object,
  oneOf,
  text,
  U32_MAX,
  wrongType,
} from "../base/validate.ts";
import type { Program } from "../bpf/instruction.ts";
import { validate } from "../bpf/validate.ts";
import { type FanoutInput, fanout } from "../option/fanout.ts";

const DIRECTIONS = ["both", "in", "out"] as const;
const CLOCKS = ["software", "hardware"] as const;

export type CaptureOptions = {
  /** A name or an index, or "any": all there are, also those to come. */
  readonly interface: string | number;
  /**
   * What to capture: an expression of pcap-filter(7), or a program, which sees packets as `data`
   * has them. It is in force before the first packet can arrive.
   */
  readonly filter?: string | Program | undefined;
  /** How many bytes of a packet are kept; 262,144 unless told. */
  readonly snaplen?: number | undefined;
  /** Also what is addressed to others, as long as the capture is open. Not for "any". */
  readonly promiscuous?: boolean | undefined;
  /** What the host receives, what it sends, or both. */
  readonly direction?: (typeof DIRECTIONS)[number] | undefined;
  /**
   * The memory that packets wait in: 32 blocks of 1 MiB unless told, fewer where there is no memory
   * for them. What is told is made, or an error. A packet that is larger than a block is cut.
   */
  readonly ring?: { readonly blockSize?: number; readonly blocks?: number } | undefined;
  /** Milliseconds that a packet may wait for others to be handed over with; 10 unless told. */
  readonly timeout?: number | undefined;
  /**
   * Captures of one group, also those of other threads and processes, share the packets:
   * PACKET_FANOUT of packet(7). The mode is "hash" unless told: "lb", "cpu", "rnd", "rollover",
   * "qm".
   */
  readonly fanout?: Exclude<FanoutInput, number> | undefined;
  /** Whose clock stamps packets: the kernel's or, where it can, the network card's. */
  readonly timestamps?: (typeof CLOCKS)[number] | undefined;
  /** Closes the capture; its iterations throw the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The network namespace of the interface, as of `Socket.open`. */
  readonly namespace?: number | string | undefined;
};

export type RingSize = { readonly blockSize: number; readonly blocks: number };

/** Options that are checked and complete. */
export type Settings = {
  readonly interface: string | number;
  readonly filter: string | Program | undefined;
  readonly snaplen: number;
  readonly promiscuous: boolean;
  readonly direction: (typeof DIRECTIONS)[number];
  readonly ring: RingSize;
  /** Whether the size of the ring may be less where there is no memory. */
  readonly mayShrink: boolean;
  readonly timeout: number;
  readonly fanout: Exclude<FanoutInput, number> | undefined;
  readonly hardwareStamps: boolean;
  readonly signal: AbortSignal | undefined;
  readonly namespace: number | string | undefined;
};

const KEYS: ReadonlySet<string> = new Set([
  "interface",
  "filter",
  "snaplen",
  "promiscuous",
  "direction",
  "ring",
  "timeout",
  "fanout",
  "timestamps",
  "signal",
  "namespace",
]);
const RING_KEYS: ReadonlySet<string> = new Set(["blockSize", "blocks"]);

/** What tcpdump keeps, and Wireshark. */
const SNAPLEN = 262_144;
/** The largest packets, of segmentation offload with BIG TCP, are half of it. */
const BLOCK_SIZE = 1 << 20;
const BLOCKS = 32;
const BLOCK_SIZE_LEAST = 4096;
/** The addresses of its bytes stay below 2^31. */
const RING_MAX = 2 ** 31 - BLOCK_SIZE;
const TIMEOUT_MS = 10;
/** What tpacket_req3 has room for, in the kernels that keep it in 16 bits. */
const TIMEOUT_MAX_MS = 0xffff;

export const ANY = "any";

function checkInterface(value: unknown): string | number {
  if (typeof value === "number") return integer(value, "interface", 1, I32_MAX);
  if (typeof value !== "string") throw wrongType("interface", 'a name, an index or "any"', value);
  if (value === "") throw new TypeError("interface must not be empty");
  return text(value, "interface");
}

function checkFilter(value: unknown): string | Program | undefined {
  if (value === undefined || typeof value === "string") return value;
  if (!Array.isArray(value)) throw wrongType("filter", "an expression or a program", value);
  validate(value);
  return value;
}

function checkRing(value: CaptureOptions["ring"]): { ring: RingSize; mayShrink: boolean } {
  if (value === undefined) {
    return { ring: { blockSize: BLOCK_SIZE, blocks: BLOCKS }, mayShrink: true };
  }
  knownKeys(object(value, "ring"), RING_KEYS);
  const { blockSize = BLOCK_SIZE, blocks = BLOCKS } = value;
  integer(blockSize, "ring.blockSize", BLOCK_SIZE_LEAST, RING_MAX);
  integer(blocks, "ring.blocks", 1, RING_MAX / BLOCK_SIZE_LEAST);
  if (blockSize % BLOCK_SIZE_LEAST !== 0) {
    throw new RangeError(`ring.blockSize must be a multiple of 4096, a page, not ${blockSize}`);
  }
  if (blockSize * blocks > RING_MAX) {
    throw new RangeError(`ring: ${blocks} blocks of ${blockSize} bytes are more than ${RING_MAX}`);
  }
  return { ring: { blockSize, blocks }, mayShrink: false };
}

function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (!(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
  signal.throwIfAborted();
  return signal;
}

/** Checks the options of `capture`; throws the reason of a signal that is aborted already. */
export function settings(options: CaptureOptions): Settings {
  knownKeys(options, KEYS);
  const name = checkInterface(options.interface);
  const promiscuous = boolean(options.promiscuous ?? false, "promiscuous");
  const hardwareStamps =
    oneOf(options.timestamps ?? "software", "timestamps", CLOCKS) === "hardware";
  if (name === ANY && promiscuous) {
    throw new TypeError('promiscuous is for an interface, not for "any"');
  }
  if (name === ANY && hardwareStamps) {
    throw new TypeError('timestamps: "hardware" is for an interface, not for "any"');
  }
  if (options.fanout !== undefined)
    fanout.encode?.(object(options.fanout, "fanout") as never, "fanout");
  return {
    interface: name,
    filter: checkFilter(options.filter),
    snaplen: integer(options.snaplen ?? SNAPLEN, "snaplen", 1, U32_MAX),
    promiscuous,
    direction: oneOf(options.direction ?? "both", "direction", DIRECTIONS),
    ...checkRing(options.ring),
    // The kernel would choose for 0.
    timeout: Math.max(1, integer(options.timeout ?? TIMEOUT_MS, "timeout", 0, TIMEOUT_MAX_MS)),
    fanout: options.fanout,
    hardwareStamps,
    signal: checkSignal(options.signal),
    namespace: options.namespace,
  };
}
