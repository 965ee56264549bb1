// Another program at the other end of a socket, spoken to in lines.

export class Peer implements AsyncDisposable {
  readonly #process: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string[], options: { stdio?: number[]; env?: Record<string, string> } = {}) {
    this.#process = Bun.spawn({
      cmd: command,
      stdio: ["pipe", "pipe", "inherit", ...(options.stdio ?? [])],
      env: { ...process.env, ...options.env },
    }) as Bun.Subprocess<"pipe", "pipe", "inherit">;
    this.#lines = lines(this.#process.stdout);
  }

  /** CPython running `script`; further descriptors become 3, 4, ... there. */
  static python(script: string, ...descriptors: number[]): Peer {
    return new Peer(["python3", "-u", "-c", script], { stdio: descriptors });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Its exit status. */
  get exited(): Promise<number> {
    return this.#process.exited;
  }

  /** The signal that killed it. */
  get signal(): string | number | null {
    return this.#process.signalCode;
  }

  /** The next line the program writes; an error where it ends instead. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the peer ended with status ${await this.#process.exited}`);
    return value;
  }

  write(line: string): void {
    this.#process.stdin.write(`${line}\n`);
    this.#process.stdin.flush();
  }

  /** Closes its standard input and waits for its status. */
  async end(): Promise<number> {
    await this.#process.stdin.end();
    return this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
  if (rest !== "") yield rest;
}
