// Frames of every protocol that scapy made: test/fixtures/wire-frames.py and wire-protocols.py.

import { join } from "node:path";

export type Golden = { readonly name: string; readonly link: number; readonly bytes: Uint8Array };

type Stored = { readonly name: string; readonly link: number; readonly hex: string };

async function stored(file: string): Promise<Golden[]> {
  const path = join(import.meta.dir, "../../fixtures", file);
  const frames = (await Bun.file(path).json()) as Stored[];
  return frames.map(({ name, link, hex }) => ({ name, link, bytes: Uint8Array.fromHex(hex) }));
}

/** At least one of each protocol. */
export const common: readonly Golden[] = await stored("wire-frames.json");

/** And those that seldom occur. */
export const golden: readonly Golden[] = [...common, ...(await stored("wire-protocols.json"))];
