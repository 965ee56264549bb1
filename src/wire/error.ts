// What is wrong with bytes.

/** Bytes that are cut off or malformed; `offset` is where, from the first byte given. */
export class WireError extends RangeError {
  /** The kind of the header that could not be read. */
  readonly layer: string;
  /** Where, from the first byte that was given. */
  readonly offset: number;

  /** For protocols of your own, too: see `register`. */
  constructor(layer: string, offset: number, message: string) {
    super(message);
    this.name = "WireError";
    this.layer = layer;
    this.offset = offset;
  }
}

/** Why a packet was not read to its end. */
export type Problem = {
  /** The bytes end too early, or they contradict themselves. */
  kind: "truncated" | "malformed";
  /** The kind of the header that is cut off or malformed, or whose payload is cut off. */
  layer: string;
  /** Where that header or payload begins, or the malformed field, from the frame's first byte. */
  offset: number;
  /** In words. */
  message: string;
};
