// What the kernel says of a message: MSG_* bits by keyword.

import { MSG } from "../base/constants.ts";
import { Flags } from "../base/keyword.ts";
import { constants } from "../native/library.ts";

/** A MSG_* constant, lower-case and without its prefix. */
export type MessageFlag = "trunc" | "ctrunc" | "eor" | "oob" | "errqueue" | (string & {});

/**
 * Of several names for one bit the first counts: what SCTP receives as MSG_NOTIFICATION is MSG_MORE
 * where something is sent.
 */
export const messageFlags = new Flags("flag", () => {
  const notification = constants.single?.MSG_NOTIFICATION;
  return notification === undefined ? MSG : { NOTIFICATION: notification, ...MSG };
});
