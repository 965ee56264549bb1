// inject.c, compiled and loaded.

import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import { existsSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolEnvironment } from "../../../scripts/environment.ts";
import { libcName, musl } from "../../support/libc.ts";
import type { Requirement } from "../../support/requirements.ts";
import { ARCHITECTURE, zig } from "../../support/zig.ts";

const source = join(import.meta.dir, "inject.c");

const PR_GET_SECCOMP = 21;
const prctl = { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } as const;

/** Whether a process may filter its system calls here: an emulator knows no filters. */
function canFilter(): boolean {
  if (process.platform !== "linux") return false;
  const library = dlopen(libcName, { prctl });
  const mode = library.symbols.prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
  library.close();
  return mode >= 0;
}

/** System calls that trap. */
export const seccomp: Requirement = {
  met: canFilter(),
  remedy: "needs seccomp(2) with filters: a Linux kernel with CONFIG_SECCOMP_FILTER, no emulator",
};

/** Compiles it once for all processes: where it is then. */
export async function compileInjector(): Promise<string> {
  const text = await Bun.file(source).text();
  const name = `rawsock-faults-${Bun.hash(`${text}${libcName}`).toString(36)}.so`;
  const output = join(tmpdir(), name);
  if (existsSync(output)) return output;
  const own = `${output}.${process.pid}`;
  const target = `${ARCHITECTURE}-linux-${musl ? "musl" : "gnu"}`;
  // Its names are found in the process; the libc that it names need not be called so there.
  const flags = ["-target", target, "-O1", "-shared", "-fPIC", "-Wall", "-Werror"];
  const command = [zig, "cc", ...flags, "-o", own, source];
  const { exitCode, stderr } = Bun.spawnSync(command, { env: toolEnvironment() });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  renameSync(own, output);
  return output;
}

const NUMBERS = ["i32", "i32", "i32", "i32"] as const;

function load(path: string) {
  return dlopen(path, {
    faults_name: { args: ["i32", "buffer"], returns: "ptr" },
    faults_available: { args: [], returns: "i32" },
    faults_install: { args: [], returns: "i32" },
    faults_arm: { args: NUMBERS, returns: "i32" },
    faults_disarm: { args: [], returns: "i32" },
    faults_log: { args: ["buffer", "i32"], returns: "i32" },
    faults_held: { args: ["buffer"], returns: "i32" },
    faults_descriptors: { args: ["buffer", "i32"], returns: "i32" },
    faults_watch: { args: ["i32"], returns: "i32" },
    faults_case: { args: ["ptr"], returns: "i32" },
    faults_later: { args: NUMBERS, returns: "i32" },
    faults_storm: { args: ["i32", "i32"], returns: "i32" },
    faults_limit: { args: ["i32", "u32", "u32"], returns: "i32" },
  }).symbols;
}

/** What the library holds. */
export type Held = {
  readonly mappings: number;
  readonly allocations: number;
  readonly threads: number;
};

/** A fault: the calls of that name that fail, `from` the first that does. */
export type Fault = {
  readonly call: string;
  readonly errno: number;
  readonly from: number;
  readonly count: number;
};

export const FOR_EVER = 1 << 30;
const DEEDS = { send: 0, drain: 1, connect: 2 } as const;
const LOG_ROOM = 1 << 16;

export class Injector {
  readonly #library: ReturnType<typeof load>;
  readonly #numbers = new Map<string, number>();
  readonly #names = new Map<number, string>();
  readonly #log = new Int32Array(LOG_ROOM);
  readonly #descriptors = new Int32Array(4096);
  readonly #held = new Int32Array(3);

  constructor(path: string) {
    this.#library = load(path);
    const number = new Int32Array(1);
    for (let index = 0; ; index++) {
      const text = this.#library.faults_name(index, number);
      if (text === null) break;
      const name = textAt(text as Pointer);
      this.#numbers.set(name, number[0] as number);
      this.#names.set(number[0] as number, name);
    }
  }

  /** 0, or the errno with which this machine refuses to trap system calls. */
  get refusal(): number {
    return -this.#library.faults_available();
  }

  /** For good. */
  install(): void {
    needed(this.#library.faults_install(), "seccomp");
  }

  /** Without a fault, the calls are noted alone. */
  arm(fault?: Fault): void {
    const number = fault === undefined ? -1 : this.#numbers.get(fault.call);
    if (number === undefined) throw new Error(`inject.c knows no ${fault?.call}`);
    const { from = 0, count = 0, errno = 0 } = fault ?? {};
    this.#library.faults_arm(number, from, count, errno);
  }

  /** How many calls have failed. */
  disarm(): number {
    return this.#library.faults_disarm();
  }

  /** The calls since arm(), in order. */
  log(): string[] {
    const length = this.#library.faults_log(this.#log, LOG_ROOM);
    const numbers = Array.from(this.#log.subarray(0, length));
    return numbers.map((number) => this.#names.get(number) ?? `system call ${number}`);
  }

  held(): Held {
    this.#library.faults_held(this.#held);
    const [mappings = 0, allocations = 0, threads = 0] = this.#held;
    return { mappings, allocations, threads };
  }

  /** The open descriptors, and the number of the file of each. */
  descriptors(): Map<number, number> {
    const found = needed(
      this.#library.faults_descriptors(this.#descriptors, this.#descriptors.length / 2),
      "opendir",
    );
    const open = new Map<number, number>();
    for (let index = 0; index < found; index++) {
      open.set(this.#descriptors[2 * index] as number, this.#descriptors[2 * index + 1] as number);
    }
    return open;
  }

  /** Ends the process with "HANGS case" where one takes longer. */
  watch(limitMs: number): void {
    needed(this.#library.faults_watch(limitMs), "pthread_create");
  }

  begin(name: string): void {
    const text = Buffer.from(`${name}\0`);
    this.#library.faults_case(ptr(text));
  }

  end(): void {
    this.#library.faults_case(null);
  }

  /** Has a thread do something with copies of the descriptors a while later. */
  later(what: keyof typeof DEEDS, fd: number, { ms = 3, other = -1 } = {}): void {
    needed(this.#library.faults_later(fd, ms, DEEDS[what], other), "pthread_create");
  }

  /** Sends this thread a signal every so many microseconds, or ends that. */
  storm(signal: number, microseconds: number): number {
    return this.#library.faults_storm(signal, microseconds);
  }

  /** setrlimit(2) of a soft limit; without a value the hard one. */
  limit(resource: number, value = 0xffffffff, unit = 1): void {
    needed(this.#library.faults_limit(resource, value, unit), "setrlimit");
  }
}

function textAt(pointer: Pointer): string {
  let text = "";
  for (let offset = 0; ; offset++) {
    const byte = read.u8(pointer, offset);
    if (byte === 0) return text;
    text += String.fromCharCode(byte);
  }
}

function needed(status: number, call: string): number {
  if (status < 0) throw new Error(`${call}: errno ${-status}`);
  return status;
}
