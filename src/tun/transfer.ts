// How a device's packets are moved: read(2) and write(2), a packet each, none of which waits.

import { MSG } from "../base/constants.ts";
import { TransferFlags } from "../calls/flags.ts";
import type { MessageFlag } from "../message/flags.ts";
import type { ReceivedMessage } from "../message/received.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import type { Reception, Transfer } from "../socket/transfer.ts";

/** For a batch, unless one packet alone needs more: what stays in the processor's caches. */
const ROOM = 256 * 1024;

/** What packets are read into, again and again, one behind the other. */
class Packets implements Reception {
  readonly #bytes: Uint8Array;
  readonly #size: number;
  readonly #count: number;
  readonly #reuse: boolean;
  /** Of each packet where it lies, and its own length: zig/tun.zig. */
  readonly #places: Uint32Array;
  readonly #placeBytes: Uint8Array;
  /** What the last steps yielded, where that may be used again. */
  readonly #last: ReceivedMessage[] = [];
  readonly hasDescriptors = false;

  constructor(size: number, limit: number, reuse: boolean) {
    this.#size = size;
    this.#count = limit;
    this.#reuse = reuse;
    this.#bytes = allocate(Math.max(size, ROOM));
    this.#placeBytes = allocate(limit * 8);
    this.#places = new Uint32Array(this.#placeBytes.buffer);
  }

  receive(fd: number, limit: number): number {
    const count = Math.min(limit, this.#count);
    const { length } = this.#bytes;
    const { rawsock_tun_read_batch } = native;
    return rawsock_tun_read_batch(fd, this.#bytes, length, this.#size, count, this.#placeBytes);
  }

  isSomething(): boolean {
    return true;
  }

  copy(index: number): ReceivedMessage {
    const start = this.#places[index * 2] as number;
    const length = this.#places[index * 2 + 1] as number;
    const end = start + Math.min(length, this.#size);
    const flags: MessageFlag[] = length > this.#size ? ["trunc"] : [];
    if (!this.#reuse) {
      return { data: this.#bytes.slice(start, end), address: null, control: [], flags };
    }
    // Packets are often as long as those before, and what holds them costs more to make than to
    // read them.
    const last = this.#last[index];
    const same = last?.data.byteOffset === start && last.data.byteLength === end - start;
    if (same && last.flags.length === flags.length) return last;
    const data = this.#bytes.subarray(start, end);
    const message = { data, address: null, control: [], flags };
    this.#last[index] = message;
    return message;
  }
}

/** A call for each costs less than to tell one call where all of them lie. */
function writeEach(fd: number, packets: readonly Uint8Array[], start: number, end: number): number {
  const { rawsock_tun_write } = native;
  for (let index = start; index < end; index++) {
    const packet = packets[index] as Uint8Array;
    const length = rawsock_tun_write(fd, packet, 0, packet.byteLength);
    // The next call meets the same error.
    if (length < 0) return index > start ? index - start : length;
  }
  return end - start;
}

export const DEVICE: Transfer = {
  noun: "device",
  class: "Tun",
  calls: { receive: "read", send: "write", sendEach: "write", loop: "read" },
  receiveFlags: new TransferFlags(["dontwait", "trunc"]),
  sendFlags: new TransferFlags(["dontwait"]),
  receive: (fd, target, start, length, flags) => {
    const whole = native.rawsock_tun_read(fd, target, start, length);
    return (flags & MSG.TRUNC) === 0 && whole > length ? length : whole;
  },
  send: (fd, source, start, length) => native.rawsock_tun_write(fd, source, start, length),
  sendEach: writeEach,
  reception: ({ size, limit, reuse }) => new Packets(size, limit, reuse),
};
