// One watched descriptor and the calls that wait for it, each direction in order.

import { ERRNO } from "../base/constants.ts";
import { failure } from "../base/error.ts";
import { closeOwned, disown } from "./ownership.ts";
import {
  type Direction,
  ERRORS,
  READ,
  type ReadinessSource,
  readinessSource,
  URGENT,
  type Watched,
  WRITE,
} from "./source.ts";

const DIRECTIONS = [READ, WRITE, URGENT, ERRORS] as const;
/** Errors and hang-ups are reported unasked. */
const ASKED_FOR = (1 << READ) | (1 << WRITE) | (1 << URGENT);
const FAILED = 1 << ERRORS;
/** What was reported is not asked for any more: see readiness_windows.zig. Elsewhere edges are. */
const ONCE = process.platform === "win32";

/** What a watch is asked to change. */
const ADD = 0;
const MODIFY = 1;
const REMOVE = 2;

/** A call that waits. */
export interface Waiter {
  /** Makes the call again; true when it has come to its end, one way or the other. */
  attempt(): boolean;
  /** Whether its readiness is not announced, so that it must be tried again after a while. */
  readonly unannounced: boolean;
  /** Ends it because the socket is closed. */
  cancel(): void;
  /** Ends it with an error. */
  fail(error: unknown): void;
}

/** The longest pause before a call whose readiness nobody announces is tried again. */
const PAUSE_MAX_MS = 32;

/** Made for each Socket; it does not hold the Socket, only the calls that wait do. */
export class Watch implements Watched {
  readonly fd: number;
  readonly #source: ReadinessSource;
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
    this.#source = readinessSource();
    this.#slot = this.#source.enter(this);
    this.generation = this.#source.nextGeneration();
  }

  /**
   * May a call be made at once? Not past others that wait, nor without end within one turn of
   * the event loop.
   */
  admit(direction: Direction): boolean {
    return (this.#queues[direction] as Waiter[]).length === 0 && --this.#source.credit >= 0;
  }

  /** The event source's, for calls that make or close descriptors. */
  get memory(): Uint8Array {
    return this.#source.memory;
  }

  /** Counts further messages that one call moved. */
  charge(messages: number): void {
    this.#source.credit -= messages;
  }

  /** Queues a call. `tried`: it was made just now and would have had to wait. */
  wait(direction: Direction, waiter: Waiter, tried: boolean): void {
    const queue = this.#queues[direction] as Waiter[];
    const first = queue.length === 0;
    if (first) this.#watch(this.#wanted() | (1 << direction));
    this.#source.hold(this.#referenced, first && !tried);
    queue.push(waiter);
    if (!first) return;
    if (!tried) this.#defer();
    else if (waiter.unannounced) this.#retryLater();
  }

  /** Tries again what waits, for a reason that the kernel does not know of. */
  nudge(direction: Direction): void {
    if (this.isWaiting(direction)) this.#defer();
  }

  isWaiting(direction: Direction): boolean {
    return (this.#queues[direction] as Waiter[]).length > 0;
  }

  /** Do further calls wait behind the one that is served? */
  isCrowded(direction: Direction): boolean {
    return (this.#queues[direction] as Waiter[]).length > 1;
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
    if (ONCE) this.#interest &= (events & FAILED) !== 0 ? 0 : ~events;
    const wanted = this.#wanted();
    // What nobody waits for any more shall not wake the thread again.
    if (wanted === 0) {
      this.#unwatch();
      return;
    }
    if ((events & this.#interest & ~wanted) !== 0) this.#change(wanted & ASKED_FOR);
    const failed = (events & FAILED) !== 0;
    for (const direction of DIRECTIONS) {
      // Such an attempt makes a Unix socket writable once more: only the timer makes it.
      if (direction === WRITE && this.#timer !== undefined) continue;
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
        else if (ONCE) this.#watch(this.#wanted());
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

  /** Stops watching and closes the descriptor: 0, or -errno. */
  close(): number {
    this.#stop();
    return closeOwned(this.fd);
  }

  /** Stops watching, for the descriptor is given away. */
  detach(): void {
    this.#stop();
    disown(this.fd);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#source.leave(this.#slot);
  }

  /** Ends all calls that wait, in order. */
  cancel(): void {
    this.#end((waiter) => waiter.cancel());
  }

  fail(error: unknown): void {
    this.#interest = -1;
    this.#end((waiter) => waiter.fail(error));
  }

  #end(end: (waiter: Waiter) => void): void {
    for (const queue of this.#queues) {
      for (const waiter of queue.splice(0)) {
        this.#source.release(this.#referenced);
        end(waiter);
      }
    }
  }
}
