// A wake by a descriptor of the set of watched sockets: Linux, macOS, FreeBSD.

import { native } from "../native/library.ts";
import type { Signal } from "./signal.ts";

type LoopSocket = { ref(): void; unref(): void };
type Handlers = {
  open(socket: LoopSocket): void;
  data(): void;
  close(): void;
  error(): void;
};
/** Bun.connect as it is: bun-types leaves descriptors out. */
type Connect = (options: { fd: number; socket: Handlers }) => Promise<unknown>;

/**
 * The set of watched sockets is a descriptor which can be read from when one of them is ready, and
 * Bun's event loop waits for any descriptor given to Bun.connect. It is no socket, so reading it
 * fails and Bun closes it, when it is ready and not before: that is the signal. Hence each wait
 * takes a new duplicate, of 5 us; in exchange there is no thread, nothing to load, and a hold on
 * the process that can be taken back.
 */
export class DuplicateSignal implements Signal {
  readonly #memory: Uint8Array;
  readonly #handlers: Handlers;
  readonly #refuse: () => void;
  #socket: LoopSocket | null = null;
  #referenced = false;

  constructor(memory: Uint8Array, ring: () => void, refuse: () => void) {
    this.#memory = memory;
    this.#refuse = refuse;
    this.#handlers = {
      open: (socket) => {
        this.#socket = socket;
        if (!this.#referenced) socket.unref();
      },
      data: () => {},
      close: () => {
        this.#socket = null;
        ring();
      },
      error: () => {},
    };
  }

  expect(): boolean {
    const fd = native.rawsock_readiness_lend(this.#memory);
    if (fd < 0) return false;
    try {
      const connect = Bun.connect as unknown as Connect;
      connect({ fd, socket: this.#handlers }).catch(() => {
        if (this.#socket === null) this.#refuse();
      });
      return true;
    } catch {
      this.#refuse();
      return false;
    }
  }

  set referenced(on: boolean) {
    this.#referenced = on;
    if (on) this.#socket?.ref();
    else this.#socket?.unref();
  }
}
