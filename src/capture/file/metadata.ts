// What a pcapng file says besides its packets, kept as long as it is not too much.

import type { Block, CustomBlock, InterfaceStatistics, NameRecord, Secrets } from "./block.ts";

/** Bytes of blocks that are kept. */
const KEPT_MAX = 16 * 1024 * 1024;

export class Metadata {
  readonly names: NameRecord[] = [];
  readonly statistics: InterfaceStatistics[] = [];
  readonly secrets: Secrets[] = [];
  readonly custom: CustomBlock[] = [];
  /** Blocks that were not kept. */
  omitted = 0;
  readonly #listener: ((block: Block) => void) | undefined;
  #kept = 0;

  constructor(listener: ((block: Block) => void) | undefined) {
    this.#listener = listener;
  }

  /** Tells of a block, of so many bytes in the file, and keeps it. */
  add(block: Block, size: number): void {
    this.#listener?.(block);
    if (block.kind === "section" || block.kind === "interface" || block.kind === "unknown") return;
    if (this.#kept + size > KEPT_MAX) {
      this.omitted++;
      return;
    }
    this.#kept += size;
    const { kind, ...content } = block;
    if (kind === "names") for (const record of block.names) this.names.push(record);
    else if (kind === "statistics") this.statistics.push(content as InterfaceStatistics);
    else if (kind === "secrets") this.secrets.push(content as Secrets);
    else this.custom.push(content as CustomBlock);
  }
}
