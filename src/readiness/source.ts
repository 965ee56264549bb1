// The event source: tells this JavaScript thread when sockets become ready, through Bun's own
// event loop. One per thread, made when something first has to wait.
//
// The native side (zig/readiness.zig) turns readiness of any watched socket into one readable
// descriptor. A node:stream over it is the one thing Bun 1.4 offers that is woken by a descriptor
// and whose hold on the process can be taken back and given again: ref() and unref(). So unref'd
// waits are served as quickly as others while the process lives, and an idle one ends.
//
// RAWSOCK_READINESS=thread in the environment makes a thread do what kernel AIO does otherwise;
// it takes over by itself where the kernel refuses AIO.

import type { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { failure } from "../base/error.ts";
import { native } from "../native/library.ts";
import { mapEventSource } from "../native/mapping.ts";
import { Structure } from "../native/record.ts";

/** What a call waits for; also the number of its queue. */
export type Direction = typeof READ | typeof WRITE | typeof URGENT | typeof ERRORS;
export const READ = 0;
export const WRITE = 1;
/** Out-of-band data. */
export const URGENT = 2;
/** The error queue. */
export const ERRORS = 3;

/**
 * Messages that may be moved before the event loop has its turn: timers must not starve. A whole
 * batch goes and comes within one turn; half as many cost 3 % of that.
 */
const MESSAGES_PER_TURN = 128;

/** Turns of the event loop that may find nothing before the native side is to wake us. */
const IDLE_TURNS_MAX = 4;

/** Waits that do without a look in their own turn, at most, after such looks found nothing. */
const PATIENT_WAITS_MAX = 63;

/** A descriptor that is watched: see socket/watch.ts. */
export interface Watched {
  readonly generation: number;
  /** The kernel reported `events`, bits numbered by direction. */
  ready(events: number): void;
  /** Goes on in a new turn of the event loop. */
  resume(): void;
  /** Makes a postponed call: has it come to its end? */
  tryPostponed(): boolean;
}

type LoopStream = Readable & { ref(): void; unref(): void };

const layout = new Structure("readiness_source");
const readyLayout = new Structure("readiness_ready");
const wordOf = (name: string): number => layout.field(name)[0] / 4;
const SIGNAL = wordOf("signal");
const THREADED = wordOf("threaded");
const READY = wordOf("ready");
const READY_WORDS = readyLayout.size / 4;
const [ownedStart, ownedSize] = layout.field("owned");

export class EventSource {
  readonly #memory: Uint8Array;
  readonly #words: Uint32Array;
  /** Null as long as nothing ever had to wait. */
  #stream: LoopStream | null = null;
  readonly #watches: (Watched | undefined)[] = [];
  readonly #free: number[] = [];
  #generation = 0;
  /** Is the next readiness asked for? The native side starts so. */
  #armed = true;
  /** Will the next turn of the event loop look? */
  #looking = false;
  /** Will this turn look once more? */
  #lookingSoon = false;
  #idleTurns = 0;
  /** Was a socket ready in one of the last turns? */
  #busy = false;
  /** Looks of this turn that found something. */
  #hits = 0;
  /** Waits until the next look in its own turn, and how many there were before the last. */
  #patience = 0;
  #patient = 0;
  #waiting = 0;
  #referenced = 0;
  #unfinished: Watched[] = [];
  /** Those whose first attempt is yet to be made, the oldest first. */
  #postponed: Watched[] = [];
  /** Messages left in this turn of the event loop. */
  credit = MESSAGES_PER_TURN;

  constructor() {
    const mapped = mapEventSource();
    if (typeof mapped === "number") throw failure(mapped, "mmap");
    this.#memory = new Uint8Array(mapped);
    this.#words = new Uint32Array(mapped, 0, ownedStart / 4);
  }

  /** Makes what the first wait needs, and programs that never wait do not pay for. */
  #start(): void {
    if (this.#stream !== null) return;
    const threaded = Number(process.env.RAWSOCK_READINESS === "thread");
    const status = native.rawsock_readiness_start(this.#memory, threaded);
    if (status < 0) throw failure(status, "epoll_create");
    const stream = streamOf(this.#words[SIGNAL] as number);
    stream.on("data", () => this.#wake());
    // Only what was once ref'd can be unref'd.
    stream.ref();
    stream.unref();
    this.#stream = stream;
  }

  get threaded(): boolean {
    this.#start();
    return this.#words[THREADED] !== 0;
  }

  /** Remembers a descriptor that is to be closed when the thread is terminated. */
  own(fd: number): void {
    const index = ownedStart + (fd >> 3);
    if (fd >> 3 < ownedSize) this.#memory[index] = (this.#memory[index] ?? 0) | (1 << (fd & 7));
  }

  disown(fd: number): void {
    const index = ownedStart + (fd >> 3);
    if (fd >> 3 < ownedSize) this.#memory[index] = (this.#memory[index] ?? 0) & ~(1 << (fd & 7));
  }

  /** Gives a watch its number. */
  enter(watch: Watched): number {
    const slot = this.#free.pop() ?? this.#watches.length;
    this.#watches[slot] = watch;
    return slot;
  }

  leave(slot: number): void {
    this.#watches[slot] = undefined;
    this.#free.push(slot);
  }

  nextGeneration(): number {
    this.#generation = (this.#generation + 1) >>> 0;
    return this.#generation;
  }

  watch(fd: number, change: number, events: number, slot: number, generation: number): number {
    this.#start();
    const { rawsock_readiness_watch } = native;
    return rawsock_readiness_watch(this.#memory, fd, change, events, slot, generation);
  }

  /** Counts a wait; while one is ref'd the process lives. */
  hold(referenced: boolean): void {
    this.#waiting++;
    if (referenced) this.reference();
    if (this.#busy) {
      this.#look();
      this.#lookSoon();
    } else this.#arm();
  }

  release(referenced: boolean): void {
    this.#waiting--;
    if (referenced) this.unreference();
  }

  reference(): void {
    if (this.#referenced++ === 0) this.#stream?.ref();
  }

  unreference(): void {
    if (--this.#referenced === 0) this.#stream?.unref();
  }

  #arm(): void {
    if (this.#armed || this.#looking) return;
    const status = native.rawsock_readiness_arm(this.#memory);
    if (status < 0) throw failure(status, "io_submit");
    this.#armed = true;
  }

  #wake(): void {
    this.#armed = false;
    this.#busy = true;
    this.#idleTurns = 0;
    // Even if one socket fails, the others go on.
    if (this.#waiting > 0) this.#look();
    this.#beginTurn();
    this.#serve();
  }

  /**
   * Traffic is seldom alone: before the native side is asked to wake us, which costs several
   * microseconds, a few turns of the event loop look for themselves, at less than one each.
   */
  #look(): void {
    if (this.#looking || this.#armed) return;
    // A turn that is asked for keeps the process alive, and Bun drops one that was unref'd.
    if (this.#referenced === 0) {
      this.#arm();
      return;
    }
    this.#looking = true;
    setImmediate(this.#nextTurn);
  }

  /**
   * What a program sends is often answered by itself, or at once: then the answer is here when the
   * program's own work is done, and the turn need not end for it.
   */
  #lookSoon(): void {
    if (this.#lookingSoon || this.#armed || this.credit <= 0 || this.#hits >= MESSAGES_PER_TURN)
      return;
    if (this.#patience > 0) {
      this.#patience--;
      return;
    }
    this.#lookingSoon = true;
    queueMicrotask(this.#soon);
  }

  /**
   * Will this turn look again, probably with success, and the next one in any case? Then a call
   * that would have to wait now need not be tried before.
   */
  get looksAgain(): boolean {
    return (
      this.#patient === 0 &&
      this.#busy &&
      !this.#armed &&
      this.credit > 0 &&
      this.#hits < MESSAGES_PER_TURN
    );
  }

  /** Has a call that waits since now tried when this turn looks again. */
  postpone(watch: Watched): void {
    this.#postponed.push(watch);
  }

  /** The kernel reported it first. */
  unpostpone(watch: Watched): void {
    const index = this.#postponed.indexOf(watch);
    if (index >= 0) this.#postponed.splice(index, 1);
  }

  readonly #soon = (): void => {
    this.#lookingSoon = false;
    if (this.#waiting === 0) return;
    // What has waited longer comes first: its success may be what the others wait for.
    const older = this.#waiting > this.#postponed.length;
    if ((older && this.#take() > 0) || this.#tryPostponed() || (!older && this.#take() > 0)) {
      this.#hits++;
      this.#patient = 0;
    } else {
      this.#patient = Math.min(this.#patient * 2 + 1, PATIENT_WAITS_MAX);
      this.#patience = this.#patient;
    }
  };

  #beginTurn(): void {
    this.credit = MESSAGES_PER_TURN;
    this.#hits = 0;
  }

  readonly #nextTurn = (): void => {
    this.#looking = false;
    this.#beginTurn();
    let count = 0;
    try {
      count = this.#serve();
    } finally {
      this.#idleTurns = count > 0 ? 0 : this.#idleTurns + 1;
      this.#busy = this.#idleTurns < IDLE_TURNS_MAX;
      if (this.#waiting > 0) {
        if (this.#busy) this.#look();
        else this.#arm();
      }
    }
  };

  /** Tries the oldest of the calls that were postponed. */
  #tryPostponed(): boolean {
    return this.#postponed.shift()?.tryPostponed() ?? false;
  }

  /** Tries what was postponed and serves what is ready; how many sockets that were. */
  #serve(): number {
    let found = 0;
    while (this.#postponed.length > 0) if (this.#tryPostponed()) found++;
    return found + this.#take();
  }

  #take(): number {
    const count = native.rawsock_readiness_take(this.#memory);
    if (count < 0) throw failure(count, "epoll_wait");
    for (let index = 0; index < count; index++) {
      const place = READY + index * READY_WORDS;
      const watch = this.#watches[this.#words[place] as number];
      if (watch === undefined || watch.generation !== this.#words[place + 1]) continue;
      watch.ready(this.#words[place + 2] as number);
    }
    return count;
  }

  /** Goes on with a watch in the next turn of the event loop. */
  defer(watch: Watched): void {
    if (this.#unfinished.push(watch) > 1) return;
    if (this.#referenced > 0) setImmediate(this.#turn);
    else setTimeout(this.#turn, 0).unref();
  }

  readonly #turn = (): void => {
    this.#beginTurn();
    const watches = this.#unfinished;
    this.#unfinished = [];
    for (const watch of watches) watch.resume();
  };
}

function streamOf(fd: number): LoopStream {
  const file = Bun.file(fd).stream() as unknown as ReadableStream;
  // Loaded at the first wait: importing it costs more than the rest of the package.
  const { Readable } = process.getBuiltinModule("node:stream");
  const stream = Readable.fromWeb(file) as Partial<LoopStream> & Readable;
  if (stream.ref === undefined || stream.unref === undefined) {
    throw new Error("rawsock: Socket needs Bun 1.4, whose streams of files can be unref'd");
  }
  return stream as LoopStream;
}

let thread: EventSource | undefined;

/** This thread's event source. */
export function eventSource(): EventSource {
  thread ??= new EventSource();
  return thread;
}

/** Does a thread stand in for kernel AIO? */
export function isThreaded(): boolean {
  return eventSource().threaded;
}
