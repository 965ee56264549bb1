// Lookups by getaddrinfo(3) in threads of their own (zig/lookup.zig), of which only so many run at
// once. A thread that has answered takes the next question, if there is one soon.

import { EAI, ERRNO } from "../base/constants.ts";
import { AddrInfoError, failure, namedError } from "../base/error.ts";
import { I32_MAX, integer, wrongType } from "../base/validate.ts";
import { native } from "../native/library.ts";
import { mapLookup } from "../native/mapping.ts";
import { allocate } from "../native/memory.ts";
import { type Announcement, announcement } from "./announcement.ts";

/** How long a lookup may take. */
export type LookupLimits = {
  /** Ends it: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which it rejects with a SocketError, "ETIMEDOUT". */
  readonly timeout?: number | undefined;
};

export type Question = {
  readonly node: Uint8Array | null;
  readonly service: Uint8Array | null;
  /** struct addrinfo's flags, family, type and protocol. */
  readonly hints: Int32Array;
  /** For messages. */
  readonly subject: string;
};

/** What setTimeout takes. */
const TIMEOUT_MAX_MS = I32_MAX;

/** Checks limits; throws the reason of a signal that is aborted already. */
export function checkLookupLimits({ signal, timeout }: LookupLimits): void {
  if (timeout !== undefined) integer(timeout, "timeout", 0, TIMEOUT_MAX_MS);
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
  signal.throwIfAborted();
}

/** Lookups of this JavaScript thread that may run at once; the others wait for their turn. */
const RUNNING_MAX = 16;
/** How often it is looked whether those that nobody waits for have ended. */
const GIVEN_UP_MS = 20;

let running = 0;
const waiting: (() => void)[] = [];
/** Nobody waits for these any more, but the C library cannot be told: their threads still run. */
let givenUp: Lookup[] = [];

