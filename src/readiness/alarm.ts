// What wakes this thread when a watched socket becomes ready.

import { native } from "../native/library.ts";

type LoopSocket = { ref(): void; unref(): void };
type Handlers = {
  open(socket: LoopSocket): void;
  data(): void;
  close(): void;
  error(): void;
};
/** Bun.connect as it is: bun-types leaves descriptors out. */
type Connect = (options: { fd: number; socket: Handlers }) => Promise<unknown>;

/** The longest pause between looks by the clock, where nothing wakes us. */
const PAUSE_MAX_MS = 8;
/** Wakes in a row for nothing that show that Bun does not wait for the descriptor. */
const EMPTY_WAKES_MAX = 1000;

/**
 * The set of watched sockets is a descriptor which can be read from when one of them is ready, and
 * Bun's event loop waits for any descriptor given to Bun.connect. It is no socket, so reading it
 * fails and Bun closes it, when it is ready and not before: that is the signal. Hence each wait
 * takes a new duplicate, of 5 us; in exchange there is no thread, nothing to load, and a hold on
 * the process that can be taken back.
 *
 * Where no descriptor is left for a duplicate, or Bun refuses it, the clock tells when to look.
 */
export class Alarm {
  readonly #memory: Uint8Array;
  readonly #wake: () => void;
  readonly #handlers: Handlers;
  #socket: LoopSocket | null = null;
  #timer: Timer | null = null;
  #armed = false;
  #referenced = false;
  /** Bun does not do what is said above. */
  #refused = false;
  #emptyWakes = 0;
  #pause = 1;

  constructor(memory: Uint8Array, wake: () => void) {
    this.#memory = memory;
    this.#wake = wake;
    this.#handlers = {
      open: (socket) => {
        this.#socket = socket;
        if (!this.#referenced) socket.unref();
      },
      data: () => {},
      close: () => {
        this.#socket = null;
        this.#ring();
      },
      error: () => {},
    };
  }

  get isArmed(): boolean {
    return this.#armed;
  }

  /** Wakes when a watched socket is ready, at once where one is. */
  arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    const fd = this.#refused ? -1 : native.rawsock_readiness_lend(this.#memory);
    if (fd >= 0) {
      try {
        const connect = Bun.connect as unknown as Connect;
        connect({ fd, socket: this.#handlers }).catch(() => this.#refuse());
        return;
      } catch {
        this.#refused = true;
      }
    }
    this.#lookByClock();
  }

  /** Whether the wait keeps the process alive. */
  set referenced(on: boolean) {
    this.#referenced = on;
    const holds = this.#socket ?? this.#timer;
    if (on) holds?.ref();
    else holds?.unref();
  }

  /** Tells whether the last wake was for something. */
  note(found: boolean): void {
    this.#emptyWakes = found ? 0 : this.#emptyWakes + 1;
    if (found) this.#pause = 1;
    if (this.#emptyWakes > EMPTY_WAKES_MAX) this.#refused = true;
  }

  #ring(): void {
    this.#armed = false;
    this.#wake();
  }

  #refuse(): void {
    this.#refused = true;
    if (this.#armed && this.#socket === null && this.#timer === null) this.#lookByClock();
  }

  #lookByClock(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ring();
    }, this.#pause);
    if (!this.#referenced) this.#timer.unref();
    this.#pause = Math.min(this.#pause * 2, PAUSE_MAX_MS);
  }
}
