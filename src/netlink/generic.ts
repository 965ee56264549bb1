// Generic netlink: families of requests that are found by name, ethtool's and WireGuard's for
// example. Documentation/userspace-api/netlink/intro.rst, <linux/genetlink.h>. Linux.

import { closeAll } from "../base/closing.ts";
import { NETLINK } from "../base/constants.ts";
import { type Bytes, integer, knownKeys, U8_MAX, U16_MAX, uint8Array } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { socketOption } from "../option/option.ts";
import {
  type Attribute,
  type AttributeInit,
  decodeAttributes,
  encodeAttributes,
} from "./attribute.ts";
import type { Channel, Sink } from "./channel.ts";
import { flagWords, text, u16, u32, type Value } from "./codec.ts";
import { bits, constant, group } from "./constants.ts";
import { GenericMonitor, type GenericMonitorOptions } from "./generic-monitor.ts";
import { AttributeTable, type Decoded, indexed, nested } from "./table.ts";
import { Writer } from "./writer.ts";

/** A reply or a notification. */
export type GenericMessage = {
  readonly command: number;
  readonly version: number;
  /** What follows struct genlmsghdr. */
  readonly body: Uint8Array;
  /** What is in the body behind the family's own header, which few have. */
  readonly attributes: readonly Attribute[];
};

/** What of a request is not its family's, and what its errors say. */
export type GenericRequestOptions = {
  /** NLM_F_* bits besides those of a request. */
  readonly flags?: number;
  /** The family's unless told. */
  readonly version?: number;
  /** What errors call the request. */
  readonly name?: string;
  /** What it is about, for errors: an interface. */
  readonly subject?: string;
};

const OPTION_KEYS: ReadonlySet<string> = new Set(["flags", "version", "name", "subject"]);

/** What a family can be asked: "admin-perm", "cmd-cap-do", "cmd-cap-dump", … */
const operationFlags = bits("flag", "GENL", {
  except: /^(?!ADMIN_PERM$|CMD_CAP_|UNS_ADMIN_PERM$)/,
});
const operation = new AttributeTable("CTRL_ATTR", "OP_", {
  ID: ["command", u32],
  FLAGS: ["flags", flagWords(operationFlags)],
});
const multicast = new AttributeTable("CTRL_ATTR", "MCAST_GRP_", {
  NAME: ["name", text()],
  ID: ["id", u32],
});
const description = new AttributeTable("CTRL_ATTR", "", {
  FAMILY_ID: ["id", u16],
  FAMILY_NAME: ["name", text(15)],
  VERSION: ["version", u32],
  HDRSIZE: ["headerSize", u32],
  MAXATTR: ["attributesMax", u32],
  OPS: ["operations", indexed(nested(operation)) as Value<Decoded<typeof operation.rows>[]>],
  MCAST_GROUPS: ["groups", indexed(nested(multicast)) as Value<Decoded<typeof multicast.rows>[]>],
});

const header = new Structure("genlmsghdr");
const commandField = header.integer("cmd");
const versionField = header.integer("version");

/** A family of requests. */
export class Family {
  readonly #channel: Channel;
  readonly #monitors = new Set<GenericMonitor<GenericMessage>>();
  /** The type of its messages, which the kernel chose: another one after the next boot. */
  readonly id: number;
  /** What it is asked for by: "ethtool", "nl80211". */
  readonly name: string;
  /** What requests say unless told otherwise. */
  readonly version: number;
  /** Bytes of a header of its own behind struct genlmsghdr. */
  readonly headerSize: number;
  /** Its commands that take requests: "cmd-cap-do", "cmd-cap-dump", "admin-perm". */
  readonly operations: readonly { readonly command: number; readonly flags: readonly string[] }[];
  /** What it tells of unasked: the groups that `monitor` takes by name. */
  readonly groups: readonly { readonly name: string; readonly id: number }[];

  /** Made by Netlink.family. */
  constructor(channel: Channel, told: Decoded<typeof description.rows>) {
    this.#channel = channel;
    this.id = told.id ?? 0;
    this.name = told.name ?? "";
    this.version = told.version ?? 0;
    this.headerSize = told.headerSize ?? 0;
    this.operations = (told.operations ?? []).map(({ command = 0, flags = [] }) => ({
      command,
      flags,
    }));
    this.groups = (told.groups ?? []).map(({ name = "", id = 0 }) => ({ name, id }));
  }

