// `bun storm.ts PLAN`: makes every public call while signals with a handler arrive all the time, and
// writes what was not as usual. Such a signal ends a synchronous call that waits, and no other.

import { writeSync } from "node:fs";
import { constants } from "node:os";
import * as capture from "../../../src/capture/index.ts";
import * as rawsock from "../../../src/index.ts";
import * as netlink from "../../../src/netlink/index.ts";
import * as tun from "../../../src/tun/index.ts";
import { Injector } from "./injector.ts";
import { Provider } from "./provider.ts";
import { restore } from "./restore.ts";
import { type Call, tables } from "./scenarios.ts";

export type StormPlan = {
  readonly library: string;
  readonly entry: string;
  readonly names: readonly string[];
  readonly microseconds: number;
  readonly times: number;
};
export type StormReport = {
  readonly calls: number;
  readonly signals: number;
  /** How many calls a signal has ended. */
  readonly ended: number;
  readonly findings: readonly string[];
};

const HANG_MS = 20_000;
const SIGNAL = constants.signals.SIGUSR2;
const plan: StormPlan = JSON.parse(process.argv[2] as string);
const apis: Readonly<Record<string, object>> = { rawsock, capture, netlink, tun };
const table = tables[plan.entry] as Readonly<Record<string, Call>>;
const injector = new Injector(plan.library);
process.on("SIGUSR2", () => {});
process.on("warning", () => {});

async function attempt(name: string): Promise<string> {
  const provider = new Provider(injector);
  try {
    await (table[name] as Call)(apis[plan.entry] as never, provider);
    return "a result";
  } catch (error) {
    const { name, code, message } = error as rawsock.SocketError;
    return `${name} ${code ?? message}`;
  } finally {
    provider.close();
  }
}

/** A call that is synchronous itself, or waits for one. */
const SYNCHRONOUS = /^(?!Socket#|Netlink#|Tun#|Capture#|Ethtool#)/;

injector.watch(HANG_MS);
const findings: string[] = [];
let [calls, ended, signals] = [0, 0, 0];
for (const name of plan.names) {
  injector.begin(name);
  const usual = await attempt(name);
  for (let time = 0; time < plan.times; time++) {
    injector.storm(SIGNAL, plan.microseconds);
    const became = await attempt(name);
    signals += injector.storm(0, 0);
    await restore(plan.entry, name);
    calls++;
    if (became === usual) continue;
    if (became === "SocketError EINTR" && SYNCHRONOUS.test(name)) ended++;
    else findings.push(`${name}: ${became} instead of ${usual}`);
  }
  injector.end();
}
writeSync(1, `${JSON.stringify({ calls, signals, ended, findings } satisfies StormReport)}\n`);
process.exit(0);
