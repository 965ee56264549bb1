// What a generic netlink family tells unasked: its multicast groups.

import { knownKeys, oneOf, wrongType } from "../base/validate.ts";
import type { Channel } from "./channel.ts";
import { Events, type EventsOptions } from "./events.ts";

/** What a generic monitor watches, and how much may wait to be read. */
export type GenericMonitorOptions = EventsOptions & {
  /** Names of the family's groups; all of them unless told. */
  readonly groups?: readonly string[];
};
const KEYS: ReadonlySet<string> = new Set(["groups", "receiveBuffer", "signal"]);

type Told = { readonly command: number };
type Group = { readonly name: string; readonly id: number };
/** A message, or the word that some were lost for want of room. */
export type GenericEvent<Message = unknown> =
  | ({ readonly kind: "message" } & Message)
  | { readonly kind: "lost" };

/** The numbers of the groups that are to be watched. */
function chosen(all: readonly Group[], options: GenericMonitorOptions): number[] {
  knownKeys(options, KEYS);
  const names = all.map(({ name }) => name);
  const { groups = names } = options;
  if (!Array.isArray(groups)) throw wrongType("groups", "an array", groups);
  for (const name of groups as readonly string[]) oneOf(name, "group", names);
  return all.filter(({ name }) => groups.includes(name)).map(({ id }) => id);
}

/** An endless loop over messages; leaving it closes its socket. */
export class GenericMonitor<Message extends Told = Told> extends Events<GenericEvent<Message>> {
  readonly #decode: (bytes: Uint8Array) => Message;

  /** Made by Family.monitor. */
  constructor(
    channel: Channel,
    all: readonly Group[],
    decode: (bytes: Uint8Array) => Message,
    options: GenericMonitorOptions,
    ended: () => void,
  ) {
    super(channel, "generic", options, chosen(all, options), ended);
    this.#decode = decode;
  }

  protected async more(): Promise<GenericEvent<Message>[]> {
    const events: GenericEvent<Message>[] = [];
    const isWhole = await this.read((_type, _flags, _sequence, _port, start, end) => {
      events.push({ kind: "message", ...this.#decode(this.bytes.slice(start, end)) });
    });
    return isWhole ? events : [{ kind: "lost" }];
  }
}
