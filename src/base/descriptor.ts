// A descriptor argument: a plain number, or an object that has one, such as a Socket.

import { closedError } from "./error.ts";
import { I32_MAX, integer, wrongType } from "./validate.ts";

/** A plain file descriptor, or an object that has one. */
export type Descriptor = number | { readonly fd: number };

/** The method of an object that must know when close(2) takes its descriptor: a Socket. */
export const CLOSE = Symbol("close");

/** The number of a descriptor. That of a closed Socket, -1, throws a SocketError: EBADF. */
export function descriptor(fd: Descriptor, syscall: string): number {
  if (typeof fd === "number") {
    return (fd | 0) === fd && fd >= 0 ? fd : integer(fd, "fd", 0, I32_MAX);
  }
  if (typeof fd !== "object" || fd === null || typeof fd.fd !== "number") {
    throw wrongType("fd", "a descriptor or an object with one", fd);
  }
  if (fd.fd === -1) throw closedError(syscall);
  return integer(fd.fd, "fd.fd", 0, I32_MAX);
}
