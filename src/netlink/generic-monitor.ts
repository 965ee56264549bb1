// What a generic netlink family tells unasked: its multicast groups.

import { ERRNO } from "../base/constants.ts";
import { namedError, SocketError } from "../base/error.ts";
import { integer, knownKeys, oneOf, wrongType } from "../base/validate.ts";
import { setSocketOption } from "../option/option.ts";
import type { Socket } from "../socket/socket.ts";
import { besides } from "./besides.ts";
import { type Channel, Reader } from "./channel.ts";
import { walkMessages } from "./message.ts";

export type GenericMonitorOptions = {
  /** Names of the family's groups; all of them unless told. */
  readonly groups?: readonly string[];
  /** Bytes for what was not read yet; 8 MiB unless told. */
  readonly receiveBuffer?: number;
  readonly signal?: AbortSignal;
};
const KEYS: ReadonlySet<string> = new Set(["groups", "receiveBuffer", "signal"]);
const RECEIVE_BUFFER = 8 * 1024 * 1024;

type Told = { readonly command: number };
/** A message, or the word that some were lost for want of room. */
export type GenericEvent<Message = unknown> =
  | ({ readonly kind: "message" } & Message)
  | { readonly kind: "lost" };

/** An endless loop over messages; leaving it closes its socket. */
export class GenericMonitor<Message extends Told = Told>
  implements AsyncIterableIterator<GenericEvent<Message>>, Disposable
{
  readonly #socket: Socket;
  readonly #reader: Reader;
  readonly #decode: (bytes: Uint8Array) => Message;
  readonly #signal: AbortSignal | undefined;
  readonly #ended: () => void;
  #queue: GenericEvent<Message>[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /** Made by Family.monitor. */
  constructor(
    channel: Channel,
    all: readonly { readonly name: string; readonly id: number }[],
    decode: (bytes: Uint8Array) => Message,
    options: GenericMonitorOptions,
    ended: () => void,
  ) {
    knownKeys(options, KEYS);
    const names = all.map(({ name }) => name);
    const { groups = names, signal } = options;
    if (!Array.isArray(groups)) throw wrongType("groups", "an array", groups);
    for (const name of groups as readonly string[]) oneOf(name, "group", names);
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw wrongType("signal", "an AbortSignal", signal);
    }
    const room = integer(options.receiveBuffer ?? RECEIVE_BUFFER, "receiveBuffer", 1, 2 ** 30);
    this.#decode = decode;
    this.#signal = signal;
    this.#ended = ended;
    this.#socket = besides(channel, "generic", room);
    this.#reader = new Reader(this.#socket);
    try {
      for (const { name, id } of all) {
        if (groups.includes(name)) setSocketOption(this.#socket, "NETLINK_ADD_MEMBERSHIP", id);
      }
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** One at a time: the calls wait for each other. */
  next(): Promise<IteratorResult<GenericEvent<Message>, undefined>> {
    const step = this.#last.then(() => this.#next());
    this.#last = step.catch(() => undefined);
    return step;
  }

  async #next(): Promise<IteratorResult<GenericEvent<Message>, undefined>> {
    try {
      for (;;) {
        const value = this.#queue.shift();
        if (value !== undefined) return { value, done: false };
        if (this.#socket.closed) return { value: undefined, done: true };
        this.#signal?.throwIfAborted();
        await this.#read();
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async #read(): Promise<void> {
    const op = this.#signal === undefined ? {} : { signal: this.#signal };
    try {
      const length = await this.#reader.next(op);
      const { bytes } = this.#reader;
      walkMessages(bytes, length, (_type, _flags, _sequence, _port, start, end) => {
        this.#queue.push({ kind: "message", ...this.#decode(bytes.slice(start, end)) });
      });
    } catch (error) {
      if (error instanceof RangeError) {
        throw namedError("EBADMSG", "recvmsg", { remedy: `a malformed message: ${error.message}` });
      }
      if (!(error instanceof SocketError) || error.errno !== ERRNO.ENOBUFS) throw error;
      this.#queue.push({ kind: "lost" });
    }
  }

  async return(): Promise<IteratorResult<GenericEvent<Message>, undefined>> {
    this.close();
    return { value: undefined, done: true };
  }

  /** Ends it: what waits is rejected with "ECANCELED". */
  close(): void {
    this.#ended();
    this.#socket.close();
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
