// What wakes this thread when a watched socket becomes ready.

import { BellSignal } from "./bell.ts";
import { DuplicateSignal } from "./duplicate.ts";
import type { Signal } from "./signal.ts";

const System = process.platform === "win32" ? BellSignal : DuplicateSignal;

/** The longest pause between looks by the clock, where nothing wakes us. */
const PAUSE_MAX_MS = 8;
/** Wakes in a row for nothing that show that Bun does not do what a signal is made of. */
const EMPTY_WAKES_MAX = 1000;

/** Where there is no signal, the clock tells when to look. */
export class Alarm {
  readonly #signal: Signal;
  readonly #wake: () => void;
  #timer: Timer | null = null;
  #armed = false;
  #referenced = false;
  #refused = false;
  #emptyWakes = 0;
  #pause = 1;

  constructor(memory: Uint8Array, wake: () => void) {
    this.#wake = wake;
    this.#signal = new System(
      memory,
      () => this.#ring(),
      () => this.#refuse(),
    );
  }

  get isArmed(): boolean {
    return this.#armed;
  }

  /** Wakes when a watched socket is ready, at once where one is. */
  arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    if (this.#refused || !this.#signal.expect()) this.#lookByClock();
  }

  /** Whether the wait keeps the process alive. */
  set referenced(on: boolean) {
    this.#referenced = on;
    this.#signal.referenced = on;
    if (on) this.#timer?.ref();
    else this.#timer?.unref();
  }

  /** Tells whether the last wake was for something. */
  note(found: boolean): void {
    this.#emptyWakes = found ? 0 : this.#emptyWakes + 1;
    if (found) this.#pause = 1;
    if (this.#emptyWakes > EMPTY_WAKES_MAX) this.#refused = true;
  }

  #ring(): void {
    if (!this.#armed) return;
    this.#armed = false;
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    this.#wake();
  }

  #refuse(): void {
    this.#refused = true;
    if (this.#armed) this.#lookByClock();
  }

  #lookByClock(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ring();
    }, this.#pause);
    if (!this.#referenced) this.#timer.unref();
    this.#pause = Math.min(this.#pause * 2, PAUSE_MAX_MS);
  }
}
