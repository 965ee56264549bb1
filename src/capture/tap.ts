// What every kind of capture device is asked for.

import type { SocketError } from "../base/error.ts";
import type { Link } from "./packet.ts";
import type { PacketView } from "./view.ts";

/** Packets that are valid until `end` is called. */
export interface Batch {
  readonly packets: PacketView[];
  end(): void;
}

/** What the kernel counted. */
export type Statistics = {
  /** Packets that the filter let through, those among them that were then dropped. */
  readonly received: number;
  /** Packets that were dropped because no memory was free. */
  readonly dropped: number;
  /** How often it was so. */
  readonly freezes: number;
};

/** Where packets come from: a socket or a device, which becomes readable when there are some. */
export interface Tap {
  readonly fd: number;
  readonly link: Link;
  /** The interface's name. */
  readonly name: string;
  /** Milliseconds that a packet may wait for others. */
  readonly timeout: number;
  /** Milliseconds until what was captured before a failure has been handed over. */
  readonly delay: number;
  /** Packets that are there, `most` at the most; undefined: none. */
  take(most: number): Batch | undefined;
  /** Which part of the memory a flood filled since this was last asked; 0: there is no flood. */
  share(): number;
  /** Why nothing more will come; undefined where something may. Asked when `take` gave nothing. */
  failure(): SocketError | undefined;
  statistics(): Statistics;
  /** Gives the memory back, what is in use later; the descriptor is closed by somebody else. */
  leave(): void;
}
