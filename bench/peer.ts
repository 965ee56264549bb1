// Another program that does the same work: it reads a line "work calls", does that, and answers
// with a line that says how many nanoseconds a unit of work took. Its rounds can so take turns with
// ours, and neither start-up nor the way of the line is counted.

import type { FileSink, Subprocess } from "bun";
import type { Timer } from "./harness.ts";

/** A command that ends with who starts it, even where that is killed. setpriv(1) */
export function withUs(command: readonly string[]): string[] {
  return [...(Bun.which("setpriv") === null ? [] : ["setpriv", "--pdeathsig", "KILL"]), ...command];
}

export class Peer implements Disposable {
  readonly #process: Subprocess<"pipe", "pipe", "pipe">;
  readonly #input: FileSink;
  readonly #answers: AsyncIterator<Uint8Array>;

  constructor(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#process = Bun.spawn([...command], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    this.#process.unref();
    this.#input = this.#process.stdin;
    this.#answers = this.#process.stdout[Symbol.asyncIterator]();
  }

  timer(work: string): Timer {
    return async (calls) => {
      this.#input.write(`${work} ${calls}\n`);
      await this.#input.flush();
      return Number(await this.#line(work));
    };
  }

  async #line(work: string): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await this.#answers.next();
      if (done) throw new Error(`${work}: ${await new Response(this.#process.stderr).text()}`);
      text += decoder.decode(value);
    }
    return text;
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
