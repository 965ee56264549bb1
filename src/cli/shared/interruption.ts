// Ctrl-C: once, the command ends with its summary; twice, at once.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

export class Interruption {
  readonly #controller = new AbortController();

  /** From now on signals end the command gently. */
  watch(): void {
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (this.#controller.signal.aborted) process.exit(128 + NUMBERS[signal]);
        this.#controller.abort();
      });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get happened(): boolean {
    return this.#controller.signal.aborted;
  }
}
