// Frames of every protocol that scapy made: test/fixtures/wire-frames.py.

import { join } from "node:path";

export type Golden = { readonly name: string; readonly link: number; readonly bytes: Uint8Array };

const path = join(import.meta.dir, "../../fixtures/wire-frames.json");

type Stored = { readonly name: string; readonly link: number; readonly hex: string };

export const golden: readonly Golden[] = ((await Bun.file(path).json()) as Stored[]).map(
  ({ name, link, hex }) => ({ name, link, bytes: Uint8Array.fromHex(hex) }),
);
