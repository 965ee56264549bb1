// An endless loop over what the kernel tells a socket unasked: what all monitors have in common.

import { ERRNO } from "../base/constants.ts";
import { namedError, SocketError } from "../base/error.ts";
import { integer, wrongType } from "../base/validate.ts";
import { setSocketOption } from "../option/option.ts";
import type { Socket } from "../socket/socket.ts";
import { besides } from "./besides.ts";
import { type Channel, Reader } from "./channel.ts";
import { type Visit, walkMessages } from "./message.ts";

const RECEIVE_BUFFER = 8 * 1024 * 1024;

type Step<Event> = IteratorResult<Event, undefined>;

/** What every monitor is told. */
export type EventsOptions = {
  /** Bytes for what was not read yet; 8 MiB unless told. */
  readonly receiveBuffer?: number;
  /** Ends it: the next step rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

export abstract class Events<Event> implements AsyncIterableIterator<Event>, Disposable {
  protected readonly socket: Socket;
  readonly #reader: Reader;
  readonly #signal: AbortSignal | undefined;
  readonly #ended: () => void;
  #queue: readonly Event[] = [];
  #place = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `ended` is told of its end. */
  constructor(
    channel: Channel,
    protocol: "route" | "generic",
    { receiveBuffer = RECEIVE_BUFFER, signal }: EventsOptions,
    groups: Iterable<number>,
    ended: () => void,
  ) {
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw wrongType("signal", "an AbortSignal", signal);
    }
    const room = integer(receiveBuffer, "receiveBuffer", 1, 2 ** 30);
    this.#signal = signal;
    this.#ended = ended;
    this.socket = besides(channel, protocol, room);
    this.#reader = new Reader(this.socket);
    try {
      for (const id of groups) setSocketOption(this.socket, "NETLINK_ADD_MEMBERSHIP", id);
    } catch (error) {
      this.socket.close();
      throw error;
    }
  }

  /** Waits for the next events; there may be none. */
  protected abstract more(): Promise<readonly Event[]>;

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** One at a time: the calls wait for each other. */
  next(): Promise<Step<Event>> {
    const step = this.#last.then(() => this.#next());
    this.#last = step.catch(() => undefined);
    return step;
  }

  async #next(): Promise<Step<Event>> {
    try {
      while (this.#place >= this.#queue.length) {
        if (this.socket.closed) return { value: undefined, done: true };
        this.#signal?.throwIfAborted();
        this.#queue = await this.more();
        this.#place = 0;
      }
      return { value: this.#queue[this.#place++] as Event, done: false };
    } catch (error) {
      if (!this.socket.closed) this.close();
      throw error;
    }
  }

  /** Waits for a datagram and goes through its messages; false: something was lost. */
  protected async read(visit: Visit): Promise<boolean> {
    const op = this.#signal === undefined ? {} : { signal: this.#signal };
    try {
      const length = await this.#reader.next(op);
      walkMessages(this.#reader.bytes, length, visit);
      return true;
    } catch (error) {
      if (error instanceof RangeError) {
        throw namedError("EBADMSG", "recvmsg", { remedy: `a malformed message: ${error.message}` });
      }
      if (error instanceof SocketError && error.errno === ERRNO.ENOBUFS) return false;
      throw error;
    }
  }

  /** What was read last: the places that `visit` is told lie in it. */
  protected get bytes(): Uint8Array {
    return this.#reader.bytes;
  }

  /** Ends it, as leaving a `for await` does: close(). */
  async return(): Promise<Step<Event>> {
    this.close();
    return { value: undefined, done: true };
  }

  /** Ends it: what waits is rejected with "ECANCELED". */
  close(): void {
    this.#ended();
    this.socket.close();
  }

  /** Whether it has ended: by close(), by the loop's end, or by an error. */
  get closed(): boolean {
    return this.socket.closed;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
