// All the ways to receive what consists of messages, one after the other by chance.

import { type ControlMessage, Message, type Socket } from "../../src/index.ts";
import type { Limits } from "../../src/socket/limits.ts";
import { impatient, NOTHING } from "./impatience.ts";
import type { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

/** Room for the largest message of the flows with headers, and then some. */
const ROOM = 4096;
const MMSG = 6;

/**
 * Is given what was received: the bytes are valid during the call. `null`: control data were not
 * asked for. Returns whether it was the last.
 */
export type Take = (data: Uint8Array, control: readonly ControlMessage[] | null) => boolean;

export class Reading {
  readonly #socket: Socket;
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #take: Take;
  readonly #buffer = new Uint8Array(ROOM);
  readonly #message = new Message({ iovec: [this.#buffer] });
  readonly #messages = Array.from(
    { length: MMSG },
    () => new Message({ iovec: [new Uint8Array(ROOM)] }),
  );
  #isLast = false;
  readonly #ways = [
    (op: Limits) => this.#recv(op),
    (op: Limits) => this.#recvfrom(op),
    (op: Limits) => this.#recvmsg(op),
    (op: Limits) => this.#recvmmsg(op),
    (op: Limits) => this.#loop(op),
    (op: Limits) => this.#batches(op, false),
    (op: Limits) => this.#batches(op, true),
    (op: Limits) => this.#readable(op),
  ];

  constructor(socket: Socket, random: Random, tally: Tally, take: Take) {
    this.#socket = socket;
    this.#random = random;
    this.#tally = tally;
    this.#take = (data, control) => {
      const isLast = take(data, control);
      this.#isLast ||= isLast;
      return isLast;
    };
  }

  /** Receives some in one of the ways; true: the end has come. */
  async some(): Promise<boolean> {
    const way = this.#random.pick(this.#ways);
    const ended = await impatient(this.#tally, this.#random, way);
    return this.#isLast || (ended !== NOTHING && ended);
  }

  async #recv(op: Limits): Promise<boolean> {
    const length = await this.#socket.recv(this.#buffer, op);
    if (length > 0) this.#take(this.#buffer.subarray(0, length), null);
    return length === 0;
  }

  async #recvfrom(op: Limits): Promise<boolean> {
    const { length } = await this.#socket.recvfrom(this.#buffer, op);
    if (length > 0) this.#take(this.#buffer.subarray(0, length), null);
    return length === 0;
  }

  async #recvmsg(op: Limits): Promise<boolean> {
    const length = await this.#socket.recvmsg(this.#message, op);
    if (length > 0) this.#take(this.#buffer.subarray(0, length), this.#message.control);
    return length === 0;
  }

  async #recvmmsg(op: Limits): Promise<boolean> {
    const count = await this.#socket.recvmmsg(this.#messages, op);
    for (const { iovec, length, control } of this.#messages.slice(0, count)) {
      if (length === 0) return true;
      this.#take((iovec[0] as Uint8Array).subarray(0, length), control);
    }
    return false;
  }

  /** Left half-way: what is kept is for the next calls. */
  async #loop(op: Limits): Promise<boolean> {
    let left = this.#random.integer(1, 40);
    for await (const { data, control } of this.#socket.messages({ ...op, size: ROOM })) {
      if (this.#take(data, control) || --left === 0) return false;
    }
    return true;
  }

  async #batches(op: Limits, reuse: boolean): Promise<boolean> {
    let left = this.#random.integer(1, 8);
    const batch = this.#random.integer(1, 64);
    const options = { ...op, size: ROOM, batch, reuse };
    for await (const messages of this.#socket.messages(options)) {
      let isLast = false;
      for (const { data, control } of messages) isLast = this.#take(data, control);
      if (isLast || --left === 0) return false;
    }
    return true;
  }

  async #readable(op: Limits): Promise<boolean> {
    await this.#socket.readable(op);
    return this.#recv(op);
  }
}
