// `bun driver.ts PLAN`: makes every public call of an entry point fail, one system call after the
// other, and writes what became of it, a line of JSON for each call. In a process of its own, for
// its system calls are trapped from then on.

import { readlinkSync, writeSync } from "node:fs";
import * as capture from "../../../src/capture/index.ts";
import * as rawsock from "../../../src/index.ts";
import { EAI, ERRNO } from "../../../src/index.ts";
import * as netlink from "../../../src/netlink/index.ts";
import * as tun from "../../../src/tun/index.ts";
import { errnos } from "./errnos.ts";
import { blocks, isHandled } from "./handled.ts";
import { type Fault, FOR_EVER, Injector } from "./injector.ts";
import { Instances } from "./instances.ts";
import { isNamed } from "./names.ts";
import { Provider } from "./provider.ts";
import { restore } from "./restore.ts";
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
  /** These cases alone. */
  readonly only?: readonly string[];
  /** Cases up to this one were tried already. */
  readonly after?: string;
  /** Only this fault, of the process' first call; "none": which system calls that makes. */
  readonly first?: FirstFault | "none";
};

export type FirstFault = Omit<Fault, "errno"> & { readonly errno: string };

/** What became of a fault, where it is not what should. */
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
  /** What became of how many: "its error", "as usual". */
  readonly kinds: Readonly<Record<string, number>>;
  readonly outcomes: readonly Finding[];
};

const plan: Plan = JSON.parse(process.argv[2] as string);
const HANG_MS = 20_000;
const PENDING_MS = 6000;
/** What would have to wait is given up sooner; netlink's calls have no time of their own. */
const NOTICE_MS = { netlink: 60 }[plan.entry] ?? 1800;
/** How long what a call has left may take to go: threads end, and streams are cancelled. */
const GRACE_MS = 2000;

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
    await Promise.race([running.catch(() => undefined), Bun.sleep(GRACE_MS)]);
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

/** The descriptors that were not there before. */
function further(before: ReadonlyMap<number, number>): string[] {
  const left: string[] = [];
  for (const [fd, file] of injector.descriptors()) {
    if (before.get(fd) !== file) left.push(targetOf(fd));
  }
  return left.filter((target) => !COMES_AND_GOES.test(target));
}

/** The set of watched sockets, what Bun has of it, and where warnings are written. */
const COMES_AND_GOES = /^(anon_inode:\[eventpoll\]|\/(?!dev\/net).*|)$/;

function targetOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

/** What a call has left behind. */
async function leaked(before: ReadonlyMap<number, number>): Promise<string[]> {
  for (let waited = 0; ; waited += 10) {
    const left = further(before);
    if (left.length === 0 || waited >= GRACE_MS) return left;
    await Bun.sleep(10);
  }
}

function describe(
  outcome: Outcome,
  usual: ReadonlySet<string>,
  number: number,
  call: string,
): string {
  const { kind, value } = outcome;
  if (kind === "pending") return "waits";
  const own = digest(outcome);
  if (kind === "error") {
    const errors = value instanceof SuppressedError ? [value.error, value.suppressed] : [value];
    for (const { name, errno, syscall } of errors as rawsock.SocketError[]) {
      if (errno !== number || syscall === undefined) continue;
      const how = isNamed(call, syscall) ? "its error" : "its error by another name";
      return `${how}: ${name} ${syscall}`;
    }
    if (usual.has(own)) return "as usual";
    const { name, code, syscall, message } = value as rawsock.SocketError;
    return syscall === undefined
      ? `${name} ${message}`
      : `another error: ${name} ${syscall} ${code}`;
  }
  if (usual.has(own)) return "as usual";
  if (typeof value === "string" && ERRNO[value] === number) return "its error, as a code";
  if (typeof value === "string" && value in ERRNO) return `another error: by its code ${value}`;
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
  if (plan.only !== undefined) return plan.only.includes(name);
  return Number(BigInt(Bun.hash(name, plan.seed)) % 1000n) < plan.share;
}

const LATE = /^error \w+ (ETIMEDOUT|23)$/;

function tally(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** A turn of the event loop, in which what was kept for the next call is let go. */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
}

let begun = plan.after === undefined;
const last = plan.after;

const HELD_TRIES = 400;

/** What is held now beyond what was held before: "2 mappings". */
function excess(before: ReturnType<Injector["held"]>): string[] {
  const now = injector.held();
  return (["mappings", "allocations", "threads"] as const)
    .filter((what) => now[what] > before[what])
    .map((what) => `${now[what] - before[what]} ${what}`);
}

