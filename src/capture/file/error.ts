// What is wrong with a capture file.

/** Bytes that no capture file has there; `offset` is where, from the first byte (unpacked) on. */
export class CaptureFileError extends RangeError {
  readonly offset: number;

  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(`${message} at byte ${offset}`, options);
    this.name = "CaptureFileError";
    this.offset = offset;
  }
}
