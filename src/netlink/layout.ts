// Where things lie in netlink(7) messages, looked up once for the loops that walk over them.

import { Structure } from "../native/record.ts";
import { constant } from "./constants.ts";

/** struct nlattr, which rtnetlink(7) calls rtattr. */
export const ATTRIBUTE = new Structure("nlattr");
/** struct nlmsghdr. */
export const MESSAGE = new Structure("nlmsghdr");

/** That of messages is that of attributes; 0 until it is looked up. */
let alignment = 0;

/** The next multiple of four: NLMSG_ALIGN and NLA_ALIGN. */
export function aligned(length: number): number {
  if (alignment === 0) alignment = constant("NLMSG", "ALIGNTO");
  return (length + alignment - 1) & -alignment;
}

/** 16 bits in host order; every supported platform is little-endian. */
export function u16At(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
}

/** 32 bits in host order. */
export function u32At(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] as number) |
      ((bytes[offset + 1] as number) << 8) |
      ((bytes[offset + 2] as number) << 16) |
      ((bytes[offset + 3] as number) << 24)) >>>
    0
  );
}
