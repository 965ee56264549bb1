// The event source: tells this JavaScript thread when sockets become ready, through Bun's own
// event loop. One per thread, made with its first Socket.

import { failure } from "../base/error.ts";
import { native } from "../native/library.ts";
import { Structure } from "../native/record.ts";
import { Alarm } from "./alarm.ts";
import { Look } from "./look.ts";
import { eventSourceMemory } from "./ownership.ts";

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
/** As many for each call that waits: where hundreds do, each has its part of every turn. */
const MESSAGES_PER_WAIT = 2;

/**
 * Looks that may find nothing before we sleep, one when the program's own work is done and one in
 * each turn after it: another process answers within some 10 us, and to be woken costs as much.
 *
 * Two that answer each other and have once fallen asleep would go on so, each awake just when the
 * other sleeps: so after a sleep that was too short to pay, we look longer. Where that is in vain,
 * because the other one needs this processor say, we begin anew.
 */
const IDLE_LOOKS_LEAST = 5;
const IDLE_LOOKS_MOST = navigator.hardwareConcurrency > 1 ? 40 : IDLE_LOOKS_LEAST;
/** Nanoseconds; to fall asleep and to be woken takes some 30,000. */
const SHORT_SLEEP = 100_000;

/** A descriptor that is watched: see watch.ts. */
export interface Watched {
  readonly generation: number;
  /** The kernel reported `events`, bits numbered by direction. */
  ready(events: number): void;
  /** Goes on in a new turn of the event loop. */
  resume(): void;
  /** Ends all calls that wait with an error. */
  fail(error: unknown): void;
}

const layout = new Structure("readiness_source");
const readyLayout = new Structure("readiness_ready");
const READY = layout.field("ready")[0] / 4;
const READY_WORDS = readyLayout.size / 4;
const [ownedStart] = layout.field("owned");
/** Sockets that one look finds at the most. */
const READY_MAX = Math.floor(layout.field("ready")[1] / readyLayout.size);

export class ReadinessSource {
  readonly memory: Uint8Array;
  readonly #words: Uint32Array;
  readonly #alarm: Alarm;
  readonly #look = new Look(() => this.#lookAgain());
  readonly #watches: (Watched | undefined)[] = [];
  readonly #free: number[] = [];
  #generation = 0;
  #waiting = 0;
  #referenced = 0;
  #unfinished: Watched[] = [];
  /** Looks in a row that found nothing, and how many may. */
  #idleLooks = 0;
  #idleLooksMax = IDLE_LOOKS_LEAST;
  /** When we last fell asleep. */
  #asleep = 0;
  /** Was the next turn asked for, and does that keep the process alive? */
  #turn: "none" | "weak" | "strong" = "none";
  /** Messages left in this turn of the event loop. */
  credit = MESSAGES_PER_TURN;

