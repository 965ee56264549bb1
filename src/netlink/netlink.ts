// Netlink: a socket to the kernel's network configuration. netlink(7), rtnetlink(7). Linux.

import type { Protocol } from "../base/constants.ts";
import type { Keywords } from "../base/keyword.ts";
import {
  type Bytes,
  integer,
  knownKeys,
  U16_MAX,
  uint8Array,
  wrongType,
} from "../base/validate.ts";
import { Channel, type Sink } from "./channel.ts";
import { words } from "./constants.ts";
import type { NetlinkMessage } from "./message.ts";

export type NetlinkOptions = {
  /** A keyword or number of NETLINK_*: "route" unless told, "generic", … */
  readonly protocol?: Protocol;
  /** The network namespace to be in: a descriptor, a path, or ip-netns(8)'s name. */
  readonly namespace?: number | string;
};

const KEY = Symbol("Netlink");
const OPEN_KEYS: ReadonlySet<string> = new Set(["protocol", "namespace"]);

/** RTM_GETLINK as "getlink". */
const types: Keywords = words("type", "RTM", { except: /^(BASE|MAX)$|^NR_|^F_/ });
/** "dump" is two bits. */
const flagWords = words("flag", "NLM_F", { except: /^(MULTI|DUMP_INTR|CAPPED|ACK_TLVS)$/ });

function flagBits(flags: number | readonly string[]): number {
  if (typeof flags === "number") return integer(flags, "flags", 0, U16_MAX);
  if (!Array.isArray(flags)) throw wrongType("flags", "a number or an array of words", flags);
  return (flags as readonly string[]).reduce((bits, word) => bits | flagWords.number(word), 0);
}

/** What an error calls a request. */
function nameOf(type: number): string {
  const word = types.name(type);
  return typeof word === "string" ? `RTM_${word.toUpperCase()}` : `netlink request ${type}`;
}

/** Copies each reply, so that the caller owns it. */
class Replies implements Sink {
  messages: NetlinkMessage[] = [];
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  reset(): void {
    this.messages = [];
  }

  take(type: number, flags: number, bytes: Uint8Array, start: number, end: number): void {
    const body = bytes.slice(start, end);
    this.messages.push({ type, flags, sequence: 0, port: this.#port, body });
  }
}

/**
 * A netlink socket that asks and waits for replies, in this network namespace or in another.
 *
 * Calls return promises, may be made at the same time, and reject with a NetlinkError for what the
 * kernel refuses: its `detail` is the sentence that ip(8) prints. Changes need CAP_NET_ADMIN. A
 * request that waits keeps the process alive, an idle socket does not.
 */
export class Netlink implements Disposable {
  readonly #channel: Channel;

  private constructor(channel: Channel, key: symbol) {
    if (key !== KEY) throw new TypeError("a Netlink is made by Netlink.open");
    this.#channel = channel;
  }

  /**
   * socket(2) and bind(2) of AF_NETLINK. `namespace` takes CAP_SYS_ADMIN. TypeError: this platform
   * has no netlink sockets; only Linux has.
   */
  static open(options: NetlinkOptions = {}): Netlink {
    knownKeys(options, OPEN_KEYS);
    const { protocol = "route", namespace } = options;
    return new Netlink(new Channel(protocol, namespace), KEY);
  }

  /** The socket's descriptor; -1 once it is closed. */
  get fd(): number {
    return this.#channel.fd;
  }

  get closed(): boolean {
    return this.#channel.closed;
  }

  /**
   * Any request: `type` is a number or, of rtnetlink(7), a word as "getlink", `flags` are NLM_F_*
   * bits or words as ["dump"] besides "request" and "ack", `body` is what follows the header. The
   * replies without the acknowledgement, in their order; a dump's all, whole.
   */
  async request(
    type: number | string,
    flags: number | readonly string[],
    body: Bytes = new Uint8Array(0),
  ): Promise<NetlinkMessage[]> {
    const number = integer(types.number(type), "type", 0, U16_MAX);
    const replies = new Replies(0);
    const request = {
      type: number,
      flags: flagBits(flags),
      body: uint8Array(body, "body"),
      name: nameOf(number),
    };
    await this.#channel.ask(request, replies);
    return replies.messages;
  }

  /** close(2); rejects the requests that wait with the code "ECANCELED". Once is enough. */
  close(): void {
    this.#channel.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
