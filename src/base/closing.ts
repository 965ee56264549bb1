// Closing what is made of several parts.

type Closable = { close(): void };

/** Closes each, whatever those before it say; the first error is thrown when all are closed. */
export function closeAll(parts: Iterable<Closable>): void {
  const errors: unknown[] = [];
  // A part may leave the set that it is in.
  for (const part of [...parts]) {
    try {
      part.close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
