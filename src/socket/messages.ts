// A Socket's messages(): what arrives, one by one or in batches.

import { boolean, integer, knownKeys, wrongType } from "../base/validate.ts";
import { closeUnseen, hasUnseen, type ReceivedMessage } from "../message/received.ts";
import { native } from "../native/library.ts";
import { READ } from "../readiness/source.ts";
import { BATCH_MAX } from "./arena.ts";
import { checkLimits, checkLoopLimits, LOOP_KEYS, type LoopLimits, NO_LIMITS } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";
import type { SocketState } from "./state.ts";
import type { Reception } from "./transfer.ts";

/** Of Socket.messages: how large messages are, and when the loop ends. */
export type MessagesOptions = LoopLimits & {
  /**
   * Room for each message in bytes, 65,536 unless told; what does not fit is cut: "trunc". What
   * another loop has received and not yielded comes as that one had room for.
   */
  readonly size?: number;
  /** Room for each message's control data in bytes; 256 unless told. */
  readonly controlLength?: number;
  /** Yield arrays of at most so many messages, and never more than 64, instead of single ones. */
  readonly batch?: boolean | number;
  /**
   * The messages, and the memory that their data are views of, are used again by the next step:
   * faster where packets are only passed on. What is to be kept must be copied.
   */
  readonly reuse?: boolean;
};

const KEYS: ReadonlySet<string> = new Set([
  ...LOOP_KEYS,
  "size",
  "controlLength",
  "batch",
  "reuse",
]);
const SIZE = 65_536;
const SIZE_MAX = 2 ** 24;
const CONTROL_LENGTH = 256;
const BATCH_LIMIT = 1024;
/** Messages after `until`, a flood of which would otherwise never end: no queue holds more. */
const LAST_MAX = 65_536;

type Yielded = ReceivedMessage | ReceivedMessage[];
type Step<T> = IteratorResult<T, undefined>;

const END: IteratorReturnResult<undefined> = { value: undefined, done: true };
const ENDED = Promise.resolve(END);

/** One step of the loop. */
class Next<T> extends Operation<Step<T>> {
  readonly #receive: (isOver: boolean) => number;
  readonly #step: () => Step<T>;
  readonly #end: () => void;

  constructor(
    state: SocketState,
    limits: LoopLimits,
    receive: (isOver: boolean) => number,
    step: () => Step<T>,
    end: () => void,
  ) {
    super(state, state.transfer.calls.loop, READ, limits);
    this.#receive = receive;
    this.#step = step;
    this.#end = end;
  }

  protected call(): number {
    return this.#receive(this.isOver);
  }

  protected value(): Step<T> {
    return this.#step();
  }

  protected override failed(): void {
    this.#end();
  }
}

/**
 * The iteration. What it has received is in the socket's inbox until it is yielded, so that what
 * is left when it is left, by `break` or otherwise, is the socket's next calls'.
 */
export class Messages<T extends Yielded> implements AsyncIterableIterator<T> {
  readonly #state: SocketState;
  readonly #arena: Reception;
  readonly #limits: LoopLimits;
  /** 0: one by one. */
  readonly #batch: number;
  /** Yielded, and holding descriptors that the program may not have looked at. */
  #unseen: ReceivedMessage[] = [];
  /** Messages that may still follow `until`. */
  #last = LAST_MAX;
  #ended = false;

