// A connection to a Unix domain socket as a stream of Node's.

import type { Duplex } from "node:stream";
import { Sockaddr } from "../address/sockaddr.ts";
import { lazy } from "../base/lazy.ts";
import type { Bytes } from "../base/validate.ts";
import { I32_MAX } from "../base/validate.ts";
import { Socket } from "./socket.ts";

/** What one read takes at most. */
const READ_MAX = 64 * 1024;
/** The longest time that a timer takes: 24 days. */
const LONGEST = I32_MAX;

type Done = (error?: Error | null) => void;

/** node:net is not used: Bun's loses what a peer sent that has closed before "connect". */
const unixStream = lazy(() => {
  // Loaded at the first use: importing it costs more than the rest of the package.
  const { Duplex: Base } = process.getBuiltinModule("node:stream");
  return class UnixStream extends Base {
    readonly #connected: Promise<Socket>;
    #socket: Socket | undefined;
    /** Keeps the process alive, which an idle Socket does not. */
    readonly #alive = setInterval(() => {}, LONGEST);

    constructor(address: Sockaddr) {
      super({ allowHalfOpen: true });
      this.#connected = this.#connect(address);
      this.#connected.then(
        () => this.emit("connect"),
        (error) => this.destroy(error),
      );
    }

    async #connect(address: Sockaddr): Promise<Socket> {
      this.#socket = Socket.open("unix", "stream");
      await this.#socket.connect(address);
      return this.#socket;
    }

    override _read(): void {
      this.#receive().then(
        (data) => this.push(data),
        (error) => this.destroy(error),
      );
    }

    /** What came next, or null at the end. */
    async #receive(): Promise<Buffer | null> {
      const socket = await this.#connected;
      const buffer = Buffer.allocUnsafeSlow(READ_MAX);
      const length = await socket.recv(buffer);
      if (length === 0) return null;
      // A small part must not keep the whole in memory.
      return length * 2 < READ_MAX
        ? Buffer.from(buffer.subarray(0, length))
        : buffer.subarray(0, length);
    }

    override _write(chunk: Uint8Array, _: BufferEncoding, done: Done): void {
      this.#send(chunk).then(() => done(), done);
    }

    async #send(chunk: Uint8Array): Promise<void> {
      const socket = await this.#connected;
      for (let start = 0; start < chunk.length; ) start += await socket.send(chunk, { start });
    }

    override _final(done: Done): void {
      this.#end().then(() => done(), done);
    }

    async #end(): Promise<void> {
      (await this.#connected).shutdown("wr");
    }

    override _destroy(error: Error | null, done: Done): void {
      clearInterval(this.#alive);
      this.#socket?.close();
      done(error);
    }
  };
});

/**
 * A stream that owns a connection to `path` ("\0name" is abstract) and makes it in the background:
 * what is written before waits, and a failure, a SocketError, is its "error" event. Where the peer
 * has ended, it can still be written to until its own end. It keeps the process alive while it is
 * open.
 */
export function openUnixSocketStream(path: string | Bytes): Duplex {
  const address = Sockaddr.unix(path);
  if (address.path === "") throw new RangeError("path must not be empty");
  const UnixStream = unixStream();
  return new UnixStream(address);
}
