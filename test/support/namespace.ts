// Network namespaces of the tests' own: made for one test, entered by this thread, removed again.

import { dlopen } from "bun:ffi";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { toolEnvironment } from "../../scripts/environment.ts";
import { Configuration } from "./configure.ts";
import { libcName } from "./libc.ts";

const CLONE_NEWNET = 0x4000_0000;
/** ping(8) is not everywhere. */
const PING = join(import.meta.dir, "../../examples/ping.ts");

/** setns(2) of the C library this Bun is linked against, opened at first use. */
let setns: ((namespace: number, kind: number) => number) | undefined;

function enterNamespace(namespace: number): number {
  setns ??= dlopen(libcName, { setns: { args: ["i32", "i32"], returns: "i32" } }).symbols.setns;
  return setns(namespace, CLONE_NEWNET);
}

let made = 0;

export class Namespace implements Disposable {
  readonly name = `rawsock-${process.pid}-${made++}`;

  /**
   * A new namespace whose loopback interface is up. Where modules for tunnels are loaded, it holds
   * an interface of each besides.
   */
  constructor() {
    run("ip", "netns", "add", this.name);
    using configuration = new Configuration(this.name);
    configuration.up();
  }

  /** Runs ip(8) inside. */
  ip(...words: string[]): string {
    return run("ip", "-n", this.name, ...words);
  }

  /** The words that run a program inside. */
  command(...words: string[]): string[] {
    return ["ip", "netns", "exec", this.name, ...words];
  }

  /** Sets a sysctl inside: "net.ipv4.ip_forward". */
  sysctl(name: string, value: string): void {
    const file = `/proc/sys/${name.replaceAll(".", "/")}`;
    run(...this.command("sh", "-c", `echo ${value} > ${file}`));
  }

  /** How many of `count` echo requests are answered, to the package's own ping. */
  ping(address: string, count = 1): number {
    const words = [process.execPath, PING, address, String(count)];
    return run(...this.command(...words)).match(/^64 bytes from/gm)?.length ?? 0;
  }

  /** Calls `body` with this thread inside; sockets made there stay inside. */
  enter<T>(body: () => T): T {
    const outside = openSync("/proc/thread-self/ns/net", "r");
    const inside = openSync(`/run/netns/${this.name}`, "r");
    const leave = () => {
      const status = enterNamespace(outside);
      closeSync(outside);
      if (status !== 0) throw new Error("setns back failed");
    };
    const status = enterNamespace(inside);
    closeSync(inside);
    if (status !== 0) throw new Error("setns failed");
    let result: T;
    try {
      result = body();
    } catch (error) {
      leave();
      throw error;
    }
    if (result instanceof Promise) return result.finally(leave) as T;
    leave();
    return result;
  }

  [Symbol.dispose](): void {
    run("ip", "netns", "del", this.name);
  }
}

/** Two namespaces joined by a veth pair: 10.77.0.1 and fd77::1, 10.77.0.2 and fd77::2. */
export class VethPair implements Disposable {
  readonly a = new Namespace();
  readonly b = new Namespace();
  /** The interface's name, the same on both sides. */
  readonly interface = "veth0";

  constructor() {
    using first = new Configuration(this.a.name);
    using second = new Configuration(this.b.name);
    first.pair(this.interface, this.b.name);
    for (const [configuration, host] of [
      [first, 1],
      [second, 2],
    ] as const) {
      const index = configuration.index(this.interface);
      configuration.address(index, `10.77.0.${host}/24`);
      configuration.address(index, `fd77::${host}/64`);
      configuration.up(index);
    }
    for (const one of [first, second]) one.untilRunning(one.index(this.interface));
  }

  [Symbol.dispose](): void {
    this.a[Symbol.dispose]();
    this.b[Symbol.dispose]();
  }
}

/** Runs a program to its end; what it wrote, or an error with what it complained of. */
export function run(...command: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { env: toolEnvironment() });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}${stdout}`);
  return String(stdout);
}
