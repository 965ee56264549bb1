// How a device's packets are moved: read(2) and write(2), a packet each, none of which waits.

import { MSG } from "../base/constants.ts";
import { TransferFlags } from "../calls/flags.ts";
import type { ReceivedMessage } from "../message/received.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { BATCH_MAX } from "../socket/arena.ts";
import type { Reception, Transfer } from "../socket/transfer.ts";

/** All of a reception's memory, unless even one packet needs more. */
const MEMORY_MAX = 65_536 * BATCH_MAX;

/** What packets are read into, again and again. */
class Packets implements Reception {
  readonly #bytes: Uint8Array;
  readonly #size: number;
  readonly #count: number;
  readonly #lengths: Uint32Array;
  readonly #lengthBytes: Uint8Array;
  readonly #reuse: boolean;
  readonly hasDescriptors = false;

  constructor(size: number, limit: number, reuse: boolean) {
    this.#size = size;
    this.#reuse = reuse;
    this.#count = Math.min(limit, Math.max(1, Math.floor(MEMORY_MAX / Math.max(size, 1))));
    this.#bytes = allocate(this.#count * size);
    this.#lengthBytes = allocate(this.#count * 4);
    this.#lengths = new Uint32Array(this.#lengthBytes.buffer);
  }

  receive(fd: number, limit: number): number {
    const count = Math.min(limit, this.#count);
    return native.rawsock_tun_read_batch(fd, this.#bytes, this.#size, count, this.#lengthBytes);
  }

  isSomething(): boolean {
    return true;
  }

  copy(index: number): ReceivedMessage {
    const start = index * this.#size;
    const length = this.#lengths[index] as number;
    const end = start + Math.min(length, this.#size);
    const data = this.#reuse ? this.#bytes.subarray(start, end) : this.#bytes.slice(start, end);
    return { data, address: null, control: [], flags: length > this.#size ? ["trunc"] : [] };
  }
}

export const DEVICE: Transfer = {
  noun: "device",
  class: "Tun",
  calls: { receive: "read", send: "write", loop: "read" },
  receiveFlags: new TransferFlags(["dontwait", "trunc"]),
  sendFlags: new TransferFlags(["dontwait"]),
  receive: (fd, target, start, length, flags) => {
    const whole = native.rawsock_tun_read(fd, target, start, length);
    return (flags & MSG.TRUNC) === 0 && whole > length ? length : whole;
  },
  send: (fd, source, start, length) => native.rawsock_tun_write(fd, source, start, length),
  reception: (size, _, limit, reuse) => new Packets(size, limit, reuse),
};
