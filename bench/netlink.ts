// Dumps of the kernel's routes and links as objects, beside a C program's loop and `ip -j`.

import { dlopen } from "bun:ffi";
import { Netlink } from "../src/netlink/index.ts";
import { Namespace } from "../test/support/namespace.ts";
import { type Case, compile, type Suite, type Timer } from "./harness.ts";
import { canFill, fill } from "./ifaddrs.ts";

const ROUTES = 10_000;
const LINKS = 500;

/** Routes to networks of their own, spread over some of the links. */
function fillRoutes(namespace: Namespace): void {
  const commands = Array.from({ length: ROUTES }, (_, place) => {
    const destination = `11.${place >> 8}.${place & 255}.0/24`;
    return `route add ${destination} via 10.0.${place % 4}.2 metric ${place % 100}`;
  });
  const command = ["ip", "-n", namespace.name, "-batch", "-"];
  const { exitCode, stderr } = Bun.spawnSync(command, { stdin: Buffer.from(commands.join("\n")) });
  if (exitCode !== 0) throw new Error(String(stderr));
}

/** The time of one call, which takes long. */
function timed(body: () => unknown): Timer {
  return async (calls) => {
    const begin = Bun.nanoseconds();
    for (let call = 0; call < calls; call++) await body();
    return (Bun.nanoseconds() - begin) / calls;
  };
}

function counted(count: number, least: number): void {
  if (count < least) throw new Error(`${count} objects, where there are ${least}`);
}

export const netlink: Suite = {
  title: "Lists of routes and links, by netlink",
  cases(shared) {
    if (!canFill()) return [];
    const { symbols } = dlopen(compile("netlink.c"), {
      bench_netlink_open: { args: [], returns: "i32" },
      bench_netlink_dump: { args: ["i32", "i32"], returns: "i32" },
    });
    const cases = (name: string, least: number, isRoutes: boolean, links: number): Case[] => {
      const namespace = shared.use(new Namespace());
      fill(namespace, links);
      if (isRoutes) fillRoutes(namespace);
      const own = shared.use(Netlink.open({ namespace: namespace.name }));
      const fd = namespace.enter(() => symbols.bench_netlink_open());
      const ours = timed(async () =>
        counted((await (isRoutes ? own.routes({}) : own.links({}))).length, least),
      );
      const c = timed(() => counted(symbols.bench_netlink_dump(fd, Number(isRoutes)), least));
      const words = isRoutes ? ["route", "show", "table", "all"] : ["link", "show"];
      const ip = timed(() => {
        const text = namespace.ip("-j", "-d", ...words);
        counted((JSON.parse(text) as unknown[]).length, isRoutes ? ROUTES : LINKS);
      });
      return [
        { name, ours, native: c, goal: { ratio: 1.5 } },
        {
          name,
          ours,
          native: ip,
          against: "ip -j -d, and JSON.parse",
          rounds: 11,
          goal: { ratio: 0.5 },
        },
      ];
    };
    return [...cases("10,000 routes", ROUTES, true, 8), ...cases("500 links", LINKS, false, LINKS)];
  },
};
