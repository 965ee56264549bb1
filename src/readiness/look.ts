// Looking once more before going to sleep.

/**
 * Traffic is seldom alone: what a program sends is often answered by itself, or at once. So where
 * a socket was ready a moment ago, we look once more when the program's own work is done, for half
 * a microsecond, before the event loop is asked to wake the thread, which costs ten.
 */
export class Look {
  readonly #look: () => boolean;
  #pending = false;
  /** A program's first wait is often for what it sends itself, and the first sleep is slow. */
  #found = true;

  /** `look` tells whether it found something. */
  constructor(look: () => boolean) {
    this.#look = look;
  }

  /** Is another look likely to find something, or about to be taken? */
  get isWorthwhile(): boolean {
    return this.#found || this.#pending;
  }

  /** Tells that a socket was ready. */
  encourage(): void {
    this.#found = true;
  }

  /** Looks when the program's own work is done. */
  begin(): void {
    if (this.#pending) return;
    this.#pending = true;
    queueMicrotask(this.#next);
  }

  readonly #next = (): void => {
    this.#pending = false;
    this.#found = this.#look();
  };
}
