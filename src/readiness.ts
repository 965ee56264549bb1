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

import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { ERRNO } from "./constants.ts";
import { failure } from "./error.ts";
import { native } from "./native/library.ts";
import { mapEventSource } from "./native/mapping.ts";
import { Structure } from "./record.ts";

/** What a call waits for; also the number of its queue. */
export type Direction = typeof READ | typeof WRITE | typeof URGENT | typeof ERRORS;
export const READ = 0;
export const WRITE = 1;
/** Out-of-band data. */
export const URGENT = 2;
/** The error queue. */
export const ERRORS = 3;
const DIRECTIONS = [READ, WRITE, URGENT, ERRORS] as const;

/** Errors and hang-ups are reported unasked. */
const ASKED_FOR = (1 << READ) | (1 << WRITE) | (1 << URGENT);
const FAILED = 1 << ERRORS;

/** Calls that may succeed before the event loop has its turn: timers must not starve. */
const CALLS_PER_TURN = 64;

/** Turns of the event loop that may find nothing before the native side is to wake us. */
const IDLE_TURNS_MAX = 4;

/** A call that waits. */
export interface Waiter {
  /** Makes the call again; true when it has come to its end, one way or the other. */
  attempt(): boolean;
  /** Whether its readiness is not announced, so that it must be tried again after a while. */
  readonly unannounced: boolean;
  /** Ends it because the socket is closed. */
  cancel(): void;
}

type LoopStream = Readable & { ref(): void; unref(): void };

/** What a watch is asked to change. */
const ADD = 0;
const MODIFY = 1;
const REMOVE = 2;

const layout = new Structure("readiness_source");
const readyLayout = new Structure("readiness_ready");
const wordOf = (name: string): number => layout.field(name)[0] / 4;
const SIGNAL = wordOf("signal");
const THREADED = wordOf("threaded");
const READY = wordOf("ready");
const READY_WORDS = readyLayout.size / 4;
const [ownedStart, ownedSize] = layout.field("owned");

class EventSource {
  readonly #memory: Uint8Array;
  readonly #words: Uint32Array;
  readonly #stream: LoopStream;
  readonly #watches: (Watch | undefined)[] = [];
  readonly #free: number[] = [];
  #generation = 0;
  /** Is the next readiness asked for? The native side starts so. */
  #armed = true;
  /** Will the next turn of the event loop look? */
  #looking = false;
  #idleTurns = 0;
  /** Was a socket ready in one of the last turns? */
  #busy = false;
  #waiting = 0;
  #referenced = 0;
  #unfinished: Watch[] = [];
  /** Calls left in this turn of the event loop. */
  credit = CALLS_PER_TURN;

  constructor() {
    const mapped = mapEventSource(process.env.RAWSOCK_READINESS === "thread");
    if (typeof mapped === "number") throw failure(mapped, "epoll_create");
    this.#memory = new Uint8Array(mapped);
    this.#words = new Uint32Array(mapped, 0, ownedStart / 4);
    this.#stream = streamOf(this.#words[SIGNAL] as number);
    this.#stream.on("data", () => this.#wake());
    // Only what was once ref'd can be unref'd.
    this.#stream.ref();
    this.#stream.unref();
  }

