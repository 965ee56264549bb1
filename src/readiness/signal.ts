// What wakes the event loop.

/** What Bun's event loop is told by, one way or another. */
export interface Signal {
  /**
   * Has it ring when a watched socket is ready, once, and at once where one is. False: it cannot,
   * this time.
   */
  expect(): boolean;
  /** Whether the wait keeps the process alive. */
  referenced: boolean;
}
