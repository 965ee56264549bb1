// A capture: packets from a tap, in the event loop.

import { SocketError } from "../base/error.ts";
import { READ } from "../readiness/source.ts";
import { type Limits, NO_LIMITS, onlyLimits } from "../socket/limits.ts";
import { Ready } from "../socket/ready.ts";
import { SocketState } from "../socket/state.ts";
import { openTap } from "./open.ts";
import type { CapturedPacket, Link } from "./packet.ts";
import { Packets } from "./packets.ts";
import { type CaptureOptions, settings } from "./settings.ts";
import type { Batch, Statistics, Tap } from "./tap.ts";
import type { PacketView } from "./view.ts";

/** Packets of a batch: more would keep timers waiting while they are looked at. */
const BATCH_MAX = 1024;
/** Of packets that are given one by one, as many between two looks at the clock. */
const PACKETS_PER_LOOK = 64;
/** After so many milliseconds the event loop has its turn. */
const TURN_MS = 8;
/** How long it takes until another look where readiness was told of for nothing. */
const NOTHING_MS = 1;

/**
 * While many packets come all the time, to be told of each block by the event source costs 100
 * microseconds, and a timer does for a tenth of that. It is safe as long as only so much of the
 * memory fills meanwhile.
 */
const SHARE_MAX = 1 / 8;
/** In which blocks that are not full come, too, and how long it is at the most. */
const napOf = (timeout: number): number => Math.min(2 * timeout + 1, NAP_MAX_MS);
const NAP_MAX_MS = 41;

const KEY = Symbol("Capture");

class CaptureState extends SocketState {
  override get class(): string {
    return "Capture";
  }
}

/**
 * Packets that pass an interface, from `capture`.
 *
 * What waits keeps the process alive, and ends with close(). Each packet is given once: to a loop,
 * or to a call of `next`, whichever asks first. A Capture that is collected without close() is
 * closed with a warning.
 */
export class Capture implements AsyncIterable<CapturedPacket>, Disposable, AsyncDisposable {
  /** What `data` begin with. */
  readonly link: Link;
  /** The interface's name, or "any". */
  readonly interface: string;
  readonly #tap: Tap;
  readonly #nap: number;
  readonly #state: SocketState;
  readonly #signal: AbortSignal | undefined;
  /** What was taken and is given out packet by packet. */
  #batch: Batch | undefined;
  #position = 0;
  #turnBegan = performance.now();
  #turnIsOver = false;
  #failure: SocketError | undefined;
  #statistics: Statistics | SocketError | undefined;
  #abort: (() => void) | undefined;

  /** Made by `capture`. */
  constructor(tap: Tap, signal: AbortSignal | undefined, key: symbol) {
    if (key !== KEY) throw new TypeError("a Capture is made by capture()");
    this.link = tap.link;
    this.interface = tap.name;
    this.#tap = tap;
    this.#nap = napOf(tap.timeout);
    this.#state = new CaptureState(this, tap.fd, 0, 0, 0);
    this.#signal = signal;
    if (signal !== undefined) this.#closeWith(signal);
  }

  /** A signal may outlive the capture, and shall not keep it. */
  #closeWith(signal: AbortSignal): void {
    const capture = new WeakRef(this);
    this.#abort = () => capture.deref()?.close();
    signal.addEventListener("abort", this.#abort);
  }

  /** Whether it has ended: by close(), or by its signal. */
  get closed(): boolean {
    return this.#state.closed;
  }

  /** Each packet, with bytes of its own. Ends where the capture is closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<CapturedPacket> {
    return new Packets(
      () => this.#shift(),
      () => this.next(),
    );
  }

  /**
   * Packets in arrays of 1 to 1,024, as they are handed over: their `data` lie in the memory that
   * they were captured in, which is used again after the next step of the loop.
   */
  async *batches(): AsyncGenerator<PacketView[], void, undefined> {
    while (await this.#fill(NO_LIMITS)) {
      const batch = this.#batch;
      if (batch === undefined) continue;
      const { packets } = batch;
      const rest = this.#position === 0 ? packets : packets.slice(this.#position);
      this.#batch = undefined;
      this.#position = 0;
      try {
        yield rest;
      } finally {
        batch.end();
      }
    }
  }

  /**
   * The next packet, with bytes of its own; null where the capture is closed. An aborted `signal`
   * rejects with its reason, `timeout` milliseconds with "ETIMEDOUT". The interface being down or
   * gone rejects with "ENETDOWN" or "ENODEV", after what was captured before.
   */
  async next(op: Limits = NO_LIMITS): Promise<CapturedPacket | null> {
    onlyLimits(op);
    while (await this.#fill(op)) {
      const packet = this.#shift();
      if (packet !== undefined) return packet;
    }
    return null;
  }

