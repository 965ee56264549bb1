// Sockets that nobody closed and nobody can reach any more: closed, and complained about.

import type { Watch } from "../readiness/watch.ts";
import type { Inbox } from "./inbox.ts";

/** RAWSOCK_TRACE=1: remember where each Socket was opened. */
const tracing = process.env.RAWSOCK_TRACE === "1";

/** What is left of a Socket. */
export type Remains = { readonly watch: Watch; readonly inbox: Inbox; readonly class: string };

type Leak = Remains & { readonly opened: string };

/** Places warned about already; without traces there is but one. */
const warned = new Set<string>();

const registry = new FinalizationRegistry<Leak>(({ watch, inbox, class: name, opened }) => {
  inbox.discard();
  watch.close();
  if (warned.has(opened)) return;
  warned.add(opened);
  const hint = tracing ? opened : "; RAWSOCK_TRACE=1 in the environment shows where it was opened";
  process.emitWarning(
    `a ${name} (descriptor ${watch.fd}) was collected without having been closed${hint}`,
    { code: "RAWSOCK_LEAK" },
  );
});

/** Has `socket` closed when it is collected. */
export function guard(socket: object, { watch, inbox, class: name }: Remains): void {
  const opened = tracing ? trace() : "";
  registry.register(socket, { watch, inbox, class: name, opened }, watch);
}

/** The Socket was closed, or its descriptor given away. */
export function unguard({ watch }: Remains): void {
  registry.unregister(watch);
}

/** The stack outside this package's own files. */
function trace(): string {
  const own = /^.*[\\/]/.exec(import.meta.dir)?.[0] ?? import.meta.dir;
  const lines = (new Error().stack ?? "").split("\n").slice(1);
  const outside = lines.filter((line) => !line.includes(own) && !line.includes("socket.ts"));
  return `, opened\n${(outside.length === 0 ? lines : outside).join("\n")}`;
}
