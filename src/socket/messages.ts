// A Socket's messages(): what arrives, one by one or in batches.

import { failure } from "../base/error.ts";
import { integer, knownKeys, wrongType } from "../base/validate.ts";
import { tryReceiveMessages } from "../message/batch.ts";
import { Message } from "../message/message.ts";
import { READ } from "../readiness/source.ts";
import type { Core } from "./core.ts";
import type { ReceivedMessage } from "./inbox.ts";
import { checkLimits, type Limits } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";

export type MessagesOptions = {
  /** Room for each message in bytes, 65,536 unless told; what does not fit is cut: "trunc". */
  readonly size?: number;
  /** Room for each message's control data in bytes; 256 unless told. */
  readonly controlLength?: number;
  /** Yield arrays of at most so many messages, and never more than 64, instead of single ones. */
  readonly batch?: boolean | number;
  readonly signal?: AbortSignal;
};

const KEYS: ReadonlySet<string> = new Set(["size", "controlLength", "batch", "signal"]);
const SIZE = 65_536;
const SIZE_MAX = 2 ** 24;
const CONTROL_LENGTH = 256;
/** Messages received at once, and in one turn of the event loop. */
const BATCH_MAX = 64;
const BATCH_LIMIT = 1024;
const BATCH_MIN = 4;
/** The memory messages are received into, unless even one needs more. */
const ARENA_MAX = SIZE * BATCH_MAX;

type Yielded = ReceivedMessage | ReceivedMessage[];

/** Messages and the one piece of memory they are received into, again and again. */
class Arena {
  readonly #bytes: Uint8Array;
  readonly #messages: Message[] = [];
  readonly #size: number;
  /** How many to ask for: more while they keep coming. */
  #wanted = BATCH_MIN;

