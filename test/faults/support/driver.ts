// `bun driver.ts PLAN`: makes every public call of an entry point fail, one system call after the
// other, and writes what became of it, a line of JSON for each call. In a process of its own, for
// its system calls are trapped from then on.

import { writeSync } from "node:fs";
import { ERRNO, EAI } from "../../../src/index.ts";
import * as capture from "../../../src/capture/index.ts";
import * as rawsock from "../../../src/index.ts";
import * as netlink from "../../../src/netlink/index.ts";
import * as tun from "../../../src/tun/index.ts";
import { errnos } from "./errnos.ts";
import { type Fault, FOR_EVER, Injector } from "./injector.ts";
import { Instances } from "./instances.ts";
import { Provider } from "./provider.ts";
import { type Call, tables } from "./scenarios.ts";

export type Plan = {
  /** inject.c's library. */
  readonly library: string;
  readonly entry: string;
  /** What is called, in order. */
  readonly names: readonly string[];
  /** Of a thousand faults, how many are tried. */
  readonly share: number;
  readonly seed: number;
  /** Cases up to this one were tried already. */
  readonly after?: string;
  /** Only faults of this system call, of which nothing was called before. */
  readonly first?: Fault;
};

/** What became of a fault. */
export type Finding = {
  readonly case: string;
  readonly call: string;
  readonly errno: string;
  readonly from: number;
  readonly forEver: boolean;
  readonly became: string;
};
export type Line = {
  readonly name: string;
  readonly calls: Readonly<Record<string, number>>;
  readonly faults: number;
  readonly outcomes: readonly Finding[];
};

const HANG_MS = 10_000;
const PENDING_MS = 2000;
const NOTICE_MS = 300;
const LAST_POSITIONS = 3;

const plan: Plan = JSON.parse(process.argv[2] as string);
const apis: Readonly<Record<string, object>> = { rawsock, capture, netlink, tun };
const api = apis[plan.entry] as never;
const table = tables[plan.entry] as Readonly<Record<string, Call>>;

const injector = new Injector(plan.library);
const instances = new Instances([rawsock.Socket, netlink.Netlink, netlink.Ethtool, tun.Tun]);
const strays: unknown[] = [];
process.on("uncaughtException", (error) => strays.push(error));
process.on("unhandledRejection", (error) => strays.push(error));
process.on("warning", () => {});

function write(line: unknown): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

type Outcome = { readonly kind: "result" | "error" | "pending"; readonly value: unknown };
const PENDING = Symbol("pending");

async function attempt(name: string, notice = PENDING_MS): Promise<Outcome> {
  const provider = new Provider(injector);
  const late = Promise.withResolvers<typeof PENDING>();
  let timer: Timer | undefined;
  try {
    const running = (table[name] as Call)(api, provider);
    if (!(running instanceof Promise)) return { kind: "result", value: running };
    timer = setTimeout(() => late.resolve(PENDING), notice);
    const value = await Promise.race([running, late.promise]);
    if (value !== PENDING) return { kind: "result", value };
    // What is closed has an end.
    injector.disarm();
    instances.close();
    await Promise.race([running.catch(() => undefined), Bun.sleep(NOTICE_MS)]);
    return { kind: "pending", value: undefined };
  } catch (error) {
    return { kind: "error", value: error };
  } finally {
    clearTimeout(timer);
    provider.close();
    instances.forget();
  }
}

/** What is the same each time is compared with what a call gives that met a fault. */
function digest({ kind, value }: Outcome): string {
  if (kind !== "error") return `${kind} ${Bun.inspect(value, { depth: 6 })}`;
  return `error ${(value as Error).name} ${(value as { code?: string }).code ?? value}`;
}

/** The descriptors that a process comes to have, and not because of a call. */
function leaked(before: Map<number, number>): string[] {
  const gone = new Set(before.values());
  const left: string[] = [];
  for (const [fd, file] of injector.descriptors()) {
    if (!gone.has(file) || !before.has(fd)) left.push(`${fd}`);
  }
  return left;
}

