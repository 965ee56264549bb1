// What is made at its first use, because importing the package must cost little.

/** `make`, called once, when the result is first asked for. */
export function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
