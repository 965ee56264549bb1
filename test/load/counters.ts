// The kernel's own counters of a namespace.

import { readFileSync } from "node:fs";
import type { Namespace } from "../support/namespace.ts";

/** Those of /proc/net/snmp and snmp6, as "Udp.RcvbufErrors" and "Udp6RcvbufErrors". */
export function counters(namespace: Namespace): Readonly<Record<string, number>> {
  const [inet, inet6] = namespace.enter(() =>
    ["snmp", "snmp6"].map((name) => readFileSync(`/proc/thread-self/net/${name}`, "latin1")),
  ) as [string, string];
  const found: Record<string, number> = {};
  const lines = inet.trim().split("\n");
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const [names = [], values = []] = [lines[index], lines[index + 1]].map((text) =>
      text?.split(/[: ]+/),
    );
    for (const [place, name] of names.entries()) {
      if (place > 0) found[`${names[0]}.${name}`] = Number(values[place]);
    }
  }
  for (const text of inet6.trim().split("\n")) {
    const [name = "", value] = text.split(/\s+/);
    found[name] = Number(value);
  }
  return found;
}
