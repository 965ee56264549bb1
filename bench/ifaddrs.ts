// The list of interfaces beside getifaddrs(3) of the C library and beside node:os.

import { dlopen } from "bun:ffi";
import { networkInterfaces } from "node:os";
import { ifaddrs } from "../src/index.ts";
import { Namespace } from "../test/support/namespace.ts";
import { type Case, type Suite, type Timer, timer } from "./harness.ts";

/** Makes `count` interfaces besides the loopback, in veth pairs, each with an address. */
function fill(namespace: Namespace, count: number): void {
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

export const interfaces: Suite = {
  title: "The list of interfaces",
  cases() {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      console.log("(left out: it needs root on Linux, for network namespaces)");
      return [];
    }
    const { symbols } = dlopen("libc.so.6", {
      getifaddrs: { args: ["buffer"], returns: "i32" },
      freeifaddrs: { args: ["u64"], returns: "void" },
    });
    const list = new BigUint64Array(new ArrayBuffer(8));
    const native = timer(() => {
      symbols.getifaddrs(list);
      symbols.freeifaddrs(list[0] as bigint);
    });
    const ours = timer(() => void ifaddrs());
    const node = timer(() => void networkInterfaces());
    return [4, 500].flatMap((count): Case[] => {
      const namespace = new Namespace();
      fill(namespace, count);
      const inside =
        (measured: Timer): Timer =>
        (calls) =>
          namespace.enter(() => measured(calls));
      return [
        {
          name: `${count} interfaces`,
          goal: { ratio: count === 4 ? 0.75 : 0.65 },
          ours: inside(ours),
          native: inside(native),
        },
        {
          name: `${count} interfaces`,
          goal: { ratio: 0.5 },
          ours: inside(ours),
          native: inside(node),
          against: "node:os",
          end: () => namespace[Symbol.dispose](),
        },
      ];
    });
  },
};