  /**
   * A request: `command` is a number of the family's, `body` its attributes, or bytes as they are.
   * The replies, without the acknowledgement. NetlinkError: it was refused.
   */
  async request(
    command: number,
    body: readonly AttributeInit[] | Bytes = [],
    options: GenericRequestOptions = {},
  ): Promise<GenericMessage[]> {
    knownKeys(options, OPTION_KEYS);
    const { flags = 0, version = this.version, subject } = options;
    integer(command, "command", 0, U8_MAX);
    const writer = new Writer().raw(messageHeader(command, integer(version, "version", 0, U8_MAX)));
    writer.raw(Array.isArray(body) ? encodeAttributes(body) : uint8Array(body as Bytes, "body"));
    const replies = new GenericReplies(this.headerSize);
    const request = {
      type: this.id,
      flags: integer(flags, "flags", 0, U16_MAX),
      body: writer.finish(),
      name: options.name ?? `${this.name} request ${command}`,
      subject,
    };
    await this.#channel.ask(request, replies);
    return replies.messages;
  }

  /** The same, as a dump: NLM_F_DUMP. */
  dump(
    command: number,
    body: readonly AttributeInit[] | Bytes = [],
    options: GenericRequestOptions = {},
  ): Promise<GenericMessage[]> {
    const flags = (options.flags ?? 0) | constant("NLM_F", "DUMP");
    return this.request(command, body, { ...options, flags });
  }

  /**
   * What the family tells of itself from this call on, in the groups of these names, or in all of
   * them. An overrun is one { kind: "lost" }, and then it goes on.
   */
  monitor(options: GenericMonitorOptions = {}): GenericMonitor<GenericMessage> {
    const monitor: GenericMonitor<GenericMessage> = new GenericMonitor(
      this.#channel,
      this.groups,
      (bytes) => decodeMessage(bytes, this.headerSize),
      options,
      () => this.#monitors.delete(monitor),
    );
    this.#monitors.add(monitor);
    return monitor;
  }

  /** Ends its monitors. */
  close(): void {
    closeAll(this.#monitors);
  }
}

function messageHeader(command: number, version: number): Uint8Array {
  const bytes = header.allocate();
  commandField.set(bytes, command);
  versionField.set(bytes, version);
  return bytes;
}

/** RangeError: it is malformed. */
function decodeMessage(bytes: Uint8Array, headerSize: number): GenericMessage {
  if (bytes.length < header.size) throw new RangeError("a generic message is cut off");
  const body = bytes.subarray(header.size);
  return {
    command: commandField.get(bytes),
    version: versionField.get(bytes),
    body,
    attributes: decodeAttributes(body.subarray(Math.min(headerSize, body.length))),
  };
}

/** Copies each reply, so that the caller owns it. */
class GenericReplies implements Sink {
  messages: GenericMessage[] = [];
  readonly #headerSize: number;

  constructor(headerSize: number) {
    this.#headerSize = headerSize;
  }

  reset(): void {
    this.messages = [];
  }

  take(_type: number, _flags: number, bytes: Uint8Array, start: number, end: number): void {
    this.messages.push(decodeMessage(bytes.slice(start, end), this.#headerSize));
  }
}

/** The families that the kernel has, by name. */
export class Families {
  readonly #channel: Channel;
  readonly #found = new Set<Family>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** NetlinkError ENOENT: there is none of that name, and no module that has it. */
  async family(name: string): Promise<Family> {
    const writer = new Writer().raw(this.#question());
    description.encode(writer, { name });
    const [found] = await this.#ask(writer, 0, name);
    if (found === undefined) throw new Error(`the kernel told nothing of the family ${name}`);
    return found;
  }

  async families(): Promise<Family[]> {
    return this.#ask(new Writer().raw(this.#question()), constant("NLM_F", "DUMP"));
  }

  /** TypeError: on another protocol's socket the numbers would mean something else. */
  #question(): Uint8Array {
    if (!this.#channel.closed && socketOption(this.#channel, "SO_PROTOCOL") !== NETLINK.GENERIC) {
      throw new TypeError('families are asked for by Netlink.open({ protocol: "generic" })');
    }
    return messageHeader(constant("CTRL_CMD", "GETFAMILY"), 2);
  }

  async #ask(writer: Writer, flags: number, subject?: string): Promise<Family[]> {
    const families: Family[] = [];
    const sink: Sink = {
      reset: () => families.splice(0),
      take: (_type, _flags, bytes, start, end) => {
        const told = {};
        description.decode(bytes, start + header.size, end, told);
        families.push(new Family(this.#channel, told));
      },
    };
    const type = group("GENL").ID_CTRL ?? 0;
    const request = { type, flags, body: writer.finish(), name: "CTRL_CMD_GETFAMILY", subject };
    await this.#channel.ask(request, sink);
    for (const family of families) this.#found.add(family);
    return families;
  }

  /** Ends what the families watch. */
  close(): void {
    closeAll(this.#found);
  }
}
