// Interfaces by name and by index, as the namespace of a netlink socket has them: if_nametoindex(3)
// would look into this thread's.

import { I32_MAX, integer, text, wrongType } from "../base/validate.ts";
import { lengthAt, typeAt } from "./attribute.ts";
import type { Channel, Sink } from "./channel.ts";
import { interfaceText } from "./codec.ts";
import { constant } from "./constants.ts";
import { ATTRIBUTE, aligned, u32At } from "./layout.ts";
import { header, linkHeader, linkTable } from "./link.ts";
import { Writer } from "./writer.ts";

/** An interface as a user names it. */
export type Which = string | number;

/** IFNAMSIZ without the NUL: what is longer is an alternative name. */
const NAME_MAX = 15;
/** So many names are asked for one by one; more are quicker asked for all at once. */
const SINGLE_MAX = 8;

/** RTEXT_FILTER_*: what a list of links is to tell besides, and what not. */
export function extent(writer: Writer, filters: readonly string[]): void {
  const mask = filters.reduce((bits, name) => bits | constant("RTEXT_FILTER", name), 0);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, mask, true);
  writer.attribute(constant("IFLA", "EXT_MASK"), bytes);
}

/** Index and name of each link that is told. */
class Names implements Sink {
  readonly found = new Map<number, string>();

  reset(): void {
    this.found.clear();
  }

  take(_type: number, _flags: number, bytes: Uint8Array, start: number, end: number): void {
    const name = nameOf(bytes, start + header.size, end);
    const index = u32At(bytes, start + header.offset("ifi_index"));
    if (name !== undefined) this.found.set(index, name);
  }
}

/** The name among a link's attributes, without a look at the others. */
function nameOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  const wanted = constant("IFLA", "IFNAME");
  for (let offset = start; end - offset >= ATTRIBUTE.size; ) {
    const length = lengthAt(bytes, offset, end);
    const from = offset + ATTRIBUTE.size;
    if (typeAt(bytes, offset) === wanted) {
      return interfaceText.decode(bytes, from, length - ATTRIBUTE.size, 0);
    }
    offset += aligned(length);
  }
  return undefined;
}

export class Interfaces {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** The index; 0 stays 0. SocketError ENODEV: there is no such interface, with its name. */
  async index(which: Which, name = "interface"): Promise<number> {
    if (typeof which === "number") return integer(which, name, 0, I32_MAX);
    if (typeof which !== "string") throw wrongType(name, "a name or an index", which);
    if (which === "") throw new TypeError(`${name} must not be empty`);
    const zone = text(which, name).slice(which.indexOf("%") + 1);
    const links = await this.#ask(
      zone.length > NAME_MAX ? { altname: zone } : { name: zone },
      0,
      zone,
    );
    const [index = 0] = links.keys();
    return index;
  }

  /** The names of indices; those that nobody has any more are left out. */
  async names(indices: ReadonlySet<number>): Promise<ReadonlyMap<number, string>> {
    if (indices.size > SINGLE_MAX) return this.all();
    const found = new Map<number, string>();
    const asked = [...indices].map(async (index) => {
      try {
        for (const [own, name] of await this.#ask({}, index, String(index))) found.set(own, name);
      } catch (error) {
        if ((error as { code?: string }).code !== "ENODEV") throw error;
      }
    });
    await Promise.all(asked);
    return found;
  }

  /** All there are. */
  async all(): Promise<ReadonlyMap<number, string>> {
    const names = new Names();
    const writer = new Writer().raw(linkHeader({}));
    extent(writer, ["SKIP_STATS"]);
    const request = { type: constant("RTM", "GETLINK"), name: "RTM_GETLINK" };
    const flags = constant("NLM_F", "DUMP");
    await this.#channel.ask({ ...request, flags, body: writer.finish() }, names);
    return names.found;
  }

  async #ask(
    fields: { name?: string; altname?: string },
    index: number,
    subject: string,
  ): Promise<ReadonlyMap<number, string>> {
    const names = new Names();
    const writer = new Writer().raw(linkHeader({ index }));
    linkTable.encode(writer, fields);
    extent(writer, ["SKIP_STATS"]);
    const request = { type: constant("RTM", "GETLINK"), name: "RTM_GETLINK", subject };
    await this.#channel.ask({ ...request, flags: 0, body: writer.finish() }, names);
    return names.found;
  }
}
