// All that importing the package leaves out. It is loaded as one, by the first call of anything: a
// part that was loaded later could not be where no descriptor is left to open its file with.

export * from "./api.ts";
export { checkControl } from "./control.ts";
export * as family from "./family.ts";
export { Slot } from "./slot.ts";
export * as parts from "./socket/parts.ts";
