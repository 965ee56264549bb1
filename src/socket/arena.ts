// The memory that messages() receives into, again and again.

import { ReceptionTable, recordRoom } from "../message/batch.ts";
import { messageFlags } from "../message/flags.ts";
import { Message, slotOf } from "../message/message.ts";
import { type ReceivedMessage, withUnseen } from "../message/received.ts";
import type { Slot } from "../message/slot.ts";
import { copyOfPart } from "../native/memory.ts";

/** What a loop over messages() needs room for. */
export type ReceptionOptions = {
  /** Bytes of each message, and of its control data. */
  readonly size: number;
  readonly controlLength: number;
  /** How many at most. */
  readonly limit: number;
  /** `copy` makes none. */
  readonly reuse: boolean;
  /** See receive. */
  readonly records: boolean;
};

/** Messages received at once. */
export const BATCH_MAX = 64;
const BATCH_MIN = 4;
/** All of it, unless even one message needs more. */
const ARENA_MAX = 65_536 * BATCH_MAX;

export class Arena {
  readonly #rooms: Uint8Array[] = [];
  /** Made as they are needed: most loops never receive so many at once. */
  readonly #slots: Slot[] = [];
  readonly #table: ReceptionTable;
  readonly #count: number;
  readonly #size: number;
  readonly #controlRoom: number;
  readonly #reuse: boolean;
  readonly #records: boolean;
  /** What the last steps yielded, where that may be used again. */
  readonly #last: ReceivedMessage[] = [];
  /** Did ever a message come with descriptors? */
  hasDescriptors = false;
  /** How many to ask for: more while they keep coming. */
  #wanted = BATCH_MIN;

  constructor({ size, controlLength, limit, reuse, records }: ReceptionOptions) {
    this.#count = Math.min(limit, Math.max(1, Math.floor(ARENA_MAX / Math.max(size, 1))));
    this.#size = size;
    this.#reuse = reuse;
    this.#records = records;
    this.#controlRoom = records ? controlLength + recordRoom() : controlLength;
    this.#table = new ReceptionTable(this.#count);
  }

  /** Makes room for `count` messages, all that are new in one piece of memory. */
  #grow(count: number): void {
    const known = this.#slots.length;
    const size = this.#size;
    const bytes = new Uint8Array(new ArrayBuffer((count - known) * size));
    for (let index = known; index < count; index++) {
      const start = (index - known) * size;
      const room = bytes.subarray(start, start + size);
      const slot = slotOf(new Message({ iovec: [room], controlLength: this.#controlRoom }));
      this.#rooms.push(room);
      this.#slots.push(slot);
      this.#table.add(slot);
    }
  }

  /**
   * Receives without waiting, at most `limit`: how many, or -errno. Of `records` 0 is the end; else
   * what comes at the end are messages in which there is nothing.
   */
  receive(fd: number, limit: number): number {
    const end = Math.min(this.#count, this.#wanted, Math.max(limit, 1));
    if (end > this.#slots.length) this.#grow(end);
    const count = this.#records
      ? this.#table.receiveRecords(fd, end)
      : this.#table.receive(fd, end);
    // Traffic comes in bursts: the last of one says little about the next.
    const next = Math.max(count * 2, this.#wanted / 2, BATCH_MIN);
    if (count > 0) this.#wanted = Math.min(Math.floor(next), BATCH_MAX);
    return count;
  }

  /**
   * Can this not be the end of a connection? What has bytes, an address or control data cannot,
   * nor what was cut down to nothing.
   */
  isSomething(index: number): boolean {
    const slot = this.#slots[index] as Slot;
    return slot.length > 0 || slot.flagBits !== 0 || slot.hasControl || slot.address !== null;
  }

  /** A copy of a message received. */
  copy(index: number): ReceivedMessage {
    const slot = this.#slots[index] as Slot;
    const plain = this.#reuse && slot.flagBits === 0 && !slot.hasControl;
    if (plain) {
      // What holds a message costs more to make than to read it, and is often the same.
      const last = this.#last[index];
      if (last?.data.byteLength === slot.length && slot.cameFrom(last.address)) return last;
    }
    const room = this.#rooms[index] as Uint8Array;
    const { length } = slot;
    const control = slot.lookAtControl();
    const message = {
      data: this.#reuse ? room.subarray(0, length) : copyOfPart(room, 0, length),
      address: slot.address,
      control,
      flags: messageFlags.words(slot.flagBits),
    };
    const fds = slot.giveUnseen();
    if (fds.length === 0) {
      if (plain) this.#last[index] = message;
      return message;
    }
    this.hasDescriptors = true;
    return withUnseen(message, fds);
  }
}
