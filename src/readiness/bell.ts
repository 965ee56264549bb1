// A wake by a datagram: Windows, whose sockets no descriptor stands for.

import { native } from "../native/library.ts";
import type { Signal } from "./signal.ts";

const LOOPBACK = "127.0.0.1";

type Bell = { ref(): void; unref(): void; readonly port: number; close(): void };

/**
 * A thread of the library's waits for the watched sockets, and sends an empty datagram over the
 * loopback interface, to a socket of Bun's. That one is connected to the thread's: the kernel hands
 * it nothing that others send.
 */
export class BellSignal implements Signal {
  readonly #memory: Uint8Array;
  readonly #ring: () => void;
  readonly #refuse: () => void;
  #bell: Bell | null = null;
  #asked = false;
  #referenced = false;

  constructor(memory: Uint8Array, ring: () => void, refuse: () => void) {
    this.#memory = memory;
    this.#ring = ring;
    this.#refuse = refuse;
  }

  expect(): boolean {
    if (this.#bell !== null) return native.rawsock_readiness_lend(this.#memory) >= 0;
    // The first wait: Bun makes the socket.
    if (!this.#asked) {
      this.#asked = true;
      this.#hang().catch(this.#refuse);
    }
    return true;
  }

  async #hang(): Promise<void> {
    const port = native.rawsock_readiness_bell(this.#memory, 0);
    if (port < 0) {
      this.#refuse();
      return;
    }
    const bell = await Bun.udpSocket({
      hostname: LOOPBACK,
      connect: { hostname: LOOPBACK, port },
      socket: {
        // What others sent before it was connected may have come.
        data: (_bell, _data, sender) => {
          if (sender === port) this.#ring();
        },
      },
    });
    if (!this.#referenced) bell.unref();
    if (native.rawsock_readiness_bell(this.#memory, bell.port) < 0) {
      bell.close();
      this.#refuse();
      return;
    }
    this.#bell = bell;
    if (native.rawsock_readiness_lend(this.#memory) < 0) this.#refuse();
  }

  set referenced(on: boolean) {
    this.#referenced = on;
    if (on) this.#bell?.ref();
    else this.#bell?.unref();
  }
}