function describe(outcome: Outcome, usual: ReadonlySet<string>, number: number): string {
  const { kind, value } = outcome;
  if (kind === "pending") return "waits";
  if (kind === "error") {
    const { name, code, errno, syscall, message } = value as rawsock.SocketError;
    if (syscall === undefined) return `${name} ${message}`;
    if (errno === number) return `its error: ${name} ${syscall}`;
    return `another error: ${name} ${syscall} ${code}`;
  }
  const own = digest(outcome);
  if (typeof value === "string" && value.startsWith("E")) return `its code: ${value}`;
  if (usual.has(own)) return "as usual";
  return usual.size > 1 ? "a result" : `another result: ${own}`;
}

/** An errno's number, or a lookup's. */
function numberOf(errno: string): number {
  return (errno.startsWith("EAI_") ? EAI[errno.slice(4)] : ERRNO[errno]) as number;
}

function* faultsOf(calls: ReadonlyMap<string, number>) {
  for (const [call, count] of calls) {
    for (const errno of errnos[call] ?? [`no errno of ${call} is known`]) {
      const positions = new Set([0, 1, 2, count - 2, count - 1]);
      for (const from of positions) {
        if (from < 0 || from >= count) continue;
        yield { call, errno, from, count: 1 };
        if (from < 2) yield { call, errno, from, count: FOR_EVER };
      }
    }
  }
}

/** Which part of the cases is tried. */
function isChosen(name: string): boolean {
  return Number(BigInt(Bun.hash(name, plan.seed)) % 1000n) < plan.share;
}

function tally(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

let begun = plan.after === undefined;
let last = plan.after;

async function hunt(name: string): Promise<void> {
  injector.begin(`${name} without a fault`);
  const usual = new Set<string>();
  for (let time = 0; time < 3; time++) usual.add(digest(await attempt(name)));
  injector.arm();
  usual.add(digest(await attempt(name)));
  injector.disarm();
  const calls = tally(injector.log());
  injector.end();
  Bun.gc(true);
  await Bun.sleep(1);
  const held = injector.held();
  const descriptors = injector.descriptors();
  const outcomes: Finding[] = [];
  let faults = 0;
  for (const fault of faultsOf(calls)) {
    const forEver = fault.count === FOR_EVER;
    const title = `${name} | ${fault.call} ${fault.errno} ${fault.from}${forEver ? "+" : ""}`;
    if (!begun) {
      begun = title === last;
      continue;
    }
    if (!isChosen(title)) continue;
    injector.begin(title);
    const number = numberOf(fault.errno);
    injector.arm({ ...fault, errno: number });
    const notice = fault.errno === "EAGAIN" ? NOTICE_MS : PENDING_MS;
    const outcome = await attempt(name, notice);
    const fired = injector.disarm();
    const found = [];
    const became = describe(outcome, usual, number);
    if (fired > 0) {
      faults++;
      found.push(became);
    }
    const again = digest(await attempt(name));
    if (!usual.has(again) && usual.size === 1) found.push(`afterwards: ${again}`);
    const left = leaked(descriptors);
    if (left.length > 0) found.push(`left: ${left.length} descriptors`);
    for (const stray of strays.splice(0)) found.push(`stray: ${stray}`);
    injector.end();
    for (const one of found) {
      outcomes.push({
        case: title,
        call: fault.call,
        errno: fault.errno,
        from: fault.from,
        forEver,
        became: one,
      });
    }
    if (left.length > 0) {
      descriptors.clear();
      for (const [fd, file] of injector.descriptors()) descriptors.set(fd, file);
    }
  }
  for (let tries = 0; tries < 10; tries++) {
    Bun.gc(true);
    await Bun.sleep(2);
    if (JSON.stringify(injector.held()) === JSON.stringify(held)) break;
  }
  const now = injector.held();
  for (const what of ["mappings", "allocations", "threads"] as const) {
    if (now[what] > held[what]) {
      outcomes.push({
        case: name,
        call: "",
        errno: "",
        from: 0,
        forEver: false,
        became: `held: ${now[what] - held[what]} ${what} after ${faults} faults`,
      });
    }
  }
  write({ name, calls: Object.fromEntries(calls), faults, outcomes } satisfies Line);
}

injector.install();
injector.watch(HANG_MS);
for (const name of plan.names) await hunt(name);
process.exit(0);
