// The list of interfaces beside getifaddrs(3) of the C library and beside node:os.

import { dlopen } from "bun:ffi";
import { networkInterfaces } from "node:os";
import { ifaddrs } from "../src/index.ts";
import { Namespace } from "../test/support/namespace.ts";
import { type Case, type Suite, type Timer, timer } from "./harness.ts";

/** Makes `count` interfaces besides the loopback, in veth pairs, each with an address. */
export function fill(namespace: Namespace, count: number): void {
  const commands = Array.from({ length: count / 2 }, (_, pair) => [
    `link add left${pair} type veth peer name right${pair}`,
    `addr add 10.${pair >> 8}.${pair & 255}.1/30 dev left${pair}`,
    `addr add 10.${100 + (pair >> 8)}.${pair & 255}.1/30 dev right${pair}`,
    `link set left${pair} up`,
    `link set right${pair} up`,
  ]).flat();
  const { exitCode, stderr } = Bun.spawnSync(["ip", "-n", namespace.name, "-batch", "-"], {
    stdin: Buffer.from(commands.join("\n")),
  });
  if (exitCode !== 0) throw new Error(String(stderr));
}

/** How the cost grows with the interfaces. */
const COUNTS = [4, 16, 64, 250, 500] as const;

export const ourList = timer(() => void ifaddrs());

export function inside(namespace: Namespace, measured: Timer): Timer {
  return (calls) => namespace.enter(() => measured(calls));
}

export function canFill(): boolean {
  const can = process.platform === "linux" && process.getuid?.() === 0;
  if (!can) console.log("(left out: it needs root on Linux, for network namespaces)");
  return can;
}

export const interfaces: Suite = {
  title: "The list of interfaces",
  cases(shared) {
    if (!canFill()) return [];
    const { symbols } = dlopen("libc.so.6", {
      getifaddrs: { args: ["buffer"], returns: "i32" },
      freeifaddrs: { args: ["u64"], returns: "void" },
    });
    const list = new BigUint64Array(new ArrayBuffer(8));
    const native = timer(() => {
      symbols.getifaddrs(list);
      symbols.freeifaddrs(list[0] as bigint);
    });
    const node = timer(() => void networkInterfaces());
    return COUNTS.flatMap((count): Case[] => {
      const namespace = shared.use(new Namespace());
      fill(namespace, count);
      const name = `${count} interfaces`;
      const ours = inside(namespace, ourList);
      const c = { name, ours, native: inside(namespace, native) };
      const ratio = count === 4 ? 0.75 : 0.65;
      // Between the sizes that have goals of their own there is nothing but growth.
      if (count !== 4 && count !== 500) return [c];
      const os = { name, ours, native: inside(namespace, node), against: "node:os" };
      return [
        { ...c, goal: { ratio } },
        { ...os, goal: { ratio: 0.5 } },
      ];
    });
  },
};
