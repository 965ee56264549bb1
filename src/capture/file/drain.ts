// Node's streams say that they are full, and then that they no longer are.

type Listen = (event: string, listener: () => void) => unknown;
export type Emitter = { on: Listen; off: Listen };

const EVENTS = ["drain", "close", "error"] as const;

/** Waits until a stream takes more, or never will. */
export async function drained(stream: Emitter): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const event of EVENTS) stream.on(event, resolve);
  await promise;
  for (const event of EVENTS) stream.off(event, resolve);
}
