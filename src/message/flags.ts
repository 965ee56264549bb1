// What the kernel says of a message: MSG_* bits by keyword.

import { MSG } from "../base/constants.ts";
import { Flags } from "../base/keyword.ts";

/** A MSG_* constant, lower-case and without its prefix. */
export type MessageFlag = "trunc" | "ctrunc" | "eor" | "oob" | "errqueue" | (string & {});

/** Of several names for one bit the first in the header counts. */
export const messageFlags = new Flags("flag", () => MSG);
