// Where the library stores the address that a call returns.

import { record } from "./library.ts";
import { allocate } from "./memory.ts";

/** Where the library stores an address: its length as the kernel said, then the address. */
export const addressSlot = allocate(record("address_slot").size);
const addressSlotWords = new Uint32Array(addressSlot.buffer, 0, 1);
const storageOffset = record("address_slot").fields.storage?.[0] ?? 0;

/** The address in the slot, valid until the next call, or null where there is none. */
export function slotAddress(): Uint8Array | null {
  const length = addressSlotWords[0] ?? 0;
  if (length === 0) return null;
  return addressSlot.subarray(storageOffset, storageOffset + length);
}
