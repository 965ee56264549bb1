// `bun deprived.ts ENTRY SITUATION DIRECTORY`: imports an entry point of the package, which lies in
// the directory, takes something away from the process, and only then calls everything that is
// public for the first time. Writes what became of each call as JSON.

import { openSync, readdirSync, renameSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type Api, calls, publicNames } from "./calls.ts";
import { captureCalls } from "./capture-calls.ts";
import { Given } from "./given.ts";
import { netlinkCalls } from "./netlink-calls.ts";
import { NOBODY } from "./program.ts";
import { tunCalls } from "./tun-calls.ts";

const PATIENCE_MS = 20_000;

const [entry, situation, directory] = process.argv.slice(2) as [string, Situation, string];

const situations = {
  "nothing is missing": () => {},
  "privileges were dropped": () => {
    process.setgroups?.([]);
    process.setgid?.(NOBODY);
    process.setuid?.(NOBODY);
    mustFail(() => readdirSync(directory), "EACCES");
  },
  "the package was renamed": () => {
    renameSync(directory, `${directory}-away`);
    mustFail(() => readdirSync(directory), "ENOENT");
  },
  "no descriptor is left": openAll,
} as const;
export type Situation = keyof typeof situations;

/** Opens as many descriptors as the limit allows. */
function openAll(): void {
  mustFail(() => {
    for (;;) openSync("/dev/null", "r");
  }, "EMFILE");
}

function mustFail(call: () => unknown, code: string): void {
  try {
    call();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return;
    throw error;
  }
  throw new Error(`the situation is not as it should be: no ${code}`);
}

const folder = basename(dirname(entry));

/** What calls everything public of an entry point. */
type Table = Readonly<Record<string, (api: never, given: Given) => unknown>>;
const above: Readonly<Record<string, Table>> = {
  capture: captureCalls,
  netlink: netlinkCalls,
  tun: tunCalls,
};
const table: Table = above[folder] ?? calls;

/** An entry point as `rawsock` has it: what stands in `checksum` there is all of rawsock/checksum. */
function asInAll(exported: Record<string, unknown>): Api {
  const [first] = Object.keys(exported);
  const name = `${folder}.${first}`;
  return (name in table ? { [folder]: exported } : exported) as Api;
}

/** "a result", or the error's class, with its code or its message. */
async function outcome(name: string, api: Api, given: Given): Promise<string> {
  const call = table[name];
  if (call === undefined) return "test/support has no call of it";
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("no end")), PATIENCE_MS);
  try {
    await Promise.race([call(api as never, given), late.promise]);
    return "a result";
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const { code, syscall } = error as NodeJS.ErrnoException;
    return `${error.name} ${syscall === undefined ? error.message : code}`;
  } finally {
    clearTimeout(timer);
  }
}

const given = new Given(64);
const names = Object.keys(table);
const api = asInAll(await import(entry));
situations[situation]();
const outcomes: Record<string, string> = {};
for (const name of publicNames(api)) {
  // The call before may have closed some.
  if (situation === "no descriptor is left") openAll();
  outcomes[name] = await outcome(name, api, given);
}
writeSync(1, JSON.stringify({ outcomes, names }));
