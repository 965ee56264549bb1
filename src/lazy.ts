// What is made at its first use, because importing the package must cost little.

/** `make`, called once, when the result is first asked for. */
export function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/**
 * A function that stands in for one of a module that is loaded at its first use: `find` loads the
 * module and returns the function.
 */
export function stub<F extends (a: never, b: never, c: never, d: never) => unknown>(
  find: () => F,
): F {
  return ((a: never, b: never, c: never, d: never) => find()(a, b, c, d)) as F;
}
