// What making and using a socket takes. It is loaded as one, by the first call of any of it: a part
// loaded later could not be where no descriptor is left to open its file with.

export * from "./batch.ts";
export * from "./calls.ts";
export * from "./control.ts";
export * from "./convert.ts";
export * as family from "./family.ts";
export * from "./messaging.ts";
export * from "./order.ts";
export * from "./poll.ts";
export { Slot } from "./slot.ts";
export * as parts from "./socket/parts.ts";
export * from "./transfer.ts";