/** The bytes of the answer; zig/resolve.zig says what they are. */
export function lookUp(question: Question, limits: LookupLimits): Promise<Uint8Array> {
  const { signal, timeout } = limits;
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const turn = new Turn(question, resolve, reject);
  const abort = () => turn.giveUp(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  let timer: Timer | undefined;
  if (timeout !== undefined) {
    const late = () => turn.giveUp(lateness(timeout, question.subject));
    timer = setTimeout(late, timeout);
    // The lookup is what keeps the process alive.
    timer.unref();
  }
  turn.begin();
  return promise.finally(() => {
    signal?.removeEventListener("abort", abort);
    clearTimeout(timer);
  });
}

function lateness(timeout: number, subject: string): Error {
  return namedError("ETIMEDOUT", "getaddrinfo", { timeout, subject });
}

/** A question that waits for its turn, then for its answer. */
class Turn {
  readonly #question: Question;
  readonly #resolve: (answer: Uint8Array) => void;
  readonly #reject: (reason: unknown) => void;
  #lookup: Lookup | null = null;
  #over = false;

  constructor(
    question: Question,
    resolve: (answer: Uint8Array) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#question = question;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    if (running + stillRunning() < RUNNING_MAX) this.#start();
    else {
      waiting.push(this.#start);
      lookForEnds();
    }
  }

  readonly #start = (): void => {
    running++;
    const rested = idle.pop();
    // One that has answered before may have come to its end since: then another one answers.
    if (rested === undefined) this.#askAnother();
    else this.#ask(rested, () => this.#askAnother());
  };

  #askAnother(): void {
    if (this.#over) return;
    const failed = (error: unknown) => this.#finish(() => this.#reject(error));
    try {
      this.#ask(new Lookup(), failed);
    } catch (error) {
      failed(error);
    }
  }

  #ask(lookup: Lookup, failed: (error: unknown) => void): void {
    this.#lookup = lookup;
    const end = (error: unknown) => {
      lookup.abandon();
      failed(error);
    };
    try {
      lookup.ask(this.#question);
    } catch (error) {
      end(error);
      return;
    }
    lookup
      .answered()
      .then(() => lookup.take())
      .then((answer) => this.#finish(() => this.#resolve(answer)), end);
  }

  giveUp(reason: unknown): void {
    if (this.#over) return;
    if (this.#lookup === null) {
      this.#over = true;
      waiting.splice(waiting.indexOf(this.#start), 1);
    } else {
      this.#lookup.abandon();
      givenUp.push(this.#lookup);
      this.#finish(() => {});
    }
    this.#reject(reason);
  }

  #finish(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    running--;
    try {
      settle();
    } catch (error) {
      this.#reject(error);
    } finally {
      this.#lookup?.rest();
      startNext();
    }
  }
}

/** How many of the threads that nobody waits for still run. */
function stillRunning(): number {
  givenUp = givenUp.filter((lookup) => !lookup.ended);
  return givenUp.length;
}

function startNext(): void {
  while (waiting.length > 0 && running + stillRunning() < RUNNING_MAX) waiting.shift()?.();
  lookForEnds();
}

let looking: Timer | undefined;

/** Where others wait for a thread that nobody waits for, its end is not announced. */
function lookForEnds(): void {
  if (looking !== undefined || waiting.length === 0 || givenUp.length === 0) return;
  looking = setTimeout(() => {
    looking = undefined;
    startNext();
  }, GIVEN_UP_MS);
}

/** Those that have answered, until the event loop's next turn: often another question follows. */
const idle: Lookup[] = [];

function closeIdle(): void {
  for (const lookup of idle.splice(0)) lookup.abandon();
}

/** A thread that looks up, one question after the other. */
class Lookup {
  readonly #memory: Uint8Array;
  #subject = "";
  #announcement: Announcement | undefined;
  #abandoned = false;

  constructor() {
    const mapped = mapLookup();
    if (typeof mapped === "number") throw this.#failed(mapped);
    this.#memory = new Uint8Array(mapped);
  }

  /** To be called when the question before is answered. */
  ask({ node, service, hints, subject }: Question): void {
    this.#subject = subject;
    const fd = native.rawsock_lookup_start(this.#memory, node, service, hints);
    // No sockets or thread for the lookup: it could not be made, as getaddrinfo itself says.
    if (fd < 0) throw this.#failed(fd);
    // The memory keeps the descriptor: this only watches it, and keeps the process alive meanwhile.
    this.#announcement ??= announcement(fd, () => this.ended || this.#abandoned);
  }

  /** Fulfils when the answer is there, or it was abandoned. */
  async answered(): Promise<void> {
    await this.#announcement?.heard();
  }

  take(): Uint8Array {
    let room = allocate(4096);
    let length = native.rawsock_lookup_take(this.#memory, room, room.length);
    if (length > room.length) {
      room = allocate(length);
      length = native.rawsock_lookup_take(this.#memory, room, room.length);
    }
    if (length === -ERRNO.EAGAIN) {
      throw new AddrInfoError(EAI.SYSTEM, ERRNO.EIO ?? 0, "getaddrinfo", this.#subject);
    }
    if (length < 0) throw this.#failed(length);
    return room.subarray(0, length);
  }

  get ended(): boolean {
    return native.rawsock_lookup_take(this.#memory, NO_ROOM, 0) !== -ERRNO.EAGAIN;
  }

  /** Waits a little for another question. */
  rest(): void {
    if (this.#abandoned) return;
    if (this.#announcement?.again !== true) {
      this.abandon();
      return;
    }
    if (idle.length === 0) setImmediate(closeIdle);
    idle.push(this);
  }

  /** The thread ends when it has answered; nobody watches it any more. */
  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    void this.#close();
  }

  /** Closes the descriptor when nothing watches it any more. */
  async #close(): Promise<void> {
    await this.#announcement?.end();
    native.rawsock_lookup_close(this.#memory);
  }

  #failed(result: number): Error {
    const errno = failure(result, "getaddrinfo").errno;
    return new AddrInfoError(EAI.SYSTEM, errno, "getaddrinfo", this.#subject);
  }
}

const NO_ROOM = allocate(1);
