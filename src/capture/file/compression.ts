// Packed files, known by their first bytes, and unpacked as they are read.

import type { Gunzip } from "node:zlib";
import { zlib } from "./builtin.ts";
import { drained } from "./drain.ts";
import { CaptureFileError } from "./error.ts";
import { StreamSource } from "./source.ts";
import type { Source } from "./window.ts";

/** What packed files begin with. */
const MAGICS = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  // A frame to skip, whose first byte has four bits to choose; pzstd and others begin with one.
  "zstd frame": [0x50, 0x2a, 0x4d, 0x18],
  lz4: [0x04, 0x22, 0x4d, 0x18],
  xz: [0xfd, 0x37, 0x7a, 0x58],
  bzip2: [0x42, 0x5a, 0x68],
} as const;
export type Packing = keyof typeof MAGICS;

/** How a file is packed, by its first four bytes or as many as there are. */
export function packingOf(first: Uint8Array): Packing | undefined {
  for (const [name, magic] of Object.entries(MAGICS)) {
    const same = magic.every((byte, index) => {
      const own = first[index] as number;
      return (name === "zstd frame" && index === 0 ? own & 0xf0 : own) === byte;
    });
    if (first.length >= magic.length && same) return name as Packing;
  }
  return undefined;
}

/** Bytes that are unpacked at a time. */
const CHUNK = 0x1_0000;

export function unpacked(packed: Source, packing: Packing): Source {
  switch (packing) {
    case "gzip":
      return new Unpacked(packed, "gzip", gunzip(packed));
    case "zstd":
    case "zstd frame":
      return new Unpacked(packed, "zstd", unzstd(packed));
    default:
      throw new CaptureFileError(
        `the file is packed with ${packing}, which Bun cannot unpack: pipe it through ` +
          `\`${packing} -dc\` and read "-",`,
        0,
      );
  }
}

/** The packed bytes, when they are asked for. */
function pulled(packed: Source): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const chunk = new Uint8Array(CHUNK);
        const count = await packed.read(chunk, 0, CHUNK);
        if (count === 0) controller.close();
        else controller.enqueue(chunk.subarray(0, count));
      },
    },
    { highWaterMark: 0 },
  );
}

/** Several members behind each other, and zeros behind them, are one file as for gzip(1). */
function gunzip(packed: Source): ReadableStream {
  const gunzip = zlib().createGunzip({ chunkSize: CHUNK });
  const output = gunzip[Symbol.asyncIterator]();
  const input = feed(packed, gunzip);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await output.next();
        if (!done) {
          controller.enqueue(value);
          return;
        }
        await input;
        controller.close();
      },
      async cancel() {
        gunzip.destroy();
        await input;
      },
    },
    { highWaterMark: 0 },
  );
}

/** Writes what comes as fast as it is unpacked. */
async function feed(packed: Source, gunzip: Gunzip): Promise<void> {
  try {
    while (!gunzip.destroyed) {
      const chunk = new Uint8Array(CHUNK);
      const count = await packed.read(chunk, 0, CHUNK);
      if (count === 0) break;
      if (!gunzip.write(chunk.subarray(0, count))) await drained(gunzip);
    }
    gunzip.end();
  } catch (error) {
    // Whoever reads gets it.
    gunzip.destroy(error as Error);
  }
}

function unzstd(packed: Source): ReadableStream {
  // Bun's types do not know it yet.
  const format = "zstd" as "gzip";
  return pulled(packed).pipeThrough(new DecompressionStream(format));
}

/** Whether a library's error says that the packed bytes end too early. */
const CUT_OFF = /unexpected end/i;

class Unpacked implements Source {
  truncated = false;
  readonly #packed: Source;
  readonly #name: string;
  readonly #stream: StreamSource;
  #offset = 0;

  constructor(packed: Source, name: string, stream: ReadableStream) {
    this.#packed = packed;
    this.#name = name;
    this.#stream = new StreamSource(stream);
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    try {
      const count = await this.#stream.read(into, at, length);
      this.#offset += count;
      if (count === 0 && this.#packed.truncated) this.truncated = true;
      return count;
    } catch (cause) {
      if (!(cause instanceof Error) || isSystemError(cause)) throw cause;
      if (cause instanceof CaptureFileError) throw cause;
      this.truncated = CUT_OFF.test(cause.message);
      if (this.truncated) return 0;
      throw new CaptureFileError(`${this.#name}: ${cause.message}`, this.#offset, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#stream.close();
    await this.#packed.close();
  }
}

/** What reading the packed bytes failed with, not unpacking them. */
function isSystemError(error: Error): boolean {
  return "errno" in error && "syscall" in error;
}
