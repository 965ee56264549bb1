// What the tests of the command share: how it is run, and networks to run it in.

import { join } from "node:path";
import { Namespace, run } from "../support/namespace.ts";
import { type Ended, end } from "../support/program.ts";

const repository = join(import.meta.dir, "../..");
/** The sources; or what was made of them, where it takes long to open many files. */
export const MAIN = process.env.RAWSOCK_TEST_COMMAND ?? join(repository, "src/cli/main.ts");
/** Ends what hangs: seconds. */
const SECONDS = 60;
const WINDOWS = process.platform === "win32";
const LIMIT = WINDOWS ? [] : ["timeout", "-k", "1", String(SECONDS)];

/** The words as a shell takes them. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(" ");
}

/** The words that run the command from the sources. */
export function rawsock(...words: string[]): string[] {
  return [...LIMIT, process.execPath, MAIN, ...words];
}

/** Runs it to its end, in a namespace if one is given. */
export function command(words: readonly string[], namespace?: Namespace): Promise<Ended> {
  const limit = WINDOWS ? SECONDS * 1000 : undefined;
  return end(inside(rawsock(...words), namespace), PLAIN, limit);
}

const PLAIN = { NO_COLOR: undefined, TERM: "xterm" };

export function inside(words: string[], namespace?: Namespace): string[] {
  return namespace === undefined ? words : namespace.command(...words);
}

/** The objects of --json. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the command wrote is compared field by field
export function objects(text: string): any[] {
  return text
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** What a program wrote until it says something, and the program. */
export class Running implements AsyncDisposable {
  readonly child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  #stdout = "";
  #stderr = "";
  readonly #done: Promise<unknown>;

  constructor(words: readonly string[], namespace?: Namespace) {
    this.child = Bun.spawn(inside([...words], namespace), {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#done = Promise.all([
      this.#read(this.child.stdout, (text) => {
        this.#stdout += text;
      }),
      this.#read(this.child.stderr, (text) => {
        this.#stderr += text;
      }),
    ]);
  }

  async #read(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of stream) add(decoder.decode(piece, { stream: true }));
  }

  get output(): string {
    return this.#stdout;
  }

  get errors(): string {
    return this.#stderr;
  }

  /** Waits until the text is somewhere in what it wrote. */
  async until(text: string | RegExp, seconds = 30): Promise<void> {
    const end = performance.now() + seconds * 1000;
    const there = () => `${this.#stdout}${this.#stderr}`.search(text) >= 0;
    while (!there()) {
      if (performance.now() > end || this.child.exitCode !== null) {
        await Bun.sleep(100);
        if (there()) return;
        throw new Error(`no ${text} in: ${this.#stdout}${this.#stderr}`);
      }
      await Bun.sleep(10);
    }
  }

  /** Its end, after a signal to the command itself if one is given. */
  async end(signal?: NodeJS.Signals): Promise<Ended> {
    if (signal !== undefined) this.child.kill(signal);
    await this.child.exited;
    await this.#done;
    const { exitCode, signalCode } = this.child;
    return { stdout: this.#stdout, stderr: this.#stderr, exitCode, signal: signalCode };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }
}

/** Runs the command without a limit of time, so that signals reach it. */
export function start(words: readonly string[], namespace?: Namespace): Running {
  return new Running([process.execPath, MAIN, ...words], namespace);
}

/**
 * Three namespaces in a row: a has 10.78.1.1, the router 10.78.1.2 and 10.78.2.1, b 10.78.2.2, and
 * fd78:1::1 and so on. The interfaces are called left and right, seen from the router.
 */
export class Row implements Disposable {
  readonly a = new Namespace();
  readonly router = new Namespace();
  readonly b = new Namespace();

  constructor() {
    const { a, router, b } = this;
    a.ip("link", "add", "right", "type", "veth", "peer", "name", "left", "netns", router.name);
    router.ip("link", "add", "right", "type", "veth", "peer", "name", "left", "netns", b.name);
    const addresses = [
      [a, "right", "1", "1"],
      [router, "left", "1", "2"],
      [router, "right", "2", "1"],
      [b, "left", "2", "2"],
    ] as const;
    for (const [namespace, name, net, host] of addresses) {
      namespace.ip("addr", "add", `10.78.${net}.${host}/24`, "dev", name);
      namespace.ip("addr", "add", `fd78:${net}::${host}/64`, "dev", name, "nodad");
      namespace.ip("link", "set", name, "up");
    }
    for (const namespace of [a, router, b]) sysctl(namespace, ...EAGER);
    sysctl(router, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    a.ip("route", "add", "default", "via", "10.78.1.2");
    a.ip("route", "add", "default", "via", "fd78:1::2");
    b.ip("route", "add", "default", "via", "10.78.2.1");
    b.ip("route", "add", "default", "via", "fd78:2::1");
    for (const [namespace, name] of addresses) awaitUp(namespace, name);
  }

  [Symbol.dispose](): void {
    for (const namespace of [this.a, this.router, this.b]) namespace[Symbol.dispose]();
  }
}

/** Until the kernel says that the link is there. */
function awaitUp(namespace: Namespace, name: string): void {
  for (let tries = 0; tries < 200; tries++) {
    if (namespace.ip("-o", "link", "show", name).includes("state UP")) return;
    Bun.sleepSync(10);
  }
}

/** Errors are sent as often as there are any; everybody may ping. */
const EAGER = [
  "net.ipv4.icmp_ratelimit=0",
  "net.ipv6.icmp.ratelimit=0",
  "net.ipv4.ping_group_range=0 2147483647",
];

export function sysctl(namespace: Namespace, ...settings: string[]): void {
  run(...namespace.command("sysctl", "-qw", ...settings));
}
