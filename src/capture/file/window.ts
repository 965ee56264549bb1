// The part of a file that is in memory.

/** Where bytes come from. */
export interface Source {
  /** Puts at most `length` bytes at `at`; how many, 0 at the end. */
  read(into: Uint8Array<ArrayBuffer>, at: number, length: number): Promise<number>;
  /** Whether the end was not where whoever packed the bytes put it. */
  readonly truncated: boolean;
  close(): Promise<void>;
}

const ROOM = 0x8_0000;

/** The bytes from `start` to `end` were read and not yet taken. */
export class Window {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  start = 0;
  end = 0;
  /** Whether nothing comes behind `end`. */
  ended = false;
  readonly #source: Source | undefined;
  /** Where in the file `bytes` begins. */
  #base = 0;

  private constructor(bytes: Uint8Array<ArrayBuffer>, source: Source | undefined) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.#source = source;
  }

  /** Moves over what a source gives. */
  static over(source: Source): Window {
    return new Window(new Uint8Array(ROOM), source);
  }

  /** All there is. */
  static of(bytes: Uint8Array<ArrayBuffer>): Window {
    const window = new Window(bytes, undefined);
    window.end = bytes.length;
    window.ended = true;
    return window;
  }

  get available(): number {
    return this.end - this.start;
  }

  /** Where in the file byte `at` of the window is. */
  offset(at: number): number {
    return this.#base + at;
  }

  /**
   * Reads on until `least` bytes are there or the file has ended. What was there may move: this is
   * the step until which views are valid. Memory grows with what really comes, not with what a
   * length claims.
   */
  async fill(least: number): Promise<void> {
    while (!this.ended && this.available < least) {
      this.#makeRoom(least);
      const room = this.bytes.length - this.end;
      const count = await (this.#source as Source).read(this.bytes, this.end, room);
      if (count === 0) this.ended = true;
      this.end += count;
    }
  }

  #makeRoom(least: number): void {
    const { bytes, start, end } = this;
    // What comes in small pieces is not moved for each of them.
    if (start + least <= bytes.length && bytes.length - end >= ROOM / 4) return;
    if (start > 0) {
      bytes.copyWithin(0, start, end);
      this.#base += start;
      this.start = 0;
      this.end = end - start;
    } else if (end === bytes.length) {
      this.bytes = new Uint8Array(2 * bytes.length);
      this.bytes.set(bytes);
      this.view = viewOf(this.bytes);
    }
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) {
  return new DataView(buffer, byteOffset, byteLength);
}
