// Directories that a test leaves behind.

import { readdirSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/** Removes one and what is in it. */
export function removeDirectory(path: string): void {
  if (process.platform === "win32") removeStepwise(path);
  else rmSync(path, { recursive: true });
}

/** Wine lacks how Bun does that at once. */
function removeStepwise(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) removeStepwise(inside);
    else unlinkSync(inside);
  }
  rmdirSync(path);
}
