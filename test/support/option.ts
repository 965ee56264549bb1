// Socket options a test needs, by number; the platform may lack the name.

import { setsockopt } from "../../src/index.ts";

/** Sets an option to an integer or to bytes. */
export function setOption(
  fd: number,
  level: number | undefined,
  name: number | undefined,
  value: number | Uint8Array = 1,
): void {
  if (level === undefined || name === undefined) throw new Error("the platform lacks the option");
  setsockopt(fd, level, name, value);
}
