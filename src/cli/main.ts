#!/usr/bin/env bun
// The `rawsock` command: finds the subcommand, and loads its file alone, so that it starts fast.
// What a file needs, the library included, is there when its import returns.

import { version } from "../../package.json";

type Run = (words: readonly string[]) => Promise<void>;
type Entry = readonly [about: string, load: () => Promise<{ readonly default: Run }>];

const commands: Readonly<Record<string, Entry>> = {
  sniff: ["show or record packets", () => import("./sniff.ts")],
  arp: ["who is in the subnet?", () => import("./arp.ts")],
  resolve: ["names to addresses, and back", () => import("./resolve.ts")],
  listen: ["print what arrives at an address", () => import("./listen.ts")],
  send: ["send to an address", () => import("./send.ts")],
  filter: ["compile, explain and try a packet filter", () => import("./filter.ts")],
  checksum: ["check or mend checksums", () => import("./checksum.ts")],
  interfaces: ["interfaces and their addresses", () => import("./interfaces.ts")],
  routes: ["routes, neighbours, rules", () => import("./routes.ts")],
  monitor: ["what changes of them", () => import("./monitor.ts")],
  options: ["every option of a socket", () => import("./options.ts")],
  trace: ["which routers are on the way?", () => import("./trace.ts")],
  ping: ["are you there? ICMP echo requests", () => import("./ping.ts")],
};

const HELP = "rawsock <command> --help has each command's options and examples.";

function help(): string {
  const lines = Object.entries(commands).map(([name, [about]]) => `  ${name.padEnd(12)}${about}`);
  return ["Usage: rawsock <command> [options]", "", "Commands:", ...lines, "", HELP].join("\n");
}

if (typeof Bun === "undefined") {
  console.error("rawsock needs Bun: https://bun.sh, or npm install bun");
  process.exit(1);
}
const [, , word, ...rest] = process.argv;
// `rawsock help ping` is `rawsock ping --help`.
const [name, ...words] = word === "help" ? [...rest.slice(0, 1), "--help"] : [word, ...rest];
const entry = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
if (entry !== undefined) {
  const [, load] = entry;
  const { default: run } = await load();
  await run(words);
} else if (name === "--help" || name === "-h") {
  console.log(help());
} else if (name === "--version" || name === "-V") {
  console.log(version);
} else {
  const problem = name === undefined ? "which command?" : `there is no command "${name}"`;
  console.error(`rawsock: ${problem}\n${help()}`);
  process.exitCode = 2;
}
