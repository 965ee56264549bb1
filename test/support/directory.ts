// Directories that a test leaves behind.

import { readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/** Removes one and what is in it, step by step: Wine lacks how Bun does that at once. */
export function removeDirectory(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) removeDirectory(inside);
    else unlinkSync(inside);
  }
  rmdirSync(path);
}
