// Looking once more before going to sleep.

/**
 * Traffic is seldom alone: where a socket was ready a moment ago, the next turn of the event loop
 * looks for itself, which costs less than a microsecond, before the kernel is asked to wake the
 * thread, which costs ten. One look that finds nothing is enough.
 */
export class Look {
  readonly #turn: () => void;
  #pending = false;
  #found = false;

  constructor(turn: () => void) {
    this.#turn = turn;
  }

  /** Is another look likely to find something? */
  get isWorthwhile(): boolean {
    return this.#found || this.#pending;
  }

  /** Tells whether the last look, or wake, found something. */
  note(found: boolean): void {
    this.#found = found;
  }

  /** Looks in the next turn of the event loop. */
  begin(): void {
    if (this.#pending) return;
    this.#pending = true;
    setImmediate(this.#next);
  }

  readonly #next = (): void => {
    this.#pending = false;
    this.#turn();
  };
}