async function hunt(name: string): Promise<void> {
  injector.begin(`${name} without a fault`);
  const usual = new Set<string>();
  for (let time = 0; time < 3; time++) usual.add(digest(await attempt(name)));
  await turn();
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
  const kinds = new Map<string, number>();
  const tell = (became: string) => {
    const kind = became.replace(/:.*/s, "");
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  };
  let faults = 0;
  for (const fault of faultsOf(calls)) {
    const forEver = fault.count === FOR_EVER;
    const title = `${name} | ${fault.call} ${fault.errno} ${fault.from}${forEver ? "+" : ""}`;
    if (!begun) {
      begun = title === last;
      continue;
    }
    if (!isChosen(title) || blocks({ name, ...fault }, forEver)) continue;
    injector.begin(title);
    await turn();
    const number = numberOf(fault.errno);
    injector.arm({ ...fault, errno: number });
    const notice = fault.errno === "EAGAIN" ? NOTICE_MS : PENDING_MS;
    const outcome = await attempt(name, notice);
    const fired = injector.disarm();
    const found = [];
    const became = describe(outcome, usual, number, fault.call);
    if (fired > 0) {
      faults++;
      found.push(became);
    }
    await restore(plan.entry, name);
    let again = digest(await attempt(name));
    // A machine that has other things to do.
    if (LATE.test(again)) again = digest(await attempt(name));
    if (!usual.has(again) && usual.size === 1) found.push(`afterwards: ${again}`);
    await turn();
    const left = await leaked(descriptors);
    if (left.length > 0) found.push(`left: ${left.map((one) => one.replace(/:.*/, "")).join(" ")}`);
    for (const stray of strays.splice(0)) {
      // What a timer of the call's own has met.
      if ((stray as { errno?: number }).errno !== number) found.push(`stray: ${stray}`);
    }
    injector.end();
    for (const one of found) {
      tell(one);
      if (isHandled({ name, ...fault }, one, forEver)) continue;
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
  // Lookups that were given up hold what is theirs until they end.
  for (let tries = 0; tries < HELD_TRIES; tries++) {
    Bun.gc(true);
    await Bun.sleep(2);
    if (excess(held).length === 0) break;
  }
  for (const more of excess(held)) {
    const became = `held: ${more} after ${faults} faults`;
    outcomes.push({ case: name, call: "", errno: "", from: 0, forEver: false, became });
  }
  write({
    name,
    calls: Object.fromEntries(calls),
    faults,
    kinds: Object.fromEntries(kinds),
    outcomes,
  } satisfies Line);
}

/** The process' first call. */
async function first(name: string, fault: FirstFault | "none"): Promise<void> {
  const title = `${name} at first | ${Object.values(fault).join(" ")}`;
  const descriptors = injector.descriptors();
  injector.begin(title);
  const number = fault === "none" ? 0 : numberOf(fault.errno);
  if (fault === "none") injector.arm();
  else injector.arm({ ...fault, errno: number });
  const outcome = await attempt(name);
  const faults = injector.disarm();
  const calls = Object.fromEntries(tally(injector.log()));
  if (fault === "none") {
    write({ name, calls, faults, kinds: {}, outcomes: [] } satisfies Line);
    return;
  }
  await restore(plan.entry, name);
  const again = await attempt(name);
  const became = describe(outcome, new Set([digest(again)]), number, fault.call);
  const found =
    faults === 0 || isHandled({ name, ...fault }, became, fault.count === FOR_EVER) ? [] : [became];
  if (again.kind !== "result") found.push(`afterwards: ${digest(again)}`);
  const left = await leaked(descriptors);
  if (left.length > 0) found.push(`left: ${left.join(" ")}`);
  const { call, errno, from } = fault;
  const of = { case: title, call, errno, from, forEver: fault.count === FOR_EVER };
  const outcomes = found.map((one) => ({ ...of, became: one }));
  const kinds = { [became.replace(/:.*/s, "")]: 1 };
  write({ name, calls, faults: Math.min(faults, 1), kinds, outcomes } satisfies Line);
}

injector.install();
injector.watch(HANG_MS);
if (plan.first === undefined) for (const name of plan.names) await hunt(name);
else await first(plan.names[0] as string, plan.first);
process.exit(0);
