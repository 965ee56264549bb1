// tcpdump beside a capture, on the same interface.

import { join } from "node:path";
import type { Namespace } from "../../support/namespace.ts";
import { patience } from "../../support/patience.ts";
import { Folder, frames } from "../../wire/support/pcap.ts";

/** What it wrote of what passed from here on until `end`. */
export class Tcpdump implements AsyncDisposable {
  readonly #folder = new Folder();
  readonly #file = join(this.#folder.path, "traffic.pcap");
  readonly #process: Bun.Subprocess<"ignore", "ignore", "pipe">;

  private constructor(namespace: Namespace, words: readonly string[]) {
    // Packets are handed over at once, so that none waits when it ends.
    const options = ["--immediate-mode", "-B", "32768", "-U", "-n", "-Z", "root", "-w", this.#file];
    this.#process = Bun.spawn(namespace.command("tcpdump", ...options, ...words), {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
  }

  /** It listens when this resolves. */
  static async start(namespace: Namespace, ...words: string[]): Promise<Tcpdump> {
    const tcpdump = new Tcpdump(namespace, words);
    const decoder = new TextDecoder();
    // Not ended with a loop: what it writes at its end would find nobody.
    const pieces = tcpdump.#process.stderr[Symbol.asyncIterator]();
    for (let told = ""; ; ) {
      const { done, value } = await pieces.next();
      if (done) throw new Error(`tcpdump ${words.join(" ")}: ${told}`);
      told += decoder.decode(value);
      if (told.includes("listening on")) return tcpdump;
    }
  }

  /** The packets that it has seen: it has some seconds for at least so many. */
  async end(expected: number): Promise<Uint8Array[]> {
    const written = async () => frames(new Uint8Array(await Bun.file(this.#file).arrayBuffer()));
    for (let tries = 0; tries < 100 * patience && (await written()).length < expected; tries++) {
      await Bun.sleep(50);
    }
    // There might be more than there should be.
    await Bun.sleep(50 * patience);
    this.#process.kill("SIGINT");
    await this.#process.exited;
    return written();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
    this.#folder[Symbol.dispose]();
  }
}