  /** A copy of the next packet where it is there and the event loop can wait. */
  #shift(): CapturedPacket | undefined {
    const batch = this.#batch;
    if (batch === undefined) return undefined;
    if (this.#position % PACKETS_PER_LOOK === 0 && this.#isTurnOver()) return undefined;
    const packet = (batch.packets[this.#position] as PacketView).copy();
    if (++this.#position === batch.packets.length) this.#drop();
    return packet;
  }

  /** Ends what is given out packet by packet. */
  #drop(): void {
    this.#batch?.end();
    this.#batch = undefined;
    this.#position = 0;
  }

  #isTurnOver(): boolean {
    if (!this.#turnIsOver) this.#turnIsOver = performance.now() - this.#turnBegan > TURN_MS;
    return this.#turnIsOver;
  }

  /** Sees to it that there is a batch, and the event loop has its turns: false when closed. */
  async #fill(op: Limits): Promise<boolean> {
    const { timeout } = op;
    const deadline = timeout === undefined ? undefined : performance.now() + timeout;
    for (let woken = false, napped = false; ; ) {
      if (this.closed) return this.#ended();
      if (this.#isTurnOver()) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        this.#turnBegan = performance.now();
        this.#turnIsOver = false;
        continue;
      }
      if (this.#batch !== undefined || this.#take()) return true;
      if (this.#failure !== undefined) throw this.#failure;
      if (!napped && !woken && this.#isBusy(deadline)) {
        napped = true;
        await Bun.sleep(this.#nap);
        op.signal?.throwIfAborted();
        continue;
      }
      if (woken) await this.#ask();
      else await this.#wait(op, deadline);
      woken = !woken;
    }
  }

  /** Whether a nap is likely to be enough, and short enough. */
  #isBusy(deadline: number | undefined): boolean {
    const share = this.#tap.share();
    if (share === 0 || share > SHARE_MAX) return false;
    return deadline === undefined || deadline - performance.now() > this.#nap;
  }

  /** Takes what is there. */
  #take(): boolean {
    const batch = this.#tap.take(BATCH_MAX);
    if (batch === undefined) return false;
    this.#batch = batch;
    // The filter may have refused all of a batch.
    if (batch.packets.length === 0) this.#drop();
    return true;
  }

  /** Nothing more comes: what iterations and calls of `next` end with. */
  #ended(): false {
    if (this.#signal?.aborted) throw this.#signal.reason;
    return false;
  }

  async #wait(op: Limits, deadline: number | undefined): Promise<void> {
    const left = deadline === undefined ? undefined : this.#left(op, deadline);
    try {
      await new Ready(this.#state, READ, op, left).run();
    } catch (error) {
      if (!this.closed) throw error;
    }
  }

  /** Milliseconds to a deadline. */
  #left({ timeout = 0 }: Limits, deadline: number): number {
    const left = Math.ceil(deadline - performance.now());
    return Math.min(timeout, Math.max(0, left));
  }

  /** Finds out why nothing was there although it was said to be. */
  async #ask(): Promise<void> {
    if (this.closed) return;
    const failure = this.#tap.failure();
    if (failure === undefined) {
      await Bun.sleep(NOTHING_MS);
      return;
    }
    // What was captured before is still to be handed over.
    await Bun.sleep(this.#tap.delay);
    this.#failure = failure;
  }

  /**
   * What the kernel has counted since the start. `received` are the packets that the filter let
   * through, the `dropped` ones among them; `freezes` is how often there was no free block.
   */
  statistics(): Statistics {
    const statistics = this.#statistics ?? this.#tap.statistics();
    if (statistics instanceof SocketError) throw statistics;
    return { ...statistics };
  }

  /** An error is whose who asks for them: nobody else's, and no reason not to close. */
  #lastStatistics(): Statistics | SocketError {
    try {
      return this.#tap.statistics();
    } catch (error) {
      if (error instanceof SocketError) return error;
      throw error;
    }
  }

  /**
   * Ends the capture: iterations end, a pending `next` gives null, and what was captured and not
   * given out is thrown away. Once is enough. A batch in use stays what it is until its step ends.
   */
  close(): void {
    if (this.closed) return;
    this.#statistics = this.#lastStatistics();
    if (this.#abort !== undefined) this.#signal?.removeEventListener("abort", this.#abort);
    try {
      this.#drop();
      this.#tap.leave();
    } finally {
      this.#state.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    const { interface: name, link, closed } = this;
    return { interface: name, link, closed };
  }
}

/**
 * Captures what passes an interface, from a ring that the kernel fills: packet(7). Needs
 * CAP_NET_RAW.
 *
 * A TypeError or RangeError, or a BpfError with the place, names what is wrong with the options.
 * SocketError: "ENODEV" names an interface that is not there and those that are; "ENETDOWN" says
 * that it is down; "EPERM" how to get the privilege; "ENOMEM" where there is no memory for the ring
 * that was asked for; "EOPNOTSUPP" where the card has no clock for `timestamps: "hardware"`.
 *
 * On Linux a frame's tag that the card took out is put back, and packets on the loopback interface
 * are seen twice: on their way out, and on their way in.
 */
export function capture(options: CaptureOptions): Capture {
  const checked = settings(options);
  return new Capture(openTap(checked), checked.signal, KEY);
}