  get threaded(): boolean {
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
  enter(watch: Watch): number {
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
    const { rawsock_readiness_watch } = native;
    return rawsock_readiness_watch(this.#memory, fd, change, events, slot, generation);
  }

  /** Counts a wait; while one is ref'd the process lives. */
  hold(referenced: boolean): void {
    if (!this.#armed && !this.#looking) {
      if (this.#busy) this.#look();
      else this.#arm();
    }
    this.#waiting++;
    if (referenced) this.reference();
  }

  release(referenced: boolean): void {
    this.#waiting--;
    if (referenced) this.unreference();
  }

  reference(): void {
    if (this.#referenced++ === 0) this.#stream.ref();
  }

  unreference(): void {
    if (--this.#referenced === 0) this.#stream.unref();
  }

  #arm(): void {
    const status = native.rawsock_readiness_arm(this.#memory);
    if (status < 0) throw failure(status, "io_submit");
    this.#armed = true;
  }

  #wake(): void {
    this.#armed = false;
    this.#serve();
    this.#busy = true;
    this.#idleTurns = 0;
    if (this.#waiting > 0) this.#look();
  }

  /**
   * Traffic is seldom alone: before the native side is asked to wake us, which costs several
   * microseconds, a few turns of the event loop look for themselves, at less than one each.
   */
  #look(): void {
    if (this.#looking || this.#armed) return;
    this.#looking = true;
    // The waiting calls are what keeps the process alive, or not.
    setImmediate(this.#nextTurn).unref();
  }

  readonly #nextTurn = (): void => {
    this.#looking = false;
    this.#idleTurns = this.#serve() > 0 ? 0 : this.#idleTurns + 1;
    this.#busy = this.#idleTurns < IDLE_TURNS_MAX;
    if (this.#waiting === 0) return;
    if (this.#busy) this.#look();
    else this.#arm();
  };

  /** Serves what is ready; how many sockets that were. */
  #serve(): number {
    this.credit = CALLS_PER_TURN;
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
  defer(watch: Watch): void {
    if (this.#unfinished.push(watch) === 1) setImmediate(this.#turn).unref();
  }

  readonly #turn = (): void => {
    this.credit = CALLS_PER_TURN;
    const watches = this.#unfinished;
    this.#unfinished = [];
    for (const watch of watches) watch.resume();
  };
}

function streamOf(fd: number): LoopStream {
  const file = Bun.file(fd).stream() as unknown as ReadableStream;
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

/** The longest pause before a call whose readiness nobody announces is tried again. */
const PAUSE_MAX_MS = 32;

/** One descriptor and the calls that wait for it, each direction in order. */
export class Watch {
  readonly fd: number;
  readonly #source: EventSource;
  readonly #queues: readonly Waiter[][] = [[], [], [], []];
  readonly #slot: number;
  readonly generation: number;
  /** The events asked for; -1 while the descriptor is not watched. */
  #interest = -1;
  #referenced = true;
  #deferred = false;
  #timer: Timer | undefined;
  #pause = 1;

  constructor(fd: number) {
    this.fd = fd;
    this.#source = eventSource();
    this.#slot = this.#source.enter(this);
    this.generation = this.#source.nextGeneration();
    this.#source.own(fd);
  }

  /**
   * May a call be made at once? Not past others that wait, nor without end within one turn of
   * the event loop.
   */
  admit(direction: Direction): boolean {
    return (this.#queues[direction] as Waiter[]).length === 0 && --this.#source.credit >= 0;
  }

  /** Counts further messages that one call moved. */
  charge(messages: number): void {
    this.#source.credit -= messages;
  }

  get credit(): number {
    return this.#source.credit;
  }

  /** Queues a call. `tried`: it was made just now and would have had to wait. */
  wait(direction: Direction, waiter: Waiter, tried: boolean): void {
    const queue = this.#queues[direction] as Waiter[];
    if (queue.length === 0) {
      this.#watch(this.#wanted() | (1 << direction));
      if (!tried) this.#defer();
      else if (waiter.unannounced) this.#retryLater();
    }
    this.#source.hold(this.#referenced);
    queue.push(waiter);
  }

  /** Tries again what waits, for a reason that the kernel does not know of. */
  nudge(direction: Direction): void {
    if (this.isWaiting(direction)) this.#defer();
  }

  isWaiting(direction: Direction): boolean {
    return (this.#queues[direction] as Waiter[]).length > 0;
  }

  /** Takes back a call that was given up. */
  withdraw(direction: Direction, waiter: Waiter): void {
    const queue = this.#queues[direction] as Waiter[];
    const index = queue.indexOf(waiter);
    if (index < 0) return;
    queue.splice(index, 1);
    this.#source.release(this.#referenced);
    // The next one may be able to do what this one could not.
    if (index === 0 && queue.length > 0) this.#defer();
  }

  get referenced(): boolean {
    return this.#referenced;
  }

  set referenced(on: boolean) {
    if (on === this.#referenced) return;
    this.#referenced = on;
    for (const queue of this.#queues) {
      for (let count = queue.length; count > 0; count--) {
        if (on) this.#source.reference();
        else this.#source.unreference();
      }
    }
  }

  #wanted(): number {
    let wanted = 0;
    for (const direction of DIRECTIONS) {
      if (this.isWaiting(direction)) wanted |= 1 << direction;
    }
    return wanted;
  }

  /**
   * Asks for the events of the directions in `wanted`. Nothing is done where they are asked for
   * already: the kernel would report once more what it has reported, a hang-up for ever.
   */
  #watch(wanted: number): void {
    const events = wanted & ASKED_FOR;
    if (this.#interest >= 0 && (this.#interest & events) === events) return;
    this.#change(this.#interest < 0 ? events : this.#interest | events);
  }

  #change(events: number): void {
    const change = this.#interest < 0 ? ADD : MODIFY;
    let status = this.#control(change, events);
    // Somebody closed the descriptor and this number is a new one's, or it is a copy of another.
    if (status === -ERRNO.ENOENT || status === -ERRNO.EEXIST) {
      status = this.#control(change === ADD ? MODIFY : ADD, events);
    }
    if (status < 0) throw failure(status, "epoll_ctl", this.fd);
    this.#interest = events;
  }

  #unwatch(): void {
    if (this.#interest < 0) return;
    this.#interest = -1;
    // Where the descriptor was closed behind our back there is nothing left to remove.
    this.#control(REMOVE, 0);
  }

  #control(change: number, events: number): number {
    return this.#source.watch(this.fd, change, events, this.#slot, this.generation);
  }

  /** The kernel reported `events`. */
  ready(events: number): void {
    const wanted = this.#wanted();
    // What nobody waits for any more shall not wake the thread again.
    if (wanted === 0) {
      this.#unwatch();
      return;
    }
    if ((events & this.#interest & ~wanted) !== 0) this.#change(wanted & ASKED_FOR);
    const failed = (events & FAILED) !== 0;
    for (const direction of DIRECTIONS) {
      if (failed || (events & (1 << direction)) !== 0) this.#serve(direction, !failed);
    }
  }

  /** Serves a queue until it would have to wait. `announced`: it should have been ready. */
  #serve(direction: Direction, announced: boolean): void {
    const queue = this.#queues[direction] as Waiter[];
    for (let waiter = queue[0]; waiter !== undefined; waiter = queue[0]) {
      if (--this.#source.credit < 0) {
        this.#defer();
        return;
      }
      if (!waiter.attempt()) {
        // sendto(2) of a datagram to a full queue elsewhere: this socket itself is writable.
        if (waiter.unannounced || (announced && direction === WRITE)) this.#retryLater();
        return;
      }
      this.#pause = 1;
      queue.shift();
      this.#source.release(this.#referenced);
    }
  }

  #defer(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    this.#source.defer(this);
  }

  /** Goes on in a new turn of the event loop. */
  resume(): void {
    this.#deferred = false;
    for (const direction of DIRECTIONS) this.#serve(direction, false);
  }

  #retryLater(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#serve(WRITE, true);
      this.#serve(READ, false);
    }, this.#pause);
    // The waiting call itself is what keeps the process alive, or not.
    this.#timer.unref();
    this.#pause = Math.min(this.#pause * 2, PAUSE_MAX_MS);
  }

  /** Stops watching, before the descriptor is closed or given away. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#source.leave(this.#slot);
    this.#source.disown(this.fd);
  }

  /** Ends all calls that wait, in order. */
  cancel(): void {
    for (const queue of this.#queues) {
      for (const waiter of queue.splice(0)) {
        this.#source.release(this.#referenced);
        waiter.cancel();
      }
    }
  }
}
