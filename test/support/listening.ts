// When a program in a network namespace is ready.

import type { Namespace } from "./namespace.ts";

/** Waits until a UDP socket is bound to the port, or, without one, until there is a raw socket. */
export async function listening(namespace: Namespace, port?: string): Promise<void> {
  const which = port === undefined ? ["-Hlwn"] : ["-Hlun", `sport = :${port}`];
  const words = namespace.command("ss", ...which);
  for (let tries = 0; tries < 500; tries++) {
    if (Bun.spawnSync(words).stdout.length > 0) return;
    await Bun.sleep(10);
  }
  throw new Error(`nobody listens ${port === undefined ? "with a raw socket" : `on ${port}`}`);
}
