// Connections to Unix domain sockets. unix(7).

import type { Duplex } from "node:stream";
import { Sockaddr } from "./address.ts";
import { close, connect, socket } from "./calls.ts";
import type { SocketType } from "./constants.ts";
import { type Bytes, uint8Array } from "./validate.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

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

/**
 * A stream that owns a connection to `path` ("\0name" is abstract) and makes it in the background:
 * what is written before waits, and a failure is its "error" event. Where the peer has ended, it
 * can still be written to until its own end. It keeps the process alive while it is open.
 */
export function openUnixSocketStream(path: string | Bytes): Duplex {
  // Checks the type and the length.
  if (Sockaddr.unix(path).path === "") throw new RangeError("path must not be empty");
  // Loaded at the first use: importing it costs more than the rest of the package.
  const { createConnection } = process.getBuiltinModule("node:net");
  return createConnection({ path: nodePath(path), allowHalfOpen: true });
}

/** node:net takes paths as text. */
function nodePath(path: string | Bytes): string {
  if (typeof path === "string") return path;
  try {
    return decoder.decode(uint8Array(path, "path"));
  } catch (cause) {
    throw new TypeError("path must be valid UTF-8", { cause });
  }
}