  constructor(size: number, controlLength: number, limit: number) {
    const count = Math.min(limit, Math.max(1, Math.floor(ARENA_MAX / Math.max(size, 1))));
    this.#bytes = new Uint8Array(new ArrayBuffer(count * size));
    this.#size = size;
    for (let start = 0; start < count * size || this.#messages.length === 0; start += size) {
      const iovec = [this.#bytes.subarray(start, start + size)];
      this.#messages.push(new Message({ iovec, controlLength }));
    }
  }

  /** Receives without waiting, at most `limit`: how many, or -errno. */
  receive(fd: number, limit: number): number {
    const end = Math.min(this.#messages.length, this.#wanted, Math.max(limit, 1));
    const count = tryReceiveMessages(fd, this.#messages, 0, { start: 0, end });
    if (count > 0) this.#wanted = Math.max(BATCH_MIN, Math.min(BATCH_MAX, count * 2));
    return count;
  }

  /** A copy of a message received. */
  copy(index: number): ReceivedMessage {
    const message = this.#messages[index] as Message;
    const start = index * this.#size;
    const data = this.#bytes.slice(start, start + message.length);
    const { address, control, flags } = message;
    return { data, address, control, flags };
  }
}

class Receive<Result> extends Operation<Result> {
  readonly #receive: () => number;
  readonly #take: () => Result;

  constructor(core: Core, limits: Limits, receive: () => number, take: () => Result) {
    super(core, "recvmmsg", READ, limits);
    this.#receive = receive;
    this.#take = take;
  }

  protected call(): number {
    return this.#receive();
  }

  /** Taken at once: the next call that waits would otherwise find it, too. */
  protected value(): Result {
    return this.#take();
  }
}

/**
 * The iteration. What it has received and not yielded when it is left, by `break` or otherwise, is
 * kept for the socket's next calls.
 */
export class Messages<T extends Yielded> implements AsyncIterableIterator<T> {
  readonly #core: Core;
  readonly #arena: Arena;
  readonly #limits: Limits;
  /** 0: one by one. */
  readonly #batch: number;
  #queue: ReceivedMessage[] = [];
  /** Messages of the queue that were yielded. */
  #next = 0;
  #ended = false;

  constructor(core: Core, options: MessagesOptions) {
    core.descriptor("recvmmsg");
    if (typeof options !== "object" || options === null) {
      throw wrongType("options", "an object", options);
    }
    knownKeys(options, KEYS);
    const { size = SIZE, controlLength = CONTROL_LENGTH, signal } = options;
    this.#batch = batchOf(options.batch);
    const limit = this.#batch === 0 ? BATCH_MAX : this.#batch;
    const room = integer(size, "size", 0, SIZE_MAX);
    const { aborted } = signal ?? {};
    // The reason of a signal that is aborted already comes from next(), as those that follow.
    if (aborted !== true) checkLimits({ signal });
    this.#limits = { signal };
    this.#core = core;
    this.#arena = new Arena(room, integer(controlLength, "controlLength", 0, 2 ** 20), limit);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return ENDED;
    try {
      checkLimits(this.#limits);
      const fd = this.#core.descriptor("recvmmsg");
      if (this.#next < this.#queue.length) return Promise.resolve(this.#step());
      const admitted = this.#core.watch.admit(READ);
      if (admitted) {
        const count = this.#receive();
        if (count >= 0) return Promise.resolve(this.#step());
        if (count !== AGAIN) throw failure(count, "recvmmsg", fd);
      }
      const receive = () => this.#receive();
      const waiting = new Receive(this.#core, this.#limits, receive, this.#take);
      return waiting.start(admitted).catch(this.#fail);
    } catch (error) {
      return this.#fail(error);
    }
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    // Calls of next() that wait have nothing to wait for.
    this.#core.watch.nudge(READ);
    return ENDED;
  }

  readonly #take = (): IteratorResult<T, undefined> => this.#step();

  readonly #fail = (error: unknown): Promise<never> => {
    this.#end();
    return Promise.reject(error);
  };

  #end(): void {
    this.#ended = true;
    this.#core.keep(this.#queue.splice(this.#next));
    this.#queue = [];
    this.#next = 0;
  }

  /** Fills the queue where it is empty: how many messages it holds, or -errno. */
  #receive(): number {
    if (this.#ended) return 0;
    const ready = this.#queue.length - this.#next;
    if (ready > 0) return ready;
    const core = this.#core;
    const kept = core.kept === null ? null : core.waitingForReader;
    this.#queue = [];
    this.#next = 0;
    if (kept !== null) {
      const entry = kept.take();
      if (typeof entry === "number") return entry;
      this.#queue = entry === undefined ? [] : [entry];
      return 1;
    }
    // The call itself was counted when it was admitted.
    // Where others wait, each gets its own.
    const limit = core.watch.isCrowded(READ) ? 1 : core.watch.credit + 1;
    const count = this.#arena.receive(core.watch.fd, limit);
    if (count < 0) return count;
    core.watch.charge(count - 1);
    const queue = new Array<ReceivedMessage>(count);
    for (let index = 0; index < count; index++) queue[index] = this.#arena.copy(index);
    this.#queue = queue;
    return count;
  }

  /** Takes from the queue, which ends where a stream does. */
  #step(): IteratorResult<T, undefined> {
    const first = this.#queue[this.#next];
    if (first === undefined || (first.data.length === 0 && this.#core.isConnectionOriented)) {
      this.#queue = [];
      this.#ended = true;
      return { value: undefined, done: true };
    }
    if (this.#batch === 0) {
      this.#next++;
      return { value: first as T, done: false };
    }
    let end = this.#queue.length;
    if (this.#core.isConnectionOriented) {
      const empty = this.#queue.findIndex(({ data }) => data.length === 0);
      if (empty >= 0) end = empty;
    }
    end = Math.min(end, this.#next + this.#batch);
    const whole = this.#next === 0 && end === this.#queue.length;
    const value = (whole ? this.#queue : this.#queue.slice(this.#next, end)) as T;
    this.#next = end;
    if (whole) {
      this.#queue = [];
      this.#next = 0;
    }
    return { value, done: false };
  }
}

const ENDED: Promise<{ value: undefined; done: true }> = Promise.resolve({
  value: undefined,
  done: true,
});

function batchOf(batch: unknown): number {
  if (batch === undefined || batch === false) return 0;
  if (batch === true) return BATCH_MAX;
  if (typeof batch !== "number") throw wrongType("batch", "a boolean or a number", batch);
  return Math.min(integer(batch, "batch", 1, BATCH_LIMIT), BATCH_MAX);
}
