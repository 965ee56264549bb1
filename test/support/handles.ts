// Handles of Windows, sockets among them.

import { dlopen } from "bun:ffi";

/** SystemHandleInformation of NtQuerySystemInformation; Wine does not count otherwise. */
const ALL_HANDLES = 16;
const ENTRY_SIZE = 24;
const TOO_SHORT = 0xc0000004 | 0;

/** How many handles this process has open. */
export function openHandles(): number {
  const kernel = dlopen("kernel32.dll", {
    GetProcessHandleCount: { args: ["i64", "buffer"], returns: "i32" },
  });
  const count = new Uint32Array(1);
  kernel.symbols.GetProcessHandleCount(-1n, count);
  kernel.close();
  // Wine's answer is 0.
  return count[0] === 0 ? entries() : (count[0] as number);
}

/** Entries of the table of all processes that are this one's. */
function entries(): number {
  const ntdll = dlopen("ntdll.dll", {
    NtQuerySystemInformation: { args: ["i32", "buffer", "u32", "buffer"], returns: "i32" },
  });
  const length = new Uint32Array(1);
  let table = new DataView(new ArrayBuffer(1 << 16));
  for (;;) {
    const bytes = new Uint8Array(table.buffer);
    const { NtQuerySystemInformation: query } = ntdll.symbols;
    const status = query(ALL_HANDLES, bytes, bytes.length, length);
    if (status === 0) break;
    if (status !== TOO_SHORT) throw new Error(`NtQuerySystemInformation: ${status >>> 0}`);
    table = new DataView(new ArrayBuffer(table.byteLength * 2));
  }
  ntdll.close();
  let own = 0;
  for (let index = 0; index < table.getUint32(0, true); index++) {
    if (table.getUint32(8 + index * ENTRY_SIZE, true) === process.pid) own++;
  }
  return own;
}
