// What the parts of a Socket share.

import { AF, SOCK } from "../constants.ts";
import { closedError } from "../error.ts";
import { Watch } from "../readiness.ts";

export class Core {
  readonly watch: Watch;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  /** Bytes handed to the kernel. */
  bytesSent = 0;
  closed = false;
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

  get isUnixDatagram(): boolean {
    return this.family === AF.UNIX && this.type === SOCK.DGRAM;
  }

  /** The descriptor; that of a closed Socket throws a SocketError: EBADF. */
  descriptor(syscall: string): number {
    if (this.closed) throw closedError(syscall);
    return this.watch.fd;
  }
}
