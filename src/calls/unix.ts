// Connections to Unix domain sockets. unix(7).

import { Sockaddr } from "../address/sockaddr.ts";
import type { SocketType } from "../base/constants.ts";
import type { Bytes } from "../base/validate.ts";
import { close, connect, socket } from "./socket.ts";

/**
 * A socket of `type` connected to `path` ("\0name" is abstract), blocking, and the address it is
 * connected to. Wraps socket(2) and connect(2).
 */
export function openUnixSocket(
  path: string | Bytes,
  type: SocketType = "stream",
): { fd: number; address: Sockaddr } {
  const address = Sockaddr.unix(path);
  const fd = socket("unix", type);
  try {
    connect(fd, address);
  } catch (error) {
    close(fd);
    throw error;
  }
  return { fd, address };
}
