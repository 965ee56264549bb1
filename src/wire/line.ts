// A packet in one line.

import type { Layer } from "./layers.ts";

/** What a line is made of. */
export type Lined = { readonly layers: readonly Layer[]; readonly payload: Uint8Array };

export function line({ layers }: Lined): string {
  return layers.map(({ kind }) => kind).join(" ");
}
