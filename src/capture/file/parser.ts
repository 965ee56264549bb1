// What the parsers of both formats have in common.

import type { FilePacket } from "../packet.ts";
import type {
  Block,
  ByteOrder,
  CustomBlock,
  FileInterface,
  InterfaceStatistics,
  NameRecord,
  Secrets,
  Section,
} from "./block.ts";
import { CaptureFileError } from "./error.ts";
import type { Window } from "./window.ts";

export type Settings = {
  /** The longest packet or block, in bytes. */
  readonly maximum: number;
  readonly blocks: ((block: Block) => void) | undefined;
};

export interface Parser {
  readonly format: "pcap" | "pcapng";
  readonly byteOrder: ByteOrder;
  readonly interfaces: readonly FileInterface[];
  readonly section: Section;
  readonly names: readonly NameRecord[];
  readonly statistics: readonly InterfaceStatistics[];
  readonly secrets: readonly Secrets[];
  readonly custom: readonly CustomBlock[];
  readonly omitted: number;
  /** Where the file has to go on to, as far as it says so. */
  readonly goesTo: number;
  /**
   * Puts the next packets of the window behind those in the list. `own`: with bytes of their own,
   * otherwise as views. How many bytes have to be in the window for the next step.
   */
  parse(window: Window, packets: FilePacket[], own: boolean): number;
}

/** Packets at a time; a window has fewer of all but the smallest. */
export const BATCH = 8192;

/** Refuses what is longer than agreed, before anything is allocated for it. */
export function limited(length: number, { maximum }: Settings, what: string, at: number): void {
  if (length <= maximum) return;
  throw new CaptureFileError(
    `${what} of ${length} bytes, where \`maximum\` allows ${maximum},`,
    at,
  );
}
