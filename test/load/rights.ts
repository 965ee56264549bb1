// Descriptors that are passed: of a file that the receiver knows by its number.

import { closeSync, fstatSync, openSync } from "node:fs";
import { type ControlMessage, close } from "../../src/index.ts";
import type { Tally } from "./tally.ts";

export class Rights implements Disposable {
  readonly fd: number;
  readonly #isOwn: boolean;
  readonly #inode: number;
  readonly #tally: Tally;

  /** `fd`: where it is somebody else's, who closes it. */
  constructor(tally: Tally, fd?: number) {
    this.#tally = tally;
    this.#isOwn = fd === undefined;
    this.fd = fd ?? openSync("/dev/null", "r");
    this.#inode = fstatSync(this.fd).ino;
  }

  /** What a message brings the descriptor with. */
  get control(): ControlMessage[] {
    return [{ kind: "rights", fds: [this.fd] }];
  }

  /** Closes what was received; `isSure`: a descriptor was sent with this very message, or none. */
  take(control: readonly ControlMessage[], wasSent: boolean, isSure: boolean): void {
    let count = 0;
    for (const message of control) {
      if (message.kind !== "rights") continue;
      for (const fd of message.fds) {
        count++;
        if (fstatSync(fd).ino !== this.#inode) this.#tally.fault("another descriptor was received");
        close(fd);
      }
    }
    this.#tally.passed += count;
    if (isSure && count !== (wasSent ? 1 : 0)) {
      this.#tally.fault(`${count} descriptors came with a message`);
    }
  }

  [Symbol.dispose](): void {
    if (this.#isOwn) closeSync(this.fd);
  }
}
