// What kind of socket a descriptor is that was made elsewhere.

import { familyOf } from "../address/family.ts";
import { SO, SOL } from "../base/constants.ts";
import { check } from "../base/error.ts";
import { addressSlot, slotAddress } from "../native/address.ts";
import { native } from "../native/library.ts";

const value = new Uint8Array(new ArrayBuffer(4));
const valueWord = new Int32Array(value.buffer);

/** An integer option of the socket level; 0 where this platform lacks it. */
function numberOption(fd: number, name: number): number {
  if (name === 0) return 0;
  check(native.rawsock_getsockopt(fd, SOL.SOCKET, name, value, 4), "getsockopt", fd);
  return valueWord[0] as number;
}

/** The family of its name, which a socket has before it has a name of its own. */
function familyByName(fd: number): number {
  check(native.rawsock_getsockname(fd, addressSlot), "getsockname", fd);
  const name = slotAddress();
  return name === null ? 0 : familyOf(name);
}

/** SO_DOMAIN, SO_TYPE and SO_PROTOCOL. SocketError: the descriptor is no socket's. */
export function kindOf(fd: number): { family: number; type: number; protocol: number } {
  const type = numberOption(fd, SO.TYPE);
  const { DOMAIN } = SO;
  const family = DOMAIN === undefined ? familyByName(fd) : numberOption(fd, DOMAIN);
  return { family, type, protocol: numberOption(fd, SO.PROTOCOL ?? 0) };
}