  constructor() {
    this.memory = eventSourceMemory();
    this.#words = new Uint32Array(this.memory.buffer, 0, ownedStart / 4);
    this.#alarm = new Alarm(this.memory, () => this.#wake());
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

  /** Makes the set of watched sockets at first: 0, or -errno, and then nothing has changed. */
  watch(fd: number, change: number, events: number, slot: number, generation: number): number {
    const { rawsock_readiness_watch } = native;
    return rawsock_readiness_watch(this.memory, fd, change, events, slot, generation);
  }

  /**
   * Counts a wait; while one is ref'd the process lives. `deferred`: it will be tried in the next
   * turn whatever happens, which is early enough to see to its readiness.
   */
  hold(referenced: boolean, deferred: boolean): void {
    this.#waiting++;
    if (referenced) this.reference();
    if (!deferred || this.#referenced === 0 || this.#turn === "weak") this.#expect();
  }

  release(referenced: boolean): void {
    this.#waiting--;
    if (referenced) this.unreference();
  }

  reference(): void {
    if (this.#referenced++ === 0) this.#alarm.referenced = true;
  }

  unreference(): void {
    if (--this.#referenced === 0) this.#alarm.referenced = false;
  }

  /** Sees to it that the next readiness is noticed. */
  #expect(): void {
    if (this.#alarm.isArmed) return;
    // Timers must not starve: what one turn may do has an end.
    if (!this.#look.isWorthwhile) this.#sleep();
    else if (this.credit > 0) this.#look.begin();
    else this.#sleepSoon();
  }

  #sleep(): void {
    if (this.#alarm.isArmed) return;
    this.#asleep = Bun.nanoseconds();
    this.#alarm.arm();
  }

  /** A watched socket became ready while we slept. */
  #wake(): void {
    const slept = Bun.nanoseconds() - this.#asleep;
    const longer = slept < SHORT_SLEEP && this.#idleLooksMax < IDLE_LOOKS_MOST;
    this.#idleLooksMax = longer
      ? Math.min(this.#idleLooksMax * 2, IDLE_LOOKS_MOST)
      : IDLE_LOOKS_LEAST;
    this.#renew();
    const found = this.#serve() > 0;
    this.#alarm.note(found);
    if (found) {
      this.#look.encourage();
      this.#idleLooks = 0;
      this.#sleepSoon();
    } else if (this.#waiting > 0) this.#sleep();
  }

  #lookAgain(): boolean {
    if (this.#alarm.isArmed || this.#waiting === 0) return true;
    const found = this.#serve() > 0;
    this.#idleLooks = found ? 0 : this.#idleLooks + 1;
    if (this.#idleLooks < this.#idleLooksMax) this.#sleepSoon();
    else this.#sleep();
    return this.#idleLooks < this.#idleLooksMax;
  }

  /** Who was served may soon wait again, and look: sleep is for the next turn. */
  #sleepSoon(): void {
    if (this.#waiting === 0) return;
    // A turn that does not keep the process alive would let it end before a wait that does.
    if (this.#referenced === 0 || this.#turn === "weak") this.#sleep();
    else this.#askForTurn();
  }

  /** Has the event loop call us in its next turn. */
  #askForTurn(): void {
    if (this.#turn !== "none") return;
    // What setImmediate is asked for keeps the process alive, and Bun drops what was unref'd.
    this.#turn = this.#referenced > 0 ? "strong" : "weak";
    if (this.#turn === "strong") setImmediate(this.#begin);
    else setTimeout(this.#begin, 0).unref();
  }

  readonly #begin = (): void => {
    this.#turn = "none";
    this.#renew();
    const watches = this.#unfinished;
    this.#unfinished = [];
    for (const watch of watches) this.#guard(watch, () => watch.resume());
    this.#lookAgain();
    this.#limit();
  };

  /** A new turn of the event loop. */
  #renew(): void {
    this.credit = Math.max(MESSAGES_PER_TURN, this.#waiting * MESSAGES_PER_WAIT);
  }

  /** What is left of the part of those that waited is not for calls that follow. */
  #limit(): void {
    this.credit = Math.min(this.credit, MESSAGES_PER_TURN);
  }

  /** Serves what is ready, as far as this turn may: how many sockets were, or -errno. */
  #serve(): number {
    let found = 0;
    for (;;) {
      const count = this.#take();
      found += Math.max(count, 0);
      if (count === READY_MAX && this.credit > 0) continue;
      this.#limit();
      return found === 0 ? count : found;
    }
  }

  /** Serves what one look finds. */
  #take(): number {
    const count = native.rawsock_readiness_take(this.memory);
    if (count < 0) this.#lose(count);
    for (let index = 0; index < count; index++) {
      const place = READY + index * READY_WORDS;
      const watch = this.#watches[this.#words[place] as number];
      if (watch === undefined || watch.generation !== this.#words[place + 1]) continue;
      const events = this.#words[place + 2] as number;
      this.#guard(watch, () => watch.ready(events));
    }
    return count;
  }

  /** What fails for one socket is that socket's: the others go on. */
  #guard(watch: Watched, body: () => void): void {
    try {
      body();
    } catch (error) {
      watch.fail(error);
    }
  }

  /** Somebody closed the set: the calls that wait fail, and the next wait makes a new one. */
  #lose(result: number): void {
    native.rawsock_readiness_reset(this.memory);
    for (const watch of this.#watches) watch?.fail(failure(result, "epoll_wait"));
  }

  /** Goes on with a watch in the next turn of the event loop. */
  defer(watch: Watched): void {
    this.#unfinished.push(watch);
    this.#askForTurn();
  }
}

let thread: ReadinessSource | undefined;

/** This thread's event source. */
export function readinessSource(): ReadinessSource {
  thread ??= new ReadinessSource();
  return thread;
}
