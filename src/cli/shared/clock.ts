// The clock that the kernel's time stamps are of, in nanoseconds since 1970. JavaScript's own clock
// counts from the start of the process, and Date in milliseconds: a message to ourselves says how
// the two differ.

import { AF, SO, SOCK, SOL } from "../../base/constants.ts";
import { socketpair } from "../../calls/socket.ts";
import type { ControlMessage } from "../../control/control.ts";
import { Message } from "../../message/message.ts";
import { recvmsg, sendmsg } from "../../message/single.ts";
import { set } from "./flags.ts";

/** The system's clock is set and slewed while we run: so often it is asked for. */
const VALID_NS = 1e9;
const QUESTIONS = 3;

export class Clock {
  readonly #ends: readonly [number, number] | null;
  readonly #byte = new Message({ iovec: [new Uint8Array(1)] });
  readonly #message = new Message({ iovec: [new Uint8Array(1)], controlLength: 64 });
  #offset = 0n;
  #asked = Number.NEGATIVE_INFINITY;

  constructor() {
    this.#ends = stampedPair();
  }

  /** Now. */
  now(): bigint {
    // Not the time before it was asked for.
    if (Bun.nanoseconds() - this.#asked > VALID_NS) this.#ask();
    return BigInt(Math.round(Bun.nanoseconds())) + this.#offset;
  }

  /**
   * Sends a message with such control messages to ourselves, who ignore them: what is called for
   * the first time takes milliseconds, and times are to be measured.
   */
  rehearse(control: readonly ControlMessage[]): void {
    if (this.#ends === null) return;
    const [from, to] = this.#ends;
    sendmsg(from, new Message({ iovec: [new Uint8Array(1)], control }));
    recvmsg(to, this.#message);
  }

  #ask(): void {
    this.#asked = Bun.nanoseconds();
    if (this.#ends === null) {
      this.#offset = BigInt(Date.now()) * 1_000_000n - BigInt(Math.round(this.#asked));
      return;
    }
    // The quickest is the most exact: the first of a process, which takes long, tells little.
    let least = Number.POSITIVE_INFINITY;
    for (let count = 0; count < QUESTIONS; count++) {
      const [from, to] = this.#ends;
      const before = Bun.nanoseconds();
      sendmsg(from, this.#byte);
      const after = Bun.nanoseconds();
      recvmsg(to, this.#message);
      const stamp = this.#message.control.find((control) => control.kind === "timestamp");
      if (stamp === undefined || after - before >= least) continue;
      least = after - before;
      this.#offset = stamp.time - BigInt(Math.round((before + after) / 2));
    }
  }
}

/** Where the kernel does not stamp such messages there is the time in milliseconds. */
function stampedPair(): [number, number] | null {
  if (process.platform !== "linux") return null;
  const [from, to] = socketpair(AF.UNIX, SOCK.DGRAM);
  set(to, SOL.SOCKET, SO.TIMESTAMPNS, 1);
  return [from, to];
}
