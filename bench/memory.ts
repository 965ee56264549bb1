// How much memory a waiting Socket takes: this file as a program opens as many as it is told, lets
// them wait, and prints by how many bytes each has made it grow.

import { heapStats } from "bun:jsc";
import { Sockaddr, Socket } from "../src/index.ts";
import { median } from "./harness.ts";

const RUNS = 7;
const WARM_UP = 100;

/** Bytes: what the process has grown by, and how much of that is the JavaScript heap's. */
export type Memory = { readonly resident: number; readonly heap: number };

/** The medians of several processes: one that has given memory back would take it again unseen. */
export function memoryPerWait(count: number): Memory {
  const runs = Array.from({ length: RUNS }, () => {
    const { stdout } = Bun.spawnSync([process.execPath, import.meta.path, String(count)]);
    return JSON.parse(String(stdout)) as Memory;
  });
  const middle = (key: keyof Memory) => median(runs.map((run) => run[key]));
  return { resident: middle("resident"), heap: middle("heap") };
}

function taken(): Memory {
  Bun.gc(true);
  return { resident: process.memoryUsage().rss, heap: heapStats().heapSize };
}

function wait(count: number): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
    socket.recv(new Uint8Array(64)).catch(() => {});
    return socket;
  });
}

if (import.meta.main) {
  const count = Number(process.argv[2]);
  // The first sockets pay for what all share.
  const first = wait(WARM_UP);
  await Bun.sleep(0);
  const before = taken();
  const sockets = wait(count);
  await Bun.sleep(0);
  const after = taken();
  const each = (key: keyof Memory) => (after[key] - before[key]) / count;
  console.log(JSON.stringify({ resident: each("resident"), heap: each("heap") }));
  for (const socket of [...first, ...sockets]) socket.close();
}
