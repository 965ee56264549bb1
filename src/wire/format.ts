// Packets for people.

import type { Bytes } from "./bytes.ts";
import { dissect } from "./dissect.ts";
import { line } from "./line/index.ts";
import type { LineOptions } from "./line/line.ts";
import type { LinkType } from "./link.ts";
import { Packet } from "./packet.ts";

/** Of `format`. */
export type FormatOptions = LineOptions & {
  /** What the frame begins with, where it is given as bytes. */
  readonly link?: LinkType | undefined;
};

/**
 * One line about a packet, in the words of `tcpdump -n`: without a time, which the caller knows,
 * with sequence numbers as they are, and without a newline or any control character, whatever is
 * in the packet. It throws for no bytes.
 */
export function format(packet: Packet | Bytes, options: FormatOptions = {}): string {
  return line(packet instanceof Packet ? packet : dissect(packet, options), options);
}
