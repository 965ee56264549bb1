// From the bytes of a frame to its layers.

import "./table.ts";
import { type Bytes, plainBytes } from "./bytes.ts";
import { type LinkType, linkProtocol } from "./link.ts";
import { Packet } from "./packet.ts";

/** Of `dissect`. */
export type DissectOptions = {
  /** What the frame begins with; "ethernet" unless told. */
  readonly link?: LinkType | undefined;
};

/**
 * Takes a frame apart. It throws for no bytes: what is cut off or malformed ends the layers, and
 * `problem` says where. Ports that are known, EtherTypes and protocol numbers lead from one header
 * to the next, through tunnels and into the packets that ICMP errors quote. TypeError for what are
 * no bytes or for an unknown link.
 */
export function dissect(frame: Bytes, options?: DissectOptions): Packet {
  const bytes = plainBytes(frame, "frame");
  return new Packet(bytes, linkProtocol(options?.link ?? "ethernet", bytes));
}
