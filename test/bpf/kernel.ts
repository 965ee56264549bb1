// The kernel's verdict: a pair of unix datagram sockets, one of which has the program attached.

import type { Program } from "../../src/bpf/instruction.ts";
import { close, recv, SocketError, send, setSocketOption, socketpair } from "../../src/index.ts";

export class FilteredPair implements Disposable {
  readonly #sender: number;
  readonly #receiver: number;
  readonly #buffer = new Uint8Array(1);

  constructor() {
    [this.#sender, this.#receiver] = socketpair("unix", "dgram");
  }

  /** Whether the kernel takes a program. */
  attach(program: Program): boolean {
    try {
      setSocketOption(this.#receiver, "SO_ATTACH_FILTER", program);
      return true;
    } catch (error) {
      if (error instanceof SocketError && error.code === "EINVAL") return false;
      throw error;
    }
  }

  /** How many bytes of a packet the attached program keeps; 0 where it drops it. */
  verdict(packet: Uint8Array): number {
    send(this.#sender, packet);
    try {
      return recv(this.#receiver, this.#buffer, { trunc: true, dontwait: true });
    } catch (error) {
      if (error instanceof SocketError && error.code === "EAGAIN") return 0;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    close(this.#sender);
    close(this.#receiver);
  }
}
