// What the parts of a Socket share.

import { AF, MSG, SOCK } from "../base/constants.ts";
import { closedError } from "../base/error.ts";
import { type Direction, READ } from "../readiness/source.ts";
import { Watch } from "../readiness/watch.ts";
import { discard, Kept, type ReceivedMessage } from "./inbox.ts";

export class Core {
  readonly watch: Watch;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  /** Bytes handed to the kernel. */
  bytesSent = 0;
  closed = false;
  /** Null as long as nothing was ever kept. */
  kept: Kept | null = null;
  /** The Socket: calls that wait hold the core and so keep it alive. */
  readonly socket: object;

  constructor(socket: object, fd: number, family: number, type: number, protocol: number) {
    this.socket = socket;
    this.watch = new Watch(fd);
    this.family = family;
    this.type = type;
    this.protocol = protocol;
  }

  /** Its bytes are a stream: a call may move a part of what it was given. */
  get isStream(): boolean {
    return this.type === SOCK.STREAM;
  }

  /** Nothing received means its end. */
  get isConnectionOriented(): boolean {
    return this.type === SOCK.STREAM || this.type === SOCK.SEQPACKET;
  }

  get isUnixDatagram(): boolean {
    return this.family === AF.UNIX && this.type === SOCK.DGRAM;
  }

  /** May a call be made at once? One that never waits does not wait for its turn either. */
  admit(direction: Direction, flags: number): boolean {
    return this.watch.admit(direction) || this.refusesToWait(flags);
  }

  /** The caller asked for EAGAIN instead of a wait. */
  refusesToWait(flags: number): boolean {
    return (flags & MSG.DONTWAIT) !== 0;
  }

  /** The descriptor; that of a closed Socket throws a SocketError: EBADF. */
  descriptor(syscall: string): number {
    if (this.closed) throw closedError(syscall);
    return this.watch.fd;
  }

  /** Keeps what was received for the next calls, before what is kept already. */
  keep(entries: readonly (ReceivedMessage | number)[]): void {
    if (entries.length === 0) return;
    if (this.closed) {
      discard(entries);
      return;
    }
    this.kept ??= new Kept();
    this.kept.restore(entries);
    this.watch.nudge(READ);
  }

  /** What is kept and a call with these directions would get. */
  get waitingForReader(): Kept | null {
    return this.kept === null || this.kept.isEmpty ? null : this.kept;
  }
}
