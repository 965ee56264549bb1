// A call that failed is made again.

import type { Provider } from "./provider.ts";

/** Makes a call again, of the same object and without the fault, where it failed. */
export async function again<T>(given: Provider, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    given.injector.disarm();
    try {
      await call();
    } catch (second) {
      throw new Error(`it fails again: ${second}`, { cause: error });
    }
    throw error;
  }
}

/** For calls that wait; shorter where they are to fail. */
export const LIMITS = { timeout: Number(process.env.RAWSOCK_TEST_CALL_TIMEOUT ?? 5000) };
export const OWN_NAMESPACE = "/proc/self/ns/net";
