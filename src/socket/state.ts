// What the calls of one Socket share.

import type { Sockaddr } from "../address/sockaddr.ts";
import { AF, SO, SOCK } from "../base/constants.ts";
import { check, closedError, type ErrorContext } from "../base/error.ts";
import { READ } from "../readiness/source.ts";
import { Watch } from "../readiness/watch.ts";
import { discard, type Entry, Inbox } from "./inbox.ts";
import { guard, unguard } from "./leak.ts";
import { SOCKET, type Transfer } from "./transfer.ts";

export class SocketState {
  readonly watch: Watch;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  /** Its system calls. */
  readonly transfer: Transfer;
  /** What was received and nobody was given yet. */
  readonly inbox = new Inbox();
  /** Bytes handed to the kernel. */
  bytesSent = 0;
  closed = false;
  /** May others have the descriptor? O_NONBLOCK is everybody's who shares the open file. */
  isShared = false;
  /** Whom a connection is, or was, with; null where that is not known. */
  peer: Sockaddr | null = null;
  /** The Socket: calls that wait hold this state and so keep it alive. */
  readonly socket: object;

  constructor(
    socket: object,
    fd: number,
    family: number,
    type: number,
    protocol: number,
    transfer: Transfer = SOCKET,
  ) {
    this.socket = socket;
    this.watch = new Watch(fd);
    this.family = family;
    this.type = type;
    this.protocol = protocol;
    this.transfer = transfer;
    guard(socket, this);
  }

  /** For the warning about a Socket that was forgotten. */
  get class(): string {
    return this.transfer.class;
  }

  /** What an error of a call on it tells besides. */
  context(_errno: number): ErrorContext {
    return { fd: this.watch.fd };
  }

  /** Its bytes are a stream: a call may move a part of what it was given. */
  get isStream(): boolean {
    return this.type === SOCK.STREAM;
  }

  /** Nothing received may mean its end. */
  get isConnectionOriented(): boolean {
    return this.type === SOCK.STREAM || this.type === SOCK.SEQPACKET;
  }

  /** Its end can be told from a record without bytes. */
  get hasRecords(): boolean {
    return this.type === SOCK.SEQPACKET && this.family === AF.UNIX && SO.PASSCRED !== undefined;
  }

  get isInternet(): boolean {
    return this.family === AF.INET || this.family === AF.INET6;
  }

  /** The descriptor; that of a closed Socket throws a SocketError: EBADF. */
  descriptor(syscall: string): number {
    if (this.closed) throw closedError(syscall, this.transfer.noun);
    return this.watch.fd;
  }

  /** close(2), once; the calls that wait end. */
  close(): void {
    if (this.closed) return;
    this.#release();
    const status = this.watch.close();
    this.watch.cancel();
    check(status, "close", this.watch.fd);
  }

  /** Gives the descriptor away; the calls that wait end. */
  detach(): number {
    const fd = this.descriptor("detach");
    this.#release();
    this.watch.detach();
    this.watch.cancel();
    return fd;
  }

  #release(): void {
    this.closed = true;
    this.inbox.discard();
    unguard(this);
  }

  /** Keeps what was received for the next calls, before what is kept already. */
  keep(entries: readonly Entry[]): void {
    if (this.closed) {
      discard(entries);
      return;
    }
    this.inbox.restore(entries);
    this.watch.nudge(READ);
  }
}
