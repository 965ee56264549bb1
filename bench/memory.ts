// How much memory a waiting Socket takes: this file as a program opens as many as it is told, lets
// them wait, and prints by how many bytes each has made it grow.

import { Sockaddr, Socket } from "../src/index.ts";
import { median } from "./harness.ts";

const RUNS = 7;
const WARM_UP = 100;

/** The median of several processes: one that has given memory back would take it again unseen. */
export function memoryPerWait(count: number): number {
  const runs = Array.from({ length: RUNS }, () => {
    const { stdout } = Bun.spawnSync([process.execPath, import.meta.path, String(count)]);
    return Number(String(stdout));
  });
  return median(runs);
}

function resident(): number {
  Bun.gc(true);
  return process.memoryUsage().rss;
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
  const before = resident();
  const sockets = wait(count);
  await Bun.sleep(0);
  console.log((resident() - before) / count);
  for (const socket of [...first, ...sockets]) socket.close();
}