  constructor(state: SocketState, options: MessagesOptions) {
    state.descriptor(state.transfer.calls.loop);
    if (typeof options !== "object" || options === null) {
      throw wrongType("options", "an object", options);
    }
    knownKeys(options, KEYS);
    const { size = SIZE, controlLength = CONTROL_LENGTH, signal, timeout, until } = options;
    this.#batch = batchOf(options.batch);
    const limit = this.#batch === 0 ? BATCH_MAX : this.#batch;
    const room = integer(size, "size", state.isStream ? 1 : 0, SIZE_MAX);
    const bounded = signal !== undefined || timeout !== undefined || until !== undefined;
    this.#limits = bounded ? { signal, timeout, until } : NO_LIMITS;
    checkLoopLimits(this.#limits);
    this.#state = state;
    const further = integer(controlLength, "controlLength", 0, 2 ** 20);
    const reuse = options.reuse === undefined ? false : boolean(options.reuse, "reuse");
    this.#arena = state.transfer.reception({
      size: room,
      controlLength: further,
      limit,
      reuse,
      records: state.hasRecords,
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step<T>> {
    if (this.#ended) return ENDED;
    try {
      if (this.#unseen.length > 0) this.#closeUnseen();
      if (this.#limits !== NO_LIMITS) checkLimits(this.#limits);
      this.#state.descriptor(this.#state.transfer.calls.loop);
      // What was received already needs no call.
      if (this.#state.inbox.isMessageNext) return Promise.resolve(this.#step());
      return new Next(this.#state, this.#limits, this.#receive, this.#step, this.#end).run();
    } catch (error) {
      this.#end();
      return Promise.reject(error);
    }
  }

  return(): Promise<Step<T>> {
    this.#end();
    // Calls of next() that wait have nothing to wait for.
    this.#state.watch.nudge(READ);
    return ENDED;
  }

  readonly #end = (): void => {
    this.#ended = true;
    this.#closeUnseen();
  };

  #closeUnseen(): void {
    for (const message of this.#unseen.splice(0)) closeUnseen(message);
  }

  /** Fills the inbox where it is empty: >= 0, or -errno. */
  readonly #receive = (isOver: boolean): number => {
    const { inbox, watch } = this.#state;
    if (this.#ended) return 0;
    if (!inbox.isEmpty) return inbox.isMessageNext ? 1 : (inbox.take() as number);
    if (isOver && this.#last <= 0) return 0;
    // Where others wait, each gets its own. Otherwise a whole batch, be it a little more than this
    // turn was to move: a rest of one or two would cost as much again.
    const received = this.#arena.receive(watch.fd, watch.isCrowded(READ) ? 1 : BATCH_MAX);
    if (received < 0) return received === AGAIN && isOver ? 0 : received;
    watch.charge(received - 1);
    const { isConnectionOriented, hasRecords } = this.#state;
    const count = isConnectionOriented && !hasRecords ? this.#beforeEnd(received) : received;
    const messages = new Array<ReceivedMessage>(count);
    for (let index = 0; index < count; index++) messages[index] = this.#arena.copy(index);
    inbox.add(messages);
    if (this.#arena.hasDescriptors) inbox.hasDescriptors = true;
    if (isOver) this.#last -= received;
    return received;
  };

  /** How many of the messages received came before the connection's end. */
  #beforeEnd(received: number): number {
    let count = received;
    while (count > 0 && !this.#arena.isSomething(count - 1)) count--;
    if (count === received) return count;
    // A record without bytes looks like the end, which is one only where the peer has ended. Where
    // it has, the last records without anything count as the end: only AF_UNIX of Linux tells.
    if (this.#state.isStream || native.rawsock_has_ended(this.#state.watch.fd) !== 0) return count;
    return received;
  }

  /** Takes from the inbox; that it is empty is the loop's end. */
  readonly #step = (): Step<T> => {
    const { inbox } = this.#state;
    if (this.#ended || inbox.isEmpty) {
      this.#end();
      return END;
    }
    if (this.#batch === 0) {
      const message = inbox.take() as ReceivedMessage;
      if (inbox.hasDescriptors) this.#noteUnseen([message]);
      return { value: message as T, done: false };
    }
    const messages = inbox.takeMessages(this.#batch);
    if (inbox.hasDescriptors) this.#noteUnseen(messages);
    return { value: messages as T, done: false };
  };

  #noteUnseen(messages: readonly ReceivedMessage[]): void {
    this.#unseen.push(...messages.filter(hasUnseen));
  }
}

function batchOf(batch: unknown): number {
  if (batch === undefined || batch === false) return 0;
  if (batch === true) return BATCH_MAX;
  if (typeof batch !== "number") throw wrongType("batch", "a boolean or a number", batch);
  return Math.min(integer(batch, "batch", 1, BATCH_LIMIT), BATCH_MAX);
}
