// How bytes are moved: by the calls of a socket, or those of another file that reads and writes
// whole messages. All else about a call that may wait is the same for both.

import type { Sockaddr } from "../address/sockaddr.ts";
import { MSG } from "../base/constants.ts";
import { receiveFlags, sendFlags, type TransferFlags } from "../calls/flags.ts";
import { trySendEach } from "../message/batch.ts";
import type { ReceivedMessage } from "../message/received.ts";
import { native } from "../native/library.ts";
import { Arena, type ReceptionOptions } from "./arena.ts";

/** The memory that a loop over messages() receives into, again and again. */
export interface Reception {
  /** Receives without waiting, at most `limit`: how many, or -errno. */
  receive(fd: number, limit: number): number;
  /** Can this not be the end of a connection? */
  isSomething(index: number): boolean;
  /** A copy of a message received, or a view of it. */
  copy(index: number): ReceivedMessage;
  /** Did ever a message come with descriptors? */
  readonly hasDescriptors: boolean;
}

/** None of its calls waits: they return what was moved, or -errno. */
export interface Transfer {
  /** What is closed, for messages. */
  readonly noun: string;
  /** The class that the program has of it. */
  readonly class: string;
  /** The system calls, for errors. */
  readonly calls: Readonly<Record<"receive" | "send" | "sendEach" | "loop", string>>;
  readonly receiveFlags: TransferFlags;
  readonly sendFlags: TransferFlags;
  receive(fd: number, target: Uint8Array, start: number, length: number, flags: number): number;
  /** To `address`, or to where it is connected. */
  send(
    fd: number,
    source: Uint8Array,
    start: number,
    length: number,
    flags: number,
    address: Sockaddr | null,
  ): number;
  /** Sends `views`, `start` to `end` of them, each a message: how many went. */
  sendEach(
    fd: number,
    views: readonly Uint8Array[],
    start: number,
    end: number,
    flags: number,
  ): number;
  reception(options: ReceptionOptions): Reception;
}

const NOW = MSG.DONTWAIT;

export const SOCKET: Transfer = {
  noun: "socket",
  class: "Socket",
  calls: { receive: "recv", send: "send", sendEach: "sendmmsg", loop: "recvmmsg" },
  receiveFlags,
  sendFlags,
  receive: (fd, target, start, length, flags) =>
    native.rawsock_recv(fd, target, start, length, flags | NOW),
  send: (fd, source, start, length, flags, address) => {
    const now = flags | NOW;
    if (address === null) return native.rawsock_send(fd, source, start, length, now);
    const { bytes } = address;
    return native.rawsock_sendto(fd, source, start, length, now, bytes, bytes.length);
  },
  sendEach: trySendEach,
  reception: (options) => new Arena(options),
};
