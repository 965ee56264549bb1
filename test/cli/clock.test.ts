// The clock of `rawsock ping` and `rawsock trace`, compared with the kernel's stamps.

import { expect } from "bun:test";
import { Clock } from "../../src/cli/shared/clock.ts";
import { Message, recvmsg, send, setSocketOption, socketpair } from "../../src/index.ts";
import { kernel, testWith } from "../support/requirements.ts";

/** The clocks differ by half of what a system call takes, and by their steps. */
const TOLERANCE_NS = 100_000n;

testWith(kernel("4.0"))("it is the clock that the kernel stamps with", () => {
  const clock = new Clock();
  const [from, to] = socketpair("unix", "dgram");
  setSocketOption(to, "SO_TIMESTAMPNS", true);
  const message = new Message({ iovec: [new Uint8Array(1)] });
  for (let round = 0; round < 100; round++) {
    const before = clock.now();
    send(from, new Uint8Array(1));
    const after = clock.now();
    recvmsg(to, message);
    const stamp = message.control.find(({ kind }) => kind === "timestamp");
    const time = stamp?.kind === "timestamp" ? stamp.time : 0n;
    expect(time > before - TOLERANCE_NS).toBe(true);
    expect(time < after + TOLERANCE_NS).toBe(true);
    expect(after >= before).toBe(true);
  }
});
