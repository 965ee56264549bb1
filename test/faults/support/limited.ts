// `bun limited.ts PLAN`: makes every public call of an entry point while a resource is used up, and
// again when it is there; writes a line for each that is not as it should be, and how many there
// were.

import { readFileSync, readlinkSync, writeSync } from "node:fs";
import * as capture from "../../../src/capture/index.ts";
import * as rawsock from "../../../src/index.ts";
import * as netlink from "../../../src/netlink/index.ts";
import * as tun from "../../../src/tun/index.ts";
import { Injector } from "./injector.ts";
import { Instances } from "./instances.ts";
import { Provider } from "./provider.ts";
import { restore } from "./restore.ts";
import { type Call, needsHelp, tables } from "./scenarios.ts";

export type Shortage =
  | { readonly of: "descriptors"; readonly left: number }
  | { readonly of: "locked memory" }
  /** `left`: pages that may still be mapped, for what the runtime itself needs meanwhile. */
  | { readonly of: "address space"; readonly left: number }
  | { readonly of: "threads" };
export type LimitPlan = {
  readonly library: string;
  readonly entry: string;
  readonly names: readonly string[];
  readonly shortage: Shortage;
};
export type LimitReport = {
  readonly calls: number;
  /** How many were refused something. */
  readonly refused: number;
  readonly findings: readonly string[];
};

/** getrlimit(2). */
const RLIMIT = { NPROC: 6, NOFILE: 7, MEMLOCK: 8, AS: 9 } as const;
const PAGE = 4096;
const HANG_MS = 60_000;
const PENDING_MS = 15_000;
const GRACE_MS = 300;

const plan: LimitPlan = JSON.parse(process.argv[2] as string);
const apis: Readonly<Record<string, object>> = { rawsock, capture, netlink, tun };
const table = tables[plan.entry] as Readonly<Record<string, Call>>;
const injector = new Injector(plan.library);
const instances = new Instances([rawsock.Socket, netlink.Netlink, netlink.Ethtool, tun.Tun]);
process.on("warning", () => {});
const strays: unknown[] = [];
process.on("uncaughtException", (error) => strays.push(error));
process.on("unhandledRejection", (error) => strays.push(error));

/** The limit below which that many numbers are free. */
function numbersBelow(left: number): number {
  const used = new Set(injector.descriptors().keys());
  let limit = 0;
  for (let free = 0; ; limit++) {
    if (used.has(limit)) continue;
    if (free++ === left) return limit;
  }
}

function begin({ shortage }: LimitPlan): void {
  if (shortage.of === "descriptors") injector.limit(RLIMIT.NOFILE, numbersBelow(shortage.left));
  else if (shortage.of === "locked memory") injector.limit(RLIMIT.MEMLOCK, 0);
  else if (shortage.of === "threads") injector.limit(RLIMIT.NPROC, 1);
  else {
    const pages = Number(readFileSync("/proc/self/statm", "utf8").split(" ")[0]);
    injector.limit(RLIMIT.AS, pages + shortage.left, PAGE);
  }
}

function end({ shortage }: LimitPlan): void {
  const { of } = shortage;
  if (of === "descriptors") injector.limit(RLIMIT.NOFILE);
  else if (of === "locked memory") injector.limit(RLIMIT.MEMLOCK);
  else if (of === "threads") injector.limit(RLIMIT.NPROC);
  else injector.limit(RLIMIT.AS);
}

async function attempt(name: string, limited: boolean): Promise<string> {
  const provider = new Provider(injector);
  provider.prepare();
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("no end"), PENDING_MS);
  try {
    if (limited) begin(plan);
    const running = (table[name] as Call)(apis[plan.entry] as never, provider);
    const ended = await Promise.race([
      Promise.resolve(running).then(() => "a result"),
      late.promise,
    ]);
    return ended;
  } catch (error) {
    const errors = error instanceof SuppressedError ? [error.error] : [error];
    const { name, syscall, code, message } = errors[0] as rawsock.SocketError;
    return syscall === undefined ? `${name} ${message}` : `${name} ${code}`;
  } finally {
    if (limited) end(plan);
    clearTimeout(timer);
    if (strays.length === 0) instances.forget();
    provider.close();
  }
}

const COMES_AND_GOES = /^(anon_inode:\[eventpoll\]|\/(?!dev\/net).*|)$/;

async function leaked(before: ReadonlyMap<number, number>): Promise<string[]> {
  for (let waited = 0; ; waited += 10) {
    const left: string[] = [];
    for (const [fd, file] of injector.descriptors()) {
      if (before.get(fd) === file) continue;
      const target = targetOf(fd);
      if (!COMES_AND_GOES.test(target)) left.push(target);
    }
    if (left.length === 0 || waited >= GRACE_MS) return left;
    await Bun.sleep(10);
  }
}

function targetOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

const REFUSED =
  /^((Socket|Netlink)Error (EMFILE|ENFILE|ENOMEM|ENOBUFS|EAGAIN|ETIMEDOUT)|AddrInfoError EAI_[A-Z]+)$/;

/** There was not even a thread for what the call waits for: it was not made. */
const UNHELPED = "Error pthread_create: ";

const { of } = plan.shortage;
const isHelpless = of === "descriptors" || of === "threads";

injector.watch(HANG_MS);
const findings: string[] = [];
let refused = 0;
let calls = 0;
for (const name of plan.names) {
  if (isHelpless && needsHelp(name)) continue;
  injector.begin(name);
  const usual = await attempt(name, false);
  const before = injector.descriptors();
  const became = await attempt(name, true);
  await restore(plan.entry, name);
  const again = await attempt(name, false);
  if (became.startsWith(UNHELPED)) {
    injector.end();
    continue;
  }
  calls++;
  if (became !== usual) refused++;
  if (became !== usual && !REFUSED.test(became)) findings.push(`${name}: ${became}`);
  if (again !== usual) findings.push(`${name}, afterwards: ${again} instead of ${usual}`);
  const left = await leaked(before);
  if (left.length > 0) findings.push(`${name}: left ${left.join(" ")}`);
  for (const stray of strays.splice(0)) {
    const { code, name: kind } = stray as rawsock.SocketError;
    if (!REFUSED.test(`${kind} ${code}`)) findings.push(`${name}: stray ${stray}`);
  }
  injector.end();
}
writeSync(1, `${JSON.stringify({ calls, refused, findings } satisfies LimitReport)}\n`);
process.exit(0);
