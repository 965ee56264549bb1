// What kind of socket a descriptor is that was made elsewhere.

import { SO, SOL } from "../base/constants.ts";
import { check } from "../base/error.ts";
import { native } from "../native/library.ts";

const value = new Uint8Array(new ArrayBuffer(4));
const valueWord = new Int32Array(value.buffer);

/** An integer option of the socket level; 0 where this platform lacks it. */
function numberOption(fd: number, name: number): number {
  if (name === 0) return 0;
  check(native.rawsock_getsockopt(fd, SOL.SOCKET, name, value, 4), "getsockopt", fd);
  return valueWord[0] as number;
}

/** SO_DOMAIN, SO_TYPE and SO_PROTOCOL. SocketError: the descriptor is no socket's. */
export function kindOf(fd: number): { family: number; type: number; protocol: number } {
  const type = numberOption(fd, SO.TYPE);
  const family = numberOption(fd, SO.DOMAIN ?? 0);
  return { family, type, protocol: numberOption(fd, SO.PROTOCOL ?? 0) };
}
